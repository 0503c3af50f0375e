"""Which preset a thread is switched to: by tags, by the hours of the day, by a burst. The first that fits counts."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def preset_for(
    settings: Mapping[str, Any], *, now: datetime, tags: Collection[str] = (), recent: int | None = None
) -> str | None:
    """The preset that the policy's `switches` ask for, or None.

    `now` must be aware; hours are those of the switch's own time zone (UTC without one), whatever its clock does that
    night. `recent`: comments in the thread in the last ten minutes, None where nobody counted. A switch with several
    conditions wants them all; capitals in tags do not matter.
    """
    found = switched(settings, now=now, tags=tags, recent=recent)
    return None if found is None else found[0]


def switched(
    settings: Mapping[str, Any], *, now: datetime, tags: Collection[str] = (), recent: int | None = None
) -> tuple[str, str] | None:
    """The preset as `preset_for` finds it, and by what: "tags", "hours", "burst", with spaces between."""
    for switch in settings.get("switches", ()):
        if _holds(switch, now, tags, recent):
            by = [name for name in ("tags", "hours", "burst") if name in switch]
            return str(switch["preset"]), " ".join(by)
    return None


def is_time_zone(name: str) -> bool:
    """Whether the time zone database knows the name."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _holds(switch: Mapping[str, Any], now: datetime, tags: Collection[str], recent: int | None) -> bool:
    if "tags" in switch:
        wanted = {tag.casefold() for tag in switch["tags"]}
        if wanted.isdisjoint([tag.casefold() for tag in tags]):
            return False
    if "burst" in switch and (recent is None or recent < switch["burst"]):
        return False
    return not ("hours" in switch or "days" in switch) or _in_hours(switch, now)


def _in_hours(switch: Mapping[str, Any], now: datetime) -> bool:
    try:
        here = now.astimezone(ZoneInfo(switch.get("time_zone", "UTC")))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        # This machine does not know the zone: the stricter preset too often is the smaller harm.
        return True
    minute = here.hour * 60 + here.minute
    start, end = (_minute(part) for part in switch.get("hours", "00:00-24:00").split("-"))
    inside = start <= minute < end if start < end else minute >= start or minute < end
    # Past midnight it is still the night that began the day before.
    began = here - timedelta(days=1) if start >= end and minute < end else here
    return inside and _DAYS[began.weekday()] in switch.get("days", _DAYS)


def _minute(text: str) -> int:
    hour, minute = text.split(":")
    return int(hour) * 60 + int(minute)
