"""What an error of the database means for whoever asked: come again, ask for less, or a bug of ours.

PostgreSQL says it by a code (SQLSTATE, https://www.postgresql.org/docs/current/errcodes-appendix.html), SQLite by the
kind of its exception. Besides, `service.statement_limits` knows what it stopped itself, and migrations what was locked.
"""

import random
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from sqlalchemy import Engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection

from service.errors import Unavailable
from service.statement_limits import TookTooLong, was_stopped
from service.telemetry import DATABASE_ERRORS, logger

log = logger(__name__)

P = ParamSpec("P")
R = TypeVar("R")

# Two transactions that wait for each other, and one whose snapshot another has overtaken: one of them has to go.
_CONTENDED = frozenset({"40P01", "40001"})
_READ_ONLY_TRANSACTION = "25006"
_FEATURE_NOT_SUPPORTED = "0A000"
# A prepared statement that is not there, or there already: behind a pooler another server answers than last time.
_PREPARED_ELSEWHERE = frozenset({"26000", "42P05"})

# What libpq says where no server has sent a code, and SQLite, which has none.
_SAID = (
    ("password authentication failed", "28P01"),
    ("no password supplied", "28P01"),
    ("no pg_hba.conf entry", "28000"),
    ("does not exist", "3D000"),
    ("Connection refused", "refused"),
    ("No such file or directory", "refused"),
    ("could not translate host name", "host"),
    ("failed to resolve host", "host"),
    ("Name or service not known", "host"),
    ("timeout expired", "timeout"),
    ("session is read-only", "25006"),
    ("server is in hot standby mode", "25006"),
    ("remaining connection slots", "53300"),
    ("too many clients", "53300"),
    ("SSL", "tls"),
    ("certificate", "tls"),
    ("unable to open database file", "file"),
    ("readonly database", "readonly"),
    ("file is not a database", "notadb"),
    ("disk is full", "53100"),
    ("disk I/O error", "58"),
    ("is locked", "locked"),
)
_TOLD = {
    "28": "the database refuses the account of DATABASE_URL; check its name, its password and pg_hba.conf",
    "3D000": "the database or account that DATABASE_URL names does not exist; create it, or correct the name",
    "refused": "nothing listens where DATABASE_URL points to; start PostgreSQL, or correct the host and port",
    "host": "the host that DATABASE_URL names is not known; correct it, or check the name servers",
    "timeout": "the database's host does not answer in time; check the host, the port and the firewall",
    _READ_ONLY_TRANSACTION: "the database takes no writes, as a standby does; name the primary in DATABASE_URL, or "
    "all hosts and ?target_session_attrs=read-write",
    # Asked for a transaction that may write.
    _FEATURE_NOT_SUPPORTED: "the database takes no writes, as a standby does; name the primary in DATABASE_URL, or "
    "all hosts and ?target_session_attrs=read-write",
    "53300": "the database has no connection left for us; see REJOINDER_DATABASE_CONNECTIONS and max_connections",
    "53100": "the disk of the database is full; make room, and nothing else is to be done",
    "57P03": "the database is starting or stopping; try again in a moment",
    "tls": "no encrypted connection to the database; check sslmode and the certificates of DATABASE_URL",
    "file": "the database file cannot be opened; check that its folder is there and can be written",
    "readonly": "the database file cannot be written; check its owner and rights, and those of its folder",
    "notadb": "this is not a SQLite database; check DATABASE_URL or DATA_DIR",
    "58": "the disk of the database gives errors; check it and the system's log",
    "locked": "another process holds the database file; try again, or end what has it open",
}

# By SQLSTATE, the longest beginning that stands here. https://www.postgresql.org/docs/current/errcodes-appendix.html
_ERROR_KINDS = {
    "08": "connection",
    "23": "constraint",
    "25006": "read_only",
    "28": "sign_in",
    "3D": "no_such_database",
    "40001": "serialization",
    "40P01": "deadlock",
    "42": "schema",
    "53": "resources",
    "55P03": "lock_timeout",
    "57014": "cancelled",
    "57P": "connection",
}
_SQLITE_ERROR_KINDS = {"BUSY": "lock_timeout", "CONSTRAINT": "constraint", "FULL": "resources", "READONLY": "read_only"}

