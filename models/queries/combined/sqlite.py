"""Selects which SQLite alone is asked, for words.

To find where the words stand that few texts have is next to nothing; most of what it costs to ask for a site and a
status besides is that an index has all of those, too.
"""

from dataclasses import replace
from typing import Any

from sqlalchemy import Select, select

from models.comment import SearchEntry
from models.queries.arms import together, total_of
from models.queries.conditions import not_aside, open_on
from models.queries.lists.orders import looked_up
from models.queries.queue import entries_in, page_of
from models.queries.queue_filter import Place, QueueFilter, QueueOrder
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


def words_anywhere(wanted: QueueFilter, *, most: int) -> Select[int]:
    """How many comments of any site and status have the words that are asked for; at most `most` and one."""
    return total_of(Search(wanted.q, sqlite=True).anywhere(most + 1).subquery("rows"), most)


def queue_of_words(
    wanted: QueueFilter, order: QueueOrder, limit: int, after: Place | None = None, *, most: int
) -> Select[int, str, int]:
    """As `queue_gathered`, where at most `most` comments of any site and status have the words: all are looked at."""
    statuses = [status for status in wanted.statuses() if status is not None]
    source, says = Search(wanted.q, sqlite=True).entries_anywhere(wanted.site_ids, statuses)
    if wanted.common:
        says.append(not_aside(SearchEntry.comment_id))
    tests = looked_up(replace(wanted, q=""), wanted.site_ids, None, SearchEntry.comment_id, SearchEntry)
    return page_of([entries_in(order).select_from(source).where(*says, *tests)], order, limit, after, most)
