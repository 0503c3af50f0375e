"""The queue: which comments a moderator asks for, in which order, page by page."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import get_args

from sqlalchemy.orm import Session

from models import Site, Status
from models.database.ids import ID_PATTERN, first_id
from models.queries.arms import TOTAL_MOST
from models.queries.comments import chain_behind
from models.queries.lists.decided import comments_decided
from models.queries.queue import queue_rows, queue_total
from models.queries.queue_filter import AsideFilter, ComplaintFilter, Place, QueueFilter, QueueOrder
from models.queries.search import Search
from models.queries.set_aside import aside_page, aside_total
from models.queries.threads import threads_called, threads_with
from models.queries.unanswered import unanswered_page, unanswered_total
from moderation_rules.language.tags import in_case
from service.accounts.access import Actor
from service.desk.queue.combined.parts import PageAsked, Part, in_order, places_of
from service.desk.queue.items import Row, items
from service.desk.queue.retrieval import find
from service.desk.queue.types import QueueAnswer, QueueNarrowing, QueueQuery
from service.desk.site_access import sites_asked
from service.errors import FieldError, Invalid
from service.wiring import Services, on_sqlite

# SQLite takes a union of 500 at most; a site is 16: four statuses, two ways to be in a language, two stretches. By age
# these are four.
SITES_AT_ONCE, SITES_AT_ONCE_AGED = 30, 15
# The order it was made for, the priority and the id of the last comment of a page (`models.queries.queue.queue_page`).
_CURSOR = re.compile(rf"(priority|oldest|newest|decided|nearest)\.(-?\d{{1,9}})\.({ID_PATTERN})")

# Filters that name a list of its own.
_ASIDE: dict[str, AsideFilter] = {name: name for name in get_args(AsideFilter)}
_COMPLAINTS: dict[str, ComplaintFilter] = {name: name for name in get_args(ComplaintFilter)}


@dataclass(frozen=True, slots=True)
class Found:
    """Ids in order, and how many there are in all; `at_least`: there are more, which nobody has counted.

    `places`: where each stands in the order, for a cursor.
    """

    ids: list[str]
    total: int
    at_least: bool = False
    places: list[Place] = field(default_factory=list)


def find_queue(services: Services, actor: Actor, asked: QueueQuery) -> QueueAnswer:
    """One page of the queue with the total of all pages. Raises NotFound for a site out of reach, Invalid."""
    with services.read() as session:
        return read_queue(services, session, actor, asked, sites_asked(session, asked.site, "viewer"))


def read_queue(
    services: Services, session: Session, actor: Actor, asked: QueueQuery, sites: Mapping[str, Site]
) -> QueueAnswer:
    """As `find_queue`, on the caller's snapshot and of these sites (by id). Raises Invalid."""
    after = read_cursor(asked)
    check_order(asked)
    wanted = narrowed(asked, list(sites), services.clock.now(), actor.id)
    found = find_ids(session, wanted, asked.order, asked.limit + 1, after)
    rows = rows_of(session, found.ids[: asked.limit])
    # A release from before, beside this one, moves comments without saying so to what is searched.
    stand = [row for row in rows if wanted.status in (None, row[0].status)]
    return QueueAnswer(
        items(services, session, stand, sites, actor),
        found.total,
        write_cursor(asked, found.places[asked.limit - 1]) if len(found.ids) > asked.limit else None,
        total_is="at_least" if found.at_least else "exact",
    )


def find_ids(session: Session, wanted: QueueFilter, order: QueueOrder, limit: int, after: Place | None = None) -> Found:
    """The first comments of a queue in its order, and how many are in it."""
    if Search(wanted.q, sqlite=False).hopeless and wanted.q:
        return Found([], 0)
    found: list[Place] = []
    total, at_least = 0, False
    for some in _in_parts(session, wanted):
        part = _find_some(session, some, order, limit, after)
        found += part.page
        total += part.total
        at_least |= part.at_least
    places = in_order(found, order)[:limit]
    ids = [row_id for _, row_id in places]
    if order == "decided":
        decided = dict(session.execute(comments_decided(ids)).all())
        ids = [decided[decision_id] for decision_id in ids]
    return Found(ids, min(total, TOTAL_MOST), at_least or total > TOTAL_MOST, places)


def _in_parts(session: Session, wanted: QueueFilter) -> Iterator[QueueFilter]:
    """What is asked for in parts of which each is one select; nothing for stories and writers that are not there."""
    if wanted.writer:
        known = session.execute(chain_behind(wanted.writer, wanted.site_ids)).first()
        if known is None:
            return
        wanted = replace(wanted, writer="", chain=known[0], site_ids=[known[1]])
    if not wanted.thread_keys:
        at_once = SITES_AT_ONCE_AGED if wanted.aged else SITES_AT_ONCE
        for start in range(0, len(wanted.site_ids), at_once):
            yield replace(wanted, site_ids=wanted.site_ids[start : start + at_once])
        return
    stories: dict[str, list[str]] = {}
    # A story stands in one section: whether in this one is known before anything is looked for.
    for site_id, thread_id in session.execute(threads_called(wanted.site_ids, wanted.thread_keys, wanted.section)):
        stories.setdefault(site_id, []).append(thread_id)
    for site_id, threads in stories.items():
        yield replace(wanted, site_ids=[site_id], thread_keys=(), threads=threads, section="")


