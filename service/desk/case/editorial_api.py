"""What the editors say and do with words, for programs: answers, messages, redactions, marks, saved replies."""

from flask import Blueprint, Response

from models import SavedReply
from service.accounts.access import current_actor, open_to
from service.described import described
from service.desk.case.editorial_types import (
    MarksAnswer,
    MarksBody,
    MessageAnswer,
    MessageBody,
    RedactionAnswer,
    RedactionBody,
    ReplyAnswer,
    ReplyBody,
    SavedRepliesAnswer,
    SavedReplyBody,
    SavedReplyView,
)
from service.desk.queue.case import message_views
from service.desk.requests import read_json
from service.desk.responses import json_answer, keep_private
from service.desk.site_access import comment_reached, reached_site, site_named
from service.moderation.editorial.marks import set_marks
from service.moderation.editorial.messages import message_writer
from service.moderation.editorial.redaction import redact
from service.moderation.editorial.saved_replies import delete_reply, keep_reply, saved_replies_of
from service.moderation.editorial.staff_replies import reply_as_staff
from service.wiring import current_services

editorial_api = Blueprint("editorial", __name__, url_prefix="/api/v1/moderation")
editorial_api.after_request(keep_private)

_CHANGES = (400, 401, 403, 404, 409, 415, 422, 503)


def _reached(comment_id: str) -> str:
    """The comment's id, if the caller moderates its site. Raises NotFound, Forbidden."""
    with current_services().read() as session:
        comment, _, _ = comment_reached(session, comment_id, "moderator")
        return comment.id


@editorial_api.post("/comments/<comment_id>/replies")
@open_to("moderator")
@described(
    "Answer a published comment in the newsroom's name; the answer is up at once",
    body=ReplyBody,
    answers={201: ReplyAnswer},
    refusals=_CHANGES,
)
def post_reply(comment_id: str) -> Response:
    body = read_json(ReplyBody)
    made = reply_as_staff(current_services(), current_actor(), _reached(comment_id), body.text, body.name)
    return json_answer(ReplyAnswer(made.comment_id, made.decision_id, made.status, made.revision), 201)


@editorial_api.put("/comments/<comment_id>/marks")
@open_to("moderator")
@described(
    "Feature a published comment, or pin it above its thread; three can be pinned there",
    body=MarksBody,
    answers={200: MarksAnswer},
    refusals=_CHANGES,
)
def put_marks(comment_id: str) -> Response:
    body = read_json(MarksBody)
    marks = set_marks(
        current_services(), current_actor(), _reached(comment_id), featured=body.featured, pinned=body.pinned
    )
    before = MarksBody(featured=marks.featured_before, pinned=marks.pinned_before)
    return json_answer(MarksAnswer(marks.comment_id, marks.featured, marks.pinned, before))


@editorial_api.post("/comments/<comment_id>/redactions")
@open_to("moderator")
@described(
    "Cut a passage out of a comment; moderators keep the whole text, and its status stays",
    body=RedactionBody,
    answers={201: RedactionAnswer},
    refusals=_CHANGES,
)
def post_redaction(comment_id: str) -> Response:
    body = read_json(RedactionBody)
    made = redact(
        current_services(),
        current_actor(),
        _reached(comment_id),
        version=body.version,
        start=body.start,
        end=body.end,
        expected_revision=body.expected_revision,
    )
    answer = RedactionAnswer(made.comment_id, made.decision_id, made.version, made.status, made.revision)
    return json_answer(answer, 201)


@editorial_api.post("/comments/<comment_id>/messages")
@open_to("moderator")
@described(
    "Write to a comment's writer, who reads it where the receipt leads",
    body=MessageBody,
    answers={201: MessageAnswer},
    refusals=_CHANGES,
)
def post_message(comment_id: str) -> Response:
    body = read_json(MessageBody)
    actor = current_actor()
    said = message_writer(current_services(), actor, _reached(comment_id), body.text)
    with current_services().read() as session:
        return json_answer(MessageAnswer(said.comment_id, message_views(session, [said])[0]), 201)


@editorial_api.get("/sites/<site>/saved-replies")
@open_to("moderator")
@described("A site's saved replies, by name", answers={200: SavedRepliesAnswer}, refusals=(401, 403, 404))
def get_saved_replies(site: str) -> Response:
    with current_services().read() as session:
        at = site_named(session, site, "moderator")
        return json_answer(SavedRepliesAnswer([_view(reply) for reply in saved_replies_of(session, at.id)]))


@editorial_api.put("/sites/<site>/saved-replies")
@open_to("moderator")
@described(
    "Keep a saved reply under its name",
    body=SavedReplyBody,
    answers={200: SavedReplyView, 201: SavedReplyView},
    refusals=_CHANGES,
)
def put_saved_reply(site: str) -> Response:
    body = read_json(SavedReplyBody)
    at = reached_site(site, "moderator")
    reply, is_new = keep_reply(current_services(), current_actor(), at, body.name, body.text)
    return json_answer(_view(reply), 201 if is_new else 200)


@editorial_api.delete("/sites/<site>/saved-replies/<reply_id>")
@open_to("moderator")
@described("Delete a saved reply", answers={204: None}, refusals=(401, 403, 404, 503))
def delete_saved_reply(site: str, reply_id: str) -> Response:
    at = reached_site(site, "moderator")
    delete_reply(current_services(), current_actor(), at, reply_id)
    return Response(status=204)


def _view(reply: SavedReply) -> SavedReplyView:
    return SavedReplyView(reply.id, reply.name, reply.text, reply.changed_at)
