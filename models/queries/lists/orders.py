"""In which order the queue is read, and the orders that one index alone has: by decision, by nearness to being held."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, cast

from sqlalchemy import ColumnElement, Select, and_, literal_column, or_, select
from sqlalchemy.orm import aliased

from models.comment import Comment, CommentRule, SearchEntry, Status
from models.queries.conditions import is_status, stretch
from models.queries.queue_filter import Place, QueueFilter, QueueOrder, in_cluster, languages, narrowed, stands
from models.queries.search import Search
from models.thread import Thread


def by_order(
    wanted: QueueFilter,
    site_id: str,
    status: Status,
    order: QueueOrder,
    after: Place | None,
    search: Search | None,
    walk: int | None,
    *,
    tested: bool = True,
    sqlite: bool,
) -> Iterator[Select[str, int]]:
    """One site's comments with one status in the order `decided` or `nearest`, off the index that has it.

    What else is asked for is looked up for each that comes along, unless these are not `tested`; of the first `walk`
    alone.
    """
    outer: Any
    beyond: Sequence[Stretch] = [Stretch([])]
    if order == "decided":
        outer = aliased(SearchEntry)
        row_id, keys = outer.comment_id, (outer.priority, outer.decision_id)
        seen = "" if after is None else after[1]
        conditions = [outer.site_id == site_id, stretch(outer.status, status, outer.decision_id, before=seen)]
        by = (outer.status.desc(), outer.decision_id.desc())
    else:
        outer = aliased(Comment)
        row_id, keys = outer.id, (outer.nearness, outer.id)
        conditions = [outer.site_id == site_id, is_status(outer.status, status), outer.reviewed_at.is_(None)]
        by = (keys[0].desc(), keys[1])
        if after is not None:
            beyond = stretches(keys, order, after, aged=False)
        # The index has no others.
        wanted = replace(wanted, unreviewed=False)
    shown = keys[1].label("id"), keys[0].label("priority")
    for there, one_priority in beyond:
        here = [*conditions, *there]
        if not tested:
            yield select(*shown).where(*here).order_by(*by)
            continue
        if walk is None:
            tests = _tests(wanted, site_id, status, search, row_id, outer)
            yield select(*shown).where(*here, *tests).order_by(*by)
            continue
        first = select(*shown, row_id.label("row_id")).where(*here).order_by(*by).limit(walk).subquery()
        query: Select[str, int] = select(first.c.id, first.c.priority)
        query = query.where(*_tests(wanted, site_id, status, search, first.c.row_id, first))
        # SQLite goes through these in the order that they have, and would look at all of them to sort them once more.
        by_first = (first.c.priority, first.c.id)
        yield query if sqlite else as_walked(query, by_first, order, one_priority=one_priority)


def _tests(
    wanted: QueueFilter, site_id: str, status: Status, search: Search | None, row_id: Any, outer: Any
) -> list[ColumnElement[bool]]:
    found = looked_up(wanted, [site_id], status, row_id, outer)
    return found if search is None else [*found, search.says(row_id)]


def looked_up(
    wanted: QueueFilter, site_ids: Collection[str], status: Status | None, row_id: Any, outer: Any
) -> list[ColumnElement[bool]]:
    """What is asked for besides words, looked up for the comment at hand, of one of these sites, by its id."""
    found = narrowed(QueueFilter(site_ids=wanted.site_ids, since=wanted.since, until=wanted.until), row_id)
    wanted = replace(wanted, since="", until="")
    if wanted.rule:
        finding = CommentRule.comment_id == row_id, CommentRule.rule == wanted.rule
        found.append(select(CommentRule.rule).where(*finding).correlate(outer).scalar_subquery().is_not(None))
    if wanted.section or wanted.of_comments:
        conditions = [Comment.id == row_id, *stands(status), *narrowed(wanted)]
        if wanted.section:
            threads = select(Thread.id).where(Thread.site_id.in_(site_ids), Thread.section == wanted.section)
            conditions.append(Comment.thread_id.in_(threads))
        if ways := [way for way in languages(wanted.language, site_ids) if way is not None]:
            conditions.append(or_(*ways))
        if wanted.cluster:
            conditions.append(in_cluster(wanted.cluster))
        found.append(select(Comment.id).where(*conditions).correlate(outer).scalar_subquery().is_not(None))
    return found


def after_place(keys: Any, order: QueueOrder, after: Place) -> list[ColumnElement[bool]]:
    """Conditions of which each is a stretch of an index, and one holds for what comes after that place."""
    (by_priority, by_id), (priority, comment_id) = keys, after
    if order in ("newest", "decided"):
        return [by_id < comment_id]
    if order == "oldest":
        return [by_id > comment_id]
    return [and_(by_priority == priority, by_id > comment_id), by_priority < priority]


class Stretch(NamedTuple):
    """A stretch of an index by its condition; none: all of it. `one_priority`: in it no other one is met."""

    conditions: Sequence[ColumnElement[bool]]
    one_priority: bool = False


def stretches(keys: Any, order: QueueOrder, after: Place | None, *, aged: bool) -> list[Stretch]:
    """What comes after that place in stretches of an index, as `after_place` has them.

    If only some ages are asked for, what has no priority is a stretch of its own: of those an index has the age.
    """
    by_priority = keys[0]
    none: ColumnElement[int] = literal_column("0")
    without = Stretch([by_priority == none], True)
    if after is None:
        if not aged or order != "priority":
            return [Stretch([])]
        return [Stretch([by_priority > none]), without, Stretch([by_priority < none])]
    first, *rest = after_place(keys, order, after)
    here = Stretch([first], order in ("priority", "nearest"))
    if not aged or order != "priority" or after[0] <= 0:
        return [here, *(Stretch([condition]) for condition in rest)]
    return [here, Stretch([by_priority < after[0], by_priority > none]), without, Stretch([by_priority < none])]


_ONE_PRIORITY = "one_priority"


def marked(arm: Select[*tuple[Any, ...]], *, one_priority: bool) -> Select[str, int]:
    """The arm, saying of itself (`of_one_priority`) whether it has comments of one priority alone."""
    arm = cast(Select[str, int], arm)
    return arm.execution_options(**{_ONE_PRIORITY: True}) if one_priority else arm


def of_one_priority(arm: Select[str, int]) -> bool:
    return bool(arm.get_execution_options().get(_ONE_PRIORITY))


def as_walked(query: Select[str, int], keys: Any, order: QueueOrder, *, one_priority: bool) -> Select[str, int]:
    """What a walk meets, in the order that the walk has: PostgreSQL sorts nothing then, and looks at no more of it than
    is asked for. That a walk is one of a single priority, and so has the order of ids, it forgets around a limit."""
    return cast(Select[str, int], query.order_by(keys[1]) if one_priority else ordered(query, keys, order))


def ordered(query: Select[*tuple[Any, ...]], keys: Any, order: QueueOrder) -> Any:
    """The select in that order; `keys`: what is (priority, id) in it."""
    priority, by_id = keys
    if order in ("newest", "decided"):
        return query.order_by(by_id.desc())
    return query.order_by(by_id) if order == "oldest" else query.order_by(priority.desc(), by_id)
