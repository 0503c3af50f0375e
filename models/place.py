from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from models.database.base import Base, Id

# The deepest that a comment can stand, counted from 0. What was answered deeper stands under the one just above it.
DEEPEST = 50

_WHILE_LIVE: dict[str, Any] = {"sqlite_where": text("live > 0"), "postgresql_where": text("live > 0")}
_WHILE_SHOWN: dict[str, Any] = {"sqlite_where": text("shown"), "postgresql_where": text("shown")}


class Place(Base):
    """Where a comment that is or was published stands in its thread, so that a page is read off an index.

    Worked out from `comment`, and to be trusted while `thread.placed_version` is `thread.version`; until then
    `service.moderation.places.place_thread` makes a thread's places anew. Nothing here refers to `comment`: checking
    that would lock its row after the thread's, and whoever moves a comment locks them the other way round.
    """

    __tablename__ = "place"
    __table_args__ = (
        # One for each order of a whole thread, and of its upper levels.
        Index("ix_place_oldest", "thread_id", "key", **_WHILE_LIVE),
        Index("ix_place_newest", "thread_id", "turn", "key", **_WHILE_LIVE),
        Index("ix_place_top", "thread_id", "rank", "turn", "key", **_WHILE_LIVE),
        Index("ix_place_level_oldest", "thread_id", "depth", "key", **_WHILE_LIVE),
        Index("ix_place_level_newest", "thread_id", "depth", "turn", "key", **_WHILE_LIVE),
        Index("ix_place_level_top", "thread_id", "depth", "rank", "turn", "key", **_WHILE_LIVE),
    )

    comment_id: Mapped[str] = mapped_column(Id, primary_key=True)
    thread_id: Mapped[str] = mapped_column(Id, ForeignKey("thread.id"))
    # Its own, or the comment just above `DEEPEST`.
    parent_id: Mapped[str | None] = mapped_column(Id)
    depth: Mapped[int]
    # Sorts by time, and never before the parent's.
    key: Mapped[str] = mapped_column(Text)
    # The id of the conversation's first comment with its letters reversed: the newest sorts first.
    turn: Mapped[str] = mapped_column(String(26))
    # Minus the votes of the conversation's first comment: the most sort first.
    rank: Mapped[int]
    # Published comments here and below. A comment is shown while there are any, as a tombstone if it isn't one of them.
    live: Mapped[int]
    # Published comments directly below.
    replies: Mapped[int]


class Ancestor(Base):
    """That one comment stands somewhere above another; `shown` and `key` are the lower one's, `below` says how far."""

    __tablename__ = "ancestor"
    __table_args__ = (
        Index("ix_ancestor_oldest", "above_id", "key", **_WHILE_SHOWN),
        Index("ix_ancestor_level_oldest", "above_id", "below", "key", **_WHILE_SHOWN),
    )

    comment_id: Mapped[str] = mapped_column(Id, primary_key=True)
    above_id: Mapped[str] = mapped_column(Id, primary_key=True)
    below: Mapped[int]
    key: Mapped[str] = mapped_column(Text)
    shown: Mapped[bool]
