"""One thread a process takes in all comments that wait: looks them up, counts them, puts them into one transaction.

A commit costs more than everything else in it, so many share one; and so do they share the queries before it. A
comment that fails takes no other with it; when the transaction itself fails, every writer in it is told to come again.
After the commit the ids go onto the stream, by another thread: a Redis that hangs holds up nobody.
"""

import time
from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from service.database_errors import again_when_contended
from service.errors import Unavailable
from service.intake.arrivals import Arrival, Outcome, settle
from service.intake.group_commit.batcher import Batcher
from service.intake.group_commit.look_ups import first_answers, look_up
from service.intake.group_commit.rows import forget_keys, store_each, store_rows
from service.intake.rate_limits import take_each
from service.intake.submission.logins import used
from service.privacy.logins import used_among
from service.queue.limits import Limiter
from service.queue.stream import send
from service.telemetry import COMMENTS, logger
from service.tracing import span
from service.wiring import Services

log = logger(__name__)

# More in one group would keep its first writer waiting without making the commit cheaper.
GROUP = 64
# Beyond this a writer is told to come again; ids beyond it are left to the sweep.
CAPACITY = 512
# Seconds that a group waits for company. What it shares costs more than all that is done for one of its comments; and
# SQLite's lock is not fair: without a pause the other processes' writes would starve.
LINGER = 0.004
FORGET_EVERY_SECONDS = 600.0


