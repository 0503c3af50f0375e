"""Times as readers say them, for pages made on the server. The widget leaves this to the browser's Intl."""

from datetime import datetime

from service.clock import in_units
from service.localization import Messages, gettext
from service.localization import noop as N_
from service.localization.formats import passed

_YESTERYEAR = Messages(
    {"day": N_("yesterday"), "week": N_("last week"), "month": N_("last month"), "year": N_("last year")}
)


def ago(then: datetime, now: datetime) -> str:
    """`12 minutes ago`. What lies in the future, by another machine's clock, is `just now`."""
    since = in_units(now - then)
    if since is None:
        return gettext("just now")
    count, unit = since
    return _YESTERYEAR[unit] if count == 1 and unit in _YESTERYEAR else passed(count, unit)


def parse(text: str) -> datetime:
    """A time as the public JSON has it."""
    return datetime.fromisoformat(text)
