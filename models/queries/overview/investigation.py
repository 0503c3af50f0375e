"""Comments of a period, whatever else they are: ids by time, and which of them fit."""

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from sqlalchemy import ColumnElement, Select, Text, any_, bindparam, func, literal, literal_column, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import InstrumentedAttribute

from models.comment import JUDGED, Comment, CommentRule, SearchEntry, Status
from models.database.base import Id
from models.queries.arms import together
from models.queries.conditions import is_judged, is_status
from models.queries.queue_filter import ComplaintFilter, complained_of, found_by, languages, stands
from models.queries.search import Search
from models.queries.threads import title_for_moderators
from models.thread import Thread


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentFilter:
    """Which comments are asked about; what is empty does not narrow. `writer`: a writer chain; `threads`: ids."""

    site_ids: Sequence[str]
    status: Status | None = None
    threads: Sequence[str] = ()
    writer: str = ""
    section: str = ""
    rule: str = ""
    language: str = ""
    q: str = ""
    complaint: ComplaintFilter | None = None

    def statuses(self) -> Sequence[Status]:
        return JUDGED if self.status is None else (self.status,)

    @property
    def tested(self) -> bool:
        """Whether comments of a period have to be looked at one by one."""
        return bool(self.section or self.rule or self.language or self.q or self.complaint)


def ids_between(asked: CommentFilter) -> Select[str]:
    """Ids of comments in the order in which they came in, from the one `since` to before the one `until` and at most
    `most`: to be executed with these three. Each part is a stretch of an index."""
    found = together([arm.limit(bindparam("most")) for arm in _arms(asked)])
    return select(found.c.id).order_by(found.c.id).limit(bindparam("most"))


def how_many_between(asked: CommentFilter) -> Select[int]:
    """How many there are, at most `most`: to be executed as `ids_between` is."""
    found = together([arm.order_by(None).limit(bindparam("most")) for arm in _arms(asked)])
    return select(func.count()).select_from(select(found.c.id).limit(bindparam("most")).subquery())


def ids_in_slices(asked: CommentFilter, *, sqlite: bool) -> Select[int, Any]:
    """(number from 0, ids) of the first `most` comments of each slice, all in one statement: to be executed with this
    and what `slices_given` gives. The ids are a list, or JSON on SQLite."""
    found = together([arm.limit(bindparam("most")) for arm in _arms(asked, *_bounds(sqlite))])
    first = select(found.c.id).order_by(found.c.id).limit(bindparam("most")).subquery("first")
    listed: Any = func.json_group_array if sqlite else func.array_agg
    return _of_slices(select(listed(first.c.id)), sqlite)


def how_many_in_slices(asked: CommentFilter, *, sqlite: bool) -> Select[int, int]:
    """(number from 0, how many) of each slice, of each site and status (or thread) at most `most`: executed the same
    way."""
    found = together([arm.order_by(None).limit(bindparam("most")) for arm in _arms(asked, *_bounds(sqlite))])
    return _of_slices(select(func.count()).select_from(found), sqlite)


def slices_given(slices: Sequence[tuple[str, str]], *, sqlite: bool) -> dict[str, str]:
    """Slices, each from one id to before another, as parameters."""
    if sqlite:
        return {"slices": json.dumps(slices)}
    starts, ends = zip(*slices, strict=True)
    return {"starts": ",".join(starts), "ends": ",".join(ends)}


# What an index has by itself of what is looked at for each comment, in the order in which it is asked for.
Indexed = Literal["complaint", "q", "rule", "section", "language"]
INDEXED: Sequence[Indexed] = get_args(Indexed)


def ids_indexed(asked: CommentFilter, indexed: Indexed, most: int, *, sqlite: bool) -> Select[str]:
    """Ids of comments, of any time, that an index has by one thing that is asked for, at most so many."""
    found = together(
        [
            arm.limit(most)
            for site_id in asked.site_ids
            for status in asked.statuses()
            for arm in _indexed(asked, indexed, site_id, status, sqlite=sqlite)
        ]
    )
    return select(found.c.id).limit(most)


def how_many_indexed(asked: CommentFilter, indexed: Indexed, most: int, *, sqlite: bool) -> Select[int]:
    """How many of them there are, at most so many."""
    found = ids_indexed(asked, indexed, most, sqlite=sqlite).subquery()
    if indexed == "q" and sqlite:
        search = Search(asked.q, sqlite=True)
        every = [search.rows(site_id, status, most) for site_id in asked.site_ids for status in asked.statuses()]
        found = select(together(every)).limit(most).subquery()
    return select(func.count()).select_from(found)


def _indexed(
    asked: CommentFilter, indexed: Indexed, site_id: str, status: Status, *, sqlite: bool
) -> Iterator[Select[*tuple[Any, ...]]]:
    comments = select(Comment.id).where(*stands(status))
    match indexed:
        case "complaint":
            assert asked.complaint is not None
            yield comments.where(Comment.site_id == site_id, complained_of(asked.complaint))
        case "q":
            source, says = Search(asked.q, sqlite=sqlite).entries(site_id, status)
            yield select(SearchEntry.comment_id.label("id")).select_from(source).where(*says)
        case "rule":
            yield select(CommentRule.comment_id.label("id")).where(*found_by(asked.rule, site_id, status))
        case "section":
            threads = Thread.site_id == site_id, Thread.section == asked.section
            yield comments.join(Thread, Thread.id == Comment.thread_id).where(*threads)
        case "language":
            for way in languages(asked.language, [site_id]):
                yield comments.where(Comment.site_id == site_id, *([] if way is None else [way]))


