"""The same on a page: a plain form, which says all of it at once."""

from typing import Any

import msgspec
from flask import Blueprint, render_template, request

from models import VoteKinds
from service.accounts.access import current_actor, open_to
from service.accounts.site_administration import LIMITS, REPORTS_HIDE
from service.desk.requests import line_field
from service.desk.setting_forms import Wrong, kept_or_shown, read_form
from service.desk.site.settings.api import ReaderRights, keep, view
from service.desk.site_access import reached_site
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
def change(site: str) -> Any:
    at = reached_site(site, "admin")
    return kept_or_shown(
        lambda: keep(current_services(), current_actor(), at, _read()),
        lambda wrong: _page(site, wrong=wrong),
        f"/moderate/sites/{at.slug}/readers",
        (*NUMBERS, *CHOICES),
    )


def _read() -> ReaderRights:
    """Raises Invalid."""
    given = {name: line_field(request.form, name, 40) for name in (*NUMBERS, *CHOICES)}
    return read_form({name: value for name, value in given.items() if name in request.form}, ReaderRights)


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
