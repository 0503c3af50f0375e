"""The queue: which comments a moderator asks for, in which order, page by page."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from models import Comment, Status
from models.database.ids import ID_PATTERN
from models.queries.arms import TOTAL_MOST
from models.queries.queue import (
    QueueFilter,
    QueueOrder,
    queue_gathered,
    queue_page,
    queue_rows,
    queue_total,
)
from models.queries.search import Search
from service.accounts.access import Actor
from service.desk.queue.items import Row, items
from service.desk.queue.types import QueueAnswer, QueueNarrowing, QueueQuery
from service.desk.site_access import sites_asked
from service.errors import FieldError, Invalid
from service.wiring import Services, on_sqlite

# SQLite takes a union of 500 at most; a site is 16: four statuses, two ways to be in a language, two stretches.
SITES_AT_ONCE = 30
# The order it was made for, the priority and the id of the last comment of a page.
_CURSOR = re.compile(rf"(priority|oldest|newest)\.(-?\d{{1,9}})\.({ID_PATTERN})")


@dataclass(frozen=True, slots=True)
class Found:
    """Ids in order, and how many there are in all: exact up to `TOTAL_MOST`, one more where there are more."""

    ids: list[str]
    total: int


def find_queue(services: Services, actor: Actor, asked: QueueQuery) -> QueueAnswer:
    """One page of the queue with the total of all pages. Raises NotFound for a site out of reach, Invalid."""
    after = read_cursor(asked)
    with services.read() as session:
        sites = sites_asked(session, asked.site, "viewer")
        wanted = narrowed(asked, list(sites))
        found = find_ids(session, wanted, asked.order, asked.limit + 1, after)
        rows = rows_of(session, found.ids[: asked.limit])
        # A release from before, beside this one, moves comments without saying so to what is searched.
        stand = [row for row in rows if wanted.status in (None, row[0].status)]
        shown = items(services, session, stand, sites, actor)
    more = len(found.ids) > asked.limit
    return QueueAnswer(
        shown,
        min(found.total, TOTAL_MOST),
        write_cursor(asked, rows[-1][0]) if more else None,
        total_is="at_least" if found.total > TOTAL_MOST else "exact",
    )


def find_ids(
    session: Session, wanted: QueueFilter, order: QueueOrder, limit: int, after: tuple[int, str] | None = None
) -> Found:
    """The first comments of a queue in its order, and how many are in it."""
    if Search(wanted.q, sqlite=False).hopeless and wanted.q:
        return Found([], 0)
    found: list[tuple[int, str]] = []
    total = 0
    for start in range(0, len(wanted.site_ids), SITES_AT_ONCE):
        some = replace(wanted, site_ids=wanted.site_ids[start : start + SITES_AT_ONCE])
        page, count = _find_some(session, some, order, limit, after)
        found += page
        total += count
    if order == "priority":
        found.sort(key=lambda place: (-place[0], place[1]))
    else:
        found.sort(key=lambda place: place[1], reverse=order == "newest")
    return Found([comment_id for _, comment_id in found[:limit]], min(total, TOTAL_MOST + 1))


def count_queue(session: Session, wanted: QueueFilter) -> int:
    """How many comments are in a queue that is in order by itself: exact up to `TOTAL_MOST`, one more beyond."""
    sites, sqlite = wanted.site_ids, on_sqlite(session)
    total = 0
    for start in range(0, len(sites), SITES_AT_ONCE):
        some = replace(wanted, site_ids=sites[start : start + SITES_AT_ONCE])
        total += session.scalar(queue_total(some, sqlite=sqlite)) or 0
    return min(total, TOTAL_MOST + 1)


def _find_some(
    session: Session, wanted: QueueFilter, order: QueueOrder, limit: int, after: tuple[int, str] | None
) -> tuple[list[tuple[int, str]], int]:
    sqlite = on_sqlite(session)
    if wanted.gathered:
        rows = session.execute(queue_gathered(wanted, order, limit, after, sqlite=sqlite)).all()
        total = rows[0][0]
        if total <= TOTAL_MOST:
            return [(row[2], row[1]) for row in rows if row[1] is not None], total
    else:
        total = session.scalar(queue_total(wanted, sqlite=sqlite)) or 0
    page = session.execute(queue_page(wanted, order, limit, after, sqlite=sqlite)).all() if total else []
    return [(row[1], row[0]) for row in page], total


def rows_of(session: Session, comment_ids: Sequence[str]) -> list[Row]:
    """These comments in this order, with what is shown of them."""
    rows = {row[0].id: (row[0], row[1], row[2]) for row in session.execute(queue_rows(comment_ids))}
    return [rows[comment_id] for comment_id in comment_ids]


def first_ids(session: Session, asked: QueueNarrowing, site_id: str, limit: int) -> list[str]:
    """Ids of the first comments of one site's queue."""
    return find_ids(session, narrowed(asked, [site_id]), asked.order, limit).ids


def in_backlog_order(asked: QueueNarrowing, site_id: str) -> bool:
    """Whether this is all that waits on the site, most urgent first."""
    everything = QueueFilter(site_ids=[site_id], status=Status.PENDING)
    return asked.order == "priority" and narrowed(asked, [site_id]) == everything


def narrowed(asked: QueueNarrowing, site_ids: list[str]) -> QueueFilter:
    """What is asked for on these sites; what waits for a person where nothing else is said."""
    status = Status(asked.status) if asked.status else None
    if status is None and asked.filter is None and not asked.cluster:
        status = Status.PENDING
    return QueueFilter(
        site_ids=site_ids,
        status=status,
        unreviewed=asked.filter == "unreviewed",
        dead=asked.filter == "dead",
        q=asked.q.strip(),
        rule=asked.rule,
        section=asked.section,
        thread=asked.thread,
        language=asked.language,
        cluster=asked.cluster,
    )


def read_cursor(asked: QueueQuery) -> tuple[int, str] | None:
    if not asked.cursor:
        return None
    found = _CURSOR.fullmatch(asked.cursor)
    if found is None or found[1] != asked.order:
        raise Invalid(
            errors=[FieldError("cursor", "unknown_cursor", "This cursor is not one of ours; start again without it.")]
        )
    return int(found[2]), found[3]


def write_cursor(asked: QueueQuery, last: Comment) -> str:
    return f"{asked.order}.{last.priority}.{last.id}"
