"""The same on a page: a plain form, which says all of it at once."""

from typing import Any

import msgspec
from flask import Blueprint, render_template, request

from models import Site, VoteKinds
from service.accounts.access import current_actor, open_to
from service.accounts.site_administration import LIMITS, REPORTS_HIDE, faults
from service.desk.requests import line_field
from service.desk.setting_forms import Wrong, kept_or_shown, read_form
from service.desk.site.settings.api import ReaderRights, keep, view
from service.desk.site_access import reached_site
from service.errors import Invalid
from service.localization import noop as N_
from service.wiring import current_services

reader_setting_pages = Blueprint("reader_setting_pages", __name__, url_prefix="/moderate/sites/<site>/readers")

NUMBERS = ("name_max", "body_min", "body_max", "reply_depth", "reports_hide")
CHOICES = ("votes",)
LENGTHS = ("body_min", "body_max")
VOTES = {
    VoteKinds.OFF: N_("Nobody votes"),
    VoteKinds.UP: N_("Readers vote for comments"),
    VoteKinds.UP_DOWN: N_("Readers vote for and against comments"),
}


@reader_setting_pages.get("")
@open_to("admin")
def page(site: str) -> str:
    return _page(site, done=request.args.get("done", ""))


@reader_setting_pages.post("")
@open_to("admin")
def change(site: str) -> Any:
    at = reached_site(site, "admin")
    return kept_or_shown(
        lambda: keep(current_services(), current_actor(), at, _read(at)),
        lambda wrong: _page(site, wrong=wrong),
        f"/moderate/sites/{at.slug}/readers",
        (*NUMBERS, *CHOICES),
    )


def _read(site: Site) -> ReaderRights:
    """Raises Invalid with all that is wrong: what cannot be read, and what of the rest cannot be so."""
    names = [name for name in (*NUMBERS, *CHOICES) if name in request.form]
    given = {name: line_field(request.form, name, 40) for name in names}
    try:
        return read_form(given, ReaderRights)
    except Invalid as unread:
        wrong = {error.field for error in unread.errors}
        # Where one of the two cannot be read, nobody knows what the other is to be held against.
        if wrong & set(LENGTHS):
            wrong |= set(LENGTHS)
        left = read_form({name: value for name, value in given.items() if name not in wrong}, ReaderRights)
        raise Invalid(errors=[*unread.errors, *faults(site, msgspec.to_builtins(left))]) from None


def _page(slug: str, *, done: str = "", wrong: Wrong | None = None) -> str:
    at = reached_site(slug, "admin")
    found = msgspec.structs.asdict(view(at))
    shown = {name: request.form.get(name, found[name]) for name in (*NUMBERS, *CHOICES)}
    return render_template(
        "desk/readers.html",
        site=at,
        actor=current_actor(),
        shown=shown,
        limits={**LIMITS, "reports_hide": (0, REPORTS_HIDE[1])},
        votes=VOTES,
        done=done,
        wrong=wrong or Wrong(),
    )
