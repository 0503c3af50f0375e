"""Rules that were cut off several times sit out for a while: waiting for them on every comment would stop the queue."""

import time
from collections import deque
from collections.abc import Callable

from service.telemetry import logger

log = logger(__name__)

MOST_CUTS = 3
PENALTY_SECONDS = 60.0


class PenaltyBox:
    """Per site, because a rule is as slow as what a site's policy gives it to do."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._cuts: dict[tuple[str, str], deque[float]] = {}

    def add(self, site_id: str, rule: str) -> None:
        """One more comment of the site at which the rule had to be cut off."""
        cuts = self._cuts.setdefault((site_id, rule), deque(maxlen=MOST_CUTS))
        cuts.append(self._monotonic())
        if len(cuts) == MOST_CUTS:
            log.error("rule_benched", rule=rule, site=site_id, seconds=PENALTY_SECONDS)

    def penalised(self, site_id: str) -> frozenset[str]:
        """The site's rules that are not to be run now."""
        if not self._cuts:
            return frozenset()
        since = self._monotonic() - PENALTY_SECONDS
        for key, cuts in list(self._cuts.items()):
            if cuts[-1] < since:
                del self._cuts[key]  # Its time is over, or its failures were rare.
        return frozenset(
            rule for (site, rule), cuts in self._cuts.items() if site == site_id and len(cuts) == MOST_CUTS
        )
