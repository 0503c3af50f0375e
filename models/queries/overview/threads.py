"""Threads side by side: in the order of how much comes in, of how much waits, or of their age; and their counts."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, and_, func, literal_column, or_, select

from models.comment import Comment, Status
from models.queries.arms import TOTAL_MOST, together
from models.queries.conditions import is_judged, is_status, not_aside, stretch
from models.queries.threads import title_for_moderators
from models.thread import Thread

# Comments of one site and status that are looked at to say how fast they come in.
CAME_MOST = 20_000

# How many, and the thread: those of the last one already seen.
Rank = tuple[int, str]


def threads_by_arrivals(
    site_ids: Sequence[str], since: str, until: str, limit: int, after: Rank | None = None
) -> Select[str, int]:
    """(thread, how many of its comments have an id between these two), most first.

    Of each site and status the newest `CAME_MOST` are counted.
    """
    arms = [
        select(Comment.thread_id, Comment.status, Comment.id)
        # Not as pairs (`stretch`): there is no other end to begin at, and PostgreSQL before 18 does not stop at one.
        .where(Comment.site_id == site_id, is_status(Comment.status, status), Comment.id > since, Comment.id < until)
        .order_by(Comment.id.desc())
        .limit(CAME_MOST)
        for site_id in site_ids
        for status in Status
    ]
    return _ranked(together(arms), limit, after)


def threads_by_pending(site_ids: Sequence[str], limit: int, after: Rank | None = None) -> Select[str, int]:
    """(thread, how many of its comments wait for a person in the common list), most first."""
    arms = [
        select(Comment.thread_id).where(
            Comment.site_id == site_id,
            is_status(Comment.status, Status.PENDING),
            is_judged(),
            not_aside(Comment.id, site_id),
        )
        for site_id in site_ids
    ]
    return _ranked(together(arms), limit, after)


def newest_threads(site_ids: Sequence[str], limit: int, before: str = "") -> Select[str, str, str]:
    """(id, key, title) of threads, newest first; `before`: the id of the last one already seen."""
    arms = [
        select(Thread.id, Thread.key, Thread.title, Thread.site_id)
        .where(stretch(Thread.site_id, site_id, Thread.id, before=before))
        .order_by(Thread.site_id.desc(), Thread.id.desc())
        .limit(limit)
        for site_id in site_ids
    ]
    found = together(arms)
    return select(found.c.id, found.c.key, found.c.title).order_by(found.c.id.desc()).limit(limit)


def threads_called(thread_ids: Collection[str]) -> Select[str, str, str]:
    """(id, key, title) of these threads. Not ordered."""
    return select(Thread.id, Thread.key, Thread.title).where(Thread.id.in_(thread_ids))


def thread_counts(thread_ids: Collection[str], since: str) -> Select[Thread, int, int, int, int, str | None, str]:
    """These threads with how many of their comments wait in the common list, were rejected, are spam and came in with
    an id after `since` (each at most `TOTAL_MOST` and one), the id of the one that has waited longest, and the title.
    Not ordered."""
    of_thread = Comment.thread_id == Thread.id

    def counted(*where: ColumnElement[bool]) -> Any:
        rows: Select[Any] = select(literal_column("1")).where(of_thread, *where).limit(TOTAL_MOST + 1)
        return select(func.count()).select_from(rows.correlate(Thread).subquery()).scalar_subquery()

    waits = is_status(Comment.status, Status.PENDING), is_judged(), not_aside(Comment.id)
    refused = [counted(is_status(Comment.status, status), is_judged()) for status in (Status.REJECTED, Status.SPAM)]
    oldest = select(func.min(Comment.id)).where(of_thread, *waits).correlate(Thread).scalar_subquery()
    came = counted(Comment.id > since)
    return select(Thread, counted(*waits), *refused, came, oldest, title_for_moderators()).where(
        Thread.id.in_(thread_ids)
    )


def _ranked(rows: Subquery, limit: int, after: Rank | None) -> Select[str, int]:
    many = func.count().label("many")
    query = select(rows.c.thread_id, many).group_by(rows.c.thread_id)
    if after is not None:
        most, thread_id = after
        query = query.having(or_(many < most, and_(many == most, rows.c.thread_id < thread_id)))
    return query.order_by(many.desc(), rows.c.thread_id.desc()).limit(limit)
