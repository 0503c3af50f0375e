"""Votes over the reader's API, for the widget and other programs."""

from typing import Literal

import msgspec
from flask import Blueprint, Response, request

from service.accounts.access import open_to
from service.described import described
from service.intake.cors import allow_origin
from service.intake.receive import current_intake
from service.intake.routes import FORM_TYPES, caller_here
from service.intake.submission.raw import read_raw
from service.readers.from_pages import post_preflight
from service.readers.votes import vote

vote_api = Blueprint("votes", __name__, url_prefix="/api/v1/sites/<site>/comments/<comment_id>/votes")


class VoteBody(msgspec.Struct, forbid_unknown_fields=False):
    """`value`: 1, -1 where the site takes votes against comments, or 0 to take it back. `token`: of the site's form,
    handed out at least 30 seconds before; it has one vote for each comment."""

    value: Literal[1, 0, -1]
    token: str


class VoteAnswer(msgspec.Struct):
    """`votes`: all votes for the comment, those against it subtracted, this one included. `value`: what this token's
    vote counts: 0 where five others from its network are counted already."""

    id: str
    votes: int
    value: Literal[1, 0, -1]


@vote_api.post("", provide_automatic_options=False)
@open_to("anyone")
@described(
    "Vote for a published comment, change the vote or take it back",
    body=VoteBody,
    body_types=FORM_TYPES,
    answers={200: VoteAnswer},
    refusals=(400, 403, 404, 409, 413, 415, 422, 429, 503),
)
def cast(site: str, comment_id: str) -> Response:
    voted = vote(current_intake(), site, comment_id, read_raw(request).values, caller_here())
    answer = {"id": comment_id, "votes": voted.votes, "value": voted.value}
    response = Response(msgspec.json.encode(answer), mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return allow_origin(response, request.headers.get("Origin"))


@vote_api.route("", methods=["OPTIONS"], provide_automatic_options=False)
@open_to("anyone")
@described("Whether a page may send votes (CORS)", answers={204: None}, refusals=(404, 503))
def cast_preflight(site: str, comment_id: str) -> Response:
    return post_preflight(site)
