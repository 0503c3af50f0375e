"""Answers of the newsroom itself: comments with the badge `staff`, up at once, without an address or a receipt."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models import ActorKind, Comment, CommentVersion, Decision, Site, Status, Thread, ThreadState, WriterChain, new_id
from models.comment import STAFF
from service.accounts.actors import Actor, refuse_shut_out
from service.accounts.audit import audit
from service.database_errors import again_when_contended
from service.errors import Conflict, FieldError, Invalid, NotFound
from service.markup.characters import one_line
from service.moderation.editorial.marks import NotPublished
from service.moderation.editorial.texts import body_fault, trimmed
from service.moderation.moves import Action, Cause, Move, NewText, after, new_text
from service.moderation.record import count_moves, send_hints, standings, version_row, write
from service.privacy.chains import chain_row
from service.wiring import Services


class ThreadIsHidden(Conflict):
    code, title = "thread_hidden", "Nobody sees this thread"


@dataclass(frozen=True, slots=True)
class StaffReply:
    """The comment that was made, and the decision that put it up, by which it can be undone."""

    comment_id: str
    decision_id: str
    revision: int
    status: Status


def names_for(site: Site, actor: Actor) -> Sequence[str]:
    """Under which names this actor may answer: their own, then the newsroom's, each once however it is written. A
    program has none of its own."""
    own = [actor.name] if actor.kind is ActorKind.MODERATOR else []
    names: dict[str, str] = {}
    for given in (*own, *site.settings.staff_names, site.name or site.slug):
        name = _as_shown(site, given)
        if name:
            names.setdefault(name.casefold(), name)
    return list(names.values())


def _as_shown(site: Site, name: str) -> str:
    return one_line(name)[: site.settings.name_max]


@again_when_contended
def reply_as_staff(services: Services, actor: Actor, parent_id: str, typed: str, name: str | None = None) -> StaffReply:
    """Answers a published comment in the newsroom's name; the answer is up at once, also where the thread is closed.

    `name`: one of `names_for`; None: the first of them. Asked again with the same words while the answer is up, it
    is the same answer: a form that was sent twice publishes once. Raises NotFound, Forbidden, Invalid, NotPublished,
    ThreadIsHidden.
    """
    now = services.clock.now()
    moves: list[Move] = []
    with services.write() as session:
        parent = session.get(Comment, parent_id, with_for_update={"key_share": True})
        if parent is None:
            raise NotFound("There is no such comment.")
        actor.require("moderator", parent.site_id)
        site = session.get_one(Site, parent.site_id)
        text, shown_name = _checked(site, actor, typed, name)
        if parent.published_version is None:
            raise NotPublished("Approve it first: an answer stands below what it answers.")
        if session.get_one(Thread, parent.thread_id).state is ThreadState.HIDDEN:
            raise ThreadIsHidden()
        chain_id = _chain_of(session, site.id, shown_name, now)
        known = _same_answer(session, parent, chain_id, text.text)
        if known is not None:
            return known
        comment_id = _insert(session, parent, chain_id, shown_name, text, now)
        standing = standings(session, [comment_id])[comment_id]
        cause = Cause(Action.APPROVE, actor.kind, actor.id)
        move = Move(new_id(), standing, after(standing, Status.APPROVED), cause)
        moves = write(session, [move], now=now, mails=services.settings.sends_mail)
        refuse_shut_out(session, actor, now)
        audit(
            session,
            actor,
            "comment.reply_as_staff",
            target=comment_id,
            site_id=site.id,
            details={"answers": parent.id, "decision": move.decision_id, "name": shown_name},
            now=now,
        )
        reply = StaffReply(comment_id, move.decision_id, move.revision, move.after.status)
    send_hints(services.redis, moves, mails=False)
    count_moves(moves, now)
    return reply


def _checked(site: Site, actor: Actor, typed: str, name: str | None) -> tuple[NewText, str]:
    names = names_for(site, actor)
    wrong = []
    text = trimmed(typed)
    fault = body_fault(text, site.settings)
    if fault is not None:
        wrong.append(FieldError("text", *fault))
    # A site was called by its slug as well, before its name stood for it: programs may still say that.
    if name is not None and name not in (*names, _as_shown(site, site.slug)):
        wrong.append(FieldError("name", "unknown_value", f"Answer as one of: {', '.join(names)}."))
    if wrong:
        raise Invalid(errors=wrong)
    return new_text(text), name or names[0]


def _chain_of(session: Session, site_id: str, name: str, now: datetime) -> str:
    """The chain of all that the newsroom says under this name: one face for readers."""
    query = select(WriterChain.id).where(WriterChain.site_id == site_id, WriterChain.staff_name == name)
    known = session.scalar(query)
    if known is not None:
        return known
    made = WriterChain(**chain_row(site_id, now), staff_name=name)
    try:
        with session.begin_nested():
            session.add(made)
    except IntegrityError:
        # A colleague answers for the first time as well.
        return session.scalars(query).one()
    return made.id


def _same_answer(session: Session, parent: Comment, chain_id: str, text: str) -> StaffReply | None:
    row = session.execute(
        select(Comment.id, Decision.id, Comment.revision, Comment.status)
        .join(
            CommentVersion,
            and_(CommentVersion.comment_id == Comment.id, CommentVersion.n == Comment.published_version),
        )
        .join(Decision, and_(Decision.comment_id == Comment.id, Decision.revision == Comment.revision))
        .where(Comment.parent_id == parent.id, Comment.chain_id == chain_id, CommentVersion.text == text)
        .limit(1)
    ).one_or_none()
    return None if row is None else StaffReply(*row)


def _insert(session: Session, parent: Comment, chain_id: str, name: str, text: NewText, now: datetime) -> str:
    comment_id = new_id()
    session.add(
        Comment(
            id=comment_id,
            site_id=parent.site_id,
            thread_id=parent.thread_id,
            parent_id=parent.id,
            chain_id=chain_id,
            name=name,
            badge=STAFF,
            fingerprint=text.fingerprint,
            sketch=text.sketch,
            created_at=now,
            sent_at=now,
        )
    )
    session.flush()
    session.add(CommentVersion(**version_row(comment_id, 1, text, now)))
    session.flush()
    return comment_id
