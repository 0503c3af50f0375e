"""The moderators' API: the queue, decisions, one comment with all there is to know, the audit trail."""

import msgspec
from flask import Blueprint, Response, request

from models import ActorKind, AuditEntry, Site
from models.queries.sites import audit_trail
from service.accounts.access import SignInNeeded, changed_actor, current_actor, open_to
from service.accounts.receipt_administration import revoke_receipt
from service.described import described
from service.desk.actor_names import names_of_moderators
from service.desk.queue.case import find_case
from service.desk.queue.decisions import answer, decide, take_back, undo_decisions, undone_answer
from service.desk.queue.listing import find_queue
from service.desk.queue.types import (
    AuditAnswer,
    AuditQuery,
    AuditView,
    Case,
    DecisionsAnswer,
    DecisionsBody,
    QueueAnswer,
    QueueQuery,
    ReceiptRevoked,
    ReporterAnswer,
    RevealAnswer,
    RevealBody,
    RevokeReceiptBody,
    UndoAnswer,
    UndoBody,
    UndoneAnswer,
)
from service.desk.requests import read_json, read_query
from service.desk.responses import json_answer, keep_private
from service.desk.site_access import comment_reached, report_reached, sites_asked
from service.desk.types import By
from service.errors import Forbidden
from service.moderation.addresses.reveal_address import reveal_address, reveal_reporter
from service.moderation.decision_keys import request_key
from service.wiring import current_services

queue_api = Blueprint("moderation", __name__, url_prefix="/api/v1/moderation")
queue_api.after_request(keep_private)

# As many decisions as one request may have, with notes of some length.
DECISIONS_BYTES = 1024 * 1024


@queue_api.get("/queue")
@open_to("viewer")
@described("What waits for a person", query=QueueQuery, answers={200: QueueAnswer}, refusals=(401, 403, 404, 422))
def queue() -> Response:
    return json_answer(find_queue(current_services(), current_actor(), read_query(QueueQuery, several=("thread",))))


@queue_api.post("/decisions")
@open_to("moderator", asks_again=True)
@described(
    "Decide; each item is answered on its own. The same again under the same key is decided once",
    body=DecisionsBody,
    answers={200: DecisionsAnswer},
    refusals=(400, 401, 403, 415, 422, 503),
    headers={"Idempotency-Key": "16 to 255 printable characters; for 24 hours the same request gets the first answer"},
)
def decisions() -> Response:
    request.max_content_length = DECISIONS_BYTES
    body, actor = read_json(DecisionsBody), current_actor()
    key = request_key(actor.id, request.headers.get("Idempotency-Key"), msgspec.json.encode(body))
    try:
        outcomes = decide(current_services(), actor, body.decisions, key)
    except (SignInNeeded, Forbidden):
        outcomes = decide(current_services(), changed_actor("moderator"), body.decisions, key)
    return json_answer(DecisionsAnswer([answer(outcome) for outcome in outcomes]))


@queue_api.post("/decisions/undo")
@open_to("moderator")
@described(
    "Take decisions back; each is answered on its own, and one that the caller took back before as it was then",
    body=UndoBody,
    answers={200: UndoneAnswer},
    refusals=(400, 401, 403, 415, 422, 503),
)
def undo_many() -> Response:
    body = read_json(UndoBody)
    undone = undo_decisions(current_services(), body.decisions, current_actor())
    return json_answer(UndoneAnswer([undone_answer(one) for one in undone]))


@queue_api.post("/decisions/<decision_id>/undo")
@open_to("moderator")
@described("Take a decision back", answers={200: UndoAnswer}, refusals=(401, 403, 404, 409, 503))
def undo(decision_id: str) -> Response:
    return json_answer(take_back(current_services(), current_actor(), decision_id))


@queue_api.get("/comments/<comment_id>")
@open_to("viewer")
@described("All that a moderator may see of one comment", answers={200: Case}, refusals=(401, 403, 404))
def comment(comment_id: str) -> Response:
    return json_answer(find_case(current_services(), current_actor(), comment_id))


@queue_api.post("/comments/<comment_id>/reveal-email")
@open_to("admin")
@described(
    "The address behind a comment, for a reason that is kept",
    body=RevealBody,
    answers={200: RevealAnswer},
    refusals=(400, 401, 403, 404, 415, 422, 503),
)
def reveal(comment_id: str) -> Response:
    services, actor = current_services(), current_actor()
    body = read_json(RevealBody)
    with services.read() as session:
        found, _, _ = comment_reached(session, comment_id, "admin")
    address = reveal_address(services, actor, found.id, body.reason)
    return json_answer(RevealAnswer(comment_id, address))


@queue_api.post("/reports/<report_id>/reveal-reporter")
@open_to("admin")
@described(
    "Who said that a comment is illegal, for a reason that is kept",
    body=RevealBody,
    answers={200: ReporterAnswer},
    refusals=(400, 401, 403, 404, 415, 422, 503),
)
def reveal_who_reported(report_id: str) -> Response:
    services, actor = current_services(), current_actor()
    body = read_json(RevealBody)
    with services.read() as session:
        found = report_reached(session, report_id, "admin")
    name, address = reveal_reporter(services, actor, found.id, body.reason)
    return json_answer(ReporterAnswer(found.id, name, address))


@queue_api.post("/comments/<comment_id>/revoke-receipt")
@open_to("admin")
@described(
    "Shut the writer's own door to a comment, for a reason that is kept; the comment stays, and it cannot be undone",
    body=RevokeReceiptBody,
    answers={200: ReceiptRevoked},
    refusals=(400, 401, 403, 404, 415, 422, 503),
)
def post_revoke_receipt(comment_id: str) -> Response:
    services, actor = current_services(), current_actor()
    body = read_json(RevokeReceiptBody)
    with services.read() as session:
        found, _, _ = comment_reached(session, comment_id, "admin")
    at = revoke_receipt(services, actor, comment_id=found.id, reason=body.reason)
    return json_answer(ReceiptRevoked(found.id, at))


@queue_api.get("/audit")
@open_to("moderator")
@described(
    "Who did what, newest first",
    query=AuditQuery,
    answers={200: AuditAnswer},
    refusals=(401, 403, 404, 422),
)
def trail() -> Response:
    query = read_query(AuditQuery)
    with current_services().read() as session:
        sites = sites_asked(session, query.site, "moderator")
        everywhere = not query.site and current_actor().site_ids("moderator") is None
        # What the list of bans keeps from a moderator, the trail keeps too.
        entries_of = audit_trail(
            None if everywhere else list(sites), query.cursor, administered=current_actor().site_ids("admin")
        )
        found = list(session.scalars(entries_of.limit(query.limit + 1)))
        names = names_of_moderators(session, {entry.actor_id or "" for entry in found})
    page = found[: query.limit]
    entries = [_entry(entry, sites, names) for entry in page]
    return json_answer(AuditAnswer(entries, page[-1].id if len(found) > query.limit else None))


def _entry(entry: AuditEntry, sites: dict[str, Site], names: dict[str, str]) -> AuditView:
    site = sites.get(entry.site_id)
    return AuditView(
        id=entry.id,
        site=site.slug if site else None,
        by=By(ActorKind(entry.actor_kind), names.get(entry.actor_id or "")),
        action=entry.action,
        target=entry.target,
        details=entry.details,
        created_at=entry.created_at,
    )