def count_queue(session: Session, wanted: QueueFilter, most: int | None = None) -> int:
    """How many comments are in a queue that is in order by itself: exact up to `most` (`TOTAL_MOST`), one more
    beyond."""
    most = TOTAL_MOST if most is None else most
    sqlite = on_sqlite(session)
    total = 0
    for some in _in_parts(session, wanted):
        total_in = unanswered_total if some.unanswered else queue_total if some.aside is None else aside_total
        query = total_in(some, most, sqlite=sqlite)
        total += session.scalar(query) or 0
    return min(total, most + 1)


def _find_some(session: Session, wanted: QueueFilter, order: QueueOrder, limit: int, after: Place | None) -> Part:
    if not wanted.unanswered and wanted.aside is None:
        return find(PageAsked(session, wanted, order, limit, after))
    if wanted.aside is not None and wanted.status not in (None, Status.PENDING):
        return Part([], 0)
    page_in, total_in = (unanswered_page, unanswered_total) if wanted.unanswered else (aside_page, aside_total)
    sqlite = on_sqlite(session)
    page = places_of(session, page_in(wanted, order, limit, after, sqlite=sqlite))
    return Part(page, session.scalar(total_in(wanted, sqlite=sqlite)) or 0)


def rows_of(session: Session, comment_ids: Sequence[str]) -> list[Row]:
    """These comments in this order, with what is shown of them."""
    found = session.execute(queue_rows(comment_ids)).all()
    named = session.scalars(threads_with({comment.thread_id for comment, _ in found}))
    threads = {thread.id: thread for thread in named}
    rows = {comment.id: (comment, version, threads[comment.thread_id]) for comment, version in found}
    return [rows[comment_id] for comment_id in comment_ids]


def in_backlog_order(asked: QueueNarrowing, site_id: str, now: datetime) -> bool:
    """Whether this is all that waits on the site, most urgent first."""
    everything = QueueFilter(site_ids=[site_id], status=Status.PENDING)
    return asked.order == "priority" and narrowed(asked, [site_id], now) == everything


def check_order(asked: QueueNarrowing) -> None:
    """Raises Invalid for an order that what is asked for does not have."""
    if asked.order == "nearest" and (asked.filter != "unreviewed" or asked.status != "approved"):
        raise Invalid(
            errors=[FieldError("order", "only_unreviewed", "Only what is approved and unreviewed is in this order.")]
        )
    if asked.order == "decided" and asked.filter in _ASIDE:
        raise Invalid(errors=[FieldError("order", "waits", "What is set aside waits for its decision.")])
    if asked.order == "decided" and asked.filter == "unanswered":
        raise Invalid(errors=[FieldError("order", "waits", "A question waits for its answer.")])


def narrowed(asked: QueueNarrowing, site_ids: list[str], now: datetime, actor_id: str = "") -> QueueFilter:
    """What is asked for on these sites; what waits for a person where nothing else is said. `actor_id`: who asks."""
    aside = _ASIDE.get(asked.filter or "")
    status = None if asked.status in (None, "any") else Status(asked.status)
    if asked.status is None and asked.filter is None and not asked.cluster:
        status = Status.PENDING
    keys = [asked.thread] if isinstance(asked.thread, str) else asked.thread
    return QueueFilter(
        site_ids=site_ids,
        status=status,
        unreviewed=asked.filter == "unreviewed",
        dead=asked.filter == "dead",
        q=asked.q.strip(),
        rule=asked.rule,
        section=asked.section,
        thread_keys=tuple(dict.fromkeys(key for key in keys if key)),
        writer=asked.writer,
        language=in_case(asked.language),
        cluster=asked.cluster,
        since=first_id(now - age(asked.younger)) if asked.younger else "",
        until=first_id(now - age(asked.older)) if asked.older else "",
        complaint=_COMPLAINTS.get(asked.filter or ""),
        aside=aside,
        aside_for=actor_id if aside == "for_me" else "",
        unanswered=asked.filter == "unanswered",
    )


def age(said: str) -> timedelta:
    """ "90m", "12h", "2d" as a time."""
    return int(said[:-1]) * {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}[said[-1]]


def read_cursor(asked: QueueQuery) -> Place | None:
    if not asked.cursor:
        return None
    found = _CURSOR.fullmatch(asked.cursor)
    if found is None or found[1] != asked.order:
        raise Invalid(
            errors=[FieldError("cursor", "unknown_cursor", "This cursor is not one of ours; start again without it.")]
        )
    return int(found[2]), found[3]


def write_cursor(asked: QueueQuery, last: Place) -> str:
    return f"{asked.order}.{last[0]}.{last[1]}"
