"""The moderation worker: reads the stream in batches, judges, commits, acknowledges.

In this order, so that it may be killed anywhere: what is not committed is read again, and what is committed is not
judged again, because its status has moved.
"""

import os
import secrets
import socket
import threading
import time
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from queue import SimpleQueue
from typing import TypeVar, cast

from redis.exceptions import RedisError

from service.errors import Unavailable
from service.moderation import record
from service.moderation.facts import near_copies
from service.moderation.facts.gather import Case, gather
from service.moderation.facts.near_copies import Copies
from service.moderation.judging import dead_letters
from service.moderation.judging.judge import judge_all
from service.moderation.judging.write_behind import Writing
from service.moderation.moves import Move
from service.moderation.network.network_facts import SlowFacts, name_servers
from service.moderation.network.slow_lane import Question, SlowLane
from service.moderation.policies.in_force import Policies
from service.moderation.watchdog import suspects
from service.queue.stream import Message, Reader
from service.telemetry import REDIS_FAILURES, logger
from service.wiring import Services

log = logger(__name__)

Result = TypeVar("Result")

BLOCK_SECONDS = 1.0
CLAIM_EVERY = 5.0
PAUSE_FIRST, PAUSE_MOST = 0.1, 5.0


class Stumbled(Exception):
    """The engine raised on a comment that is judged alone."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Messages to judge together. `alone`: claimed back, each by itself. `waited`: out of the slow lane,
    where it took no room of the batches that are read ahead. `again`: it could not be written behind another's back."""

    messages: Sequence[Message]
    alone: bool = False
    waited: bool = False
    again: bool = False


@dataclass(frozen=True, slots=True)
class Judged:
    """A batch that is ready to be written: the messages that are done with it, and its moves."""

    done: Sequence[Message]
    moves: Sequence[Move]


def run(services: Services, stop: threading.Event) -> None:
    """Judges until `stop` is set, then finishes what it has read."""
    Worker(services).run(stop)


