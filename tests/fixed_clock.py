from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from service.clock import Clock


@dataclass
class FixedClock:
    """A clock that stands still until it is moved."""

    time: datetime = field(default_factory=lambda: datetime(2026, 3, 14, 12, 0, tzinfo=UTC))

    def now(self) -> datetime:
        return self.time

    def advance(self, **delta: float) -> None:
        self.time += timedelta(**delta)

    def clock(self) -> Clock:
        return Clock(self.now)
