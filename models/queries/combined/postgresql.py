"""Selects by words that few comments have, and by the section of what is walked through: PostgreSQL alone is asked."""

from dataclasses import replace
from typing import cast

from sqlalchemy import Select, select

from models.comment import Comment, SearchEntry
from models.queries.arms import beyond_each, together, total_of
from models.queries.combined.facets import by_site_and_status, looked_through, without
from models.queries.combined.one_facet import as_met, walked_arms
from models.queries.lists.orders import as_walked, marked, of_one_priority
from models.queries.queue import entries_in, first_of, page_of
from models.queries.queue_filter import Place, QueueFilter, QueueOrder, shared
from models.queries.search import Search
from models.thread import Thread


def section_walked(
    wanted: QueueFilter, limit: int, after: Place | None = None, *, walk: int, most: int
) -> tuple[Select[str, int], Select[str, int] | None]:
    """As `queue_walked` in the order of priority, with what it has not looked at (`walked_beyond`): among the first
    `walk` of whatever has the status, of which the first `most` in the section are looked at.

    Whether one is in the section, the index says that is walked through.
    """
    search = Search(wanted.q, sqlite=False) if wanted.q else None
    every, within, found = [], [], []
    for one, arm in walked_arms(wanted, None, "priority", after, sqlite=False):
        every.append(arm)
        rows = arm.add_columns(Comment.thread_id).limit(walk).subquery()
        threads = select(Thread.id).where(Thread.site_id == one.site_ids[0], Thread.section == one.section)
        here = select(rows.c.id, rows.c.priority).where(rows.c.thread_id.in_(threads).is_(True))
        one_priority = of_one_priority(arm)
        by = rows.c.priority, rows.c.id
        within.append(marked(as_walked(here, by, "priority", one_priority=one_priority), one_priority=one_priority))
        looked = looked_through(within[-1], without(one, "section"), search, "priority", most - 1)
        found.append(as_met(looked, within[-1], "priority"))
    ends = [end for end in (beyond_each(every, walk), beyond_each(within, most)) if end is not None]
    beyond = together([select(end.subquery()) for end in ends]) if ends else None
    rest = None if beyond is None else select(beyond.c.id, beyond.c.priority)
    return first_of(found, "priority", limit), rest


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
    planner to guess, which takes it that half of them are set aside where that is asked."""
    if most is None:
        every = [_with_words(one, plain=True) for one in by_site_and_status(wanted)]
        return cast(Select[int], select(together(every)))
    arms = [_with_words(one) for one in by_site_and_status(wanted)]
    return total_of(together([arm.limit(most + 1) for arm in arms]), most)


def _with_words(one: QueueFilter, *, plain: bool = False) -> Select[str, int]:
    """Unless `plain`, without what is set aside, where the list that all share is asked for."""
    (site_id,), status = one.site_ids, one.status
    assert status is not None
    source, says = Search(one.q, sqlite=False).entries(site_id, status)
    found = entries_in("priority").select_from(source).where(*says)
    return found if plain else found.where(*shared(one, SearchEntry.comment_id, site_id))
