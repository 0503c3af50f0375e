"""Leases by the API: comments handed out, and let go of."""

from flask import Blueprint, Response

from service.accounts.access import current_actor, open_to
from service.described import described
from service.desk.live.leases import lease_comments, release_comments
from service.desk.live.types import LeaseBody, LeasesAnswer, ReleaseBody, ReleaseQuery, Taken
from service.desk.requests import read_json, read_query
from service.desk.responses import json_answer, keep_private
from service.desk.site_access import comment_reached
from service.moderation.leases import let_go
from service.wiring import current_services

lease_api = Blueprint("leases", __name__, url_prefix="/api/v1/moderation")
lease_api.after_request(keep_private)


@lease_api.post("/leases")
@open_to("moderator")
@described(
    "Take comments to look at, for five minutes",
    body=LeaseBody,
    answers={200: LeasesAnswer},
    refusals=(400, 401, 403, 404, 415, 422, 503),
)
def lease() -> Response:
    leases = lease_comments(current_services(), current_actor(), read_json(LeaseBody))
    return json_answer(LeasesAnswer([Taken(lease.comment_id, lease.until, lease.kept) for lease in leases]))


@lease_api.post("/leases/release")
@open_to("moderator")
@described(
    "Let go of comments: the caller's own leases and nobody else's",
    body=ReleaseBody,
    answers={204: None},
    refusals=(400, 401, 403, 415, 422),
)
def release_many() -> Response:
    release_comments(current_services(), current_actor(), read_json(ReleaseBody).comment_ids)
    return Response(status=204)


@lease_api.delete("/leases/<comment_id>")
@open_to("moderator")
@described(
    "Let go of a comment; an administrator's call ends anybody's lease, with `only=mine` just their own",
    query=ReleaseQuery,
    answers={204: None},
    refusals=(401, 403, 404, 422),
)
def release(comment_id: str) -> Response:
    services, actor = current_services(), current_actor()
    own_only = read_query(ReleaseQuery).only == "mine"
    with services.read() as session:
        comment, _, _ = comment_reached(session, comment_id, "moderator")
    let_go(services, actor, site_id=comment.site_id, comment_id=comment.id, own_only=own_only)
    return Response(status=204)
