"""The same on a page of the desk: a plain form."""

from typing import Any

from flask import Blueprint, render_template, request

from service.accounts.access import current_actor, open_to
from service.accounts.site_administration import VERSION_SAID
from service.desk.reader_form.api import ReaderFormBody, keep, view
from service.desk.setting_forms import Wrong, kept_or_shown, read_form
from service.desk.site_access import reached_site
from service.markup.characters import mended
from service.wiring import current_services

reader_form_pages = Blueprint("reader_form_pages", __name__, url_prefix="/moderate/sites/<site>/form")

FIELDS = ("announcement", "guideline", "terms.version", "terms.url", "terms.text")


@reader_form_pages.get("")
@open_to("admin")
def page(site: str) -> str:
    return _page(site, done=request.args.get("done", ""))


@reader_form_pages.post("")
@open_to("admin")
def change(site: str) -> Any:
    at = reached_site(site, "admin")
    return kept_or_shown(
        lambda: keep(current_services(), current_actor(), at, _read()),
        lambda wrong: _page(site, wrong=wrong),
        f"/moderate/sites/{at.slug}/form",
        FIELDS,
    )


def _read() -> ReaderFormBody:
    """Raises Invalid: what is too long is said, and not cut."""
    given = {name: mended(value).strip() for name, value in request.form.items()}
    terms = {name: given.get(f"terms.{name}", "") for name in ("version", "text", "url")}
    terms["text"] = " ".join(terms["text"].split())
    wanted = {
        # What stood here before was a box.
        "website": {"1": "shown", "": "off"}.get(given.get("website", ""), given.get("website")),
        "nudge": bool(given.get("nudge")),
        "guideline": given.get("guideline", ""),
        "announcement": given.get("announcement", ""),
        "terms": terms,
    }
    return read_form(wanted, ReaderFormBody, forms={"terms.version": VERSION_SAID})


def _page(slug: str, *, done: str = "", wrong: Wrong | None = None) -> str:
    at = reached_site(slug, "admin")
    return render_template(
        "desk/reader_form.html",
        site=at,
        actor=current_actor(),
        found=view(at),
        done=done,
        wrong=wrong or Wrong(),
        form=request.form,
    )
