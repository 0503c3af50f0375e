"""Selects beside pages and totals which SQLite alone is asked, for words."""

from typing import Any

from sqlalchemy import Select, select

from models.queries.arms import together, total_of
from models.queries.conditions import open_on
from models.queries.queue_filter import QueueFilter
from models.queries.search import Search


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
