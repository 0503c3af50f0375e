"""Numbers and dates as the language of the work at hand writes them."""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

from babel.dates import TIMEDELTA_UNITS, format_date, format_skeleton, format_time, format_timedelta
from babel.numbers import format_decimal

from service.localization.speaking import ENGLISH, gettext, speaking

# Our English puts the day before the month, as most of its readers do.
_DATES = {ENGLISH: "en_GB"}
_SECONDS = dict(TIMEDELTA_UNITS)


def decimal(n: float, *, signed: bool = False) -> str:
    """With one decimal place: "12.5", "12,5"; `signed`: "+12.5"."""
    return str(format_decimal(n, format="+#,##0.0;-#,##0.0" if signed else "#,##0.0", locale=speaking()))


def signed(n: int) -> str:
    """With its sign, also where it is positive: "+1,200"."""
    return str(format_decimal(n, format="+#,##0;-#,##0", locale=speaking()))


def day(at: date) -> str:
    """ "27 November 2026", "27. November 2026"."""
    return str(format_date(at, "long", locale=_dates()))


def day_of_year(at: date, *, short: bool = False) -> str:
    """ "27 November", "27. November"; `short`: "27 Nov", "27. Nov."."""
    return str(format_skeleton("MMMd" if short else "MMMMd", at, locale=_dates()))


def time_of_day(at: datetime) -> str:
    """ "14:05", in the zone of `at`."""
    return str(format_time(at, "short", locale=_dates()))


def moment(at: datetime) -> str:
    """ "Saturday 14 March 2026, 12:00 UTC", "Samstag, 14. März 2026, 12:00 UTC"."""
    utc = at.astimezone(UTC)
    return gettext(
        "%(date)s, %(time)s UTC",
        date=_full_date(utc.date(), _dates()),
        time=_short_time(utc.hour, utc.minute, _dates()),
    )


# The plain page says it of every comment: many are of one day, and putting one together takes a sixth of the page.
@lru_cache(maxsize=500)
def _full_date(at: date, locale: str) -> str:
    return str(format_date(at, "full", locale=locale))


@lru_cache(maxsize=1500)
def _short_time(hour: int, minute: int, locale: str) -> str:
    return str(format_time(time(hour, minute), "short", locale=locale))


def passed(count: int, unit: str) -> str:
    """How long ago: "12 minutes ago", "vor 12 Minuten". `unit`: "minute" to "year"."""
    ago = -timedelta(seconds=count * _SECONDS[unit])
    # With such a threshold no larger unit is taken than the one that is given.
    return str(format_timedelta(ago, unit, threshold=1e9, add_direction=True, locale=speaking()))  # type: ignore[arg-type]


def _dates() -> str:
    return _DATES.get(speaking(), speaking())
