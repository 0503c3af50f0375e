"""In which order the queue is read, and the orders that one index alone has: by decision, by nearness to being held."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, cast

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
    beyond: list[ColumnElement[bool] | None] = [None]
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
            beyond = [*after_place(keys, order, after)]
        # The index has no others.
        wanted = replace(wanted, unreviewed=False)
    shown = keys[1].label("id"), keys[0].label("priority")
    for stretch_after in beyond:
        here = conditions if stretch_after is None else [*conditions, stretch_after]
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
        yield query if sqlite else cast(Select[str, int], ordered(query, by_first, order))


def _tests(
    wanted: QueueFilter, site_id: str, status: Status, search: Search | None, row_id: Any, outer: Any
) -> list[ColumnElement[bool]]:
    found = looked_up(wanted, site_id, status, row_id, outer)
    return found if search is None else [*found, search.says(row_id)]


def looked_up(
    wanted: QueueFilter, site_id: str, status: Status | None, row_id: Any, outer: Any
) -> list[ColumnElement[bool]]:
    """What is asked for besides words, looked up for the comment at hand by its id."""
    found = narrowed(QueueFilter(site_ids=wanted.site_ids, since=wanted.since, until=wanted.until), row_id)
    wanted = replace(wanted, since="", until="")
    if wanted.rule:
        finding = CommentRule.comment_id == row_id, CommentRule.rule == wanted.rule
        found.append(select(CommentRule.rule).where(*finding).correlate(outer).scalar_subquery().is_not(None))
    if wanted.section or wanted.of_comments:
        conditions = [Comment.id == row_id, *stands(status), *narrowed(wanted)]
        if wanted.section:
            threads = select(Thread.id).where(Thread.site_id == site_id, Thread.section == wanted.section)
            conditions.append(Comment.thread_id.in_(threads))
        if ways := [way for way in languages(wanted.language, [site_id]) if way is not None]:
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


def stretches(keys: Any, order: QueueOrder, after: Place | None, *, aged: bool) -> list[ColumnElement[bool] | None]:
    """What comes after that place in stretches of an index, as `after_place` has them; None: all of it.

    If only some ages are asked for, what has no priority is a stretch of its own: of those an index has the age.
    """
    if not aged or order != "priority":
        return [None] if after is None else [*after_place(keys, order, after)]
    by_priority, by_id = keys
    none: ColumnElement[int] = literal_column("0")
    if after is None:
        return [by_priority > none, by_priority == none, by_priority < none]
    priority, comment_id = after
    here = and_(by_priority == priority, by_id > comment_id)
    if priority <= 0:
        return [here, by_priority < priority]
    return [here, and_(by_priority < priority, by_priority > none), by_priority == none, by_priority < none]


def ordered(query: Select[*tuple[Any, ...]], keys: Any, order: QueueOrder) -> Any:
    """The select in that order; `keys`: what is (priority, id) in it."""
    priority, by_id = keys
    if order in ("newest", "decided"):
        return query.order_by(by_id.desc())
    return query.order_by(by_id) if order == "oldest" else query.order_by(priority.desc(), by_id)
