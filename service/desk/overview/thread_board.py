"""The page of threads: which ones, in which order, with their counts, page by page."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, get_args

from sqlalchemy.orm import Session

from models import Site, Thread
from models.database.ids import ID_PATTERN, first_id
from models.database.words import asked_for, words_of
from models.queries.comments import times_of
from models.queries.overview.threads import (
    Rank,
    newest_threads,
    thread_counts,
    threads_by_arrivals,
    threads_by_pending,
    threads_called,
)
from service.desk.queue.listing import SITES_AT_ONCE
from service.errors import FieldError, Invalid

ThreadOrder = Literal["rate", "pending", "newest"]
ORDERS: Sequence[ThreadOrder] = get_args(ThreadOrder)
PAGE_SIZE = 50
RATE_WINDOW = timedelta(hours=1)
# Threads whose titles are looked through for one page of a search, and how many are read at once.
LOOKED_MOST = 10_000
LOOKED_AT_ONCE = 1_000
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
    session: Session, sites: dict[str, Site], order: ThreadOrder, q: str, cursor: str, now: datetime
) -> ThreadPage:
    """One page of the threads of these sites (by id). Raises Invalid for a cursor that is not ours."""
    after = _read(cursor, order)
    found: list[tuple[str, int]] = []
    moment = after.moment if after else int(now.timestamp())
    looked, ended = 0, True
    last = after
    fits = looking_for(q)
    for thread_id, key, title, many in _in_order(session, list(sites), order, after, moment):
        if len(found) == PAGE_SIZE or looked == LOOKED_MOST:
            ended = False
            break
        looked += 1
        last = _Cursor(order, moment, many, thread_id)
        if fits(key, title):
            found.append((thread_id, many))
    lines = _lines(session, [thread_id for thread_id, _ in found], sites, now)
    short = not ended and len(found) < PAGE_SIZE
    return ThreadPage(lines, "" if ended else str(last), looked if short else 0)


def looking_for(q: str) -> Callable[[str, str], bool]:
    """Whether a thread, by key and title, is what somebody looks for: by words of the title, however accented, or by a
    part of the key."""
    part, asked = q.strip().casefold(), asked_for(q)

    def fits(key: str, title: str) -> bool:
        if not part or part in key.casefold():
            return True
        if title.isascii() and key.isascii():
            # Most have none of it, and that is seen sooner than their words are found.
            said = f"{title} {key}".lower()
            if any(one.word not in said for one in asked):
                return False
        words = words_of(title, key) if asked else []
        return bool(words) and all(
            any(word.startswith(one.word) if one.begins else word == one.word for word in words) for one in asked
        )

    return fits


def _in_order(
    session: Session, site_ids: Sequence[str], order: ThreadOrder, after: _Cursor | None, moment: int
) -> Iterator[tuple[str, str, str, int]]:
    """(id, key, title, by how many it stands here) of all threads after this place, read some at a time."""
    while True:
        if order == "newest":
            before = after.thread_id if after else ""
            rows = [(*row, 0) for row in _newest(session, site_ids, before)]
        else:
            rank = (after.many, after.thread_id) if after else None
            ranked = _ranked(session, site_ids, order, rank, moment)
            called = {row[0]: row for row in session.execute(threads_called([thread_id for thread_id, _ in ranked]))}
            rows = [(*called[thread_id], many) for thread_id, many in ranked if thread_id in called]
        yield from rows
        if len(rows) < LOOKED_AT_ONCE:
            return
        thread_id, _, _, many = rows[-1]
        after = _Cursor(order, moment, many, thread_id)


def _newest(session: Session, site_ids: Sequence[str], before: str) -> list[tuple[str, str, str]]:
    found: list[tuple[str, str, str]] = []
    for some in _some(site_ids):
        found += [(row[0], row[1], row[2]) for row in session.execute(newest_threads(some, LOOKED_AT_ONCE, before))]
    return sorted(found, reverse=True)[:LOOKED_AT_ONCE]


def _ranked(
    session: Session, site_ids: Sequence[str], order: ThreadOrder, after: Rank | None, moment: int
) -> list[tuple[str, int]]:
    until = datetime.fromtimestamp(moment, UTC)
    since = first_id(until - RATE_WINDOW)
    found: list[tuple[str, int]] = []
    for some in _some(site_ids):
        if order == "rate":
            query = threads_by_arrivals(some, since, first_id(until + timedelta(seconds=1)), LOOKED_AT_ONCE, after)
        else:
            query = threads_by_pending(some, LOOKED_AT_ONCE, after)
        found += [(row[0], row[1]) for row in session.execute(query)]
    return sorted(found, key=lambda row: (row[1], row[0]), reverse=True)[:LOOKED_AT_ONCE]


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
