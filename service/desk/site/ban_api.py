"""Bans, set on a comment: of its writer, its address or its network. No answer has room for the address.

Bans of addresses are administrators' alone: to set, to see and to lift. For everybody else there are none.
"""

from flask import Blueprint, Response

from models import Ban, BanKind, Comment, Site
from models.queries.sites import bans_in_force
from service.accounts.access import Actor, current_actor, open_to
from service.described import described
from service.desk.actor_names import names_of_actors
from service.desk.requests import read_json, read_query
from service.desk.responses import json_answer, keep_private
from service.desk.site.types import BanBody, BansAnswer, BansQuery, BanView
from service.desk.site_access import comment_reached, reached_site, site_named
from service.moderation.bans import lift, set_ban
from service.wiring import Services, current_services

ban_api = Blueprint("bans", __name__, url_prefix="/api/v1/moderation")
ban_api.after_request(keep_private)


@ban_api.post("/comments/<comment_id>/bans")
@open_to("moderator")
@described(
    "Ban a comment's writer, its address or its network",
    body=BanBody,
    answers={201: BanView},
    refusals=(400, 401, 403, 404, 409, 415, 422, 503),
)
def post_ban(comment_id: str) -> Response:
    body = read_json(BanBody)
    return json_answer(add_ban(current_services(), current_actor(), comment_id, body), 201)


@ban_api.get("/sites/<site>/bans")
@open_to("moderator")
@described(
    "Bans in force, newest first; those of addresses for administrators only",
    query=BansQuery,
    answers={200: BansAnswer},
    refusals=(401, 403, 404, 422),
)
def get_bans(site: str) -> Response:
    return json_answer(find_bans(current_services(), site, read_query(BansQuery)))


@ban_api.delete("/sites/<site>/bans/<ban_id>")
@open_to("moderator")
@described("Lift a ban; what it held still waits", answers={204: None}, refusals=(401, 403, 404, 503))
def delete_ban(site: str, ban_id: str) -> Response:
    end_ban(current_services(), current_actor(), site, ban_id)
    return Response(status=204)


def add_ban(services: Services, actor: Actor, comment_id: str, body: BanBody) -> BanView:
    """Sets the ban. Raises NotFound, Forbidden, AlreadyBanned, NothingToBan."""
    with services.read() as session:
        # Who sees what such a ban meets could type a guess and look: that is for those who may see addresses anyway.
        level = "admin" if body.kind is BanKind.ADDRESS else "moderator"
        comment, _, _ = comment_reached(session, comment_id, level)
        site = session.get_one(Site, comment.site_id)
    ban, comment = set_ban(services, actor, comment.id, body.kind, days=body.days, reason=body.reason)
    return _view(ban, comment, site.slug, {actor.id: actor.name})


def find_bans(services: Services, slug: str, query: BansQuery) -> BansAnswer:
    """A page of the bans in force. Raises NotFound, Forbidden."""
    with services.read() as session:
        site = site_named(session, slug, "moderator")
        sees_addresses = current_actor().can("admin", site.id)
        bans = bans_in_force(site.id, services.clock.now(), query.cursor, with_addresses=sees_addresses)
        rows = session.execute(bans.limit(query.limit + 1)).all()
        page = rows[: query.limit]
        names = names_of_actors(session, {ban.created_by or "" for ban, _ in page})
        cursor = page[-1][0].id if len(rows) > query.limit else None
        return BansAnswer([_view(ban, comment, site.slug, names) for ban, comment in page], cursor)


def end_ban(services: Services, actor: Actor, slug: str, ban_id: str) -> None:
    """Lifts a ban. Raises NotFound, Forbidden."""
    site = reached_site(slug, "moderator")
    lift(services, actor, site, ban_id)


def _view(ban: Ban, comment: Comment | None, slug: str, names: dict[str, str]) -> BanView:
    return BanView(
        id=ban.id,
        site=slug,
        kind=ban.kind,
        comment_id=ban.comment_id,
        name=comment.name if comment is not None else None,
        reason=ban.reason,
        by=names.get(ban.created_by or ""),
        created_at=ban.created_at,
        expires_at=ban.expires_at,
    )
