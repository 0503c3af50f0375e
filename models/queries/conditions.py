"""Conditions that several selects share."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, and_, literal, literal_column, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from models.comment import JUDGED, Comment, CommentVersion, Status


def current_version() -> ColumnElement[bool]:
    """Joins a comment to the version that stands to be judged."""
    return and_(CommentVersion.comment_id == Comment.id, CommentVersion.n == Comment.current_version)


def on_sites(column: InstrumentedAttribute[str], site_ids: Collection[str] | None) -> list[ColumnElement[bool]]:
    """Narrows to these sites; None: every site."""
    return [] if site_ids is None else [column.in_(site_ids)]


def is_status(column: InstrumentedAttribute[Status], status: Status) -> ColumnElement[bool]:
    """Whether that is the status, as a word in the statement: an index that has only this status is then known."""
    return column == _word(status)


def is_judged(comment: type[Comment] = Comment) -> ColumnElement[bool]:
    """Whether a comment may be looked at again. SQLite uses an index over those only where a select says just this."""
    return comment.status.in_([_word(status) for status in JUDGED])


def stretch(
    column: InstrumentedAttribute[Any],
    value: Any,
    row_id: InstrumentedAttribute[str],
    after: str = "",
    before: str = "",
) -> ColumnElement[bool]:
    """`column = value`, with ids between these two, as a stretch of an index over both.

    Ordered by both columns it can be read off no other index. Told that they are equal, PostgreSQL may go through the
    primary key instead, in the hope of soon meeting enough that fit: in an old queue they are all at the other end.
    """
    if isinstance(value, Status):
        value = _word(value)
    low = tuple_(column, row_id) > tuple_(value, literal(after, row_id.type)) if after else column >= value
    high = tuple_(column, row_id) < tuple_(value, literal(before, row_id.type)) if before else column <= value
    return and_(low, high)


def _word(status: Status) -> ColumnElement[Any]:
    return literal_column(f"'{status.value}'")
