"""How many comments came in within stretches of time: counted for whoever asks, and of what is past kept for a while.

What came in on a day that is over never changes, only what became of it does: a count of all of it that is some minutes
old says as much of a month as one of now. Whoever investigates asks about the same days again and again. What stands in
one status is counted anew each time: a decision for many changes it at once.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

from sqlalchemy.orm import Session

from models.database.ids import first_id
from models.queries.overview.investigation import CommentFilter, how_many_in_slices, slices_given

# The extension of the application under which its memory is.
EXTENSION = "rejoinder.slice_counts"
# Of a slice, site and status; what is beyond is not counted.
SLICE_MOST = 20_000
KEPT_FOR = timedelta(minutes=10)
# What ended so long ago is kept: what was received before that has been judged, and is in one of the lists.
OVER_FOR = timedelta(hours=1)
# Each takes half a kB.
KEPT_MOST = 5_000

_Key = tuple[Any, ...]


@dataclass(frozen=True)
class SliceCounts:
    """The counts that were made last, and when."""

    _kept: OrderedDict[_Key, tuple[datetime, int]] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def of(
        self,
        session: Session,
        asked: CommentFilter,
        slices: Sequence[tuple[datetime, datetime]],
        now: datetime,
        *,
        sqlite: bool,
    ) -> list[int]:
        """How many comments each of these slices has, in the filter's status if it has one."""
        keys = [(_what(asked), *stretch) for stretch in slices]
        found = self._known(keys, now)
        missing = [(key, stretch) for key, stretch in zip(keys, slices, strict=True) if key not in found]
        counted = _count(session, asked, [stretch for _, stretch in missing], sqlite=sqlite)
        for (key, stretch), total in zip(missing, counted, strict=True):
            found[key] = total
            if asked.status is None and stretch[1] < now - OVER_FOR:
                self._keep(key, now, total)
        return [found[key] for key in keys]

    def kept(self, asked: CommentFilter, slices: Sequence[tuple[datetime, datetime]], now: datetime) -> int:
        """How many comments there are at least, by what is kept alone."""
        return sum(self._known([(_what(asked), *stretch) for stretch in slices], now).values())

    def _known(self, keys: Sequence[_Key], now: datetime) -> dict[_Key, int]:
        with self._lock:
            kept = {key: self._kept[key] for key in keys if key in self._kept}
        return {key: total for key, (at, total) in kept.items() if now - KEPT_FOR < at <= now}

    def _keep(self, key: _Key, now: datetime, total: int) -> None:
        with self._lock:
            self._kept[key] = (now, total)
            self._kept.move_to_end(key)
            while len(self._kept) > KEPT_MOST:
                self._kept.popitem(last=False)


def _what(asked: CommentFilter) -> _Key:
    return tuple(asked.site_ids), asked.status, tuple(asked.threads), asked.writer


def _count(
    session: Session, asked: CommentFilter, slices: Sequence[tuple[datetime, datetime]], *, sqlite: bool
) -> list[int]:
    if not slices:
        return []
    bounds = [(first_id(start), first_id(end)) for start, end in slices]
    given = slices_given(bounds, sqlite=sqlite) | {"most": SLICE_MOST}
    found = dict(session.execute(how_many_in_slices(asked, sqlite=sqlite), given).all())
    return [found[n] for n in range(len(bounds))]
