"""Threads side by side: in the order of how much comes in, of how much waits, or of their age; and their counts."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    LargeBinary,
    Select,
    SQLColumnExpression,
    Subquery,
    Text,
    and_,
    cast,
    func,
    literal,
    literal_column,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY

from models.comment import Comment, Status
from models.database.base import Id
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
        said = func.lower(Thread.title + " " + Thread.key)
        ways = [_in_bytes(text, sqlite=self.sqlite) > func.length(text) for text in (Thread.title, Thread.key)]
        if self.words:
            ways.append(and_(*(said.contains(word, autoescape=True) for word in self.words)))
        # A single word that is a part of the key is in both.
        if list(self.words) != [self.part]:
            ways.append(func.lower(Thread.key).contains(self.part, autoescape=True))
        return or_(*ways)


def _in_bytes(text: SQLColumnExpression[str], *, sqlite: bool) -> ColumnElement[int]:
    return func.length(cast(text, LargeBinary)) if sqlite else func.octet_length(text)


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


def threads_ranked(ranks: Sequence[Rank], *, sqlite: bool) -> Select[str, int]:
    """(thread, how many) as given."""
    if sqlite:
        given: Any = func.json_each(json.dumps(ranks)).table_valued("value", name="given")
        thread_id, many = (func.json_extract(given.c.value, path) for path in ("$[1]", "$[0]"))
        return select(thread_id.label("thread_id"), many.label("many"))
    columns = (",".join(str(rank[n]) for rank in ranks) for n in (1, 0))
    thread_ids, counts = (func.string_to_array(literal(column, Text), literal_column("','")) for column in columns)
    rows = func.unnest(cast(thread_ids, ARRAY(Id)), cast(counts, ARRAY(Integer)))
    given = rows.table_valued("thread_id", "many").render_derived(name="given")
    return select(given.c.thread_id, given.c.many)


def threads_sought(
    ranked: Select[str, int], sought: Sought, most: int, limit: int, *, by_many: bool
) -> Select[int, str, str, str, int]:
    """(how many, thread, key, title, which one of `ranked`, from 1) of those that may be what is looked for, and of any
    from the `most`th on, in the same order."""
    rows = ranked.subquery("ranked")
    # Where none has more than another, they come in order already.
    order = (rows.c.many.desc(), rows.c.thread_id.desc()) if by_many else (rows.c.thread_id.desc(),)
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
