"""Threads side by side: in the order of how much comes in, of how much waits, or of their age; and their counts."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, LargeBinary, Select, Subquery, and_, cast, func, literal_column, or_, select

from models.comment import Comment, Status
from models.queries.arms import TOTAL_MOST, together
from models.queries.conditions import is_judged, is_status, not_aside, stretch
from models.queries.threads import title_for_moderators
from models.thread import Thread

# Comments of one site and status that are looked at to say how fast they come in.
CAME_MOST = 20_000

# How many, and the thread: those of the last one already seen.
Rank = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Sought:
    """What is looked for in threads, in small letters: a part of the key, or all these words of title and key."""

    part: str
    words: Sequence[str]
    sqlite: bool

    def may_be(self) -> ColumnElement[bool]:
        """Whether a thread may be it. Of one with other letters than ASCII's the databases cannot say: it may."""
        said = Thread.title + " " + Thread.key
        in_bytes = func.length(cast(said, LargeBinary)) if self.sqlite else func.octet_length(said)
        ways = [func.lower(Thread.key).contains(self.part, autoescape=True), in_bytes > func.length(said)]
        if self.words:
            ways.append(and_(*(func.lower(said).contains(word, autoescape=True) for word in self.words)))
        return or_(*ways)


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


def newest_threads(site_ids: Sequence[str], limit: int, before: str = "") -> Select[str, int]:
    """(thread, 0), newest first; `before`: the id of the last one already seen."""
    arms = [
        select(Thread.id, Thread.site_id)
        .where(stretch(Thread.site_id, site_id, Thread.id, before=before))
        .order_by(Thread.site_id.desc(), Thread.id.desc())
        .limit(limit)
        for site_id in site_ids
    ]
    found = together(arms)
    none: ColumnElement[int] = literal_column("0")
    query = select(found.c.id.label("thread_id"), none.label("many"))
    return query.order_by(found.c.id.desc()).limit(limit)


def threads_sought(ranked: Select[str, int], sought: Sought, most: int, limit: int) -> Select[int, str, str, str, int]:
    """(how many, thread, key, title, which one of `ranked`, from 1) of those that may be what is looked for, and of any
    from the `most`th on, in the same order."""
    rows = ranked.subquery("ranked")
    order = rows.c.many.desc(), rows.c.thread_id.desc()
    numbered = select(rows, func.row_number().over(order_by=order).label("n")).subquery("numbered")
    return (
        select(numbered.c.many, Thread.id, Thread.key, Thread.title, numbered.c.n)
        .join_from(numbered, Thread, Thread.id == numbered.c.thread_id)
        .where(or_(sought.may_be(), numbered.c.n >= most))
        .order_by(numbered.c.n)
        .limit(limit)
    )


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
