"""Conditions that several selects share."""

from collections.abc import Collection
from typing import Any, Self

from sqlalchemy import Boolean, ColumnElement, Select, and_, func, literal, literal_column, or_, select, tuple_
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from models.comment import JUDGED, STAFF, Comment, CommentVersion, Status
from models.decision import SetAside


def current_version() -> ColumnElement[bool]:
    """Joins a comment to the version that stands to be judged."""
    return and_(CommentVersion.comment_id == Comment.id, CommentVersion.n == Comment.current_version)


def on_sites(column: InstrumentedAttribute[str], site_ids: Collection[str] | None) -> list[ColumnElement[bool]]:
    """Narrows to these sites; None: every site."""
    return [] if site_ids is None else [column.in_(site_ids)]


def of_site(column: InstrumentedAttribute[str], site_id: str) -> ColumnElement[bool]:
    """That a row is of the site, where something else finds it. SQLite has no statistics: told plainly, it takes a site
    to be as narrow as a few ids or a cluster, and goes through all of it."""
    return column.concat("") == site_id


def is_status(column: InstrumentedAttribute[Status], status: Status) -> ColumnElement[bool]:
    """Whether that is the status, as a word in the statement: an index that has only this status is then known."""
    return column == _word(status)


def is_judged(comment: type[Comment] = Comment) -> ColumnElement[bool]:
    """Whether a comment may be looked at again. SQLite uses an index over those only where a select says just this."""
    return _IsJudged(comment.status)


def is_staff() -> ColumnElement[bool]:
    """Whether the newsroom wrote a comment; false where it has no badge."""
    return func.coalesce(Comment.badge, "") == literal_column(f"'{STAFF}'")


def not_aside(row_id: Any, site_id: str | None = None) -> ColumnElement[bool]:
    """That a comment of the site (None: of any) is not set aside.

    As a list, which is made once: joined, PostgreSQL would sort what an index has in order. Few are set aside at once.
    """
    aside = select(SetAside.comment_id).where(SetAside.ended_at.is_(None))
    found: ColumnElement[bool] = row_id.not_in(aside if site_id is None else aside.where(SetAside.site_id == site_id))
    return found


def open_on(site_ids: Collection[str]) -> Select[int]:
    """How many comments of these sites are set aside."""
    return select(func.count()).where(SetAside.site_id.in_(site_ids), SetAside.ended_at.is_(None))


class _IsJudged(FunctionElement[bool]):
    """In the words of the indexes (`models.comment`)."""

    name = "is_judged"
    type = Boolean()
    inherit_cache = True

    def self_group(self, against: Any = None) -> Self:
        # It brings its own parentheses; as any function it would become `… = 1`, which is in no index.
        return self


@compiles(_IsJudged, "sqlite")
def _one_by_one(element: _IsJudged, compiler: SQLCompiler, **options: Any) -> str:
    (status,) = element.clauses
    return compiler.process(or_(*(status == _word(word) for word in JUDGED)).self_group(), **options)


@compiles(_IsJudged)
def _as_list(element: _IsJudged, compiler: SQLCompiler, **options: Any) -> str:
    (status,) = element.clauses
    return compiler.process(status.in_([_word(word) for word in JUDGED]), **options)


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
