"""Which preset a thread is switched to: by tags, by the hours of the day, by a burst. The first that fits counts."""

from __future__ import annotations

from collections.abc import Mapping, Set
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def preset_for(
    settings: Mapping[str, Any], *, now: datetime, tags: Set[str] = frozenset(), recent: int | None = None
) -> str | None:
    """The preset that the policy's `switches` ask for, or None.

    `now` must be aware; hours are those of the switch's own time zone (UTC without one), whatever its clock does that
    night. `recent`: comments in the thread in the last ten minutes. A switch with several conditions wants them all.
    """
    for switch in settings.get("switches", ()):
        if (
            ("tags" not in switch or not tags.isdisjoint(switch["tags"]))
            and ("burst" not in switch or (recent is not None and recent >= switch["burst"]))
            and ("hours" not in switch or _within(switch, now))
        ):
            return str(switch["preset"])
    return None


def is_time_zone(name: str) -> bool:
    """Whether the time zone database knows the name."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _within(switch: Mapping[str, Any], now: datetime) -> bool:
    local = now.astimezone(ZoneInfo(switch.get("time_zone", "UTC")))
    first, _, last = switch["hours"].partition("-")
    start = time.fromisoformat(first)
    end = time.max if last == "24:00" else time.fromisoformat(last)
    clock = local.time()
    # Past midnight it is still the night that began the day before.
    began_yesterday = start > end and clock < end
    day = (local - timedelta(days=1)) if began_yesterday else local
    if _DAYS[day.weekday()] not in switch.get("days", _DAYS):
        return False
    return start <= clock < end if start <= end else (clock >= start or clock < end)
