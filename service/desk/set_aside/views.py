"""What is said of comments that were set aside."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Literal

from sqlalchemy.orm import Session

from models import ActorKind, AsideKind, SetAside
from models.queries.set_aside import deciding_on, open_ones, times_aside
from service.accounts.access import Actor
from service.desk.actor_names import names_of_moderators
from service.desk.types import By, Person, SetAsideView

# Of a comment that was set aside again and again, the last times.
MOST_TIMES = 20


def aside_now(session: Session, comment_ids: Collection[str], actor: Actor, now: datetime) -> dict[str, SetAsideView]:
    """Those of the comments that are set aside, by id."""
    rows = session.scalars(open_ones(comment_ids)).all() if comment_ids else ()
    names = _names(session, rows)
    return {row.comment_id: aside_view(row, names, actor, now) for row in rows}


def aside_before(session: Session, comment_id: str, actor: Actor, now: datetime) -> list[SetAsideView]:
    """The last times that it was set aside, oldest first."""
    rows = session.scalars(times_aside(comment_id, MOST_TIMES)).all()
    names = _names(session, rows)
    return [aside_view(row, names, actor, now) for row in reversed(rows)]


def aside_view(row: SetAside, names: Mapping[str, str], actor: Actor, now: datetime) -> SetAsideView:
    """One row, for this caller."""
    late = row.kind is AsideKind.ESCALATED and row.ended_at is None and row.due_at is not None and row.due_at <= now
    ended_by = None if row.ended_kind is None else By(row.ended_kind, names.get(row.ended_by or ""))
    return SetAsideView(
        id=row.id,
        kind=row.kind,
        to=row.asked,
        moderator=None if row.for_id is None else Person(row.for_id, names.get(row.for_id)),
        note=row.note,
        due_at=row.due_at,
        overdue=late,
        mine=row.for_id == actor.id,
        own=row.by_id == actor.id,
        by=By(row.by_kind, names.get(row.by_id or "")),
        created_at=row.created_at,
        answer=row.answer,
        ended_at=row.ended_at,
        ended_by=ended_by,
        ended=_ended(row),
    )


def may_be_named(session: Session, site_id: str) -> list[Person]:
    """The moderators of the site for whom something can be set aside, by name."""
    return [Person(id_, name) for id_, name in session.execute(deciding_on(site_id))]


def _ended(row: SetAside) -> Literal["time", "let_go", "taken_back", "answered", "decided"] | None:
    if row.ended_at is None:
        return None
    if row.answer is not None:
        return "answered"
    if row.decision_id is not None:
        return "decided"
    if row.kind is AsideKind.ESCALATED:
        return "taken_back"
    return "time" if row.ended_kind is ActorKind.SYSTEM else "let_go"


def _names(session: Session, rows: Collection[SetAside]) -> dict[str, str]:
    return names_of_moderators(
        session, {found or "" for row in rows for found in (row.by_id, row.for_id, row.ended_by)}
    )
