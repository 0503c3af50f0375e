"""Which preset a thread is under: by hand, by its tags, by the hour where the newsroom is, or in a burst."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def chosen(
    switches: Sequence[Mapping[str, Any]], *, tags: Collection[str], now: datetime, burst: int | None
) -> str | None:
    """The preset of the first switch of which everything holds; None where none does.

    `burst`: comments in the thread in the last ten minutes, None where nobody counted.
    """
    for switch in switches:
        if _holds(switch, tags, now, burst):
            return str(switch["preset"])
    return None


def _holds(switch: Mapping[str, Any], tags: Collection[str], now: datetime, burst: int | None) -> bool:
    wanted = {str(tag).casefold() for tag in switch.get("tags", ())}
    if wanted and wanted.isdisjoint(tag.casefold() for tag in tags):
        return False
    if "burst" in switch and (burst is None or burst < switch["burst"]):
        return False
    if "hours" in switch or "days" in switch:
        return _in_hours(switch, now)
    return True


def _in_hours(switch: Mapping[str, Any], now: datetime) -> bool:
    """Wall-clock hours, so that a change of the clocks moves them with the newsroom. 22:00-06:00 goes past midnight
    and counts to the day on which it began."""
    try:
        here = now.astimezone(ZoneInfo(switch.get("time_zone", "UTC")))
    except (ZoneInfoNotFoundError, ValueError):
        # An unknown zone: the stricter preset too often is the smaller harm.
        return True
    minute = here.hour * 60 + here.minute
    start, end = (_minute(part) for part in switch.get("hours", "00:00-24:00").split("-"))
    inside = start <= minute < end if start < end else minute >= start or minute < end
    began = here - timedelta(days=1) if start >= end and minute < end else here
    return inside and _DAYS[began.weekday()] in switch.get("days", _DAYS)


def _minute(text: str) -> int:
    hour, minute = text.split(":")
    return int(hour) * 60 + int(minute)
