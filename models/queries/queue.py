"""The moderators' queue: which comments, in which order, how many.

A select reads an index in the order that is asked for, one for each site and status, and stops when a page is full.
What no such index has (words; threads of a section) is gathered first: up to `LOOKED_UP_MOST`, they are sorted, and
counted with that. Where there are more, going through all comments in order mostly soon fills a page; where it does not
within `WALK_MOST` of them, up to `TOTAL_MOST` are gathered after all.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, cast

from sqlalchemy import ColumnElement, Select, and_, or_, select, true

from models.comment import JUDGED, Comment, CommentRule, CommentVersion, SearchEntry, Status
from models.queries.arms import LOOKED_UP_MOST, TOTAL_MOST, counted, gathered, together, total_of
from models.queries.conditions import current_version, is_judged, is_status, stretch
from models.queries.search import Search
from models.thread import Thread

QueueOrder = Literal["priority", "oldest", "newest"]


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueFilter:
    """Which comments a moderator asks for. Empty words don't narrow.

    `cluster`: near copies of each other, by the id of the first.
    """

    site_ids: Sequence[str]
    status: Status | None = None
    unreviewed: bool = False
    dead: bool = False
    q: str = ""
    rule: str = ""
    section: str = ""
    thread: str = ""
    language: str = ""
    cluster: str = ""

    @property
    def gathered(self) -> bool:
        """Whether no index has these in a moderator's order."""
        return bool(self.q or self.section)

    @property
    def by_facet(self) -> bool:
        """Whether it is asked by what is in the order of priority alone: by age it is sorted, or met one by one."""
        return bool(self.rule or self.language) and not (self.thread or self.cluster)

    @property
    def combined(self) -> bool:
        """Whether no index has all that is asked for at once."""
        asked = self.q, self.section, self.rule, self.language, self.thread, self.cluster, self.unreviewed, self.dead
        return sum(map(bool, asked)) > 1

    @property
    def counted_most(self) -> int:
        """Up to how many are counted: fewer where each has to be looked up for that."""
        return min(TOTAL_MOST, LOOKED_UP_MOST) if self.gathered or self.combined else TOTAL_MOST

    def statuses(self) -> Sequence[Status | None]:
        """Each of which is asked for by itself; None: whatever the status is."""
        if self.status is not None:
            return (self.status,)
        return (None,) if self.dead and not self.q and not self.rule else JUDGED


