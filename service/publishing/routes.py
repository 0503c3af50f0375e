"""Readers' GETs. The shortcut answers most of them before Flask; the answers are the same."""

from typing import Annotated

import msgspec
from flask import Blueprint, Response, request
from flask.blueprints import BlueprintSetupState
from msgspec import Meta

from models.database.ids import ID_PATTERN
from models.thread import KEY_BYTES
from service.accounts.access import open_to
from service.described import described
from service.publishing import responses
from service.publishing.documents import Documents, current_documents
from service.publishing.query import DEFAULT_LIMIT, MAX_COUNTS, MAX_CURSOR, MAX_DEPTH, MAX_LIMIT, Answered, Sort
from service.publishing.rendered import Rendered
from service.publishing.shortcut import REFUSED
from service.publishing.thread_rows import read_comment
from service.publishing.types import CommentPage, Counts, PublicComment
from service.wiring import current_services

Key = Annotated[str, Meta(min_length=1, max_length=KEY_BYTES)]
CommentId = Annotated[str, Meta(pattern=f"^{ID_PATTERN}$")]

blueprint = Blueprint("publishing", __name__, url_prefix="/api/v1/sites/<site>")


@blueprint.record_once
def _set_up(state: BlueprintSetupState) -> None:
    state.app.extensions["rejoinder.documents"] = Documents(state.app.extensions["rejoinder"])


class CommentsQuery(msgspec.Struct, omit_defaults=True):
    """`thread` is the site's own key, 1-512 bytes of UTF-8. `around`: the page on which that comment stands. `filter`:
    in a thread of questions, those with or without an answer by the newsroom, each with its answers and without other
    replies (`parent` has them); `limit` counts questions then, and it goes with `sort` and `cursor` alone."""

    thread: Key
    sort: Sort = "oldest"
    limit: Annotated[int, Meta(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT
    cursor: Annotated[str, Meta(max_length=MAX_CURSOR)] | None = None
    parent: CommentId | None = None
    around: CommentId | None = None
    depth: Annotated[int, Meta(ge=0, le=MAX_DEPTH)] | None = None
    filter: Answered | None = None


class CountsQuery(msgspec.Struct):
    """Up to 100 threads, the field once for each."""

    thread: Annotated[list[Key], Meta(min_length=1, max_length=MAX_COUNTS)]


# OPTIONS on this path belongs to whoever takes the POST.
@blueprint.get("/comments", provide_automatic_options=False)
@open_to("anyone")
@described(
    "The published comments of a thread, flat, parents before their replies",
    query=CommentsQuery,
    answers={200: CommentPage, 304: None},
    refusals=(400, 404, 503),
    headers={"If-None-Match": "an ETag of an earlier answer"},
)
def comments(site: str) -> Response:
    _pass_on_refusal()
    return responses.as_response(responses.comments(current_documents(), site, request.environ.get("QUERY_STRING", "")))


@blueprint.get("/counts")
@open_to("anyone")
@described(
    "How many published comments each of up to 100 threads has",
    query=CountsQuery,
    answers={200: Counts, 304: None},
    refusals=(400, 404, 503),
)
def counts(site: str) -> Response:
    _pass_on_refusal()
    return responses.as_response(responses.counts(current_documents(), site, request.environ.get("QUERY_STRING", "")))


@blueprint.get("/comments/<comment_id>")
@open_to("anyone")
@described("One published comment", answers={200: PublicComment, 304: None}, refusals=(404, 503))
def comment(site: str, comment_id: str) -> Response:
    services = current_services()
    with services.read() as session:
        found = read_comment(session, site, comment_id, services.settings.public_url)
    return responses.as_response(Rendered(msgspec.json.encode(found)))


def _pass_on_refusal() -> None:
    """What the shortcut ran into is answered here, in the words of the whole application."""
    error = request.environ.get(REFUSED)
    if isinstance(error, Exception):
        raise error
