"""On SQLite several things at once, and words by themselves too, are found by the first facet that is short.

Each that has an index is counted, words up to `WORDED_MOST`, others up to `SQLITE_WALK_MOST`. The first of which there
is no more than that is looked through, and the others are looked up for each: page and total are exact then. Where
there is more of all of them, a page is soon met in order; if not, all with the words are gathered, or the walk goes on.
"""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy.orm import Session

from models.queries.arms import LOOKED_UP_MOST, SQLITE_WALK_MOST, TOTAL_MOST, WALK_MOST, WORDED_MOST
from models.queries.combined.sqlite import queue_beyond, queue_worded
from models.queries.queue import queue_page, queue_passed, queue_total
from models.queries.queue_filter import Place, QueueFilter, QueueOrder
from service.desk.queue.combined.parts import Part, find_gathered, in_order, places_of


def find_on_sqlite(session: Session, wanted: QueueFilter, order: QueueOrder, limit: int, after: Place | None) -> Part:
    """The first comments in this order and how many there are."""
    # In the order `decided` ids are of decisions, and by nearness nothing else has an index.
    if order not in ("decided", "nearest"):
        every = _all_by_one_facet(session, wanted)
        if every is not None:
            return Part(_after(every, order, after)[:limit], len(every))

    def page(walk: int | None) -> list[Place]:
        return _places(session, wanted, order, limit, after, walk)

    def gathered() -> Part:
        part = find_gathered(session, wanted, order, limit, after, TOTAL_MOST, sqlite=True)
        return part._replace(page=page(None)) if part.at_least else part

    say_so = (session.scalar(queue_worded(wanted, most=WORDED_MOST)) or 0) if wanted.q else WORDED_MOST + 1
    at_once = SQLITE_WALK_MOST // 2 if wanted.combined else LOOKED_UP_MOST
    for walk, gathered_first in ((SQLITE_WALK_MOST, at_once), (WALK_MOST, WORDED_MOST)):
        if say_so <= gathered_first:
            return gathered()
        if len(first := page(walk)) == limit and _met_in_order(session, wanted, order, after, walk, first[-1]):
            return Part(first, limit - 1 if wanted.combined else LOOKED_UP_MOST, True)
    if wanted.gathered or order in ("decided", "nearest"):
        return gathered()
    first = page(None)
    if after is None and len(first) < limit:
        return Part(first, len(first))
    if len(first) == limit:
        return Part(first, limit - 1, True)
    total = session.scalar(queue_total(wanted, sqlite=True)) or 0
    return Part(first, min(total, wanted.counted_most), total > wanted.counted_most)


def _all_by_one_facet(session: Session, wanted: QueueFilter) -> list[Place] | None:
    """Everything that fits, where there is little of one facet that has an index."""
    if wanted.aged and wanted.status is not None and not wanted.few and _few(session, _only_aged(wanted)):
        return _places(session, replace(wanted, language_first=False), "oldest", SQLITE_WALK_MOST + 1, None)
    if wanted.few or wanted.by_facet:
        for language_first in (False, True) if wanted.rule and wanted.language and not wanted.few else (False,):
            led = replace(wanted, language_first=language_first)
            if _few(session, led):
                return _places(session, led, "priority", SQLITE_WALK_MOST + 1, None)
    return None


def _met_in_order(
    session: Session, wanted: QueueFilter, order: QueueOrder, after: Place | None, walk: int, last: Place
) -> bool:
    """Whether nothing comes before the last one of a page that the walk has not looked at: it goes through an index for
    each site, status, story and way to be in a language, and ends in each at another place."""
    if order in ("decided", "nearest"):
        return len(wanted.site_ids) * len(wanted.statuses()) == 1 and (after is None or order == "decided")
    beyond = places_of(session, queue_beyond(wanted, order, after, walk=walk))
    return all(in_order([place, last], order)[0] == last for place in beyond)


def _only_aged(wanted: QueueFilter) -> QueueFilter:
    return QueueFilter(site_ids=wanted.site_ids, status=wanted.status, since=wanted.since, until=wanted.until)


def _few(session: Session, wanted: QueueFilter) -> bool:
    """Whether a walk through all that it is led by is short."""
    if wanted.by_age_alone:
        query = queue_total(wanted, SQLITE_WALK_MOST, sqlite=True)
    else:
        query = queue_passed(wanted, most=SQLITE_WALK_MOST, sqlite=True)
    return (session.scalar(query) or 0) <= SQLITE_WALK_MOST


def _places(
    session: Session,
    wanted: QueueFilter,
    order: QueueOrder,
    limit: int,
    after: Place | None,
    walk: int | None = SQLITE_WALK_MOST,
) -> list[Place]:
    return places_of(session, queue_page(wanted, order, limit, after, walk=walk, sqlite=True))


def _after(every: Sequence[Place], order: QueueOrder, after: Place | None) -> list[Place]:
    places = in_order(every, order)
    if after is None:
        return places
    # The last one seen may have gone since: it is put where it would stand.
    return [place for place in places if place != after and in_order([place, after], order)[0] == after]