class GroupCommit:
    """The committer of one process and its sender; threads start with the first comment."""

    def __init__(self, services: Services, limiter: Limiter) -> None:
        self._services = services
        self._limiter = limiter
        self._committer = Batcher[Arrival](
            "intake-committer", self._take_in, capacity=CAPACITY, group=GROUP, linger=LINGER
        )
        self._sender = Batcher[tuple[str, int, str, str]](
            "intake-sender", self._send, capacity=8 * CAPACITY, group=4 * GROUP
        )
        self._forget_at = time.monotonic() + FORGET_EVERY_SECONDS

    def put(self, arrival: Arrival) -> None:
        """Leaves the comment to the committer, which settles its answer. Raises Unavailable without capacity."""
        if not self._committer.put(arrival):
            raise Unavailable("Many comments arrive just now.", retry_after=2)

    def send(self, comment_id: str, revision: int, request_id: str = "", traceparent: str = "") -> None:
        """Tells the worker; call it after the commit. Never waits and never fails: the sweep sends what is lost."""
        self._sender.put((comment_id, revision, request_id, traceparent))

    def close(self) -> None:
        """Commits what waits, then sends it."""
        self._committer.close()
        self._sender.close()

    def _take_in(self, group: list[Arrival]) -> None:
        for arrivals in _one_a_key(group):
            try:
                self._look_up(arrivals)
                self._count(arrivals)
                self._commit_traced([arrival for arrival in arrivals if arrival.outcome is None])
            except Exception as error:
                log.warning("group_failed", comments=len(arrivals), error=type(error).__name__)
                for arrival in arrivals:
                    arrival.outcome = arrival.outcome or error
            settle(arrivals)

    def _look_up(self, arrivals: Sequence[Arrival]) -> None:
        """All together; if that fails, each alone, so that what cannot be read of one stops no other."""
        try:
            self._look_up_together(arrivals)
        except Unavailable:
            raise
        except Exception:
            for arrival in arrivals:
                try:
                    self._look_up_together([arrival])
                except Unavailable:
                    raise
                except Exception as error:
                    arrival.outcome = error

    def _look_up_together(self, arrivals: Sequence[Arrival]) -> None:
        services = self._services
        with services.look_up() as connection:
            look_up(connection, services.keyring, arrivals, services.clock.now())

    def _count(self, arrivals: Sequence[Arrival]) -> None:
        going = [arrival for arrival in arrivals if arrival.outcome is None]
        refusals = take_each(self._limiter, [(arrival.site.id, arrival.limits) for arrival in going])
        for arrival, refused in zip(going, refusals, strict=True):
            arrival.outcome = refused

    def _commit_traced(self, arrivals: list[Arrival]) -> None:
        links = [arrival.traceparent for arrival in arrivals if arrival.traceparent]
        with span("commit comments", links=links, comments=len(arrivals)):
            self._commit(arrivals)

    def _commit(self, arrivals: list[Arrival]) -> None:
        if not arrivals:
            return
        failures = self._store(arrivals)
        for i, arrival in enumerate(arrivals):
            if i not in failures:
                arrival.outcome = arrival.received
                self.send(arrival.received.comment_id, 0, arrival.request_id, arrival.traceparent)
        COMMENTS.labels("received").inc(len(arrivals) - len(failures))
        for i, failure in failures.items():
            arrivals[i].outcome = (
                self._first_answer(arrivals[i], failure) or self._used(arrivals[i], failure) or failure
            )

    @again_when_contended
    def _store(self, arrivals: list[Arrival]) -> dict[int, Exception]:
        """One transaction; position -> why that arrival is not in it, for those that are not.

        Without savepoints, for which SQLite copies each page first. Where a row fails, all is begun anew, each arrival
        under its own.
        """
        # In one order everywhere: two processes on PostgreSQL must not wait for each other's keys in a ring.
        arrivals.sort(key=lambda arrival: arrival.key_row["lookup"] if arrival.key_row else b"")
        now = self._services.clock.now()
        try:
            with self._services.write_rows() as connection:
                store_rows(connection, arrivals, now)
                self._forget_keys(connection, now)
        except Unavailable:
            raise
        except Exception as error:
            if len(arrivals) == 1:
                return {0: error}
        else:
            return {}
        with self._services.write_rows() as connection:
            return store_each(connection, arrivals, now)

    def _first_answer(self, arrival: Arrival, failure: Exception) -> Outcome | None:
        """Of an arrival whose key another process has brought at the same time, and faster."""
        if arrival.key is None or not isinstance(failure, IntegrityError):
            return None
        services = self._services
        with services.look_up() as connection:
            first_answers(connection, services.keyring, arrival.site.id, [arrival], services.clock.now())
        return arrival.outcome

    def _used(self, arrival: Arrival, failure: Exception) -> Outcome | None:
        """Of an arrival whose login has sent another comment at the same time, and faster."""
        if arrival.login_use is None or not isinstance(failure, IntegrityError):
            return None
        with self._services.look_up() as connection:
            found = used_among(connection, arrival.site.id, arrival.login_uses)
        return used() if found else None

    def _forget_keys(self, connection: Connection, now: datetime) -> None:
        if time.monotonic() < self._forget_at:
            return
        # Not only when it has succeeded: while it cannot, it would take every comment's transaction with it.
        self._forget_at = time.monotonic() + FORGET_EVERY_SECONDS
        forget_keys(connection, now)

    def _send(self, group: list[tuple[str, int, str, str]]) -> None:
        request_ids = {comment_id: request_id for comment_id, _, request_id, _ in group}
        traceparents = {comment_id: traceparent for comment_id, _, _, traceparent in group}
        comments = [(comment_id, revision) for comment_id, revision, _, _ in group]
        send(self._services.redis, comments, request_ids, traceparents)


def _one_a_key(group: Sequence[Arrival]) -> Iterator[list[Arrival]]:
    """The group in rounds with each idempotency key once: the second of two at once finds the first's answer."""
    waiting = list(group)
    while waiting:
        seen: set[tuple[str, bytes]] = set()
        this_round, later = [], []
        for arrival in waiting:
            name = None if arrival.key is None else (arrival.site.id, arrival.key.lookups[0])
            if name in seen:
                later.append(arrival)
                continue
            this_round.append(arrival)
            if name is not None:
                seen.add(name)
        yield this_round
        waiting = later
