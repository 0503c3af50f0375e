"""The moderation worker: takes batches from its feeder, judges, commits, acknowledges. It may be killed anywhere.

A batch goes through these steps, in this order. What a crash right after each leaves behind, and who picks it up:

1. `Feeder` fetches: the messages are pending in the group, under this consumer's name; the comments are `received`.
   After a crash another worker's feeder claims them `CLAIM_SECONDS` later, and they are judged solo. Were the
   messages lost with Redis, the sweep sends the comments again.
2. For a comment that is judged solo, the attempt is counted and committed before it is made. The count stays, the
   rest is as after 1. Whoever finds `MOST_FAILURES` counted gives the comment to a person instead, as in 5 and 6.
3. `gather` reads the facts; what the network has to be asked first waits in the slow lane, in memory, and its message
   stays pending. As after 1, and the question is asked again.
4. `judge_all` makes moves of the cases, in memory. As after 1. Judged solo, each rule was noted in Redis before it
   ran: the next worker leaves out the one that was running.
5. `commit` writes status, decisions, threads' versions and mails to send, in one transaction, each move fenced by the
   comment's revision. Before its commit: nothing was written, as after 1. After it: the messages are still pending and
   are claimed, but there is nothing left to judge, so they are only acknowledged. What Redis was not told comes by
   itself: the sweep puts the backlog right, documents check their version, the mail sender looks at its rows.
6. `acknowledge` tells Redis, in one round trip but not in one transaction: done, backlog, wakes. Of a part that did not
   arrive the same is true as after 5. After all of it nothing is left.

So what is not committed is judged again, and what is committed is not: its status has moved. In front of PostgreSQL
steps 5 and 6 of one batch run while the next one is at 3 and 4; for each batch the order is the same.
"""

import logging
import os
import secrets
import socket
import threading
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar, cast

from redis import Redis

from service.backoff import SERVER_AWAY, Retry
from service.errors import Unavailable
from service.moderation import record
from service.moderation.facts import near_copies
from service.moderation.facts.gather import JudgeInput, gather
from service.moderation.facts.near_copies import NearCopies
from service.moderation.judging import dead_letters
from service.moderation.judging.feeder import Batch, BatchKind, Feeder
from service.moderation.judging.judge import judge_all
from service.moderation.judging.poller import Poller
from service.moderation.judging.write_behind import WriteBehind
from service.moderation.moves import Move
from service.moderation.network.network_facts import NetworkFacts, name_servers
from service.moderation.network.slow_lane import NetworkQuestion, SlowLane
from service.moderation.policies.in_force import Policies
from service.moderation.watchdog import suspects
from service.queue.redis_guard import RedisUnavailable, guarded
from service.queue.stream import Message, Reader
from service.telemetry import JUDGING_SECONDS, logger
from service.tracing import span
from service.wiring import Services

log = logger(__name__)

Result = TypeVar("Result")

# One batch is judged while the next one is already here; where one more is being written, one more.
PERMITS = 2


class Stumbled(Exception):
    """The engine raised on a comment that is judged solo."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A batch that is ready to be written: the messages that are done with it, its moves, and the messages of
    comments over which the engine stumbled. What waits in the slow lane is in none of them."""

    done: Sequence[Message]
    moves: Sequence[Move]
    stumbled: Sequence[Message]
    # Of the batch's trace.
    traceparent: str = ""


def run(services: Services, stop: threading.Event) -> None:
    """Judges until `stop` is set, then finishes what it has read."""
    Worker(services).run(stop)


