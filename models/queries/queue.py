"""The moderators' queue: which comments, in which order, how many.

A select reads an index in the order that is asked for, one for each site and status, and stops when a page is full.
What no such index has (words; threads of a section) is gathered first: up to `LOOKED_UP_MOST`, they are sorted, and
counted with that. Where there are more, going through all comments in order mostly soon fills a page; where it does not
within `WALK_MOST` of them, up to `TOTAL_MOST` are gathered after all.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import Any, cast

from sqlalchemy import ColumnElement, Select, func, or_, select, true

from models.comment import JUDGED, Comment, CommentRule, CommentVersion, SearchEntry, Status
from models.queries.arms import beyond_each, counted, gathered, of_ids, together, total_of
from models.queries.conditions import current_version, is_status, stretch
from models.queries.lists.orders import (
    after_place,
    as_walked,
    by_order,
    looked_up,
    marked,
    of_one_priority,
    ordered,
    stretches,
)
from models.queries.queue_filter import (
    Place,
    QueueFilter,
    QueueOrder,
    found_by,
    in_cluster,
    languages,
    narrowed,
    shared,
    stands,
)
from models.queries.search import Search
from models.thread import Thread


def queue_page(
    wanted: QueueFilter,
    order: QueueOrder,
    limit: int,
    after: Place | None = None,
    *,
    walk: int | None = None,
    sqlite: bool,
) -> Select[str, int]:
    """(id, priority) of the first comments in this order; `after`: those of the last one already seen.

    In the order `decided` ids are those of decisions; in the order `nearest` nearness stands for priority.
    `walk`: only among the first so many of each site and status, of which each is looked at.
    """
    return first_of(list(walks(wanted, order, after, walk=walk, sqlite=sqlite)), order, limit)


def queue_beyond(
    wanted: QueueFilter, order: QueueOrder, after: Place | None, *, walk: int, sqlite: bool
) -> Select[str, int] | None:
    """(id, priority) of the first comment of each index that such a walk does not reach; None where it goes through a
    single one, in whose order it meets them."""
    return beyond_each(list(walks(wanted, order, after, walk=walk, tested=False, sqlite=sqlite)), walk)


def queue_total(wanted: QueueFilter, most: int | None = None, *, walk: int | None = None, sqlite: bool) -> Select[int]:
    """How many there are, at most `most` (`wanted.counted_most`) and one; `walk` as `queue_page` has it."""
    most = wanted.counted_most if most is None else most
    every = walks(wanted, "oldest" if wanted.by_age_alone else "priority", None, walk=walk, sqlite=sqlite)
    return total_of(together([of_ids(arm).order_by(None).limit(most + 1) for arm in every]), most)


def queue_passed(wanted: QueueFilter, *, most: int, sqlite: bool) -> Select[int]:
    """How many comments a walk looks at to meet all that fit, at most `most` and one: an index has them by itself."""
    arms = walks(wanted, "priority", None, walk=most, tested=False, sqlite=sqlite)
    return total_of(together([arm.order_by(None).limit(most + 1) for arm in arms]), most)


def queue_met(wanted: QueueFilter, *, walk: int, sqlite: bool) -> Select[int]:
    """How many a walk meets among the first `walk` of each site and status."""
    arms = [arm.order_by(None) for arm in walks(wanted, "priority", None, walk=walk, sqlite=sqlite)]
    return select(func.count()).select_from(together(arms))


def queue_gathered(
    wanted: QueueFilter, order: QueueOrder, limit: int, after: Place | None = None, *, most: int, sqlite: bool
) -> Select[int, str, int]:
    """(how many there are in all, id, priority) of the first comments, if there are at most `most`.

    Where nothing comes after that place, one row without an id.
    """
    search = Search(wanted.q, sqlite=sqlite) if wanted.q else None
    arms = [
        arm.limit(most + 1)
        for site_id in wanted.site_ids
        for status in wanted.statuses()
        for arm in gathering(wanted, search, site_id, status, order)
    ]
    return page_of(arms, order, limit, after, most)


def page_of(
    arms: Sequence[Select[*tuple[Any, ...]]], order: QueueOrder, limit: int, after: Place | None, most: int
) -> Select[int, str, int]:
    found = gathered(arms, most)
    keys = found.c.priority, found.c.id
    total = counted(found)
    # Nothing is sorted for nothing.
    page = select(found.c.id, found.c.priority).where(select(total.c.total).scalar_subquery() <= most)
    if after is not None:
        page = page.where(or_(*after_place(keys, order, after)))
    shown = ordered(page, keys, order).limit(limit).subquery("page")
    query = select(total.c.total, shown.c.id, shown.c.priority).select_from(total.outerjoin(shown, true()))
    return cast(Select[int, str, int], ordered(query, (shown.c.priority, shown.c.id), order))


def queue_guessed(wanted: QueueFilter, *, sqlite: bool) -> tuple[Select[*tuple[Any, ...]], Select[*tuple[Any, ...]]]:
    """What fits, and what a walk goes through until it has met some of it: for a planner to guess how many they are."""
    search = Search(wanted.q, sqlite=sqlite) if wanted.q else None
    fits = [
        arm
        for site_id in wanted.site_ids
        for status in wanted.statuses()
        for arm in gathering(wanted, search, site_id, status)
    ]
    passed = [arm.order_by(None) for arm in walks(replace(wanted, q="", section=""), "priority", None, sqlite=sqlite)]
    return select(together(fits)), select(together(passed))


def queue_rows(comment_ids: Collection[str]) -> Select[Comment, CommentVersion]:
    """Comments with the version that stands to be judged. Not ordered."""
    return select(Comment, CommentVersion).join(CommentVersion, current_version()).where(Comment.id.in_(comment_ids))


# The arms: a select of (id, priority) for each site and status.


def walks(
    wanted: QueueFilter,
    order: QueueOrder,
    after: Place | None,
    *,
    walk: int | None = None,
    tested: bool = True,
    sqlite: bool,
) -> Iterator[Select[str, int]]:
    """Ordered selects that have an index each. Unless `tested`, of all that come along."""
    search = Search(wanted.q, sqlite=sqlite) if wanted.q else None
    few = wanted.few or (wanted.by_facet and walk is None)
    for site_id in wanted.site_ids:
        for status in wanted.statuses():
            if order in ("decided", "nearest"):
                for one in JUDGED if status is None else [status]:
                    yield from by_order(wanted, site_id, one, order, after, search, walk, tested=tested, sqlite=sqlite)
                continue
            if order != "priority" and status is not None and not few:
                arm = _by_time(wanted, site_id, status, order, after, ends=walk is None or sqlite)
                if tested:
                    arm = _tested(arm, Comment.id, wanted, search, site_id, walk, order, by_time=True, sqlite=sqlite)
                yield arm
                continue
            for arm, keys in _walk(wanted, site_id, status, whole=walk is None):
                aged = wanted.aged and not (sqlite and wanted.few)
                for beyond, one_priority in stretches(keys, order, after, aged=aged):
                    # It is sorted; no index is to pretend that order.
                    sorted_ = (wanted.by_facet or wanted.complaint) and order != "priority"
                    by = (keys[0], keys[1].concat("")) if sorted_ else keys
                    part = marked(ordered(arm.where(*beyond), by, order), one_priority=one_priority)
                    if tested:
                        part = _tested(part, keys[1], wanted, search, site_id, walk, order, sqlite=sqlite)
                    yield part


def _by_time(
    wanted: QueueFilter, site_id: str, status: Status, order: QueueOrder, after: Place | None, *, ends: bool
) -> Select[str, int]:
    """One site's comments with one status, by age. Unless it `ends` at the last that is asked for, it goes on beyond:
    who takes only so many looks at them, and PostgreSQL before 18 would not stop there (`stretch`)."""
    seen = "" if after is None else after[1]
    since, until = wanted.since, wanted.until
    if not ends:
        since, until = ("", until) if order == "newest" else (since, "")
    if order == "newest":
        until = min(filter(None, (seen, until)), default="")
    else:
        since = max(seen, since)
    conditions = [
        Comment.site_id == site_id,
        stretch(Comment.status, status, Comment.id, after=since, before=until),
        *narrowed(replace(wanted, since="", until="")),
        *shared(wanted, Comment.id, site_id),
    ]
    query = select(Comment.id.label("id"), Comment.priority.label("priority")).where(*conditions)
    if order == "newest":
        return query.order_by(Comment.status.desc(), Comment.id.desc())
    return query.order_by(Comment.status, Comment.id)


def _tested(
    arm: Select[str, int],
    row_id: Any,
    wanted: QueueFilter,
    search: Search | None,
    site_id: str,
    walk: int | None,
    order: QueueOrder,
    *,
    by_time: bool = False,
    sqlite: bool,
) -> Select[str, int]:
    """An arm with what is looked at for each comment that comes along in order; of the first `walk` alone."""
    if walk is None:
        return arm.where(*_one_by_one(wanted, search, site_id, row_id, Comment))
    few = wanted.few
    by_language = wanted.language and (by_time or wanted.rule or few)
    if wanted.section or by_time or by_language:
        arm = arm.add_columns(Comment.thread_id, Comment.status, Comment.language)
    rows = arm.limit(walk).subquery()
    tests = _one_by_one(wanted, search, site_id, rows.c.id, rows.c)
    if wanted.rule and (by_time or few):
        found = select(CommentRule.rule).where(CommentRule.comment_id == rows.c.id, CommentRule.rule == wanted.rule)
        tests.append(found.correlate(rows).scalar_subquery().is_not(None))
    if by_time and wanted.since:
        tests.append(rows.c.id >= wanted.since)
    if by_time and wanted.until:
        tests.append(rows.c.id < wanted.until)
    if by_language:
        tests.append(or_(*(way for way in languages(wanted.language, [site_id], rows.c) if way is not None)))
    query: Select[str, int] = select(rows.c.id, rows.c.priority).where(*tests)
    if sqlite:
        # It goes through these in the order that they have, and would look at all of them to sort them once more.
        return query
    if not by_time:
        return as_walked(query, (rows.c.priority, rows.c.id), order, one_priority=of_one_priority(arm))
    # As the index has it, so that nothing is sorted.
    if order == "newest":
        return query.order_by(rows.c.status.desc(), rows.c.id.desc())
    return query.order_by(rows.c.status, rows.c.id)


def _one_by_one(
    wanted: QueueFilter, search: Search | None, site_id: str, row_id: Any, row: Any
) -> list[ColumnElement[bool]]:
    found = [] if search is None else [search.says(row_id)]
    if wanted.section:
        # As a value: PostgreSQL would make a join of it, and sort everything.
        threads = select(Thread.id).where(Thread.site_id == site_id, Thread.section == wanted.section)
        found.append(row.thread_id.in_(threads).is_(True))
    return found


def _walk(
    wanted: QueueFilter, site_id: str, status: Status | None, *, whole: bool
) -> Iterator[tuple[Select[str, int], Any]]:
    """Arms by priority. Unless `whole`, by the narrowest of what is asked for; the rest is looked at for each."""
    if not whole:
        few = wanted.few
        rule = "" if few else wanted.rule
        wanted = replace(wanted, rule=rule, language="" if few or rule else wanted.language)
    keys: Any = (Comment.priority, Comment.id)
    query = select(Comment.id.label("id"), Comment.priority.label("priority"))
    conditions: list[ColumnElement[bool]] = []
    if wanted.rule:
        keys = (CommentRule.priority, CommentRule.comment_id)
        query = select(CommentRule.comment_id.label("id"), CommentRule.priority.label("priority"))
        conditions += found_by(wanted.rule, site_id, status)
        if wanted.since:
            conditions.append(CommentRule.comment_id >= wanted.since)
        if wanted.until:
            conditions.append(CommentRule.comment_id < wanted.until)
        if not whole or wanted.q or wanted.section or wanted.of_comments:
            query = query.join(Comment, Comment.id == CommentRule.comment_id)
    # What a rule found says site and status itself: SQLite would begin with the comments.
    else:
        # A thread's site is known, and a writer's. Of a cluster no index by site is to be read, which SQLite would take
        # for its order.
        if not (wanted.threads or wanted.chain):
            conditions.append((Comment.site_id.concat("") if wanted.cluster else Comment.site_id) == site_id)
        conditions += stands(status)
    query = query.where(*conditions, *shared(wanted, keys[1], site_id))
    # Each story has its own stretch of an index; of a cluster there is little anyhow.
    stories = [[thread] for thread in wanted.threads] if wanted.threads and not wanted.cluster else [wanted.threads]
    for way in languages(wanted.language, [site_id]):
        for one in (Comment.copy_of == wanted.cluster, Comment.id == wanted.cluster) if wanted.cluster else [None]:
            for threads in stories:
                narrowing = [condition for condition in (way, one) if condition is not None]
                yield query.where(*narrowed(replace(wanted, threads=threads)), *narrowing), keys


def gathering(
    wanted: QueueFilter, search: Search | None, site_id: str, status: Status | None, order: QueueOrder = "priority"
) -> Iterator[Select[str, int]]:
    """All that fits, with what it is ordered by; each way to be in a language for itself, so that an index has it."""
    if search is not None:
        assert status is not None
        source, says = search.entries(site_id, status)
        says = [*says, *shared(wanted, SearchEntry.comment_id, site_id)]
        if not (wanted.rule or wanted.section or wanted.of_comments):
            yield entries_in(order).select_from(source).where(*says)
            return
        if search.sqlite:
            # As values: SQLite would begin with the comments, and go through all that is said for each of them.
            tests = looked_up(wanted, [site_id], status, SearchEntry.comment_id, SearchEntry)
            yield entries_in(order).select_from(source).where(*says, *tests)
            return
    conditions = [*stands(status), *narrowed(wanted)]
    if wanted.by_age_alone and status is not None:
        # Nothing is ordered: as a stretch PostgreSQL would guess that the whole status is in it, and read the table.
        conditions = [is_status(Comment.status, status), *narrowed(wanted)]
    if search is None:
        conditions += shared(wanted, Comment.id, site_id)
    # A section's comments are gathered from its threads, whose site is known, as a story's and a writer's is.
    if search is not None or not (wanted.section or wanted.threads or wanted.chain):
        conditions.append(Comment.site_id == site_id)
    if wanted.cluster:
        conditions.append(in_cluster(wanted.cluster))
    row_id, by = (SearchEntry.decision_id if order == "decided" else Comment.id), Comment.priority
    if order == "nearest":
        by = Comment.nearness
    query: Select[str, int] = select(row_id.label("id"), by.label("priority"))
    if search is not None:
        query = query.select_from(source.join(Comment, Comment.id == SearchEntry.comment_id))
        conditions += says
    elif order == "decided":
        query = query.join_from(Comment, SearchEntry, SearchEntry.comment_id == Comment.id)
    if wanted.rule:
        query = query.join(CommentRule, CommentRule.comment_id == Comment.id)
        conditions += found_by(wanted.rule, site_id, status)
    if wanted.section:
        query = query.join(Thread, Thread.id == Comment.thread_id)
        conditions += [Thread.site_id == site_id, Thread.section == wanted.section]
    query = query.where(*conditions)
    for way in languages(wanted.language, [site_id]):
        yield query if way is None else query.where(way)


def entries_in(order: QueueOrder) -> Select[str, int]:
    row_id = SearchEntry.decision_id if order == "decided" else SearchEntry.comment_id
    if order != "nearest":
        return select(row_id.label("id"), SearchEntry.priority.label("priority"))
    near = select(Comment.nearness).where(Comment.id == SearchEntry.comment_id).correlate(SearchEntry).scalar_subquery()
    return select(row_id.label("id"), near.label("priority"))


def first_of(arms: Sequence[Select[str, int]], order: QueueOrder, limit: int) -> Select[str, int]:
    found = together([arm.limit(limit) for arm in arms])
    query = ordered(select(found.c.id, found.c.priority), (found.c.priority, found.c.id), order)
    return cast(Select[str, int], query.limit(limit))
