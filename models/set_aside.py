from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from models.database.base import Base, EnumText, Id
from models.decision import ActorKind


class AsideKind(StrEnum):
    HELD = "held"
    ESCALATED = "escalated"


class EscalateTo(StrEnum):
    """Whom a newsroom asks."""

    EDITOR = "editor"
    LEGAL = "legal"
    LEAD = "lead"


# Conditions of indexes: a query has to say the same words for SQLite to use one.
OPEN = "ended_at IS NULL"
OPEN_FOR_SOMEBODY = "ended_at IS NULL AND for_id IS NOT NULL"
OPEN_UNTIL = "ended_at IS NULL AND kind = 'held' AND due_at IS NOT NULL"
# The `rank` of what is due at no time: it comes last.
NEVER = -999_999_999


class SetAside(Base):
    """That a comment which waits was taken from the common list: held for a while or for somebody, or escalated.

    While `ended_at` is empty, it is; of a comment one row at most. It stays when that is over, as a part of what became
    of the comment; the comment's status and revision know nothing of it.
    """

    __tablename__ = "set_aside"
    __table_args__ = (
        Index("ix_set_aside_open", "comment_id", unique=True, sqlite_where=text(OPEN), postgresql_where=text(OPEN)),
        Index("ix_set_aside_comment_id_id", "comment_id", "id"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    comment_id: Mapped[str] = mapped_column(Id, ForeignKey("comment.id"))
    site_id: Mapped[str] = mapped_column(Id, ForeignKey("site.id"))
    kind: Mapped[AsideKind] = mapped_column(EnumText(AsideKind))
    # Whom an escalation asks.
    asked: Mapped[EscalateTo | None] = mapped_column(EnumText(EscalateTo))
    # The moderator who is to look at it.
    for_id: Mapped[str | None] = mapped_column(Id, ForeignKey("moderator.id"))
    note: Mapped[str | None] = mapped_column(Text)
    # When what is held comes back by itself, and by when an escalation should be answered.
    due_at: Mapped[datetime | None]
    # The order of its lists: what is due first has the highest. Minutes since 1970, below nothing.
    rank: Mapped[int] = mapped_column(default=NEVER)
    by_kind: Mapped[ActorKind] = mapped_column(EnumText(ActorKind))
    by_id: Mapped[str | None] = mapped_column(Id)
    created_at: Mapped[datetime]
    # By whom (`system`: its time was up), by which decision if by one, and what was answered.
    ended_at: Mapped[datetime | None]
    ended_kind: Mapped[ActorKind | None] = mapped_column(EnumText(ActorKind))
    ended_by: Mapped[str | None] = mapped_column(Id)
    decision_id: Mapped[str | None] = mapped_column(Id)
    answer: Mapped[str | None] = mapped_column(Text)


def rank_of(due_at: datetime | None) -> int:
    """The rank of what is due then."""
    return NEVER if due_at is None else -int(due_at.timestamp() // 60)


# As the lists have them.
Index(
    "ix_set_aside_queue",
    SetAside.site_id,
    SetAside.kind,
    SetAside.rank.desc(),
    SetAside.comment_id,
    sqlite_where=text(OPEN),
    postgresql_where=text(OPEN),
)
Index(
    "ix_set_aside_for",
    SetAside.for_id,
    SetAside.site_id,
    SetAside.rank.desc(),
    SetAside.comment_id,
    sqlite_where=text(OPEN_FOR_SOMEBODY),
    postgresql_where=text(OPEN_FOR_SOMEBODY),
)
# What comes back by itself, for the sweep.
Index("ix_set_aside_due", SetAside.due_at, sqlite_where=text(OPEN_UNTIL), postgresql_where=text(OPEN_UNTIL))