Place = tuple[int, str]


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

    `walk`: only among the first so many of each site and status, of which each is looked at.
    """
    return _first(list(_walks(wanted, order, after, walk=walk, sqlite=sqlite)), order, limit)


def queue_total(wanted: QueueFilter, *, sqlite: bool) -> Select[int]:
    """How many there are, at most `wanted.counted_most` and one."""
    most = wanted.counted_most
    arms = [arm.order_by(None).limit(most + 1) for arm in _walks(wanted, "priority", None, sqlite=sqlite)]
    return total_of(together(arms), most)


def queue_gathered(
    wanted: QueueFilter, order: QueueOrder, limit: int, after: Place | None = None, *, most: int, sqlite: bool
) -> Select[int, str, int]:
    """(how many there are in all, id, priority) of the first comments, if there are at most `most`.

    Where nothing comes after that place, one row without an id.
    """
    search = Search(wanted.q, sqlite=sqlite) if wanted.q else None
    arms = [
        _gathering(wanted, search, site_id, status).limit(most + 1)
        for site_id in wanted.site_ids
        for status in wanted.statuses()
    ]
    found = gathered(arms, most)
    keys = found.c.priority, found.c.id
    total = counted(found)
    # Nothing is sorted for nothing.
    page = select(found.c.id, found.c.priority).where(select(total.c.total).scalar_subquery() <= most)
    if after is not None:
        page = page.where(or_(*_after(keys, order, after)))
    shown = _ordered(page, keys, order).limit(limit).subquery("page")
    query = select(total.c.total, shown.c.id, shown.c.priority).select_from(total.outerjoin(shown, true()))
    return cast(Select[int, str, int], _ordered(query, (shown.c.priority, shown.c.id), order))


def queue_guessed(wanted: QueueFilter, *, sqlite: bool) -> tuple[Select[*tuple[Any, ...]], Select[*tuple[Any, ...]]]:
    """What fits, and what a walk goes through until it has met some of it: for a planner to guess how many they are."""
    search = Search(wanted.q, sqlite=sqlite) if wanted.q else None
    fits = [_gathering(wanted, search, site_id, status) for site_id in wanted.site_ids for status in wanted.statuses()]
    passed = [arm.order_by(None) for arm in _walks(replace(wanted, q="", section=""), "priority", None, sqlite=sqlite)]
    return select(together(fits)), select(together(passed))


def queue_rows(comment_ids: Collection[str]) -> Select[Comment, CommentVersion]:
    """Comments with the version that stands to be judged. Not ordered."""
    return select(Comment, CommentVersion).join(CommentVersion, current_version()).where(Comment.id.in_(comment_ids))


def in_cluster(first_id: str) -> ColumnElement[bool]:
    """Whether a comment is the first of the cluster or a near copy of it."""
    return or_(Comment.copy_of == first_id, Comment.id == first_id)


# The arms: a select of (id, priority) for each site and status.


def _walks(
    wanted: QueueFilter, order: QueueOrder, after: Place | None, *, walk: int | None = None, sqlite: bool
) -> Iterator[Select[str, int]]:
    """Ordered selects that have an index each."""
    search = Search(wanted.q, sqlite=sqlite) if wanted.q else None
    few = wanted.cluster or wanted.thread or (wanted.by_facet and walk is None)
    for site_id in wanted.site_ids:
        for status in wanted.statuses():
            if order != "priority" and status is not None and not few:
                arm = _by_time(wanted, site_id, status, order, after)
                yield _tested(arm, Comment.id, wanted, search, site_id, walk, order, by_time=True)
                continue
            for arm, keys in _walk(wanted, site_id, status, whole=walk is None):
                for beyond in [None] if after is None else _after(keys, order, after):
                    # It is sorted; no index is to pretend that order.
                    by = (keys[0], keys[1].concat("")) if wanted.by_facet and order != "priority" else keys
                    part = _ordered(arm if beyond is None else arm.where(beyond), by, order)
                    yield _tested(part, keys[1], wanted, search, site_id, walk, order)


def _by_time(
    wanted: QueueFilter, site_id: str, status: Status, order: QueueOrder, after: Place | None
) -> Select[str, int]:
    """One site's comments with one status, by age."""
    seen = "" if after is None else after[1]
    part = {"before": seen} if order == "newest" else {"after": seen}
    conditions = [
        Comment.site_id == site_id,
        stretch(Comment.status, status, Comment.id, **part),
        *_narrowed(wanted, site_id),
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
) -> Select[str, int]:
    """An arm with what is looked at for each comment that comes along in order; of the first `walk` alone."""
    if walk is None:
        return arm.where(*_one_by_one(wanted, search, site_id, row_id, Comment))
    few = wanted.thread or wanted.cluster
    by_language = wanted.language and (by_time or wanted.rule or few)
    if wanted.section or by_time or by_language:
        arm = arm.add_columns(Comment.thread_id, Comment.status, Comment.language)
    rows = arm.limit(walk).subquery()
    tests = _one_by_one(wanted, search, site_id, rows.c.id, rows.c)
    if wanted.rule and (by_time or few):
        found = select(CommentRule.rule).where(CommentRule.comment_id == rows.c.id, CommentRule.rule == wanted.rule)
        tests.append(found.correlate(rows).scalar_subquery().is_not(None))
    if by_language:
        tests.append(or_(*(way for way in _languages(wanted.language, site_id, rows.c) if way is not None)))
    query: Select[str, int] = select(rows.c.id, rows.c.priority).where(*tests)
    if not by_time:
        return cast(Select[str, int], _ordered(query, (rows.c.priority, rows.c.id), order))
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
        few = wanted.thread or wanted.cluster
        rule = "" if few else wanted.rule
        wanted = replace(wanted, rule=rule, language="" if few or rule else wanted.language)
    keys: Any = (Comment.priority, Comment.id)
    query = select(Comment.id.label("id"), Comment.priority.label("priority"))
    conditions: list[ColumnElement[bool]] = []
    joined = True
    if wanted.rule:
        keys = (CommentRule.priority, CommentRule.comment_id)
        query = select(CommentRule.comment_id.label("id"), CommentRule.priority.label("priority"))
        conditions += _found_by(wanted.rule, site_id, status)
        joined = bool(not whole or wanted.q or wanted.section or _beyond_words(wanted))
        if joined:
            query = query.join(Comment, Comment.id == CommentRule.comment_id)
    # What a rule found says site and status itself: SQLite would begin with the comments.
    if joined and (whole or not wanted.rule):
        # A thread's site is known. Of a cluster no index by site is to be read, which SQLite would take for its order.
        if not wanted.thread:
            conditions.append((Comment.site_id.concat("") if wanted.cluster else Comment.site_id) == site_id)
        conditions += _stands(status)
    query = query.where(*conditions, *_narrowed(wanted, site_id))
    for way in _languages(wanted.language, site_id):
        for one in (Comment.copy_of == wanted.cluster, Comment.id == wanted.cluster) if wanted.cluster else [None]:
            narrowing = [condition for condition in (way, one) if condition is not None]
            yield query.where(*narrowing), keys