class Worker:
    """One consumer. This thread judges, the feeder's fetches (ahead, where many wait), the slow lane has a few, and the
    poller looks in the database for what Redis did not bring.

    In front of PostgreSQL one more writes a batch while the next one is judged.
    """

    def __init__(self, services: Services, *, consumer: str | None = None, slow: NetworkFacts | None = None) -> None:
        self.services = services
        name = consumer or f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"
        self.reader = Reader(services.slow_redis, name)
        self._writes_behind = services.engine.dialect.name == "postgresql"
        self.feeder = Feeder(self.reader, permits=PERMITS + self._writes_behind)
        self._policies = Policies(freeze=True)
        self._copies = NearCopies()
        self._slow = slow or NetworkFacts(services, SlowLane(self._released), lookup=name_servers(services))
        self._mails = services.settings.sends_mail
        self._writing: WriteBehind | None = None

    def run(self, stop: threading.Event) -> None:
        """See `run`. Returns early only when the database stays away while stopping; its messages come again."""
        self.feeder.start(stop)
        threading.Thread(target=Poller(self.services, self.feeder).run, args=[stop], name="poller", daemon=True).start()
        if self._writes_behind:
            self._writing = WriteBehind()
        log.info("worker_started", consumer=self.reader.consumer)
        self._dispatch(self.feeder.batches(), stop)
        # What the lane lets go of now.
        self._slow.lane.close()
        self._dispatch(self.feeder.leftovers(), stop)
        if self._writing is not None:
            self._writing.close()
            self._writing = None
            # What could not be written came back.
            self._dispatch(self.feeder.leftovers(), stop)
        self.reader.leave()
        log.info("worker_stopped", consumer=self.reader.consumer)

    def drain(self) -> int:
        """Judges what is on the stream now, without threads, and returns how many messages that was."""
        done = 0
        while messages := self.reader.read():
            self.process(Batch(BatchKind.FRESH, messages))
            done += len(messages)
        return done

    def process(self, batch: Batch, stop: threading.Event | None = None) -> None:
        """All steps of a batch in this thread. What fails as a whole is judged comment by comment.

        Waits for a database that is away. Raises Unavailable when it stays away and `stop` is set, or is None.
        """
        left = batch.messages
        if not batch.kind.judged_solo:
            try:
                left = self._until_available(partial(self._judge_together, batch.messages), stop)
            except Unavailable:
                raise
            except Exception as error:
                log.warning("batch_failed", messages=len(batch.messages), error=type(error).__name__)
        for message in left:
            self._until_available(partial(self._judge_solo, message), stop)

    def _dispatch(self, batches: Iterable[Batch], stop: threading.Event) -> None:
        """Each batch is finished here, or handed over to be written behind."""
        for batch in batches:
            if self._writing is None or not batch.kind.written_behind:
                self._finish(batch, stop)
            elif not self._hand_over(batch, self._writing):
                self._finish(batch.retried(), stop)

    def _finish(self, batch: Batch, stop: threading.Event) -> None:
        """Processes a batch of the feeder's; whatever comes of it, the feeder hears that it is done."""
        try:
            self.process(batch, stop)
        except Unavailable:
            log.warning("stopped_without_database", messages=len(batch.messages))
        except Exception:
            # Whatever it was, these messages are not acknowledged, and will be claimed back one day.
            log.exception("batch_not_served", messages=len(batch.messages))
        finally:
            self.feeder.done(batch)

    def _hand_over(self, batch: Batch, writing: WriteBehind) -> bool:
        """Judges a batch and has it written while the next one is judged. False: it could not even be judged.

        Once it is written the feeder hears that it is done; if that fails, the feeder gets all of it back.
        """
        try:
            judged = self.judge(batch.messages)
        except Exception as error:
            log.warning("batch_not_judged_ahead", messages=len(batch.messages), error=type(error).__name__)
            return False

        def ended(fault: Exception | None) -> None:
            if fault is None:
                self.feeder.done(batch)
                return
            log.warning("batch_not_written_ahead", messages=len(batch.messages), error=type(fault).__name__)
            self.feeder.put_retried(batch)

        if judged.stumbled:
            self.feeder.put_stumbled(judged.stumbled)
        writing.put(partial(self._write, judged), ended)
        return True

    def _until_available(self, work: Callable[[], Result], stop: threading.Event | None) -> Result:
        """Does the work, again and again while the database is away. Raises Unavailable as `process` does."""
        retry = Retry(SERVER_AWAY)
        while True:
            try:
                return work()
            except Unavailable:
                if stop is None or stop.is_set():
                    raise
                stop.wait(retry.failed())

    def _judge_together(self, messages: Sequence[Message]) -> Sequence[Message]:
        """Steps 3 to 6; returns the messages of comments over which the engine stumbled.

        Raises Unavailable without the database, anything else when the batch cannot be written as it is.
        """
        judged = self.judge(messages)
        self._write(judged)
        return judged.stumbled

    def _judge_solo(self, message: Message) -> None:
        """Steps 2 to 6 for one comment; after three failed attempts a person gets it. Raises Unavailable."""
        failures = dead_letters.begin_attempt(self.services, message.comment_id)
        if failures is None:
            self.acknowledge([message], [])
            return
        error = "WorkerKilled"
        if failures < dead_letters.MOST_FAILURES:
            try:
                judged = self.judge([message], suspects=self.services.redis)
                self._write(judged)
                if judged.stumbled:
                    raise Stumbled
                suspects.save(self.services.redis, message.comment_id)
                return
            except Unavailable:
                dead_letters.uncount_attempt(self.services, message.comment_id, failures)
                raise
            except Exception as failure:
                error = type(failure).__name__
                log.warning(
                    "comment_failed",
                    comment=message.comment_id,
                    failures=failures + 1,
                    error=error,
                    request_id=message.request_id or None,
                )
        if failures + 1 >= dead_letters.MOST_FAILURES:
            moves = dead_letters.give_up(self.services, message.comment_id, error, message.request_id)
            self.acknowledge([message], moves)

    def judge(self, messages: Sequence[Message], *, suspects: Redis | None = None) -> Judged:
        """Steps 3 and 4: a batch that is ready to be written. `suspects`: where to note each rule before it runs."""
        traceparents = {message.comment_id: message.traceparent for message in messages if message.traceparent}
        batch = span("judge batch", kind="consumer", links=traceparents.values(), messages=len(messages))
        with JUDGING_SECONDS.time(), batch:
            return self._judge(messages, suspects, traceparents, batch.traceparent)

    def _judge(
        self, messages: Sequence[Message], suspects: Redis | None, traceparents: Mapping[str, str], batch: str
    ) -> Judged:
        cases, questions = self.gather(messages)
        by_comment = {message.comment_id: message for message in messages}
        aside: set[str] = set()
        if questions:
            cases, aside = self._set_aside(cases, questions, by_comment)
        moves, stumbled = judge_all(cases, suspects, traceparents, batch)
        open_ids = aside.union(stumbled)
        return Judged(
            done=[message for message in messages if message.comment_id not in open_ids],
            moves=moves,
            stumbled=[by_comment[comment_id] for comment_id in stumbled],
            traceparent=batch,
        )

    def _write(self, judged: Judged) -> None:
        """Steps 5 and 6."""
        with span("commit decisions", parent=judged.traceparent, moves=len(judged.moves)):
            self.acknowledge(judged.done, self.commit(judged.moves))
        if log.is_enabled_for(logging.DEBUG):
            for message in judged.done:
                log.debug("comment_judged", comment=message.comment_id, request_id=message.request_id or None)

    def gather(self, messages: Sequence[Message]) -> tuple[list[JudgeInput], dict[str, list[NetworkQuestion]]]:
        """Cases of what still waits for a judge, and what has to be asked of the network before, by comment."""
        ids = list({message.comment_id for message in messages})
        services = self.services
        with services.read(often=True) as session:
            cases = gather(session, self._policies, ids, services.clock.now(), self._copies)
            return cases, self._slow.questions(session, cases)

    def _set_aside(
        self, cases: list[JudgeInput], questions: dict[str, list[NetworkQuestion]], by_comment: dict[str, Message]
    ) -> tuple[list[JudgeInput], set[str]]:
        """Adds what is known of the network's answers; what is not asked yet goes to the slow lane, ids returned."""
        aside: set[str] = set()
        for case in cases:
            comment_id = case.standing.id
            if comment_id in questions and not self._slow.apply_answers(
                case, questions[comment_id], by_comment[comment_id]
            ):
                aside.add(comment_id)
        return [case for case in cases if case.standing.id not in aside], aside

    def commit(self, moves: Sequence[Move]) -> list[Move]:
        """Writes the moves in one transaction; those that were not outrun."""
        if not moves:
            return []
        now = self.services.clock.now()
        with self.services.write() as session:
            written = record.write(session, moves, now=now, mails=self._mails)
            near_copies.store_clusters(session, written)
        record.count_moves(written, now)
        return written

    def acknowledge(self, messages: Sequence[Message], moves: Sequence[Move]) -> None:
        """Tells Redis in one round trip: these are done, these wait for a person, these threads changed.

        Without Redis nothing is lost: the messages come again and find their comments judged, the sweep puts the
        backlog right, and documents check their version.
        """
        # By the client that is not patient: a silent server must not keep the next batches waiting.
        redis = self.services.redis
        for last in (False, True):
            try:
                with guarded(redis, "acknowledge"), redis.pipeline(transaction=False) as pipe:
                    self.reader.ack_on(pipe, messages)
                    record.queue_hints(pipe, moves, mails=self._mails)
                    if pipe.command_stack:
                        pipe.execute()
                return
            except RedisUnavailable as error:
                if last:
                    log.warning("not_acknowledged", messages=len(messages), error=type(error.__cause__).__name__)

    def _released(self, items: list[Hashable]) -> None:
        self.feeder.put_released(cast(list[Message], items))
