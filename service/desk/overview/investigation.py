"""What a query finds over time, and what of it is most, against the period before: bounded, whatever the period is.

Up to `LOOKED_MOST` comments of a period are looked at. Of more, a sample of `SAMPLED_MOST` is: the period is cut into
slices, of each some comments are looked at, and each stands for as many as its slice has for one that was looked at.
What an index has by itself (a word, a rule, a section) is gathered from there, as long as that is not too much: then
the sample is one of these alone.
"""

import json
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from models.database.ids import first_id
from models.database.planner import expected_rows
from models.queries.arms import TOTAL_MOST
from models.queries.overview.investigation import (
    INDEXED,
    CommentFilter,
    fitting,
    how_many_between,
    how_many_indexed,
    ids_between,
    ids_in_slices,
    ids_indexed,
    slices_given,
    thread_names,
    thread_places,
)
from models.queries.search import Search
from service.desk.overview.slice_counts import SliceCounts
from service.desk.queue.listing import SITES_AT_ONCE
from service.wiring import on_sqlite

LOOKED_MOST = 1_000
# Of more than that, so many are looked at: what a sample says is off by some hundredths anyhow.
SAMPLED_MOST = 600
# Stretches of an index that are read for one sample.
STRETCHES_MOST = 2_000
# More than there ever are.
EVERY = 1_000_000_000
SLICES_A_STEP = 4
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


class Row(NamedTuple):
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
    # Of each thread in `threads`: key, title, site.
    named: dict[str, tuple[str, str, str]]


def investigate(
    session: Session, asked: CommentFilter, period: Period, moment: datetime, counts: SliceCounts
) -> Findings:
    """What the filter finds within the period, and the period before it; `moment`: now. Raises TookTooLong."""
    now, before = look(session, asked, [period, period.before], moment, counts)
    sqlite = on_sqlite(session)
    threads = {row.thread_id for sample in (now, before) for row in sample.rows}
    placed = session.execute(thread_places(threads, sqlite=sqlite)).all()
    section_of = {thread_id: [section] if section else () for thread_id, section, _ in placed}
    site_of = {thread_id: site_id for thread_id, _, site_id in placed}

    def top(keys: Any) -> list[Rank]:
        return ranked(now.rows, before.rows, keys)

    most = top(lambda row: (row.thread_id,))
    named = session.execute(thread_names([rank.key for rank in most])) if most else ()
    return Findings(
        period=period,
        total=_total(now.rows),
        total_before=_total(before.rows),
        counts=by_step(now.rows, period),
        sampled=now,
        sampled_before=before,
        rules=top(lambda row: row.rules),
        sections=top(lambda row: section_of[row.thread_id]),
        threads=most,
        # Of each site on its own: that the same network writes on another one is nobody's to learn here.
        networks=top(lambda row: ((site_of[row.thread_id], row.network),) if row.network else ()),
        writers=top(lambda row: (row.writer,)),
        named={row[0]: (row[1], row[2], row[3]) for row in named},
    )


def look(
    session: Session, asked: CommentFilter, periods: Sequence[Period], moment: datetime, counts: SliceCounts
) -> list[Sampled]:
    """The comments of each of these periods that fit, or a sample of them; `moment`: now."""
    if asked.q and Search(asked.q, sqlite=False).hopeless:
        return [Sampled([], 0, 0) for _ in periods]
    parts = list(_some_sites(asked))
    found = [_looking(session, part, len(parts), moment, counts) for part in parts]
    samples = [[part.look(period) for part in found] for period in periods]
    return [
        Sampled(
            [row for part in sample for row in part.rows],
            sum(part.looked_at for part in sample),
            sum(part.of for part in sample),
        )
        for sample in samples
    ]


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


Slices = Sequence[tuple[datetime, datetime]]
# Ids of each slice that has any, and how many it has.
_Sample = list[tuple[Sequence[str], int]]


