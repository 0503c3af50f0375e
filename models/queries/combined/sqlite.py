"""Selects beside pages and totals which SQLite alone is asked, for several things at once and for words."""

from typing import Any

from sqlalchemy import Select, select

from models.queries.arms import together, total_of
from models.queries.conditions import open_on
from models.queries.queue import walks
from models.queries.queue_filter import Place, QueueFilter, QueueOrder
from models.queries.search import Search


def queue_beyond(wanted: QueueFilter, order: QueueOrder, after: Place | None, *, walk: int) -> Select[str, int]:
    """(id, priority) of the first comment of each index that such a walk does not reach."""
    arms = walks(wanted, order, after, walk=walk, tested=False, sqlite=True)
    found = together([arm.offset(walk).limit(1) for arm in arms])
    return select(found.c.id, found.c.priority)


def queue_worded(wanted: QueueFilter, *, most: int) -> Select[int]:
    """How many have the words that are asked for, whatever else is asked for; at most `most` and one.

    What is set aside is subtracted, whether it has them or not: in the list that all share there are as many at least.
    """
    search = Search(wanted.q, sqlite=True)
    arms: list[Select[*tuple[Any, ...]]] = []
    for site_id in wanted.site_ids:
        for status in wanted.statuses():
            assert status is not None
            arms.append(search.rows(site_id, status, most + 1))
    total = total_of(together(arms), most)
    if not wanted.common:
        return total
    return select(total.scalar_subquery() - open_on(wanted.site_ids).scalar_subquery())
