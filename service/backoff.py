"""How long to wait before what failed is tried again: one back-off for the whole service.

Ours, because half of these waits are a row's `next_at` or a process to start, with no call to wrap: tenacity wraps
calls, and `redis.backoff` knows no fixed schedule and draws from nobody's randomness but its own.

A circuit breaker (`service.circuit_breaker`) is the other answer to failures: it spares callers who cannot wait.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self


@dataclass(frozen=True, slots=True)
class Backoff:
    """Seconds to wait after failures in a row: `delays[n - 1]` after the n-th, the last one after all that follow.

    `jitter`: how far a wait may be off its delay, as a share of it: with 0.5, 2 s may be anything from 1 to 3 s. For
    whoever is one of several clients of the same server, so that they don't all come back in the same moment.
    """

    delays: tuple[float, ...]
    jitter: float = 0.0

    def __post_init__(self) -> None:
        if not self.delays or min(self.delays) < 0:
            raise ValueError("a back-off needs delays, and none below zero")
        if not 0 <= self.jitter <= 1:
            raise ValueError("jitter is a share of the delay, from 0 to 1")

    @classmethod
    def doubling(cls, first: float, most: float, *, jitter: float = 0.0) -> Self:
        """`first` seconds, then twice as long each time, up to `most`."""
        if not 0 < first <= most:
            raise ValueError("the first delay is above zero and not longer than the longest")
        delays = [first]
        while delays[-1] < most:
            delays.append(min(2 * delays[-1], most))
        return cls(tuple(delays), jitter)

    def delay(self, failures: int, draw: Callable[[], float] = random.random) -> float:
        """Seconds to wait after so many failures in a row, at least one. `draw`: uniform over [0, 1)."""
        if failures < 1:
            raise ValueError("nothing has failed")
        delay = self.delays[min(failures, len(self.delays)) - 1]
        return delay * (1 + self.jitter * (2 * draw() - 1)) if self.jitter else delay

    def next_at(self, failures: int, now: datetime) -> datetime:
        """When to try again, for waits that stand in the database."""
        return now + timedelta(seconds=self.delay(failures))

    def exhausted(self, failures: int) -> bool:
        """Whether every delay has been used: for whoever gives up then instead of repeating the last one."""
        return failures > len(self.delays)


# Redis or the database does not answer. Every process of the service waits for the same two.
SERVER_AWAY = Backoff.doubling(0.1, 5.0, jitter=0.5)


class Retry:
    """Counts how often one piece of work has failed in a row. It waits for nothing itself; for one thread."""

    def __init__(self, backoff: Backoff, *, draw: Callable[[], float] = random.random) -> None:
        self._backoff = backoff
        self._draw = draw
        self._failures = 0

    def failed(self) -> float:
        """Counts a failure; how many seconds to wait before the next attempt."""
        self._failures += 1
        return self._backoff.delay(self._failures, self._draw)

    def succeeded(self) -> None:
        """The next failure is the first again."""
        self._failures = 0
