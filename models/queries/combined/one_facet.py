"""Selects by one facet of what is asked for, whatever else is (`facets`): how much there is of it, and all of it or its
first comments in order, each of which is looked up for the rest."""

from collections.abc import Iterator

from sqlalchemy import Select

from models.queries.arms import beyond_each, of_ids, together, total_of
from models.queries.combined.facets import Facet, by_site_and_status, looked_through, only, without
from models.queries.lists.orders import as_walked, of_one_priority
from models.queries.queue import first_of, gathering, page_of, walks
from models.queries.queue_filter import Place, QueueFilter, QueueOrder
from models.queries.search import Search


def facet_total(wanted: QueueFilter, facet: Facet, most: int, *, sqlite: bool) -> Select[int]:
    """How much there is of one thing that is asked for, whatever else is: at most `most` and one."""
    arms = [arm for one in by_site_and_status(wanted) for arm in _of_facet(only(one, facet), sqlite=sqlite)]
    return total_of(together([of_ids(arm).order_by(None).limit(most + 1) for arm in arms]), most)


def queue_looked_through(
    wanted: QueueFilter,
    facet: Facet,
    order: QueueOrder,
    limit: int,
    after: Place | None = None,
    *,
    most: int,
    sqlite: bool,
) -> Select[int, str, int]:
    """As `queue_gathered`, where of one thing that is asked for there are at most `most`: all are looked at."""
    search = Search(wanted.q, sqlite=sqlite) if wanted.q else None
    arms = [
        looked_through(arm, without(one, facet), search, order, most)
        for one in by_site_and_status(wanted)
        for arm in _of_facet(only(one, facet), sqlite=sqlite)
    ]
    return page_of(arms, order, limit, after, most * len(arms))


def queue_walked(
    wanted: QueueFilter,
    facet: Facet | None,
    order: QueueOrder,
    limit: int,
    after: Place | None = None,
    *,
    walk: int,
    sqlite: bool,
) -> Select[str, int]:
    """As `queue_page`, among the first `walk` in that order of one thing that is asked for (None: whatever has the
    status)."""
    search = Search(wanted.q, sqlite=sqlite) if wanted.q else None
    arms = []
    for one, arm in walked_arms(wanted, facet, order, after, sqlite=sqlite):
        looked = looked_through(arm, without(one, facet), search, order, walk)
        # SQLite goes through these in the order that they have, and would look at all of them to sort them once more.
        arms.append(looked if sqlite else as_met(looked, arm, order))
    return first_of(arms, order, limit)


def as_met(looked: Select[str, int], arm: Select[str, int], order: QueueOrder) -> Select[str, int]:
    """In the order of the walk through this arm, so that PostgreSQL looks at no more of it than fills a page."""
    if order != "priority":
        return looked
    columns = looked.selected_columns
    return as_walked(looked, (columns.priority, columns.id), order, one_priority=of_one_priority(arm))


def walked_beyond(
    wanted: QueueFilter, facet: Facet | None, order: QueueOrder, after: Place | None, *, walk: int, sqlite: bool
) -> Select[str, int] | None:
    """As `queue_beyond`, of `queue_walked`."""
    return beyond_each([arm for _, arm in walked_arms(wanted, facet, order, after, sqlite=sqlite)], walk + 1)


def walked_arms(
    wanted: QueueFilter, facet: Facet | None, order: QueueOrder, after: Place | None, *, sqlite: bool
) -> Iterator[tuple[QueueFilter, Select[str, int]]]:
    """What each site and status asks for, with each index that has that thing in this order."""
    for one in by_site_and_status(wanted):
        for arm in walks(only(one, facet, aged=True), order, after, sqlite=sqlite):
            yield one, arm


def _of_facet(one: QueueFilter, *, sqlite: bool) -> Iterator[Select[str, int]]:
    """All of one thing that is asked for, of one site and status."""
    if one.section or one.aged:
        yield from gathering(one, None, one.site_ids[0], one.status)
    else:
        yield from walks(one, "priority", None, sqlite=sqlite)
