"""The same on a page of the desk: a plain form."""

import msgspec
from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from service.accounts.access import current_actor, open_to
from service.desk.reader_form.api import ReaderFormBody, keep, view
from service.desk.responses import trouble_of
from service.desk.site_access import reached_site
from service.errors import Invalid
from service.markup.characters import mended
from service.wiring import current_services

reader_form_pages = Blueprint("reader_form_pages", __name__, url_prefix="/moderate/sites/<site>/form")


@reader_form_pages.get("")
@open_to("admin")
def page(site: str) -> str:
    return _page(site, done=request.args.get("done", ""))


@reader_form_pages.post("")
@open_to("admin")
def change(site: str) -> str | tuple[str, int] | AnyResponse:
    at = reached_site(site, "admin")
    try:
        keep(current_services(), current_actor(), at, _read())
    except Invalid as wrong:
        return _page(site, trouble=trouble_of(wrong)), wrong.status
    return redirect(f"/moderate/sites/{at.slug}/form?done=kept", 303)


def _read() -> ReaderFormBody:
    """Raises Invalid: what is too long is said, and not cut."""
    given = {name: mended(value).strip() for name, value in request.form.items()}
    terms = {name: given.get(f"terms_{name}", "") for name in ("version", "text", "url")}
    terms["text"] = " ".join(terms["text"].split())
    wanted = {
        "website": bool(given.get("website")),
        "nudge": bool(given.get("nudge")),
        "guideline": given.get("guideline", ""),
        "announcement": given.get("announcement", ""),
        "terms": terms,
    }
    try:
        return msgspec.convert(wanted, ReaderFormBody)
    except msgspec.ValidationError as error:
        raise Invalid(str(error)) from None


def _page(slug: str, *, done: str = "", trouble: str = "") -> str:
    at = reached_site(slug, "admin")
    return render_template(
        "desk/reader_form.html",
        site=at,
        actor=current_actor(),
        found=view(at),
        done=done,
        trouble=trouble,
        form=request.form,
    )
