"""A pooled connection is looked at before it is used: one that its server closed is replaced, and nobody notices."""

import select
import time
from collections.abc import Callable
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.exc import InvalidatePoolError

# A connection that rested for so long is asked whether its server is still there: a host that lost its power says
# nothing. Asking takes a round trip, which is more than many a statement does.
RESTED_SECONDS = 1.0
_USED_AT = "rejoinder.used_at"


def check_before_use(engine: Engine, monotonic: Callable[[], float] = time.monotonic) -> None:
    """From now on this engine's pool gives out no connection that its server has closed, as one does that is stopped,
    restarted, failed over or told to end a backend: its goodbye has arrived, which costs no round trip to see.

    With one such connection all that are older go as well. For PostgreSQL through psycopg.
    """
    dialect: Any = engine.dialect

    def note_use(driver: Any, record: Any) -> None:
        if driver is not None:  # Else it went for an error.
            record.info[_USED_AT] = monotonic()

    def check(driver: Any, record: Any, _fairy: object) -> None:
        used_at = record.info.pop(_USED_AT, None)
        if used_at is None:  # It was opened a moment ago.
            return
        rested = monotonic() - used_at >= RESTED_SECONDS
        if (rested or _has_heard(driver)) and not dialect._do_ping_w_event(driver):
            raise InvalidatePoolError

    event.listen(engine, "checkin", note_use)
    event.listen(engine, "checkout", check)


def _has_heard(driver: Any) -> bool:
    """Whether the server has said anything since: between statements it does so in parting, or of its settings."""
    if driver.closed:
        return True
    poll = select.poll()
    poll.register(driver.pgconn.socket, select.POLLIN | select.POLLPRI)
    return bool(poll.poll(0))
