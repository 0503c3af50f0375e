from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Clock:
    """The time, passed in so that a test can turn it."""

    now: Callable[[], datetime] = _now


# What people count time by, in seconds, the longest first.
UNITS = (
    ("year", 31_536_000),
    ("month", 2_592_000),
    ("week", 604_800),
    ("day", 86_400),
    ("hour", 3_600),
    ("minute", 60),
)


def in_units(time: timedelta, *, weeks: bool = True) -> tuple[int, str] | None:
    """How often the longest unit that it holds: (12, "minute"). None for less than a minute, and for what has not
    passed yet. `weeks`: whether they are counted, or 13 days stay days."""
    seconds = time.total_seconds()
    for unit, size in UNITS:
        if seconds >= size and (weeks or unit != "week"):
            return int(seconds // size), unit
    return None
