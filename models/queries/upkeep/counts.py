"""What is counted beside the rows, next to the same counted anew. Each select is one look at one moment."""

from collections.abc import Collection

from sqlalchemy import Select, func, literal_column, or_, select

from models.comment import JUDGED, Comment, CommentRule, SearchEntry, Status
from models.readers.complaint import Appeal, Report
from models.thread import Place, Thread

_PUBLISHED = (
    select(func.count())
    .where(Comment.thread_id == Thread.id, Comment.published_version.is_not(None))
    .correlate(Thread)
    .scalar_subquery()
)
# In the words of the index. What stands at the top of a thread counts all that is below it.
_PLACED = (
    select(func.coalesce(func.sum(Place.live), 0))
    .where(Place.thread_id == Thread.id, Place.depth == 0, Place.live > literal_column("0"))
    .correlate(Thread)
    .scalar_subquery()
)


def threads_after(thread_id: str) -> Select[str, int]:
    """(thread, how many published comments it says it has), in the order of their ids."""
    return select(Thread.id, Thread.published_count).where(Thread.id > thread_id).order_by(Thread.id)


def counted_threads(thread_ids: Collection[str]) -> Select[str, int, int, bool, int]:
    """(thread, what it says, how many are published, whether its places are said to be right, how many they count)."""
    return select(
        Thread.id,
        Thread.published_count,
        _PUBLISHED,
        Thread.version == func.coalesce(Thread.placed_version, -1),
        _PLACED,
    ).where(Thread.id.in_(thread_ids))


def listed_after(comment_id: str) -> Select[str, Status, int | None, Status | None]:
    """(comment, how it stands, the version it was listed with, how the entry of the search says it stands), by id."""
    return (
        select(Comment.id, Comment.status, Comment.listed_version, SearchEntry.status)
        .outerjoin(SearchEntry, SearchEntry.comment_id == Comment.id)
        .where(Comment.id > comment_id)
        .order_by(Comment.id)
    )


def complaints_said(first: str, last: str) -> Select[str, int, bool]:
    """(comment, how many reports it says are open, whether it says that an appeal is) from `first` to `last`, where it
    says anything of the kind."""
    return select(Comment.id, Comment.open_reports, Comment.appealed_at.is_not(None)).where(
        Comment.id.between(first, last), or_(Comment.open_reports != 0, Comment.appealed_at.is_not(None))
    )


def complaints_counted(first: str, last: str) -> tuple[Select[str, int], Select[str, int]]:
    """(comment, how many are open) of reports, and of appeals."""
    reports, appeals = (
        select(table.comment_id, func.count())
        .where(table.comment_id.between(first, last), table.settled_at.is_(None))
        .group_by(table.comment_id)
        for table in (Report, Appeal)
    )
    return reports, appeals


def rules_astray(first: str, last: str) -> Select[str]:
    """Which comments from `first` to `last` stand otherwise than what their rules found says."""
    return (
        select(CommentRule.comment_id)
        .join(Comment, Comment.id == CommentRule.comment_id)
        .where(CommentRule.comment_id.between(first, last), CommentRule.status != Comment.status)
        .distinct()
    )


def is_astray(status: Status, listed: int | None, entry: Status | None) -> bool:
    """Whether a row of `listed_after` contradicts itself. What is still to be listed has no entry to be wrong."""
    return entry is not None if status not in JUDGED else listed is not None and entry is not status
