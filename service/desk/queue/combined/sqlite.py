"""On SQLite several things at once, and words by themselves too, are found by the first facet that is short.

Each that has an index is counted, words up to `WORDED_MOST`, others up to `SQLITE_WALK_MOST`. The first of which there
is no more than that is looked through, and the others are looked up for each: page and total are exact then. Where
there is more of all of them, a page is soon met in order; if not, all with the words are gathered, or the walk goes on.
"""

from collections.abc import Sequence
from dataclasses import replace

from models.queries.arms import LOOKED_UP_MOST, SQLITE_WALK_MOST, TOTAL_MOST, WALK_MOST, WORDED_MOST
from models.queries.combined.sqlite import queue_worded
from models.queries.queue import queue_page, queue_passed, queue_total
from models.queries.queue_filter import Place, QueueFilter, QueueOrder
from service.desk.queue.combined.parts import PageAsked, Part, in_order, places_of


def find_on_sqlite(asked: PageAsked) -> Part:
    """The first comments in this order and how many there are."""
    wanted, order, limit = asked.wanted, asked.order, asked.limit
    # In the order `decided` ids are of decisions, and by nearness nothing else has an index.
    if order not in ("decided", "nearest"):
        every = _all_by_one_facet(asked)
        if every is not None:
            return Part(_after(every, order, asked.after)[:limit], len(every))
    worded = (asked.session.scalar(queue_worded(wanted, most=WORDED_MOST)) or 0) if wanted.q else WORDED_MOST + 1
    at_once = SQLITE_WALK_MOST // 2 if wanted.combined else LOOKED_UP_MOST
    for walk, gathered_first in ((SQLITE_WALK_MOST, at_once), (WALK_MOST, WORDED_MOST)):
        if worded <= gathered_first:
            return asked.gathered_or_paged(TOTAL_MOST)
        if len(first := asked.walked(walk)) == limit:
            return Part(first, limit - 1 if wanted.combined else LOOKED_UP_MOST, True)
    if wanted.gathered or order in ("decided", "nearest"):
        return asked.gathered_or_paged(TOTAL_MOST)
    first = asked.page()
    if len(first) == limit:
        return Part(first, limit - 1, True)
    return asked.counted(first)


def _all_by_one_facet(asked: PageAsked) -> list[Place] | None:
    """Everything that fits, where there is little of one facet that has an index."""
    wanted = asked.wanted
    if wanted.aged and wanted.status is not None and not wanted.few and _few(asked, _only_aged(wanted)):
        return _all_of(asked, replace(wanted, language_first=False), "oldest")
    if wanted.few or wanted.by_facet:
        for language_first in (False, True) if wanted.rule and wanted.language and not wanted.few else (False,):
            led = replace(wanted, language_first=language_first)
            if _few(asked, led):
                return _all_of(asked, led, "priority")
    return None


def _only_aged(wanted: QueueFilter) -> QueueFilter:
    return QueueFilter(site_ids=wanted.site_ids, status=wanted.status, since=wanted.since, until=wanted.until)


def _few(asked: PageAsked, led: QueueFilter) -> bool:
    """Whether a walk through all that it is led by is short."""
    if led.by_age_alone:
        query = queue_total(led, SQLITE_WALK_MOST, sqlite=True)
    else:
        query = queue_passed(led, most=SQLITE_WALK_MOST, sqlite=True)
    return (asked.session.scalar(query) or 0) <= SQLITE_WALK_MOST


def _all_of(asked: PageAsked, led: QueueFilter, order: QueueOrder) -> list[Place]:
    most = SQLITE_WALK_MOST
    return places_of(asked.session, queue_page(led, order, most + 1, walk=most, sqlite=True))


def _after(every: Sequence[Place], order: QueueOrder, after: Place | None) -> list[Place]:
    places = in_order(every, order)
    if after is None:
        return places
    # The last one seen may have gone since: it is put where it would stand.
    return [place for place in places if place != after and in_order([place, after], order)[0] == after]
