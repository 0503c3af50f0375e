"""The page of threads: which ones, in which order, with their counts, page by page."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, get_args

from sqlalchemy import Select
from sqlalchemy.orm import Session

from models import Site, Thread
from models.database.ids import ID_PATTERN, first_id
from models.queries.comments import times_of
from models.queries.overview.threads import (
    Rank,
    newest_threads,
    thread_counts,
    threads_by_arrivals,
    threads_by_pending,
    threads_ranked,
)
from service.desk.overview import thread_search
from service.desk.overview.waiting_ranks import WaitingRanks
from service.desk.queue.listing import SITES_AT_ONCE
from service.errors import FieldError, Invalid
from service.wiring import on_sqlite

ThreadOrder = Literal["rate", "pending", "newest"]
ORDERS: Sequence[ThreadOrder] = get_args(ThreadOrder)
PAGE_SIZE = 50
RATE_WINDOW = timedelta(hours=1)
_CURSOR = re.compile(rf"(rate|pending|newest)\.(\d{{1,11}})\.(\d{{1,9}})\.({ID_PATTERN})")


@dataclass(frozen=True, slots=True)
class ThreadLine:
    """One thread. Counts that are beyond `TOTAL_MOST` are one more than that. `title` may be empty."""

    thread: Thread
    title: str
    site: Site
    pending: int
    rejected: int
    spam: int
    # Comments that came in within the last hour, whatever became of them.
    rate: int
    waits_since: datetime | None


@dataclass(frozen=True, slots=True)
class ThreadPage:
    """`looked_at`: so many threads were looked through for what was searched, and there are more of them."""

    lines: list[ThreadLine] = field(default_factory=list)
    next_cursor: str = ""
    looked_at: int = 0


@dataclass(frozen=True, slots=True)
class _Cursor:
    """`moment`: seconds of Unix time at which the hour ended that the first page was in the order of."""

    order: str
    moment: int
    many: int
    thread_id: str

    def __str__(self) -> str:
        return f"{self.order}.{self.moment}.{self.many}.{self.thread_id}"


def find_threads(
    session: Session,
    sites: dict[str, Site],
    order: ThreadOrder,
    q: str,
    cursor: str,
    now: datetime,
    waiting: WaitingRanks | None = None,
) -> ThreadPage:
    """One page of the threads of these sites (by id); `waiting`: what is remembered of these. Raises Invalid for a
    cursor that is not ours."""
    after = _read(cursor, order)
    found: list[Rank] = []
    moment = after.moment if after else int(now.timestamp())
    looked, ended = 0, True
    last = after
    kept = waiting.find(session, list(sites), now) if waiting and order == "pending" else None
    for place, fits, n in _in_order(session, list(sites), order, q, after, moment, kept):
        if len(found) == PAGE_SIZE or (q.strip() and n > thread_search.THREADS_LOOKED_MOST):
            ended = False
            break
        looked, last = n, _Cursor(order, moment, *place)
        if fits:
            found.append(place)
    lines = _lines(session, [thread_id for _, thread_id in found], sites, now)
    short = not ended and len(found) < PAGE_SIZE
    return ThreadPage(lines, "" if ended else str(last), looked if short else 0)


def _in_order(
    session: Session,
    site_ids: Sequence[str],
    order: ThreadOrder,
    q: str,
    after: _Cursor | None,
    moment: int,
    kept: Sequence[Rank] | None,
) -> Iterator[tuple[Rank, bool, int]]:
    """As `search_threads`: one page and the one after it where nothing is sought. `kept`: all of them in order, where
    that is known."""
    until = datetime.fromtimestamp(moment, UTC)
    since = first_id(until - RATE_WINDOW)
    place = (after.many, after.thread_id) if after else None

    def rankings(after: Rank | None, limit: int) -> list[Select[str, int]]:
        if kept is not None:
            rest = [rank for rank in kept if after is None or rank < after][:limit]
            return [threads_ranked(rest, sqlite=on_sqlite(session))] if rest else []
        parts = list(_some(site_ids))
        if order == "newest":
            return [newest_threads(some, limit, after[1] if after else "") for some in parts]
        if order == "pending":
            return [threads_by_pending(some, limit, after) for some in parts]
        end = first_id(until + timedelta(seconds=1))
        return [threads_by_arrivals(some, since, end, limit, after) for some in parts]

    if q.strip():
        yield from thread_search.search_threads(session, rankings, q, place, by_many=order != "newest")
        return
    if kept is not None:
        rest = [rank for rank in kept if place is None or rank < place]
        yield from ((rank, True, n + 1) for n, rank in enumerate(rest[: PAGE_SIZE + 1]))
        return
    rows = [(row[1], row[0]) for query in rankings(place, PAGE_SIZE + 1) for row in session.execute(query)]
    for n, row in enumerate(sorted(rows, reverse=True)[: PAGE_SIZE + 1]):
        yield row, True, n + 1


def _lines(session: Session, thread_ids: Sequence[str], sites: dict[str, Site], now: datetime) -> list[ThreadLine]:
    rows: Any = session.execute(thread_counts(thread_ids, first_id(now - RATE_WINDOW))).all() if thread_ids else []
    found = {row[0].id: row for row in rows}
    waiting = [row[5] for row in rows if row[5]]
    oldest: dict[str, datetime] = dict(session.execute(times_of(waiting)).all()) if waiting else {}
    return [
        ThreadLine(
            thread=row[0],
            title=row[6],
            site=sites[row[0].site_id],
            pending=row[1],
            rejected=row[2],
            spam=row[3],
            rate=row[4],
            waits_since=oldest.get(row[5]),
        )
        for row in (found[thread_id] for thread_id in thread_ids if thread_id in found)
    ]


def _some(site_ids: Sequence[str]) -> Iterator[Sequence[str]]:
    # Each site is seven arms where all statuses are asked for.
    for start in range(0, len(site_ids), SITES_AT_ONCE):
        yield site_ids[start : start + SITES_AT_ONCE]


def _read(cursor: str, order: str) -> _Cursor | None:
    if not cursor:
        return None
    found = _CURSOR.fullmatch(cursor)
    # By rate it begins with a time: ids know none before 1970.
    if found is None or found[1] != order or (order == "rate" and not 3600 <= int(found[2]) < 2**33):
        raise Invalid(
            errors=[FieldError("cursor", "unknown_cursor", "This cursor is not one of ours; start again without it.")]
        )
    return _Cursor(found[1], int(found[2]), int(found[3]), found[4])
