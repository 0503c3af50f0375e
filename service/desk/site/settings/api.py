"""A site's settings for its readers: all of them are read, those that are named are changed."""

from typing import Annotated, Any

import msgspec
from flask import Blueprint, Response
from msgspec import UNSET, Meta, Struct, UnsetType

from models import Site, VoteKinds
from service.accounts.access import Actor, current_actor, open_to
from service.accounts.site_administration import LIMITS, REPORTS_HIDE, change_site
from service.described import described
from service.desk.requests import read_json
from service.desk.responses import json_answer, keep_private
from service.desk.site_access import reached_site, site_named
from service.wiring import Services, current_services

reader_setting_api = Blueprint("reader_settings", __name__, url_prefix="/api/v1/moderation/sites/<site>/settings")
reader_setting_api.after_request(keep_private)


def _within(name: str) -> Meta:
    least, most = LIMITS[name]
    return Meta(ge=least, le=most)


class ReaderRights(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What stays unset stays as it is. Lengths are in characters. `votes`: whether readers may vote for comments, and
    against them. `reports_hide`: from how many networks on reports hide a comment until a person has looked; 0: never.
    `reply_depth`: levels of replies, an answer to the deepest stands beside it."""

    name_max: Annotated[int, _within("name_max")] | UnsetType = UNSET
    body_min: Annotated[int, _within("body_min")] | UnsetType = UNSET
    body_max: Annotated[int, _within("body_max")] | UnsetType = UNSET
    reply_depth: Annotated[int, _within("reply_depth")] | UnsetType = UNSET
    votes: VoteKinds | UnsetType = UNSET
    reports_hide: Annotated[int, Meta(ge=0, le=REPORTS_HIDE[1])] | UnsetType = UNSET


class ReaderRightsAnswer(Struct, frozen=True, kw_only=True):
    site: str
    name_max: int
    body_min: int
    body_max: int
    reply_depth: int
    votes: VoteKinds
    reports_hide: int


@reader_setting_api.get("")
@open_to("viewer")
@described("What a site has chosen for its readers", answers={200: ReaderRightsAnswer}, refusals=(401, 403, 404))
def get_settings(site: str) -> Response:
    with current_services().read() as session:
        return json_answer(view(site_named(session, site, "viewer")))


@reader_setting_api.patch("")
@open_to("admin")
@described(
    "Choose for a site's readers; what is not named stays",
    body=ReaderRights,
    answers={200: ReaderRightsAnswer},
    refusals=(400, 401, 403, 404, 415, 422, 503),
)
def patch_settings(site: str) -> Response:
    body = read_json(ReaderRights)
    at = reached_site(site, "admin")
    return json_answer(view(keep(current_services(), current_actor(), at, body)))


def keep(services: Services, actor: Actor, site: Site, body: ReaderRights) -> Site:
    """Changes what is said, from the next request on. Raises what `change_site` does."""
    said: dict[str, Any] = msgspec.to_builtins(body)
    return change_site(services, actor, site.id, settings=said)


def view(site: Site) -> ReaderRightsAnswer:
    names = [name for name in ReaderRightsAnswer.__struct_fields__ if name != "site"]
    return ReaderRightsAnswer(site=site.slug, **{name: getattr(site.settings, name) for name in names})
