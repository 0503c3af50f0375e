"""Threads by key, age, rate and what waits in them."""

from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import aliased

from models.comment import Comment, Status
from models.database.ids import first_id
from models.thread import Thread


def thread_named(site_id: str, key: str) -> Select[Thread]:
    """The thread that a site calls `key`."""
    return select(Thread).where(Thread.site_id == site_id, Thread.key == key)


def pending_in_thread(thread_id: str) -> Select[int]:
    """How many of a thread's comments wait for a person."""
    return select(func.count(Comment.id)).where(Comment.thread_id == thread_id, Comment.status == Status.PENDING)


def threads_by_newest(site_id: str, before: str = "") -> Select[Thread, int]:
    """A site's threads with how many of their comments wait, newest first; `before` is the last id already seen."""
    query = select(Thread, _pending_in_thread()).where(Thread.site_id == site_id).order_by(Thread.id.desc())
    return query.where(Thread.id < before) if before else query


def threads_by_pending(site_id: str) -> Select[Thread, int]:
    """A site's threads with comments that wait, most of them first."""
    waiting = func.count(Comment.id)
    return (
        select(Thread, waiting)
        .join(Comment, and_(Comment.thread_id == Thread.id, Comment.status == Status.PENDING))
        .where(Thread.site_id == site_id)
        .group_by(Thread.id)
        .order_by(waiting.desc(), Thread.id.desc())
    )


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
    return (
        select(func.count(inner.id))
        .where(inner.thread_id == Thread.id, inner.status == Status.PENDING)
        .correlate(Thread)
        .scalar_subquery()
    )
