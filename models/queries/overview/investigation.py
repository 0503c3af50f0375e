"""Comments of a period, whatever else they are: ids by time, and which of them fit."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, func, literal_column, or_, select, true
from sqlalchemy.dialects.postgresql import ARRAY

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
    """How many there are, of each site and status (or thread) at most `most`: to be executed as `ids_between` is."""
    return select(func.count()).select_from(together([arm.limit(bindparam("most")) for arm in _arms(asked)]))


def ids_in_slices(asked: CommentFilter) -> Select[int, str]:
    """(number, id) of the first `most` comments of each slice, all in one statement: PostgreSQL alone. To be executed
    with `starts` and `ends`, by which the slices are numbered from 1, and `most`."""
    slices = _slices()
    found = together([arm.limit(bindparam("most")) for arm in _arms(asked, *_SLICE)])
    first = select(found.c.id).order_by(found.c.id).limit(bindparam("most")).lateral("first")
    return select(slices.c.n, first.c.id).select_from(slices.join(first, true())).order_by(slices.c.n, first.c.id)


def how_many_in_slices(asked: CommentFilter) -> Select[int, int]:
    """(number, how many) of each slice, as `how_many_between` counts and `ids_in_slices` is executed."""
    slices = _slices()
    found = together([arm.limit(bindparam("most")) for arm in _arms(asked, *_SLICE)])
    counted = select(func.count().label("many")).select_from(found).lateral("counted")
    return select(slices.c.n, counted.c.many).select_from(slices.join(counted, true()))


def ids_noted(asked: CommentFilter, most: int, *, sqlite: bool) -> Select[str] | None:
    """Ids of comments, of any time, that an index has by the complaint, the words or the rule that are asked for, at
    most so many; None where none is."""
    if asked.complaint is not None:
        arms: list[Any] = [
            select(Comment.id)
            .where(Comment.site_id == site_id, *stands(status), complained_of(asked.complaint))
            .limit(most)
            for site_id in asked.site_ids
            for status in asked.statuses()
        ]
    elif asked.q:
        search = Search(asked.q, sqlite=sqlite)
        arms = []
        for site_id in asked.site_ids:
            for status in asked.statuses():
                source, says = search.entries(site_id, status)
                arms.append(select(SearchEntry.comment_id.label("id")).select_from(source).where(*says).limit(most))
    elif asked.rule:
        arms = [
            select(CommentRule.comment_id.label("id")).where(*found_by(asked.rule, site_id, status)).limit(most)
            for site_id in asked.site_ids
            for status in asked.statuses()
        ]
    else:
        return None
    found = together(arms)
    return select(found.c.id).limit(most)


def fitting(asked: CommentFilter, comment_ids: Collection[str], *, sqlite: bool) -> Select[*tuple[Any, ...]]:
    """(id, when it came in, thread, writer, network, rules that found something, with commas) of those among these
    comments that fit. Not ordered."""
    tests: list[ColumnElement[bool]] = [
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
    ).where(Comment.id.in_(comment_ids), *tests)


def attributes(asked: CommentFilter, *, sqlite: bool) -> Iterator[ColumnElement[bool]]:
    """What is looked at for each comment: its section, what a rule found, its language, its words, and
    what is said of it."""
    if asked.section:
        threads = select(Thread.id).where(Thread.site_id.in_(asked.site_ids), Thread.section == asked.section)
        yield Comment.thread_id.in_(threads)
    if asked.rule:
        noted = select(CommentRule.rule).where(CommentRule.comment_id == Comment.id, CommentRule.rule == asked.rule)
        yield noted.correlate(Comment).scalar_subquery().is_not(None)
    if asked.language:
        yield or_(*(way for way in languages(asked.language, asked.site_ids) if way is not None))
    if asked.complaint is not None:
        yield complained_of(asked.complaint)
    if asked.q:
        yield Search(asked.q, sqlite=sqlite).says(Comment.id)


def thread_rows(thread_ids: Collection[str]) -> Select[str, str | None, str, str, str]:
    """(id, section, key, title, site) of these threads."""
    called = title_for_moderators()
    return select(Thread.id, Thread.section, Thread.key, called, Thread.site_id).where(Thread.id.in_(thread_ids))


def threads_keyed(site_ids: Collection[str], keys: Collection[str]) -> Select[str]:
    """The ids of the threads that these sites call so."""
    return select(Thread.id).where(Thread.site_id.in_(site_ids), Thread.key.in_(keys))


# The columns of the slice at hand: words, so that no select inside takes it for a table of its own.
_SLICE = (literal_column("slice.since", Id), literal_column("slice.until", Id))


def _slices() -> Any:
    """Stretches of time as rows."""
    bounds = (bindparam(name, type_=ARRAY(Id)) for name in ("starts", "ends"))
    rows = func.unnest(*bounds).table_valued("since", "until", with_ordinality="n")
    return rows.render_derived(name="slice")


def _arms(asked: CommentFilter, since: Any = None, until: Any = None) -> Iterator[Select[*tuple[Any, ...]]]:
    """Between two ids: parameters, unless columns of `_slices` are given."""
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
