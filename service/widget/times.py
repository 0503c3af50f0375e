"""Times as readers say them, for pages made on the server. The widget leaves this to the browser's Intl."""

from datetime import UTC, datetime

from service.clock import in_units

_YESTERYEAR = {"day": "yesterday", "week": "last week", "month": "last month", "year": "last year"}


def ago(then: datetime, now: datetime) -> str:
    """`12 minutes ago`. What lies in the future, by another machine's clock, is `now`."""
    passed = in_units(now - then)
    if passed is None:
        return "now"
    count, unit = passed
    if count == 1 and unit in _YESTERYEAR:
        return _YESTERYEAR[unit]
    return f"{count} {unit}{'s' if count > 1 else ''} ago"


def exact(then: datetime) -> str:
    """`Saturday, 14 March 2026, 12:00 UTC`."""
    moment = then.astimezone(UTC)
    return f"{moment:%A}, {moment.day} {moment:%B %Y}, {moment:%H:%M} UTC"


def parse(text: str) -> datetime:
    """A time as the public JSON has it."""
    return datetime.fromisoformat(text)
