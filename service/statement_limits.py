"""How long one statement of a web request may work in the database, and that it ends with the client who waits for it.

Workers, jobs, migrations and commands have no limit: `wire` sets one only where it is told to.
"""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DBAPIError

from service.errors import Unavailable

# Steps of SQLite's virtual machine between two looks at the clock: some milliseconds.
_STEPS = 50_000
# Seconds that a server may take to hear that a statement is to be stopped.
_CANCEL_SECONDS = 2.0
_QUERY_CANCELED = "57014"
_NAME = "rejoinder.deadline"


class TookTooLong(Unavailable):
    code, title = "took_too_long", "This takes too long"


class ClientLeft(Unavailable):
    """Whoever asked is gone: nobody reads this."""

    code, title = "client_left", "Nobody waits for this any more"


def limit_statements(engine: Engine, seconds: float, *, pooled: bool = False) -> None:
    """From now on no statement of this engine works longer; one that would raises what `was_stopped` knows.

    `pooled`: each transaction may be another server's, so PostgreSQL is told in each, which takes a round trip.
    """
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _watch_clock)
        event.listen(engine, "before_cursor_execute", _Stamp(seconds))
        event.listen(engine, "checkin", lambda _driver, record: record.info[_NAME].clear())
    elif pooled:
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(_limit("SET LOCAL", seconds)))
    else:
        event.listen(engine, "connect", lambda driver, _record: _tell_server(driver, seconds))
    event.listen(engine, "begin", _watch)


def was_stopped(error: DBAPIError) -> bool:
    """Whether the statement was stopped, by its limit or because its client left."""
    found: Any = error.orig
    if isinstance(found, sqlite3.Error):
        return getattr(found, "sqlite_errorcode", None) == sqlite3.SQLITE_INTERRUPT
    return getattr(found, "sqlstate", None) == _QUERY_CANCELED


def _watch_clock(driver: sqlite3.Connection, record: Any) -> None:
    # Empty, or when the statement under way is to end.
    deadline: list[float] = []
    record.info[_NAME] = deadline
    driver.set_progress_handler(lambda: bool(deadline) and time.monotonic() > deadline[0], _STEPS)


class _Stamp:
    """Called before each statement (SQLite)."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def __call__(self, connection: Connection, *_: object) -> None:
        connection.info[_NAME][:] = [time.monotonic() + self._seconds]


def _tell_server(driver: Any, seconds: float) -> None:
    # Outside a transaction, whose end would take it back.
    before, driver.autocommit = driver.autocommit, True
    driver.execute(_limit("SET", seconds))
    driver.autocommit = before


def _limit(how: str, seconds: float) -> str:
    return f"{how} statement_timeout = {round(seconds * 1000)}"


class Departure:
    """Whether the client of one request is still there. One thread works for it, another may say that it left."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._left = False
        self._stop: Callable[[], object] | None = None

    def leave(self) -> None:
        """Stops what is read for the client now, and all that would be read later."""
        with self._lock:
            self._left = True
            if self._stop is not None:
                self._stop()

    def watch(self, stop: Callable[[], object]) -> None:
        """`stop` ends the statement under way, until `forget`. Raises ClientLeft."""
        with self._lock:
            if self._left:
                raise ClientLeft
            self._stop = stop

    def forget(self) -> None:
        # Whoever is stopping it holds the lock: nothing is stopped on a connection that somebody else has by then.
        with self._lock:
            self._stop = None


class _Current(threading.local):
    departure: Departure | None = None
    stops: bool = False


_current = _Current()


@contextmanager
def working_for(departure: Departure, *, stops: bool) -> Iterator[None]:
    """What this thread does now is done for that client. `stops`: and is worth nothing without it."""
    _current.departure, _current.stops = departure, stops
    try:
        yield
    finally:
        _current.departure, _current.stops = None, False


def stop_with_client() -> None:
    """From here on this request only finds something out: it stops when its client leaves."""
    _current.stops = True


def forget_client() -> None:
    """The connection that was read over goes back."""
    if _current.departure is not None:
        _current.departure.forget()


def _watch(connection: Connection) -> None:
    departure = _current.departure
    if departure is None or not _current.stops or connection.get_execution_options().get("rejoinder_write"):
        return
    driver: Any = connection.connection.driver_connection
    if connection.dialect.name == "sqlite":
        departure.watch(driver.interrupt)
    else:
        departure.watch(lambda: driver.cancel_safe(timeout=_CANCEL_SECONDS))
