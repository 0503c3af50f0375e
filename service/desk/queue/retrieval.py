"""How the first comments of some sites are found, and how many there are: the way that costs least."""

from models.database.planner import expected_rows
from models.queries.arms import LOOKED_UP_MOST, TOTAL_MOST, WALK_MOST
from models.queries.queue import queue_guessed, queue_met, queue_passed, queue_total
from service.desk.queue.combined.parts import PageAsked, Part
from service.desk.queue.combined.postgresql import find_on_postgresql
from service.desk.queue.combined.sqlite import find_on_sqlite


def find(asked: PageAsked) -> Part:
    """The first comments in that order and how many there are, of what is in a queue by itself."""
    wanted, order = asked.wanted, asked.order
    own_order = order in ("decided", "nearest")
    if own_order and not wanted.beyond(order):
        return asked.counted(asked.page())
    if asked.sqlite and (wanted.combined or wanted.q):
        return find_on_sqlite(asked)
    if wanted.combined:
        return _several(asked)
    if wanted.by_facet and order != "priority" and not wanted.gathered:
        return _facet_by_time(asked)
    # SQLite has the ages of each priority in one index.
    if wanted.gathered or own_order or (wanted.by_age_alone and order == "priority" and not asked.sqlite):
        return _gathered(asked)
    # By age alone the first ones are all that has to be looked at.
    return asked.counted(asked.page(asked.limit if wanted.by_age_alone and order != "priority" else None))


def _several(asked: PageAsked) -> Part:
    """Several things at once, on PostgreSQL."""
    if (narrow := find_on_postgresql(asked)) is not None:
        return narrow
    if _any_hope(asked) and len(first := asked.walked(WALK_MOST)) == asked.limit:
        return Part(first, *_met(asked))
    return asked.gathered_or_paged(TOTAL_MOST)


def _gathered(asked: PageAsked) -> Part:
    """What no index has in this order: gathered, unless there are so many that a short walk meets a page of it."""
    most = asked.wanted.counted_most
    if not asked.sqlite:
        fits, passed = _guessed(asked)
        # So many that a walk soon meets more than are counted: an index of words would list them all first.
        dense = bool(asked.wanted.q) and 1.2 * most * passed < WALK_MOST * fits
        if dense and _more_met(asked, most) and len(first := asked.walked(WALK_MOST)) == asked.limit:
            return Part(first, most, True)
        if fits <= most or asked.limit * passed > WALK_MOST * fits:
            return asked.gathered_or_paged(TOTAL_MOST)
    part = asked.gathered(most)
    if part.at_least and len(first := asked.walked(WALK_MOST)) == asked.limit:
        return part._replace(page=first)
    return asked.gathered_or_paged(TOTAL_MOST) if part.at_least else part


def _facet_by_time(asked: PageAsked) -> Part:
    """What an index has in the order of priority alone, by age or by decision: counted there, where nothing has to be
    looked up. Of so many a short walk mostly meets a page; where it does not, they are sorted."""
    total, at_least = asked.count()
    if at_least and len(first := asked.walked(WALK_MOST)) == asked.limit:
        return Part(first, total, at_least)
    if asked.order == "decided" and total:
        return asked.gathered_or_paged(TOTAL_MOST)
    return Part(asked.page() if total or at_least else [], total, at_least)


def _guessed(asked: PageAsked) -> tuple[float, float]:
    """By PostgreSQL's statistics: how many there are, and of how many a walk would meet them."""
    fits, passed = (expected_rows(asked.session, query) for query in queue_guessed(asked.wanted, sqlite=False))
    return fits, passed


def _more_met(asked: PageAsked, most: int) -> bool:
    """Whether a short walk meets more than so many."""
    return (asked.session.scalar(queue_total(asked.wanted, most, walk=WALK_MOST, sqlite=False)) or 0) > most


def _any_hope(asked: PageAsked) -> bool:
    """Whether by PostgreSQL's statistics there may be a page at all, which guess low where things go together."""
    fits, _ = queue_guessed(asked.wanted, sqlite=False)
    return asked.wanted.few or expected_rows(asked.session, fits) * 10 >= asked.limit


def _met(asked: PageAsked) -> tuple[int, bool]:
    """How many there are of what PostgreSQL has to look up by two things at once, where a walk has met a page and one
    more, and whether there are more.

    They are counted where few come along at all; else nobody counts more than the page.
    """
    most = LOOKED_UP_MOST
    if (asked.session.scalar(queue_passed(asked.wanted, most=most, sqlite=False)) or 0) > most:
        return asked.limit - 1, True
    return asked.session.scalar(queue_met(asked.wanted, walk=most, sqlite=False)) or 0, False
