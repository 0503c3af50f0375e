"""On SQLite several things at once, and words by themselves too, are found by the narrowest facet.

Each facet is counted in its index, up to `SQLITE_WALK_MOST`. Where there is no more than that of the narrowest, all of
it is looked through, and the others are looked up for each: page and total are exact then. Words that few have, on
whatever site and however they stand, are gathered at once. Where there is more of everything, a page is soon met in
order; if not, more of the narrowest is looked through, more with the words are gathered, or the walk goes on.
"""

from functools import partial

from models.queries.arms import (
    LOOKED_THROUGH_AFTER_ALL,
    LOOKED_THROUGH_MOST,
    LOOKED_UP_MOST,
    SQLITE_WALK_MOST,
    TOTAL_MOST,
    WALK_MOST,
    WORDED_MOST,
)
from models.queries.combined.facets import IN_ORDER, Facet, facets_of
from models.queries.combined.one_facet import facet_total, queue_looked_through, queue_walked, walked_beyond
from models.queries.combined.sqlite import queue_of_words, queue_worded, words_anywhere
from models.queries.queue_filter import Place
from service.desk.queue.combined.parts import PageAsked, Part, before_all, part_of, places_of


def find_on_sqlite(asked: PageAsked) -> Part:
    """The first comments in this order and how many there are."""
    wanted, limit = asked.wanted, asked.limit
    sizes = {facet: _size(asked, facet, SQLITE_WALK_MOST) for facet in facets_of(wanted)}
    narrowest = min(sizes, key=lambda facet: sizes[facet], default=None)
    if wanted.q:
        worded = asked.session.scalar(words_anywhere(wanted, most=WORDED_MOST)) or 0
        if worded <= WORDED_MOST and (narrowest is None or sizes[narrowest] >= min(worded, SQLITE_WALK_MOST)):
            page = wanted, asked.order, limit, asked.after
            return part_of(asked.session, queue_of_words(*page, most=WORDED_MOST), TOTAL_MOST)
    if narrowest is not None and sizes[narrowest] <= SQLITE_WALK_MOST:
        return _all_of(asked, narrowest, SQLITE_WALK_MOST)
    own_order = asked.order in ("decided", "nearest")
    in_order = [facet for facet in sizes if facet in IN_ORDER and asked.order == "priority"]
    way = min(in_order, key=lambda facet: sizes[facet], default=None)
    walked = asked.walked if own_order or not sizes else partial(_walked, asked, way)
    if not wanted.q and way is not None and way == narrowest and (part := _walked_out(asked, way)):
        return part
    at_once = SQLITE_WALK_MOST // 2 if wanted.combined else LOOKED_UP_MOST
    for walk, gathered_first in ((SQLITE_WALK_MOST, at_once), (WALK_MOST, WORDED_MOST)):
        if wanted.q and (part := _gathered(asked, gathered_first, counted=wanted.combined or walk < WALK_MOST)):
            return part
        if len(first := walked(walk)) == limit:
            return Part(first, limit - 1 if wanted.combined else LOOKED_UP_MOST, True)
        most = LOOKED_THROUGH_AFTER_ALL if walk == WALK_MOST else LOOKED_THROUGH_MOST
        if narrowest is not None and _size(asked, narrowest, most) <= most:
            return _all_of(asked, narrowest, most)
    if wanted.gathered or own_order:
        return asked.gathered_or_paged(TOTAL_MOST)
    first = asked.page()
    if len(first) == limit:
        return Part(first, limit - 1, True)
    return asked.counted(first)


def _gathered(asked: PageAsked, most: int, *, counted: bool) -> Part | None:
    """All with the words, where there are so few, whatever else is asked for. They are `counted` before: an index of
    words does that in half the time, and without looking up what else is asked for."""
    if not counted:
        part = asked.gathered(most)
        return None if part.at_least else part
    if (asked.session.scalar(queue_worded(asked.wanted, most=most)) or 0) > most:
        return None
    return asked.gathered_or_paged(TOTAL_MOST)


def _size(asked: PageAsked, facet: Facet, most: int) -> int:
    return asked.session.scalar(facet_total(asked.wanted, facet, most, sqlite=True)) or 0


def _all_of(asked: PageAsked, facet: Facet, most: int) -> Part:
    """What fits of all that there is of this facet."""
    page = asked.wanted, facet, asked.order, asked.limit, asked.after
    return part_of(asked.session, queue_looked_through(*page, most=most, sqlite=True))


def _walked_out(asked: PageAsked, facet: Facet) -> Part | None:
    """The page as a walk through all of this facet meets it, where there is not so much of that: there is nothing then
    to begin anew for where a shorter one would have met too little."""
    most = LOOKED_THROUGH_MOST
    if _size(asked, facet, most) > most:
        return None
    page = asked.wanted, facet, asked.order, asked.limit, asked.after
    met = places_of(asked.session, queue_walked(*page, walk=most, sqlite=True))
    if len(met) == asked.limit:
        return Part(met, asked.limit - 1, True)
    return Part(met, len(met)) if asked.after is None else _all_of(asked, facet, most)


def _walked(asked: PageAsked, way: Facet | None, walk: int) -> list[Place]:
    """As `PageAsked.walked`, by the index of this facet, or of whatever has the status."""
    page = asked.wanted, way, asked.order, asked.limit, asked.after
    met = places_of(asked.session, queue_walked(*page, walk=walk, sqlite=True))
    if len(met) < asked.limit:
        return []
    ends = walked_beyond(asked.wanted, way, asked.order, asked.after, walk=walk, sqlite=True)
    return before_all(asked.session, met, ends, asked.order)