class Worker:
    """One consumer: this thread judges, another reads a batch ahead, the slow lane has a few.

    In front of PostgreSQL one more writes a batch while the next one is judged.
    """

    def __init__(self, services: Services, *, consumer: str | None = None, slow: SlowFacts | None = None) -> None:
        self.services = services
        name = consumer or f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"
        self.reader = Reader(services.slow_redis, name)
        self._policies = Policies(settle=True)
        self._copies = Copies()
        self._inbox: SimpleQueue[Batch | None] = SimpleQueue()
        # Two: one batch is judged while the next one is already here.
        self._room = threading.Semaphore(2)
        self._slow = slow or SlowFacts(services, SlowLane(self._released), lookup=name_servers(services))
        self._mails = services.settings.sends_mail
        self._writing: Writing | None = None

    def run(self, stop: threading.Event) -> None:
        """See `run`. Returns early only when the database stays away while stopping; its messages come again."""
        reading = threading.Thread(target=self._read_ahead, args=[stop], name="read-ahead", daemon=True)
        reading.start()
        if self.services.engine.dialect.name == "postgresql":
            self._writing = Writing()
            # While one batch is written, another is judged, and a third is already here.
            self._room.release()
        log.info("worker_started", consumer=self.reader.consumer)
        while (batch := self._inbox.get()) is not None:
            self._serve(batch, stop)
        self._slow.lane.close()
        self._serve_what_is_left(stop)
        if self._writing is not None:
            self._writing.close()
            self._writing = None
            # What could not be written came back.
            self._serve_what_is_left(stop)
        self.reader.leave()
        log.info("worker_stopped", consumer=self.reader.consumer)

    def _serve_what_is_left(self, stop: threading.Event) -> None:
        while not self._inbox.empty():
            if batch := self._inbox.get():
                self._serve(batch, stop)

    def drain(self) -> int:
        """Judges what is on the stream now, without threads, and returns how many messages that was."""
        done = 0
        while messages := self.reader.read():
            self.serve(Batch(messages))
            done += len(messages)
        return done

    def _read_ahead(self, stop: threading.Event) -> None:
        pause = PAUSE_FIRST
        claim_at = 0.0
        while not stop.is_set():
            if not self._room.acquire(timeout=0.2):
                continue
            batch = None
            try:
                if time.monotonic() >= claim_at:
                    claimed = self.reader.claim()
                    # A long list of forgotten messages is worked off without a break.
                    claim_at = time.monotonic() + (0 if claimed else CLAIM_EVERY)
                    batch = Batch(claimed, alone=True) if claimed else None
                if batch is None:
                    batch = Batch(self.reader.read(BLOCK_SECONDS))
                pause = PAUSE_FIRST
            except Exception as error:
                # Down, loading, full, read-only, busy with a script: all of these pass. This thread must not end.
                REDIS_FAILURES.labels("read").inc()
                log.warning("stream_not_read", error=type(error).__name__)
                stop.wait(pause * (0.5 + secrets.randbelow(100) / 100))
                pause = min(pause * 2, PAUSE_MOST)
            if batch is not None and batch.messages:
                self._inbox.put(batch)
            else:
                self._room.release()
        self._inbox.put(None)

    def _serve(self, batch: Batch, stop: threading.Event) -> None:
        if self._writing is not None and not batch.alone and not batch.again:
            self._judge_ahead(batch, self._writing, stop)
            return
        try:
            self.serve(batch, stop)
        except Unavailable:
            log.warning("stopped_without_database", messages=len(batch.messages))
        except Exception:
            # Whatever it was, these messages are not acknowledged, and will be claimed back one day.
            log.exception("batch_not_served", messages=len(batch.messages))
        finally:
            if not batch.waited:
                self._room.release()

    def _judge_ahead(self, batch: Batch, writing: Writing, stop: threading.Event) -> None:
        """Judges a batch and has it written meanwhile. Whatever goes wrong, the batch is served again as a whole."""
        try:
            judged, stumbled = self.judge(batch.messages)
        except Exception as error:
            log.warning("batch_not_judged_ahead", messages=len(batch.messages), error=type(error).__name__)
            self._serve(replace(batch, again=True), stop)
            return
        if stumbled:
            self._inbox.put(Batch(stumbled, alone=True, waited=True))
        writing.put(partial(self._write, judged), partial(self._written, batch))

    def _write(self, judged: Judged) -> None:
        self.acknowledge(judged.done, self.commit(judged.moves))

    def _written(self, batch: Batch, fault: Exception | None) -> None:
        if fault is not None:
            log.warning("batch_not_written_ahead", messages=len(batch.messages), error=type(fault).__name__)
            self._inbox.put(replace(batch, again=True))
        elif not batch.waited:
            self._room.release()

    def serve(self, batch: Batch, stop: threading.Event | None = None) -> None:
        """Judges a batch; where that fails as a whole, each comment alone. Waits for a database that is away."""
        if not batch.alone:
            try:
                stumbled = self._patiently(lambda: self.judge_batch(batch.messages), stop)
            except Unavailable:
                raise
            except Exception as error:
                log.warning("batch_failed", messages=len(batch.messages), error=type(error).__name__)
                stumbled = batch.messages
        else:
            stumbled = batch.messages
        for message in stumbled:
            self._patiently(partial(self.judge_alone, message), stop)

    def _patiently(self, work: Callable[[], Result], stop: threading.Event | None) -> Result:
        pause = PAUSE_FIRST
        while True:
            try:
                return work()
            except Unavailable:
                if stop is None or stop.is_set():
                    raise
                stop.wait(pause)
                pause = min(pause * 2, PAUSE_MOST)

    def judge_batch(self, messages: Sequence[Message], *, alone: bool = False) -> Sequence[Message]:
        """Judges, commits, acknowledges; returns the messages of comments at which the engine stumbled.

        Raises Unavailable without the database, anything else when the batch cannot be written as it is.
        """
        judged, stumbled = self.judge(messages, alone=alone)
        self._write(judged)
        return stumbled

    def judge(self, messages: Sequence[Message], *, alone: bool = False) -> tuple[Judged, Sequence[Message]]:
        """A batch ready to be written, and the messages of comments at which the engine stumbled."""
        cases, questions = self.gather(messages)
        by_comment = {message.comment_id: message for message in messages}
        aside: set[str] = set()
        if questions:
            cases, aside = self._set_aside(cases, questions, by_comment)
        moves, stumbled = judge_all(cases, self.services.redis if alone else None)
        open_ids = aside.union(stumbled)
        done = [message for message in messages if message.comment_id not in open_ids]
        return Judged(done, moves), [by_comment[comment_id] for comment_id in stumbled]

    def judge_alone(self, message: Message) -> None:
        """Judges one comment by itself and counts the attempt; after three failed ones a person gets it."""
        failures = dead_letters.begin(self.services, message.comment_id)
        if failures is None:
            self.acknowledge([message], [])
            return
        error = "WorkerKilled"
        if failures < dead_letters.MOST_FAILURES:
            try:
                if self.judge_batch([message], alone=True):
                    raise Stumbled
                suspects.note(self.services.redis, message.comment_id)
                return
            except Unavailable:
                dead_letters.take_back(self.services, message.comment_id, failures)
                raise
            except Exception as failure:
                error = type(failure).__name__
                log.warning("comment_failed", comment=message.comment_id, failures=failures + 1, error=error)
        if failures + 1 >= dead_letters.MOST_FAILURES:
            self.acknowledge([message], dead_letters.give_up(self.services, message.comment_id, error))

    def gather(self, messages: Sequence[Message]) -> tuple[list[Case], dict[str, list[Question]]]:
        """Cases of what still waits for a judge, and what has to be asked of the network before, by comment."""
        ids = list({message.comment_id for message in messages})
        services = self.services
        with services.read() as session:
            cases = gather(session, self._policies, ids, services.clock.now(), self._copies)
            return cases, self._slow.questions(session, cases)

    def _set_aside(
        self, cases: list[Case], questions: dict[str, list[Question]], by_comment: dict[str, Message]
    ) -> tuple[list[Case], set[str]]:
        """Adds what is known of the network's answers; what is not asked yet goes to the slow lane, ids returned."""
        aside: set[str] = set()
        for case in cases:
            comment_id = case.standing.id
            if comment_id in questions and not self._slow.settle(case, questions[comment_id], by_comment[comment_id]):
                aside.add(comment_id)
        return [case for case in cases if case.standing.id not in aside], aside

    def commit(self, moves: Sequence[Move]) -> list[Move]:
        """Writes the moves in one transaction; those that were not outrun."""
        if not moves:
            return []
        now = self.services.clock.now()
        with self.services.write() as session:
            written = record.write(session, moves, now=now, mails=self._mails)
            near_copies.keep(session, written)
        record.measure(written, now)
        return written

    def acknowledge(self, messages: Sequence[Message], moves: Sequence[Move]) -> None:
        """Tells Redis in one round trip: these are done, these wait for a person, these threads changed.

        Without Redis nothing is lost: the messages come again and find their comments judged, the sweep puts the
        backlog right, and documents check their version.
        """
        for last in (False, True):
            try:
                with self.services.slow_redis.pipeline(transaction=False) as pipe:
                    self.reader.ack_on(pipe, messages)
                    record.tell(pipe, moves, mails=self._mails)
                    if pipe.command_stack:
                        pipe.execute()
                return
            except RedisError as error:
                REDIS_FAILURES.labels("acknowledge").inc()
                if last:
                    log.warning("not_acknowledged", messages=len(messages), error=type(error).__name__)

    def _released(self, items: list[Hashable]) -> None:
        self._inbox.put(Batch(cast(list[Message], items), waited=True))
