"""In which threads of large sites most waits: ranked for whoever asks, and kept for a while where that is much work."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from models.queries.arms import TOTAL_MOST
from models.queries.overview.threads import Rank, threads_by_pending
from models.queries.threads import any_waiting

# The extension of the application under which its memory is.
EXTENSION = "rejoinder.waiting_ranks"
# For so long the same order is shown, where more than `TOTAL_MOST` comments wait. How many wait is always counted now.
KEPT_FOR = timedelta(seconds=30)
# Threads of which the order is kept.
RANKED_MOST = 10_000
# Half a MB each, and mostly one: whoever moderates sees the same sites as others do.
KEPT_MOST = 8


@dataclass(frozen=True)
class WaitingRanks:
    """The ranks that were found last. Written and read by several threads: whichever comes last."""

    _kept: dict[tuple[str, ...], tuple[datetime, list[Rank]]] = field(default_factory=dict)

    def find(self, session: Session, site_ids: Sequence[str], now: datetime) -> list[Rank] | None:
        """(how many wait, thread), most first, of all threads of these sites in which something waits; None where there
        are more of these, or so little waits that it is counted each time."""
        sites = tuple(site_ids)
        at, ranks = self._kept.get(sites, (None, []))
        if at is None or not at <= now < at + KEPT_FOR:
            if all((session.scalar(any_waiting(site_id, TOTAL_MOST)) or 0) <= TOTAL_MOST for site_id in sites):
                return None
            found = session.execute(threads_by_pending(sites, RANKED_MOST + 1))
            ranks = [(many, thread_id) for thread_id, many in found]
            if len(self._kept) >= KEPT_MOST:
                self._kept.clear()
            self._kept[sites] = (now, ranks)
        return ranks if len(ranks) <= RANKED_MOST else None
