"""Selects by one facet of what is asked for, or by words, which PostgreSQL alone is asked (`facets`)."""

from collections.abc import Iterator
from dataclasses import replace
from typing import cast

from sqlalchemy import Select, select

from models.comment import SearchEntry
from models.queries.arms import beyond_each, together, total_of
from models.queries.combined.facets import Facet, by_site_and_status, looked_through, only, without
from models.queries.queue import entries_in, first_of, gathering, page_of, walks
from models.queries.queue_filter import Place, QueueFilter, QueueOrder, shared
from models.queries.search import Search


def facet_total(wanted: QueueFilter, facet: Facet, most: int) -> Select[int]:
    """How much there is of one thing that is asked for, whatever else is: at most `most` and one."""
    arms = [arm for one in by_site_and_status(wanted) for arm in _of_facet(only(one, facet))]
    return total_of(together([arm.order_by(None).limit(most + 1) for arm in arms]), most)


def queue_looked_through(
    wanted: QueueFilter, facet: Facet, order: QueueOrder, limit: int, after: Place | None = None, *, most: int
) -> Select[int, str, int]:
    """As `queue_gathered`, where of one thing that is asked for there are at most `most`: all are looked at."""
    search = Search(wanted.q, sqlite=False) if wanted.q else None
    arms = [
        looked_through(arm, without(one, facet), search, order, most)
        for one in by_site_and_status(wanted)
        for arm in _of_facet(only(one, facet))
    ]
    return page_of(arms, order, limit, after, most * len(arms))


def queue_walked(
    wanted: QueueFilter, facet: Facet | None, order: QueueOrder, limit: int, after: Place | None = None, *, walk: int
) -> Select[str, int]:
    """As `queue_page`, among the first `walk` in that order of one thing that is asked for (None: whatever has the
    status)."""
    search = Search(wanted.q, sqlite=False) if wanted.q else None
    arms = [
        looked_through(arm, without(one, facet), search, order, walk)
        for one, arm in _walked(wanted, facet, order, after)
    ]
    return first_of(arms, order, limit)


def walked_beyond(
    wanted: QueueFilter, facet: Facet | None, order: QueueOrder, after: Place | None, *, walk: int
) -> Select[str, int] | None:
    """As `queue_beyond`, of `queue_walked`."""
    return beyond_each([arm for _, arm in _walked(wanted, facet, order, after)], walk + 1)


def _walked(
    wanted: QueueFilter, facet: Facet | None, order: QueueOrder, after: Place | None
) -> Iterator[tuple[QueueFilter, Select[str, int]]]:
    """What each site and status asks for, with each index that has that thing in this order."""
    for one in by_site_and_status(wanted):
        for arm in walks(only(one, facet, aged=True), order, after, sqlite=False):
            yield one, arm


def words_looked_through(
    wanted: QueueFilter, order: QueueOrder, limit: int, after: Place | None = None, *, most: int
) -> Select[int, str, int]:
    """As `queue_gathered`, of the first `most` and one of each site and status that have the words, in no order: who
    asks has to know that there are no more."""
    arms = [
        looked_through(_with_words(one), replace(one, q=""), None, order, most) for one in by_site_and_status(wanted)
    ]
    return page_of(arms, order, limit, after, most * len(arms))


def words_total(wanted: QueueFilter, most: int | None = None) -> Select[int]:
    """How many comments have the words, whatever else is asked for, at most `most` and one; without `most` for a
    planner to guess."""
    arms = [_with_words(one) for one in by_site_and_status(wanted)]
    if most is None:
        return cast(Select[int], select(together(arms)))
    return total_of(together([arm.limit(most + 1) for arm in arms]), most)


def _with_words(one: QueueFilter) -> Select[str, int]:
    (site_id,), status = one.site_ids, one.status
    assert status is not None
    source, says = Search(one.q, sqlite=False).entries(site_id, status)
    return entries_in("priority").select_from(source).where(*says, *shared(one, SearchEntry.comment_id, site_id))


def _of_facet(one: QueueFilter) -> Iterator[Select[str, int]]:
    """All of one thing that is asked for, of one site and status."""
    if one.section or one.aged:
        yield from gathering(one, None, one.site_ids[0], one.status)
    else:
        yield from walks(one, "priority", None, sqlite=False)