# Seconds before each new attempt, give or take half.
_PAUSES = (0.02, 0.08, 0.3)


class Contended(Unavailable):
    """Another transaction was in the way, and nothing of this one was kept: the same again mostly works."""


@contextmanager
def clear_answers() -> Iterator[None]:
    """Turns what only time can mend into Unavailable, and what took too long into TookTooLong; a bug passes."""
    try:
        yield
    except OperationalError as error:
        if was_stopped(error):
            log.warning("statement_stopped")
            raise TookTooLong("It was stopped. Ask for less of it, such as a shorter time.") from error
        if code_of(error) in _CONTENDED:
            log.warning("transactions_contended", code=code_of(error))
            raise Contended("The database is busy.", retry_after=1) from error
        log.warning("database_unavailable", error=type(error.orig).__name__)
        raise Unavailable("The database is busy or cannot be reached.") from error
    except NoConnection as error:
        log.warning("database_unavailable", error="NoConnection")
        raise Unavailable("Many wait for the database.") from error
    except DBAPIError as error:
        if error.connection_invalidated:
            log.warning("database_unavailable", error=type(error.orig).__name__)
            raise Unavailable("The database cannot be reached.") from error
        raise


def again_when_contended(function: Callable[P, R]) -> Callable[P, R]:
    """For a function that is one transaction and does nothing before it commits: up to four attempts."""

    @wraps(function)
    def attempt(*args: P.args, **kwargs: P.kwargs) -> R:
        for pause in _PAUSES:
            try:
                return function(*args, **kwargs)
            except Contended:
                time.sleep(pause * (0.5 + random.random()))
        return function(*args, **kwargs)

    return attempt


def drop_useless_connections(engine: Engine) -> None:
    """A connection to a server that has become a standby, or to another server than it was, goes: and all like it.

    The pool connects anew then, to whichever of the named servers takes writes, and whoever asked gets Unavailable.
    """
    event.listen(engine, "handle_error", _drop_if_useless)


def code_of(error: DBAPIError) -> str:
    """PostgreSQL's code of the error; empty on SQLite and where no server has answered."""
    return getattr(error.orig, "sqlstate", None) or ""


def count_errors(engine: Engine) -> None:
    """From now on every error of this engine is counted by its kind."""
    event.listen(engine, "handle_error", _count_error)


def error_kind(error: BaseException | None) -> str:
    """A driver's error in a word of a metric: one of a few, whatever the server says."""
    state = getattr(error, "sqlstate", None)
    if state is not None:
        return next((_ERROR_KINDS[state[:n]] for n in (5, 3, 2) if state[:n] in _ERROR_KINDS), "other")
    if isinstance(error, sqlite3.Error):
        name = getattr(error, "sqlite_errorname", "").removeprefix("SQLITE_").partition("_")[0]
        return _SQLITE_ERROR_KINDS.get(name, "other")
    # psycopg without a state: it did not come as far as the server.
    return "connection" if type(error).__name__ in ("OperationalError", "ConnectionTimeout") else "other"


def why_unreachable(error: DBAPIError) -> str:
    """What keeps us from the database, and what to do, in one line without an address or a password."""
    said = str(error.orig)
    code = code_of(error) or next((code for words, code in _SAID if words in said), "")
    told = _TOLD.get(code) or _TOLD.get(code[:2])
    if told:
        return told
    return f"the database cannot be reached ({type(error.orig).__name__}); check DATABASE_URL and the server"


def _drop_if_useless(context: ExceptionContext) -> None:
    code = getattr(context.original_exception, "sqlstate", None)
    options: Any = context.connection.get_execution_options() if context.connection is not None else {}
    # What we asked to be read-only is: to write there is a bug, whatever the server.
    refused = code == _READ_ONLY_TRANSACTION and not options.get("postgresql_readonly")
    # "cannot set transaction read-write mode during recovery" and the like: only a standby recovers.
    standby = code == _FEATURE_NOT_SUPPORTED and "recovery" in str(context.original_exception)
    if refused or standby or code in _PREPARED_ELSEWHERE:
        context.is_disconnect = True


def _count_error(context: ExceptionContext) -> None:
    DATABASE_ERRORS.labels(error_kind(context.original_exception)).inc()
