"""Which threads of a site have most that waits: counted for whoever asks, or where that is much, now and then."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from models import Thread
from models.queries.arms import TOTAL_MOST
from models.queries.threads import any_waiting, most_waiting, threads_waiting

# The extension of the application under which its memory is.
EXTENSION = "rejoinder.waiting_threads"
# As many as a page has at most, and some that may come to be among them.
SPARE = 25
KEPT = 200 + SPARE
# For so long the same threads are looked at, where more than `TOTAL_MOST` comments wait on the site.
KEPT_FOR = timedelta(seconds=30)


class _Kept(NamedTuple):
    until: datetime
    thread_ids: list[str]


@dataclass(frozen=True)
class WaitingThreads:
    """The threads of large sites that were found last. Written and read by several threads: whichever comes last."""

    _kept: dict[str, _Kept] = field(default_factory=dict)

    def find(self, session: Session, site_id: str, limit: int, now: datetime) -> list[tuple[Thread, int]]:
        """A site's threads with comments that wait, most of them first. How many wait is always counted now."""
        kept = self._kept.get(site_id)
        if kept is None or not now < kept.until:
            many = (session.scalar(any_waiting(site_id, TOTAL_MOST)) or 0) > TOTAL_MOST
            kept = _Kept(now + KEPT_FOR, list(session.scalars(most_waiting(site_id, KEPT if many else limit))))
            if many:
                self._kept[site_id] = kept
            else:
                self._kept.pop(site_id, None)
        # Some more than are shown: what was decided meanwhile may have put one of them before another.
        found: Any = session.execute(threads_waiting(kept.thread_ids[: limit + SPARE])).all()
        waiting = [(thread, count) for thread, count in found if count]
        return sorted(waiting, key=lambda row: (row[1], row[0].id), reverse=True)[:limit]
