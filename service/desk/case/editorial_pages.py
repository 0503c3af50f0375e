"""What the editors say and do with words, on the desk: the forms below a comment, and the page of saved replies."""

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Blueprint, redirect, render_template, request
from msgspec import UNSET, UnsetType
from werkzeug.wrappers import Response as AnyResponse

from models import Comment, CommentVersion, SavedReply, Site, Thread, ThreadState
from service.accounts.access import current_actor, open_to
from service.desk.queue.answers import answer_case
from service.desk.queue.said import sentence
from service.desk.requests import NUMBER_MOST, number_field, text_field
from service.desk.site_access import comment_reached, reached_site, site_named
from service.errors import FieldError, Invalid, NotFound
from service.moderation.editorial.marks import set_marks
from service.moderation.editorial.messages import MESSAGE_MAX, message_writer
from service.moderation.editorial.redaction import find_passage, redact
from service.moderation.editorial.saved_replies import NAME_MAX, delete_reply, keep_reply, saved_replies_of
from service.moderation.editorial.staff_replies import reply_as_staff
from service.moderation.threads import ThreadRule, keep_thread
from service.wiring import current_services

editorial_pages = Blueprint("editorial_pages", __name__, url_prefix="/moderate")

# What the form's "How" stands for: state and mode of a thread. Another mode is the newsroom's, and stays with "open".
THREAD_WAYS: dict[str, tuple[ThreadState, str | UnsetType | None]] = {
    "open": (ThreadState.OPEN, None),
    "held": (ThreadState.OPEN, "needs_approval"),
    "closed": (ThreadState.CLOSED, UNSET),
}


@editorial_pages.post("/reply")
@open_to("moderator")
def reply() -> str | AnyResponse:
    comment, site = _comment()
    with _in_one_sentence():
        text = _text(site)
        made = reply_as_staff(current_services(), current_actor(), comment.id, text, _field("name", 200) or None)
    return answer_case(comment.id, "replied", made.decision_id)


@editorial_pages.post("/message")
@open_to("moderator")
def message() -> str | AnyResponse:
    comment, site = _comment()
    with _in_one_sentence():
        message_writer(current_services(), current_actor(), comment.id, _text(site))
    return answer_case(comment.id, "messaged")


@editorial_pages.post("/mark")
@open_to("moderator")
def mark() -> str | AnyResponse:
    """`mark`: "featured" or "pinned", with `on` to set it and without to take it away."""
    comment, _ = _comment()
    name, on = request.form.get("mark", ""), bool(request.form.get("on"))
    if name == "featured":
        set_marks(current_services(), current_actor(), comment.id, featured=on)
        return answer_case(comment.id, "featured" if on else "unfeatured")
    if name == "pinned":
        set_marks(current_services(), current_actor(), comment.id, pinned=on)
        return answer_case(comment.id, "pinned" if on else "unpinned")
    raise Invalid(errors=[FieldError("mark", "unknown_value", "There is no such mark.")])


@editorial_pages.post("/redact")
@open_to("moderator")
def cut() -> str | AnyResponse:
    """The passage as it was written down; where it stands, if the page's script says so."""
    comment, _ = _comment()
    version, revision = _number("version") or comment.current_version, _number("expected_revision")
    with current_services().read() as session:
        found = session.get(CommentVersion, (comment.id, version))
    text = "" if found is None else found.text
    passage = _field("passage", 100_000)
    with _in_one_sentence():
        start, end = _number("start"), _number("end")
        if start is None or end is None or not start < end <= len(text):
            start, end = find_passage(text, passage)
        made = redact(
            current_services(),
            current_actor(),
            comment.id,
            version=version,
            start=start,
            end=end,
            expected_revision=-1 if revision is None else revision,
        )
    return answer_case(comment.id, "redacted", made.decision_id)


@editorial_pages.post("/thread")
@open_to("moderator")
def thread() -> str | AnyResponse:
    """How the thread of a comment is kept from now on."""
    services = current_services()
    with services.read() as session:
        found, _, at = comment_reached(session, _field("comment_id", 26), "moderator")
        site = session.get_one(Site, found.site_id)
        rule = _rule(at)
    with _in_one_sentence():
        keep_thread(services, current_actor(), site, at.key, rule)
    return answer_case(found.id, "thread_kept")


def _rule(at: Thread) -> ThreadRule:
    way = request.form.get("way", "")
    if way not in THREAD_WAYS:
        raise Invalid(errors=[FieldError("way", "unknown_value", "A thread is open, held or closed.")])
    state, mode = THREAD_WAYS[way]
    if at.mode == "read_only" or (way == "open" and at.mode not in (None, "needs_approval")):
        mode = UNSET
    # Before its box there is a hidden field: a page that was drawn without both says nothing of questions.
    said = request.form.getlist("asks")
    questions = "1" in said if said else UNSET
    return ThreadRule(state=state, mode=mode, banner=_field("banner", 10_000), questions=questions)


@editorial_pages.get("/sites/<site>/saved-replies")
@open_to("moderator")
def saved_replies(site: str) -> str:
    with current_services().read() as session:
        at = site_named(session, site, "moderator")
        replies = saved_replies_of(session, at.id)
    return render_template(
        "desk/saved_replies.html",
        site=at,
        actor=current_actor(),
        replies=replies,
        most=MESSAGE_MAX,
        name_most=NAME_MAX,
        said=sentence(request.args.get("said", "")),
    )


@editorial_pages.post("/sites/<site>/saved-replies")
@open_to("moderator")
def keep_saved_reply(site: str) -> AnyResponse:
    at = reached_site(site, "moderator")
    with _in_one_sentence():
        keep_reply(current_services(), current_actor(), at, _field("name", 500), _field("text", 100_000))
    return redirect(f"/moderate/sites/{at.slug}/saved-replies?said=reply_kept", 303)


@editorial_pages.post("/sites/<site>/saved-replies/delete")
@open_to("moderator")
def delete_saved_reply(site: str) -> AnyResponse:
    at = reached_site(site, "moderator")
    delete_reply(current_services(), current_actor(), at, _field("reply_id", 26))
    return redirect(f"/moderate/sites/{at.slug}/saved-replies?said=reply_deleted", 303)


def _comment() -> tuple[Comment, Site]:
    """The comment that a form is about, and its site. Raises NotFound, Forbidden."""
    with current_services().read() as session:
        comment, _, _ = comment_reached(session, _field("comment_id", 26), "moderator")
        return comment, session.get_one(Site, comment.site_id)


def _text(site: Site) -> str:
    """What was written; without a script, and with nothing written, the saved reply that was chosen."""
    written, chosen = _field("text", 100_000), _field("saved", 26)
    if written.strip() or not chosen:
        return written
    with current_services().read() as session:
        reply = session.get(SavedReply, chosen)
        if reply is None or reply.site_id != site.id:
            raise NotFound("There is no such saved reply.")
        return reply.text


def _field(name: str, most: int) -> str:
    return text_field(request.form, name, most)


def _number(name: str) -> int | None:
    return number_field(request.form, name, NUMBER_MOST)


@contextmanager
def _in_one_sentence() -> Iterator[None]:
    """A refusal that names fields says what is wrong in its detail as well: a page has one place for messages."""
    try:
        yield
    except Invalid as refused:
        if refused.detail or not refused.errors:
            raise
        raise Invalid(" ".join(error.message for error in refused.errors), errors=refused.errors) from None
