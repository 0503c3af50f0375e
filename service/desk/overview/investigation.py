"""What a query finds over time, and what of it is most, against the period before: bounded, whatever the period is.

Up to `LOOKED_MOST` comments are looked at. Of more, a sample of `SAMPLED_MOST` is: the period is cut into slices, of
each the first comments are looked at, and each stands for as many as its slice has for one that was looked at.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from models.database.ids import first_id
from models.database.planner import expected_rows
from models.queries.overview.investigation import (
    CommentFilter,
    fitting,
    how_many_between,
    how_many_in_slices,
    ids_between,
    ids_in_slices,
    ids_noted,
    thread_rows,
)
from models.queries.search import Search
from service.desk.queue.listing import SITES_AT_ONCE
from service.wiring import on_sqlite

LOOKED_MOST = 8_000
# Of more than that, so many are looked at: what a sample says is off by some hundredths anyhow.
SAMPLED_MOST = 2_000
# Of a slice, site and status; what is beyond is not counted.
SLICE_MOST = 20_000
# Stretches of an index that are read for one sample.
STRETCHES_MOST = 2_000
# More than there ever are.
NOTED_MOST = 1_000_000_000
SLICES_A_STEP = 4
ASKED_AT_ONCE = 500
TOP = 10


@dataclass(frozen=True, slots=True)
class Period:
    """From `since` to before `until`, in steps of this length; there is always a whole number of them."""

    since: datetime
    until: datetime
    step: timedelta

    @property
    def steps(self) -> list[datetime]:
        """When each of them begins."""
        return [self.since + self.step * n for n in range((self.until - self.since) // self.step)]

    @property
    def before(self) -> "Period":
        """The period of the same length that ends where this one begins."""
        return Period(self.since - (self.until - self.since), self.since, self.step)


@dataclass(frozen=True, slots=True)
class Row:
    """A comment that fits, and how many it stands for."""

    id: str
    created_at: datetime
    thread_id: str
    writer: str
    network: bytes | None
    weight: float
    rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sampled:
    """`looked_at` of `of` comments of the period; the same, unless it is a sample."""

    rows: list[Row]
    looked_at: int
    of: int

    @property
    def is_sample(self) -> bool:
        return self.looked_at < self.of


@dataclass(frozen=True, slots=True)
class Rank:
    """One line of a top ten: what it is, how many now and in the period before; `example`: one such comment."""

    key: Any
    now: int
    before: int
    example: str


@dataclass(frozen=True, slots=True)
class Findings:
    """`counts`: by step of the period. Estimates, rounded, where one of both was sampled."""

    period: Period
    total: int
    total_before: int
    counts: list[int]
    sampled: Sampled
    sampled_before: Sampled
    rules: list[Rank]
    sections: list[Rank]
    threads: list[Rank]
    networks: list[Rank]
    writers: list[Rank]
    # Of each thread in `threads`: section, key, title, site.
    named: dict[str, tuple[str | None, str, str, str]]


def investigate(session: Session, asked: CommentFilter, period: Period) -> Findings:
    """What the filter finds within the period, and the period before it. Raises TookTooLong."""
    now, before = look(session, asked, period), look(session, asked, period.before)
    threads = {row.thread_id for sample in (now, before) for row in sample.rows}
    named: dict[str, Any] = {row[0]: tuple(row[1:]) for row in _in_parts(session, thread_rows, threads)}

    def top(keys: Any) -> list[Rank]:
        return ranked(now.rows, before.rows, keys)

    return Findings(
        period=period,
        total=_total(now.rows),
        total_before=_total(before.rows),
        counts=by_step(now.rows, period),
        sampled=now,
        sampled_before=before,
        rules=top(lambda row: row.rules),
        sections=top(lambda row: [named[row.thread_id][0]] if named[row.thread_id][0] else ()),
        threads=top(lambda row: [row.thread_id]),
        # Of each site on its own: that the same network writes on another one is nobody's to learn here.
        networks=top(lambda row: [(named[row.thread_id][3], row.network)] if row.network else ()),
        writers=top(lambda row: [row.writer]),
        named=named,
    )


def look(session: Session, asked: CommentFilter, period: Period) -> Sampled:
    """The comments of one period that fit, or a sample of them."""
    if asked.q and Search(asked.q, sqlite=False).hopeless:
        return Sampled([], 0, 0)
    rows: list[Row] = []
    looked = of = 0
    parts = list(_some_sites(asked))
    for part in parts:
        found = _look(session, part, period, LOOKED_MOST // len(parts))
        rows, looked, of = rows + found.rows, looked + found.looked_at, of + found.of
    return Sampled(rows, looked, of)


def ranked(now: Sequence[Row], before: Sequence[Row], keys: Any) -> list[Rank]:
    """The `TOP` of what `keys` says of each row, most first."""
    counts, earlier = _weighed(now, keys), _weighed(before, keys)
    example = {key: row.id for row in now for key in keys(row)}
    found = sorted(counts, key=lambda key: (-counts[key], str(key)))[:TOP]
    return [Rank(key, round(counts[key]), round(earlier[key]), example[key]) for key in found]


def by_step(rows: Iterable[Row], period: Period) -> list[int]:
    """How many rows each step of the period has."""
    counts = [0.0] * len(period.steps)
    for row in rows:
        # An id is of the millisecond, its row may say a moment more.
        at = (row.created_at - period.since) // period.step
        counts[min(max(at, 0), len(counts) - 1)] += row.weight
    return [round(count) for count in counts]


def _look(session: Session, asked: CommentFilter, period: Period, most: int) -> Sampled:
    since, until = first_id(period.since), first_id(period.until)
    sqlite = on_sqlite(session)
    noted = None if asked.threads or asked.writer else ids_noted(asked, most + 1, sqlite=sqlite)
    # Of what is everywhere none are fetched to see that there are too many.
    if noted is not None and not sqlite and _certainly_more(session, asked, most):
        noted = None
    if noted is not None:
        ids = session.scalars(noted).all()
        if len(ids) <= most:
            within = sorted(found for found in set(ids) if since <= found < until)
            return _all_of(session, asked, within, sqlite)
    bounds = {"since": since, "until": until, "most": most + 1}
    if (session.scalar(how_many_between(asked), bounds) or 0) <= most:
        return _all_of(session, asked, session.scalars(ids_between(asked), bounds).all(), sqlite)
    slices = _slices(period, asked)
    each = max(1, min(most, most * SAMPLED_MOST // LOOKED_MOST) // len(slices))
    sample = (_slice_by_slice if sqlite else _slices_at_once)(session, asked, slices, each)
    weights = {comment_id: total / len(ids) for ids, total in sample for comment_id in ids}
    rows = list(_fit(session, asked, weights, sqlite))
    return Sampled(rows, len(weights), sum(total for _, total in sample))


def _certainly_more(session: Session, asked: CommentFilter, most: int) -> bool:
    """Whether by PostgreSQL's statistics far more are noted than so many; of a word that they do not know they guess
    one of 200 comments."""
    all_noted = ids_noted(asked, NOTED_MOST, sqlite=False)
    return all_noted is not None and expected_rows(session, all_noted) > 4 * most


def _all_of(session: Session, asked: CommentFilter, ids: Sequence[str], sqlite: bool) -> Sampled:
    return Sampled(list(_fit(session, asked, dict.fromkeys(ids, 1.0), sqlite)), len(ids), len(ids))


Slices = Sequence[tuple[datetime, datetime]]
# The first ids of each slice that has any, and how many it has.
_Sample = list[tuple[Sequence[str], int]]


def _slice_by_slice(session: Session, asked: CommentFilter, slices: Slices, most: int) -> _Sample:
    between, how_many = ids_between(asked), how_many_between(asked)
    found: _Sample = []
    for start, end in slices:
        bounds: dict[str, Any] = {"since": first_id(start), "until": first_id(end)}
        if some := session.scalars(between, bounds | {"most": most}).all():
            found.append((some, session.scalar(how_many, bounds | {"most": SLICE_MOST}) or 0))
    return found


def _slices_at_once(session: Session, asked: CommentFilter, slices: Slices, most: int) -> _Sample:
    """The same in two statements: each takes PostgreSQL and us longer than what a slice has to be read."""
    starts, ends = ([first_id(at) for at in bounds] for bounds in zip(*slices, strict=True))
    bounds: dict[str, Any] = {"starts": starts, "ends": ends}
    found: dict[int, list[str]] = {}
    for n, comment_id in session.execute(ids_in_slices(asked), bounds | {"most": most}):
        found.setdefault(n, []).append(comment_id)
    totals = dict(session.execute(how_many_in_slices(asked), bounds | {"most": SLICE_MOST}).all())
    return [(ids, totals[n]) for n, ids in found.items()]


def _slices(period: Period, asked: CommentFilter) -> Slices:
    """Equal parts of the period's steps: the more, the fewer stretches of an index each of them takes."""
    stretches = 1 if asked.writer else len(asked.threads) or len(asked.site_ids) * len(asked.statuses())
    steps = period.steps
    parts = min(max(1, STRETCHES_MOST // (stretches * len(steps))), SLICES_A_STEP)
    width = period.step / parts
    return [(at + width * n, at + width * (n + 1)) for at in steps for n in range(parts)]


def _fit(session: Session, asked: CommentFilter, weights: Mapping[str, float], sqlite: bool) -> Iterator[Row]:
    """Those of these comments that fit; `weights`: how many each of them stands for."""
    for row in _in_parts(session, lambda part: fitting(asked, part, sqlite=sqlite), weights):
        comment_id, created_at, thread_id, writer, network, rules = row
        noted = tuple(rules.split(",")) if rules else ()
        yield Row(comment_id, created_at, thread_id, writer, network, weights[comment_id], noted)


def _in_parts(session: Session, query: Any, ids: Iterable[str]) -> Iterator[Any]:
    every = sorted(ids)
    for start in range(0, len(every), ASKED_AT_ONCE):
        yield from session.execute(query(every[start : start + ASKED_AT_ONCE]))


def _some_sites(asked: CommentFilter) -> Iterator[CommentFilter]:
    if asked.threads or asked.writer:
        yield asked
        return
    for start in range(0, len(asked.site_ids), SITES_AT_ONCE):
        yield replace(asked, site_ids=asked.site_ids[start : start + SITES_AT_ONCE])


def _weighed(rows: Iterable[Row], keys: Any) -> Counter[Any]:
    found: Counter[Any] = Counter()
    for row in rows:
        for key in keys(row):
            found[key] += row.weight  # type: ignore[assignment] # A share of a comment.
    return found


def _total(rows: Iterable[Row]) -> int:
    return round(sum(row.weight for row in rows))