def _gathering(wanted: QueueFilter, search: Search | None, site_id: str, status: Status | None) -> Select[str, int]:
    conditions = [*_stands(status), *_narrowed(wanted, site_id)]
    # A section's comments are gathered from its threads, whose site is known.
    if search is not None or not wanted.section:
        conditions.append(Comment.site_id == site_id)
    ways = [way for way in _languages(wanted.language, site_id) if way is not None]
    if ways:
        conditions.append(or_(*ways))
    if wanted.cluster:
        conditions.append(in_cluster(wanted.cluster))
    query: Select[str, int] = select(Comment.id.label("id"), Comment.priority.label("priority"))
    if search is not None:
        assert status is not None
        if not (wanted.rule or wanted.section or _beyond_words(wanted)):
            source, says = search.entries(site_id, status)
            return (
                select(SearchEntry.comment_id.label("id"), SearchEntry.priority.label("priority"))
                .select_from(source)
                .where(*says)
            )
        source, says = search.entries(site_id, status)
        query = query.select_from(source.join(Comment, Comment.id == SearchEntry.comment_id))
        conditions += says
    if wanted.rule:
        query = query.join(CommentRule, CommentRule.comment_id == Comment.id)
        conditions += _found_by(wanted.rule, site_id, status)
    if wanted.section:
        query = query.join(Thread, Thread.id == Comment.thread_id)
        conditions += [Thread.site_id == site_id, Thread.section == wanted.section]
    return query.where(*conditions)


def _beyond_words(wanted: QueueFilter) -> bool:
    return bool(wanted.unreviewed or wanted.dead or wanted.thread or wanted.language or wanted.cluster)


def _stands(status: Status | None) -> list[ColumnElement[bool]]:
    return [] if status is None else [is_status(Comment.status, status), is_judged()]


def _narrowed(wanted: QueueFilter, site_id: str) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.unreviewed:
        found.append(Comment.reviewed_at.is_(None))
    if wanted.dead:
        found.append(Comment.dead_at.is_not(None))
    if wanted.thread:
        named = select(Thread.id).where(Thread.site_id == site_id, Thread.key == wanted.thread)
        found.append(Comment.thread_id == named.scalar_subquery())
    return found


def _found_by(rule: str, site_id: str, status: Status | None) -> list[ColumnElement[bool]]:
    """That the last judgement of the comment's current text has a finding of the rule."""
    found = [CommentRule.site_id == site_id, CommentRule.rule == rule]
    return found if status is None else [*found, is_status(CommentRule.status, status)]


def _languages(language: str, site_id: str, row: Any = Comment) -> list[ColumnElement[bool] | None]:
    """The two ways to be in the language: the text was found to be, or nobody knows and its page is."""
    if not language:
        return [None]
    threads = select(Thread.id).where(
        Thread.site_id == site_id,
        or_(Thread.language == language, Thread.language.startswith(f"{language}-", autoescape=True)),
    )
    return [
        row.language == language,
        and_(row.language.is_(None), threads.exists(), row.thread_id.in_(threads).is_(True)),
    ]


def _after(keys: Any, order: QueueOrder, after: Place) -> list[ColumnElement[bool]]:
    """Conditions of which each is a stretch of an index, and one holds for what comes after that place."""
    (by_priority, by_id), (priority, comment_id) = keys, after
    if order == "newest":
        return [by_id < comment_id]
    if order == "oldest":
        return [by_id > comment_id]
    return [and_(by_priority == priority, by_id > comment_id), by_priority < priority]


def _ordered(query: Select[*tuple[Any, ...]], keys: Any, order: QueueOrder) -> Any:
    priority, by_id = keys
    if order == "newest":
        return query.order_by(by_id.desc())
    return query.order_by(by_id) if order == "oldest" else query.order_by(priority.desc(), by_id)


def _first(arms: Sequence[Select[str, int]], order: QueueOrder, limit: int) -> Select[str, int]:
    found = together([arm.limit(limit) for arm in arms])
    query = _ordered(select(found.c.id, found.c.priority), (found.c.priority, found.c.id), order)
    return cast(Select[str, int], query.limit(limit))
