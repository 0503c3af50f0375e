"""What an error of the database means for whoever asked: come again, ask for less, or a bug of ours.

PostgreSQL says it by a code (SQLSTATE, https://www.postgresql.org/docs/current/errcodes-appendix.html), SQLite by the
kind of its exception. Nothing else in the service looks at either.
"""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from sqlalchemy import Engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DBAPIError, OperationalError

from service.errors import Unavailable
from service.statement_limits import TookTooLong, was_stopped
from service.telemetry import logger

log = logger(__name__)

P = ParamSpec("P")
R = TypeVar("R")

# Two transactions that wait for each other, and one whose snapshot another has overtaken: one of them has to go.
_CONTENDED = frozenset({"40P01", "40001"})
_READ_ONLY_TRANSACTION = "25006"
_FEATURE_NOT_SUPPORTED = "0A000"
# A prepared statement that is not there, or there already: behind a pooler another server answers than last time.
_PREPARED_ELSEWHERE = frozenset({"26000", "42P05"})

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


def _drop_if_useless(context: ExceptionContext) -> None:
    code = getattr(context.original_exception, "sqlstate", None)
    options: Any = context.connection.get_execution_options() if context.connection is not None else {}
    # What we asked to be read-only is: to write there is a bug, whatever the server.
    refused = code == _READ_ONLY_TRANSACTION and not options.get("postgresql_readonly")
    # "cannot set transaction read-write mode during recovery" and the like: only a standby recovers.
    standby = code == _FEATURE_NOT_SUPPORTED and "recovery" in str(context.original_exception)
    if refused or standby or code in _PREPARED_ELSEWHERE:
        context.is_disconnect = True
