"""What the verbs share: the comment that waits, its row, and how that is made and ended."""

from datetime import datetime

from sqlalchemy.orm import Session

from models import AsideKind, EscalateTo, SetAside, Status, new_id
from models.decision import rank_of
from models.queries.set_aside import open_ones
from service.accounts.actors import Actor
from service.errors import Conflict, NotFound
from service.moderation.decisions import already_decided
from service.moderation.moves import Standing
from service.moderation.record import standings


class NotWaiting(Conflict):
    """Only what waits for a person can be set aside; `extra` says how the comment stands."""

    code, title = "not_waiting", "Only a comment that waits can be set aside"


class IsEscalated(Conflict):
    """Somebody has been asked already; an answer is awaited."""

    code, title = "escalated", "This is escalated already"


def standing_of(
    session: Session, comment_id: str, expected_revision: int | None = None, *, waits: bool = True
) -> Standing:
    """How the comment stands, its row locked. Raises NotFound, AlreadyDecided where it has moved since that revision,
    and where it must wait NotWaiting."""
    standing = standings(session, [comment_id], lock=True).get(comment_id)
    if standing is None:
        raise NotFound("There is no such comment.")
    if expected_revision is not None and standing.revision != expected_revision:
        raise already_decided(session, standing)
    if waits and standing.status is not Status.PENDING:
        current = {"status": standing.status.value, "revision": standing.revision}
        raise NotWaiting("Put it back to pending first.", extra={"current": current})
    return standing


def open_one(session: Session, comment_id: str) -> SetAside | None:
    """The row by which the comment is set aside now."""
    return session.scalar(open_ones([comment_id]))


def put_aside(
    session: Session,
    actor: Actor,
    standing: Standing,
    kind: AsideKind,
    *,
    now: datetime,
    due_at: datetime | None,
    for_id: str | None,
    note: str | None,
    asked: EscalateTo | None = None,
) -> SetAside:
    """Makes the row, in place of a hold that was there. Raises IsEscalated."""
    known = open_one(session, standing.id)
    if known is not None:
        if known.kind is AsideKind.ESCALATED:
            raise IsEscalated("Answer it, or take it back first.")
        end(known, actor, now)
        # Of a comment one row is open: the old one is ended before the new one is made.
        session.flush()
    row = SetAside(
        id=new_id(),
        comment_id=standing.id,
        site_id=standing.site_id,
        kind=kind,
        asked=asked,
        for_id=for_id,
        note=note or None,
        due_at=due_at,
        rank=rank_of(due_at),
        by_kind=actor.kind,
        by_id=actor.id,
        created_at=now,
    )
    session.add(row)
    session.flush()
    return row


def end(row: SetAside, actor: Actor, now: datetime, answer: str | None = None) -> None:
    """Ends it by this person, with what was answered."""
    row.ended_at, row.ended_kind, row.ended_by, row.answer = now, actor.kind, actor.id, answer
