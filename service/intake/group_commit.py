"""Group commit: one writer a process puts all comments that wait into one transaction, a savepoint each.

A commit costs more than everything else in it, so many share one. A comment that fails takes no other with it; when
the transaction itself fails, every writer in it is told to come again. After the commit the ids go onto the
stream, by another thread: a Redis that hangs holds up nobody.
"""

import time
from collections.abc import Sequence
from concurrent.futures import TimeoutError as TooSlow
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Connection, Table, bindparam, delete, insert, select
from sqlalchemy.dialects.postgresql import insert as insert_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_sqlite
from sqlalchemy.exc import DBAPIError, OperationalError

from models import AddressRecord, Comment, CommentVersion, Receipt, SubmissionKey, Thread, WriterChain
from models.submission import SUBMISSION_KEY_LIFE
from service.errors import Unavailable
from service.intake.arrivals import Arrival
from service.intake.batcher import Batcher
from service.queue.stream import send
from service.telemetry import COMMENTS, logger
from service.wiring import Services

log = logger(__name__)

# More in one group would keep its first writer waiting without making the commit cheaper.
GROUP = 64
# Beyond this a writer is told to come again; ids beyond it are left to the sweep.
CAPACITY = 512
# SQLite's lock is not fair: without a pause between groups the other processes' writes would starve.
SQLITE_PAUSE = 0.002
ANSWER_SECONDS = 15.0
FORGET_EVERY_SECONDS = 600.0
FORGET_AT_ONCE = 1000

# In the order in which they refer to each other; each with the attribute of Arrival that has its row.
_TABLES: tuple[tuple[Table, str], ...] = tuple(
    (cast(Table, model.__table__), attribute)
    for model, attribute in (
        (WriterChain, "chain"),
        (Comment, "comment"),
        (CommentVersion, "version"),
        (AddressRecord, "address"),
        (Receipt, "receipt"),
        (SubmissionKey, "key"),
    )
)
_THREAD = cast(Table, Thread.__table__)
_KEY = cast(Table, SubmissionKey.__table__)
_FORGET_KEY = delete(_KEY).where(_KEY.c.site_id == bindparam("b_site"), _KEY.c.lookup == bindparam("b_lookup"))


class GroupCommit:
    """The writer of one process and its sender; threads start with the first comment."""

    def __init__(self, services: Services) -> None:
        self._services = services
        pause = SQLITE_PAUSE if services.settings.sqlite else 0.0
        self._committer = Batcher[Arrival](
            "intake-committer", self._commit, capacity=CAPACITY, group=GROUP, pause=pause
        )
        self._sender = Batcher[tuple[str, int]]("intake-sender", self._send, capacity=8 * CAPACITY, group=4 * GROUP)
        self._forget_at = time.monotonic() + FORGET_EVERY_SECONDS

    def store(self, arrival: Arrival) -> None:
        """Returns once the comment is committed. Raises what made it fail; Unavailable without capacity or time."""
        if not self._committer.put(arrival):
            raise Unavailable("Many comments arrive just now.", retry_after=2)
        try:
            arrival.answer.result(timeout=ANSWER_SECONDS)
        except TooSlow:
            # It may still be committed: who comes again with the same key gets the answer.
            raise Unavailable("This takes longer than it should.", retry_after=5) from None

    def send(self, comment_id: str, revision: int) -> None:
        """Tells the worker; call it after the commit. Never waits and never fails: the sweep sends what is lost."""
        self._sender.put((comment_id, revision))

    def close(self) -> None:
        """Commits what waits, then sends it."""
        self._committer.close()
        self._sender.close()

    def _commit(self, group: list[Arrival]) -> None:
        # In one order everywhere: two processes on PostgreSQL must not wait for each other's keys in a ring.
        group.sort(key=lambda arrival: arrival.key["lookup"] if arrival.key else b"")
        failures: dict[int, Exception] = {}
        try:
            with self._services.write() as session:
                connection = session.connection()
                _make_threads(connection, group)
                _store(connection, group, failures)
                self._forget_keys(connection)
        except Exception as error:
            log.warning("group_failed", comments=len(group), error=type(error).__name__)
            failures = dict.fromkeys(range(len(group)), error)
        for i, arrival in enumerate(group):
            failure = failures.get(i)
            if failure is None:
                arrival.answer.set_result(None)
                self.send(arrival.received.comment_id, 0)
            else:
                arrival.answer.set_exception(failure)
        COMMENTS.labels("received").inc(len(group) - len(failures))

    def _send(self, group: list[tuple[str, int]]) -> None:
        send(self._services.redis, group)

    def _forget_keys(self, connection: Connection) -> None:
        if time.monotonic() < self._forget_at:
            return
        self._forget_at = time.monotonic() + FORGET_EVERY_SECONDS
        forget_keys(connection, self._services.clock.now())


def forget_keys(connection: Connection, now: datetime) -> int:
    """Deletes up to 1,000 idempotency keys older than 24 hours; how many."""
    old = (
        select(_KEY.c.site_id, _KEY.c.lookup)
        .where(_KEY.c.created_at <= now - SUBMISSION_KEY_LIFE)
        .limit(FORGET_AT_ONCE)
    )
    rows = connection.execute(old).all()
    if rows:
        wanted = [{"b_site": site_id, "b_lookup": lookup} for site_id, lookup in rows]
        connection.execute(_FORGET_KEY, wanted)
    return len(rows)


def _store(connection: Connection, group: Sequence[Arrival], failures: dict[int, Exception]) -> None:
    """All together under one savepoint; if that fails, each under its own, and who fails alone is in `failures`."""
    if _try(connection, group) is None:
        return
    for i, arrival in enumerate(group):
        failure = _try(connection, [arrival])
        if failure is not None:
            failures[i] = failure


def _try(connection: Connection, arrivals: Sequence[Arrival]) -> Exception | None:
    try:
        with connection.begin_nested():
            _insert(connection, arrivals)
    except OperationalError:
        raise  # The database itself: nothing more can be written in this transaction.
    except DBAPIError as error:
        if error.connection_invalidated:
            raise
        return error
    except Exception as error:
        return error
    return None


def _insert(connection: Connection, arrivals: Sequence[Arrival]) -> None:
    expired = [arrival.key for arrival in arrivals if arrival.key is not None and arrival.key_expired]
    if expired:
        wanted = [{"b_site": key["site_id"], "b_lookup": key["lookup"]} for key in expired]
        connection.execute(_FORGET_KEY, wanted)
    for table, attribute in _TABLES:
        rows: list[dict[str, Any]] = [row for arrival in arrivals if (row := getattr(arrival, attribute))]
        if rows:
            connection.execute(insert(table), rows)


def _make_threads(connection: Connection, group: Sequence[Arrival]) -> None:
    """The first comment of a page makes its thread; another process may be making it at the same time."""
    fresh = [arrival for arrival in group if arrival.thread is not None]
    made: dict[tuple[str, str], str] = {}
    statement = insert_sqlite if connection.dialect.name == "sqlite" else insert_postgresql
    for arrival in sorted(fresh, key=_place):
        place = _place(arrival)
        if place not in made:
            connection.execute(statement(_THREAD).on_conflict_do_nothing(), arrival.thread)
            found = select(_THREAD.c.id).where(_THREAD.c.site_id == place[0], _THREAD.c.key == place[1])
            made[place] = connection.execute(found).scalar_one()
        arrival.comment["thread_id"] = made[place]


def _place(arrival: Arrival) -> tuple[str, str]:
    assert arrival.thread is not None
    return arrival.thread["site_id"], arrival.thread["key"]
