"""Threads by key, age, rate and what waits in them."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, case, func, select
from sqlalchemy.orm import aliased

from models.comment import Comment, Status
from models.database.ids import first_id
from models.queries.conditions import is_judged, is_status, not_aside, stretch
from models.thread import Thread


def thread_named(site_id: str, key: str) -> Select[Thread]:
    """The thread that a site calls `key`."""
    return select(Thread).where(Thread.site_id == site_id, Thread.key == key)


def threads_called(site_ids: Collection[str], keys: Collection[str], section: str = "") -> Select[str, str]:
    """(site, thread) of the stories that these sites call so; those of the section alone, where one is given."""
    found = select(Thread.site_id, Thread.id).where(Thread.site_id.in_(site_ids), Thread.key.in_(keys))
    return found.where(Thread.section == section) if section else found


def titles_called(site_ids: Collection[str], keys: Collection[str]) -> Select[str, str]:
    """(key, title) of the stories that these sites call so."""
    return select(Thread.key, title_for_moderators()).where(Thread.site_id.in_(site_ids), Thread.key.in_(keys))


def title_for_moderators() -> ColumnElement[str]:
    """A thread's title; of one that has none, because nobody who counts has said it, what the newest comment's post
    said. It may be empty."""
    said = (
        select(Comment.page_title)
        .where(stretch(Comment.thread_id, Thread.id, Comment.id))
        .order_by(Comment.thread_id.desc(), Comment.id.desc())
        .limit(1)
        .correlate(Thread)
        .scalar_subquery()
    )
    return case((Thread.title != "", Thread.title), else_=func.coalesce(said, ""))


def threads_at(site_ids: Collection[str], addresses: Collection[str]) -> Select[str, str, str]:
    """(site, key, address) of the stories that stand at one of these addresses."""
    return select(Thread.site_id, Thread.key, Thread.url).where(Thread.site_id.in_(site_ids), Thread.url.in_(addresses))


def threads_keyed_so(site_ids: Collection[str], keys: Collection[str]) -> Select[str, str, str]:
    """(site, key, title) of the stories that these sites call so."""
    found = select(Thread.site_id, Thread.key, title_for_moderators())
    return found.where(Thread.site_id.in_(site_ids), Thread.key.in_(keys))


def sections_of(site_id: str, most: int) -> Select[str]:
    """The first sections that a site's stories are in, by name: each is looked up in the index behind the one before,
    however many stories it has."""
    known = select(_next_section(site_id, "").label("section")).cte("known", recursive=True)
    known = known.union_all(select(_next_section(site_id, known.c.section)).where(known.c.section.is_not(None)))
    return select(known.c.section).where(known.c.section.is_not(None)).limit(most)


def _next_section(site_id: str, after: ColumnElement[str] | str) -> ColumnElement[str]:
    inner = aliased(Thread)
    found = select(inner.section).where(inner.site_id == site_id, inner.section > after)
    return found.order_by(inner.section).limit(1).scalar_subquery()


def threads_with(thread_ids: Collection[str]) -> Select[Thread]:
    """These threads. Asked for by themselves: joined to a page of comments, PostgreSQL would rather read all."""
    return select(Thread).where(Thread.id.in_(thread_ids))


def pending_in_thread(thread_id: str) -> Select[int]:
    """How many of a thread's comments wait for a person."""
    return select(func.count()).where(Comment.thread_id == thread_id, *_waits())


def threads_by_newest(site_id: str, before: str = "") -> Select[Thread, int]:
    """A site's threads with how many of their comments wait, newest first; `before` is the last id already seen."""
    part = stretch(Thread.site_id, site_id, Thread.id, before=before)
    return select(Thread, _pending_in_thread()).where(part).order_by(Thread.site_id.desc(), Thread.id.desc())


def any_waiting(site_id: str, most: int) -> Select[int]:
    """How much waits on a site, at most `most` and one."""
    some = select(Comment.id).where(Comment.site_id == site_id, *_waits()).limit(most + 1)
    return select(func.count()).select_from(some.subquery())


def most_waiting(site_id: str, limit: int) -> Select[str]:
    """The ids of a site's threads in which most waits, first of all the one with most: all that waits is counted."""
    waiting = func.count().label("waiting")
    return (
        select(Comment.thread_id)
        .where(Comment.site_id == site_id, *_waits())
        .group_by(Comment.thread_id)
        .order_by(waiting.desc(), Comment.thread_id.desc())
        .limit(limit)
    )


def threads_waiting(thread_ids: Collection[str]) -> Select[Thread, int]:
    """These threads with how many of their comments wait. Not ordered."""
    return select(Thread, _pending_in_thread()).where(Thread.id.in_(thread_ids))


def threads_by_rate(site_id: str, since: datetime) -> Select[Thread, int, int]:
    """A site's threads, with how many of their comments wait and how many came in since, busiest first."""
    came = func.count(Comment.id)
    return (
        select(Thread, _pending_in_thread(), came)
        .join(Comment, and_(Comment.thread_id == Thread.id, Comment.id >= first_id(since)))
        .where(Thread.site_id == site_id)
        .group_by(Thread.id)
        .order_by(came.desc(), Thread.id.desc())
    )


def _pending_in_thread() -> ColumnElement[int]:
    inner = aliased(Comment)
    return select(func.count()).where(inner.thread_id == Thread.id, *_waits(inner)).correlate(Thread).scalar_subquery()


def _waits(comment: type[Comment] = Comment) -> Sequence[ColumnElement[bool]]:
    return is_status(comment.status, Status.PENDING), is_judged(comment), not_aside(comment.id)
