"""Times as a terminal shows them."""

from datetime import datetime


def when(at: datetime | None) -> str:
    """ "2026-11-26 15:08 UTC", or "never"."""
    return "never" if at is None else at.strftime("%Y-%m-%d %H:%M UTC")