def fitting(asked: CommentFilter, comment_ids: Collection[str], *, sqlite: bool) -> Select[*tuple[Any, ...]]:
    """(id, when it came in, thread, writer, network, rules that found something, with commas) of those among these
    comments that fit. Not ordered."""
    tests: list[ColumnElement[bool]] = [
        _among(Comment.id, comment_ids, sqlite=sqlite),
        Comment.site_id.in_(asked.site_ids),
        Comment.status.in_(asked.statuses()),
    ]
    if asked.threads:
        tests.append(Comment.thread_id.in_(asked.threads))
    if asked.writer:
        tests.append(Comment.chain_id == asked.writer)
    tests += attributes(asked, sqlite=sqlite)
    # Looked up for each: joined, PostgreSQL would rather read all that rules ever found.
    rules = select(func.aggregate_strings(CommentRule.rule, ",")).where(CommentRule.comment_id == Comment.id)
    return select(
        Comment.id,
        Comment.created_at,
        Comment.thread_id,
        Comment.chain_id,
        Comment.prefix_hash,
        rules.correlate(Comment).scalar_subquery(),
    ).where(*tests)


def attributes(asked: CommentFilter, *, sqlite: bool) -> Iterator[ColumnElement[bool]]:
    """What is looked at for each comment: its section, what a rule found, its language, its words, and
    what is said of it."""
    if asked.section:
        threads = select(Thread.id).where(Thread.site_id.in_(asked.site_ids), Thread.section == asked.section)
        yield Comment.thread_id.in_(threads)
    if asked.rule:
        found = select(CommentRule.rule).where(CommentRule.comment_id == Comment.id, CommentRule.rule == asked.rule)
        yield found.correlate(Comment).scalar_subquery().is_not(None)
    if asked.language:
        yield or_(*(way for way in languages(asked.language, asked.site_ids) if way is not None))
    if asked.complaint is not None:
        yield complained_of(asked.complaint)
    if asked.q:
        yield Search(asked.q, sqlite=sqlite).says(Comment.id)


def thread_places(thread_ids: Collection[str], *, sqlite: bool) -> Select[str, str | None, str]:
    """(id, section, site) of these threads."""
    return select(Thread.id, Thread.section, Thread.site_id).where(_among(Thread.id, thread_ids, sqlite=sqlite))


def thread_names(thread_ids: Collection[str]) -> Select[str, str, str, str]:
    """(id, key, title, site) of these threads."""
    called = title_for_moderators()
    return select(Thread.id, Thread.key, called, Thread.site_id).where(Thread.id.in_(thread_ids))


def _among(row_id: InstrumentedAttribute[str], ids: Collection[str], *, sqlite: bool) -> ColumnElement[bool]:
    """The databases get them as one value: hundreds of parameters take them, their drivers and us longer than the
    rows."""
    if sqlite:
        given = func.json_each(json.dumps(list(ids))).table_valued("value")
        return row_id.in_(select(given.c.value))
    return row_id == any_(_listed(literal(",".join(ids), Text)))


def _listed(ids: ColumnElement[str]) -> ColumnElement[Any]:
    """One text with commas as PostgreSQL's array, which its driver would put together letter by letter."""
    return func.string_to_array(ids, literal_column("','"), type_=ARRAY(Id))


def threads_keyed(site_ids: Collection[str], keys: Collection[str]) -> Select[str]:
    """The ids of the threads that these sites call so."""
    return select(Thread.id).where(Thread.site_id.in_(site_ids), Thread.key.in_(keys))


# The slice at hand, its number and from where to where: in words, so that no select inside takes it for a table of its
# own.
_SLICE = ("slice.n - 1", "slice.since", "slice.until")
_SLICE_ON_SQLITE = ("slice.key", "json_extract(slice.value, '$[0]')", "json_extract(slice.value, '$[1]')")


def _bounds(sqlite: bool) -> tuple[Any, Any]:
    _, since, until = _SLICE_ON_SQLITE if sqlite else _SLICE
    return literal_column(since, Id), literal_column(until, Id)


def _of_slices(found: Select[Any], sqlite: bool) -> Select[int, Any]:
    if sqlite:
        slices: Any = func.json_each(bindparam("slices", type_=Text)).table_valued("key", "value", name="slice")
    else:
        bounds = (_listed(bindparam(name, type_=Text)) for name in ("starts", "ends"))
        rows = func.unnest(*bounds).table_valued("since", "until", with_ordinality="n")
        slices = rows.render_derived(name="slice")
    n: ColumnElement[int] = literal_column((_SLICE_ON_SQLITE if sqlite else _SLICE)[0])
    return select(n.label("n"), found.scalar_subquery()).select_from(slices)


def _arms(asked: CommentFilter, since: Any = None, until: Any = None) -> Iterator[Select[*tuple[Any, ...]]]:
    """Between two ids: parameters, unless those of the slice at hand are given."""
    if since is None:
        since, until = (bindparam(name, type_=Id) for name in ("since", "until"))
    between = (Comment.id >= since, Comment.id < until)
    if asked.writer:
        yield (
            select(Comment.id)
            .where(Comment.chain_id == asked.writer, is_judged(), Comment.status.in_(asked.statuses()), *between)
            .order_by(Comment.id)
        )
        return
    for thread_id in asked.threads:
        yield (
            select(Comment.id)
            .where(Comment.thread_id == thread_id, Comment.status.in_(asked.statuses()), *between)
            .order_by(Comment.id)
        )
    if asked.threads:
        return
    for site_id in asked.site_ids:
        for status in asked.statuses():
            # Not as pairs with the status: PostgreSQL before 18 does not stop at one.
            yield (
                select(Comment.id)
                .where(Comment.site_id == site_id, is_status(Comment.status, status), *between)
                .order_by(Comment.id)
            )
