"""The same on a page: a plain form, which says all of it at once."""

import msgspec
from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from models import VoteKinds
from service.accounts.access import current_actor, open_to
from service.accounts.site_administration import LIMITS, REPORTS_HIDE
from service.desk.requests import line_field
from service.desk.responses import trouble_of
from service.desk.site.settings.api import ReaderRights, keep, view
from service.desk.site_access import reached_site
from service.errors import Invalid
from service.localization import noop as N_
from service.wiring import current_services

reader_setting_pages = Blueprint("reader_setting_pages", __name__, url_prefix="/moderate/sites/<site>/readers")

NUMBERS = ("name_max", "body_min", "body_max", "reply_depth", "reports_hide")
CHOICES = ("votes",)
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
def change(site: str) -> str | tuple[str, int] | AnyResponse:
    at = reached_site(site, "admin")
    try:
        keep(current_services(), current_actor(), at, _read())
    except Invalid as wrong:
        return _page(site, trouble=trouble_of(wrong)), wrong.status
    return redirect(f"/moderate/sites/{at.slug}/readers?done=kept", 303)


def _read() -> ReaderRights:
    """Raises Invalid."""
    given: dict[str, object] = {name: line_field(request.form, name, 40) for name in (*NUMBERS, *CHOICES)}
    try:
        return msgspec.convert(given, ReaderRights, strict=False)
    except msgspec.ValidationError as error:
        raise Invalid(str(error)) from None


def _page(slug: str, *, done: str = "", trouble: str = "") -> str:
    at = reached_site(slug, "admin")
    found = msgspec.structs.asdict(view(at))
    shown = {
        name: request.form.get(name, found[name]) if request.form else found[name] for name in (*NUMBERS, *CHOICES)
    }
    return render_template(
        "desk/readers.html",
        site=at,
        actor=current_actor(),
        shown=shown,
        limits={**LIMITS, "reports_hide": (0, REPORTS_HIDE[1])},
        votes=VOTES,
        done=done,
        trouble=trouble,
    )
