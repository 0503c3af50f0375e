"""Setting a comment aside over the API: held for later or for somebody, escalated, answered."""

from datetime import datetime
from typing import Annotated, Literal

from flask import Blueprint, Response
from msgspec import Meta, Struct

from models import EscalateTo, SetAside
from service.accounts.access import Actor, current_actor, open_to
from service.described import described
from service.desk.actor_names import names_of_moderators
from service.desk.requests import read_json
from service.desk.responses import json_answer, keep_private
from service.desk.set_aside.views import aside_view, may_be_named
from service.desk.site_access import comment_reached, site_named
from service.desk.types import Id, Note, Person, SetAsideView
from service.moderation.set_aside.escalate import answer, escalate, take_back
from service.moderation.set_aside.hold import hold, let_go
from service.wiring import Services, current_services

set_aside_api = Blueprint("set_aside", __name__, url_prefix="/api/v1/moderation")
set_aside_api.after_request(keep_private)

Revision = Annotated[int, Meta(ge=0, le=2**31 - 1)]
Told = Annotated[str, Meta(min_length=1, max_length=2000)]


class HoldBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`until`, with a time zone, or `moderator` (an id), or both: then whichever comes first ends it."""

    until: datetime | None = None
    moderator: Id | None = None
    note: Note | None = None
    expected_revision: Revision | None = None


class EscalationBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`due_at`, with a time zone: by when an answer is due, a day from now where nothing is said; `moderator`: who may
    answer beside administrators."""

    to: EscalateTo
    note: Told
    due_at: datetime | None = None
    moderator: Id | None = None
    expected_revision: Revision | None = None


class EscalationAnswerBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Without `action` the comment goes back to the list that all share; `approve` needs `expected_revision`."""

    answer: Told
    action: Literal["approve", "reject", "spam"] | None = None
    reason: Annotated[str, Meta(max_length=40)] | None = None
    expected_revision: Revision | None = None


class DecidingAnswer(Struct, frozen=True):
    moderators: list[Person]


@set_aside_api.post("/comments/<comment_id>/hold")
@open_to("moderator")
@described(
    "Hold a comment that waits: for a while, for a moderator, or both; anew where it is held",
    body=HoldBody,
    answers={200: SetAsideView},
    refusals=(400, 401, 403, 404, 409, 415, 422, 503),
)
def post_hold(comment_id: str) -> Response:
    services, actor = current_services(), current_actor()
    body = read_json(HoldBody)
    _reach(services, comment_id)
    row = hold(
        services,
        actor,
        comment_id,
        until=body.until,
        for_id=body.moderator,
        note=body.note,
        expected_revision=body.expected_revision,
    )
    return _answer(services, actor, row)


@set_aside_api.delete("/comments/<comment_id>/hold")
@open_to("moderator")
@described("Let go of what is held: it waits for everybody again", answers={204: None}, refusals=(401, 403, 404, 503))
def delete_hold(comment_id: str) -> Response:
    services = current_services()
    _reach(services, comment_id)
    let_go(services, current_actor(), comment_id)
    return Response(status=204)


@set_aside_api.post("/comments/<comment_id>/escalations")
@open_to("moderator")
@described(
    "Ask the editor, the lawyer or the lead about a comment that waits",
    body=EscalationBody,
    answers={201: SetAsideView},
    refusals=(400, 401, 403, 404, 409, 415, 422, 503),
)
def post_escalation(comment_id: str) -> Response:
    services, actor = current_services(), current_actor()
    body = read_json(EscalationBody)
    _reach(services, comment_id)
    row = escalate(
        services,
        actor,
        comment_id,
        body.to,
        body.note,
        due_at=body.due_at,
        for_id=body.moderator,
        expected_revision=body.expected_revision,
    )
    return _answer(services, actor, row, 201)


@set_aside_api.post("/comments/<comment_id>/escalations/answer")
@open_to("moderator")
@described(
    "Answer, and decide or give the comment back: an administrator, or the moderator who is named",
    body=EscalationAnswerBody,
    answers={200: SetAsideView},
    refusals=(400, 401, 403, 404, 409, 415, 422, 428, 503),
)
def post_answer(comment_id: str) -> Response:
    services, actor = current_services(), current_actor()
    body = read_json(EscalationAnswerBody)
    _reach(services, comment_id)
    row = answer(
        services,
        actor,
        comment_id,
        body.answer,
        action=body.action,
        reason=body.reason,
        expected_revision=body.expected_revision,
    )
    return _answer(services, actor, row)


@set_aside_api.delete("/comments/<comment_id>/escalations")
@open_to("moderator")
@described(
    "Take an escalation back: whoever asked, or an administrator", answers={204: None}, refusals=(401, 403, 404, 503)
)
def delete_escalation(comment_id: str) -> Response:
    services = current_services()
    _reach(services, comment_id)
    take_back(services, current_actor(), comment_id)
    return Response(status=204)


@set_aside_api.get("/sites/<site>/moderators")
@open_to("moderator")
@described("Who may decide on a site, and be named", answers={200: DecidingAnswer}, refusals=(401, 403, 404))
def get_moderators(site: str) -> Response:
    with current_services().read() as session:
        found = may_be_named(session, site_named(session, site, "moderator").id)
    return json_answer(DecidingAnswer(found))


def _reach(services: Services, comment_id: str) -> None:
    """Raises NotFound, Forbidden."""
    with services.read() as session:
        comment_reached(session, comment_id, "moderator")


def _answer(services: Services, actor: Actor, row: SetAside, status: int = 200) -> Response:
    with services.read() as session:
        names = names_of_moderators(session, {found or "" for found in (row.by_id, row.for_id, row.ended_by)})
    return json_answer(aside_view(row, names, actor, services.clock.now()), status)
