"""One finding of `rejoinder doctor`."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from sqlalchemy.exc import SQLAlchemyError

from service.errors import Unavailable
from service.wiring import Services

Level = Literal["ok", "note", "problem"]


@dataclass(frozen=True, slots=True)
class Check:
    """`what` was looked at, what was `found`, and what to `do`, if anything."""

    what: str
    level: Level
    found: str
    do: str = ""


def guarded(what: str, checks: Callable[[], Iterator[Check]]) -> Iterator[Check]:
    try:
        yield from checks()
    except (Unavailable, SQLAlchemyError) as error:
        yield Check(what, "problem", f"could not be checked ({type(error).__name__})", "see the database above")


def check_clock(what: str, whose: str, services: Services, there: datetime) -> Check:
    offset = abs((services.clock.now() - there.astimezone(UTC)).total_seconds())
    found = f"{offset:.1f} s from {whose}"
    if offset > services.settings.max_time_offset:
        return Check(what, "problem", found, "let both machines keep time by NTP")
    return Check(what, "ok", found)