@dataclass(frozen=True, slots=True)
class _Looking:
    """What is asked about some sites. `indexed`: the ids of all times that an index has by itself, where it is few."""

    session: Session
    asked: CommentFilter
    moment: datetime
    counts: SliceCounts
    sqlite: bool
    looked_most: int
    sampled_most: int
    indexed: list[str] | None

    def look(self, period: Period) -> Sampled:
        sample = self._sample(period)
        weights = {comment_id: total / len(ids) for ids, total in sample for comment_id in ids}
        rows = list(_fit(self.session, self.asked, weights, self.sqlite))
        return Sampled(rows, len(weights), sum(total for _, total in sample))

    def _sample(self, period: Period) -> _Sample:
        since, until, most = first_id(period.since), first_id(period.until), self.looked_most
        if self.indexed is not None:
            within = self.indexed[bisect_left(self.indexed, since) : bisect_left(self.indexed, until)]
            return [(within, len(within))] if len(within) <= most else self._some_indexed(within, period)
        slices = _slices(period, self.asked)
        # Where what is kept of the past says that there are more, nobody counts to see that.
        if self.counts.kept(self.asked, slices, self.moment) <= most:
            bounds = {"since": since, "until": until, "most": most + 1}
            if (self.session.scalar(how_many_between(self.asked), bounds) or 0) <= most:
                ids = self.session.scalars(ids_between(self.asked), bounds).all()
                return [(ids, len(ids))]
        each = max(1, self.sampled_most // len(slices))
        first = self._first_of(slices, each)
        given = [slices[n] for n in first]
        totals = self.counts.of(self.session, self.asked, given, self.moment, sqlite=self.sqlite)
        # One that was counted a while ago has as many as are there at least.
        return [(ids, max(len(ids), total)) for ids, total in zip(first.values(), totals, strict=True)]

    def _some_indexed(self, ids: Sequence[str], period: Period) -> _Sample:
        """Some of these of each slice."""
        each = -(-len(ids) // self.sampled_most)
        starts = [bisect_left(ids, first_id(start)) for start, _ in _slices(period, self.asked)]
        parts = [ids[start:end] for start, end in zip(starts, [*starts[1:], len(ids)], strict=True)]
        return [(part[::each], len(part)) for part in parts if part]

    def _first_of(self, slices: Slices, most: int) -> dict[int, Sequence[str]]:
        """The first ids of each slice that has any, by its number."""
        bounds = [(first_id(start), first_id(end)) for start, end in slices]
        rows = self.session.execute(
            ids_in_slices(self.asked, sqlite=self.sqlite), slices_given(bounds, sqlite=self.sqlite) | {"most": most}
        )
        found = {n: json.loads(ids) if self.sqlite else ids for n, ids in rows}
        return {n: ids for n, ids in sorted(found.items()) if ids}


def _looking(session: Session, asked: CommentFilter, parts: int, moment: datetime, counts: SliceCounts) -> _Looking:
    """About some sites, `parts` of which are all that is asked about."""
    sqlite = on_sqlite(session)
    indexed = None if asked.threads or asked.writer else _find_indexed(session, asked, sqlite)
    return _Looking(
        session, asked, moment, counts, sqlite, LOOKED_MOST // parts, min(LOOKED_MOST, SAMPLED_MOST) // parts, indexed
    )


def _find_indexed(session: Session, asked: CommentFilter, sqlite: bool) -> list[str] | None:
    """The ids, of any time, of what an index has by itself of what is asked for, where they are few."""
    for indexed in INDEXED:
        if not getattr(asked, indexed):
            continue
        if indexed == "q" and not sqlite:
            # An index of words would list them all to count some. Of a word that they do not know PostgreSQL's
            # statistics guess that it is in one of 200 comments.
            is_few = expected_rows(session, ids_indexed(asked, indexed, EVERY, sqlite=False)) <= 4 * TOTAL_MOST
        else:
            count = how_many_indexed(asked, indexed, TOTAL_MOST + 1, sqlite=sqlite)
            is_few = (session.scalar(count) or 0) <= TOTAL_MOST
        if not is_few:
            continue
        ids = session.scalars(ids_indexed(asked, indexed, TOTAL_MOST + 1, sqlite=sqlite)).all()
        if len(ids) <= TOTAL_MOST:
            return sorted(set(ids))
    return None


def _slices(period: Period, asked: CommentFilter) -> Slices:
    """Equal parts of the period's steps: the more, the fewer stretches of an index each of them takes."""
    stretches = 1 if asked.writer else len(asked.threads) or len(asked.site_ids) * len(asked.statuses())
    steps = period.steps
    parts = min(max(1, STRETCHES_MOST // (stretches * len(steps))), SLICES_A_STEP)
    width = period.step / parts
    return [(at + width * n, at + width * (n + 1)) for at in steps for n in range(parts)]


def _fit(session: Session, asked: CommentFilter, weights: Mapping[str, float], sqlite: bool) -> Iterator[Row]:
    """Those of these comments that fit; `weights`: how many each of them stands for."""
    for row in session.execute(fitting(asked, sorted(weights), sqlite=sqlite)):
        comment_id, created_at, thread_id, writer, network, said = row
        rules = tuple(said.split(",")) if said else ()
        yield Row(comment_id, created_at, thread_id, writer, network, weights[comment_id], rules)


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
