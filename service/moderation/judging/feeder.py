"""Feeds the worker: fetches batches from the stream ahead of it, and takes in what comes back from elsewhere.

What is fetched ahead is bounded by permits. A batch that was fetched holds one from before its fetch until it is done:

- `_run` is the only place that acquires one. The fetch that follows brings a batch, which then holds it, or it is
  released at once.
- `done` is the only other place that releases one, for a batch whose kind holds one. Whoever takes a batch from here
  calls `done` with it, or hands it back with `put_retried`: then its permit goes along.
- Kinds that hold none (`BatchKind.holds_permit`) have not been fetched by themselves: they are part of what was.

Ahead is fetched only where more waits than one batch holds. Otherwise the next fetch waits until somebody asks for a
batch and there is none: what is fetched earlier is a few comments, and all that come after these would wait until they
are done, for the same commit.

A batch that takes long is not taken back from the worker that has it: until `done` its comments are in hand, and are
neither claimed nor polled here. Judging one alone beside the batch it is in would blame a rule for nothing.
"""

import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from queue import SimpleQueue

from service.backoff import SERVER_AWAY, Retry
from service.queue.stream import Message, Reader
from service.telemetry import REDIS_FAILURES, logger

log = logger(__name__)

BLOCK_SECONDS = 1.0
CLAIM_EVERY = 5.0
# How soon a feeder that waits for a permit notices that it should stop.
PERMIT_SECONDS = 0.2
# Where so many come together, the next are gathered for a moment: in a batch of some hundred each costs the worker half
# of what it costs in one of some dozen, and the machine has better to do just then. What comes more slowly than MANY
# in GATHER_SECONDS never waits.
MANY = 48
GATHER_SECONDS = 0.1


class BatchKind(Enum):
    """Where a batch comes from, and with that what may be done with it."""

    # New on the stream.
    FRESH = auto()
    # Somebody took these and did not finish in time. One of them may be why.
    CLAIMED = auto()
    # Out of the slow lane, with what the network said.
    RELEASED = auto()
    # The engine stumbled over these in a batch that is otherwise being written.
    STUMBLED = auto()
    # Fresh, or released, and could not be judged or written behind the next one's back.
    RETRIED = auto()
    RETRIED_RELEASED = auto()
    # Found in the database, without Redis; once, or once more, which one of them may be the reason for.
    POLLED = auto()
    POLLED_AGAIN = auto()

    @property
    def judged_solo(self) -> bool:
        """Whether each of its comments is judged by itself, and the attempt is counted."""
        return self in _JUDGED_SOLO

    @property
    def holds_permit(self) -> bool:
        """Whether it was fetched ahead, and its place is free for the next one when it is done."""
        return self in _HOLDS_PERMIT

    @property
    def written_behind(self) -> bool:
        """Whether it may be written while the next one is judged. Once: then it is written in its turn."""
        return self in _RETRIED_AS

    @property
    def retried(self) -> "BatchKind":
        """The kind as which it comes back when that failed. Raises KeyError where it is not written behind."""
        return _RETRIED_AS[self]


_JUDGED_SOLO = frozenset({BatchKind.CLAIMED, BatchKind.STUMBLED, BatchKind.POLLED_AGAIN})
_HOLDS_PERMIT = frozenset({BatchKind.FRESH, BatchKind.CLAIMED, BatchKind.RETRIED})
_POLLED = frozenset({BatchKind.POLLED, BatchKind.POLLED_AGAIN})
_RETRIED_AS = {BatchKind.FRESH: BatchKind.RETRIED, BatchKind.RELEASED: BatchKind.RETRIED_RELEASED}


@dataclass(frozen=True, slots=True)
class Batch:
    """Messages to judge together, or one after the other where the kind says so."""

    kind: BatchKind
    messages: Sequence[Message]

    def retried(self) -> "Batch":
        """The same messages, to be judged and written in their turn. They hold a permit exactly if they did before."""
        return Batch(self.kind.retried, self.messages)


class Feeder:
    """Fetches in a thread of its own. `permits`: how many fetched batches there may be until one of them is done."""

    def __init__(self, reader: Reader, *, permits: int) -> None:
        self._reader = reader
        # Bounded: a permit that is given back twice raises ValueError instead of letting one batch more in.
        self._permits = threading.BoundedSemaphore(permits)
        self._inbox: SimpleQueue[Batch | None] = SimpleQueue()
        self._claim_at = 0.0
        # Set while somebody asks for a batch and there is none.
        self._asked = threading.Event()
        # Whether the last fetch brought as many as one can; or many.
        self._more = self._many = False
        self._fetched_at = time.monotonic()
        # Polled batches that are not done yet.
        self._polled = 0
        # comment id -> in how many batches it is that are not done.
        self._in_hand: Counter[str] = Counter()
        self._counting = threading.Lock()
        # Set while the stream cannot be read.
        self.failing = threading.Event()

    def start(self, stop: threading.Event) -> None:
        """Starts fetching, until `stop` is set."""
        threading.Thread(target=self._run, args=[stop], name="feeder", daemon=True).start()

    def batches(self) -> Iterator[Batch]:
        """Each batch as it comes, waiting for the next one; ends when nothing is fetched any more."""
        while (batch := self._next()) is not None:
            yield batch

    def _next(self) -> Batch | None:
        if self._inbox.empty():
            self._asked.set()
        return self._inbox.get()

    def leftovers(self) -> Iterator[Batch]:
        """What is here now, without waiting, and what comes while that is handled. For when `batches` has ended."""
        while not self._inbox.empty():
            if (batch := self._inbox.get()) is not None:
                yield batch

    def put_released(self, messages: Sequence[Message]) -> None:
        """What the slow lane lets go of. From any thread, like the other two."""
        self._put(Batch(BatchKind.RELEASED, messages))

    def put_stumbled(self, messages: Sequence[Message]) -> None:
        """Part of a batch that goes on without them."""
        self._put(Batch(BatchKind.STUMBLED, messages))

    def put_retried(self, batch: Batch) -> None:
        """Takes a batch back that could not be written behind, instead of `done`."""
        self._inbox.put(batch.retried())

    def put_polled(self, messages: Sequence[Message], *, again: bool) -> None:
        """What was found in the database, by whoever looks there; `again`: not for the first time."""
        if messages := self._not_in_hand(messages):
            with self._counting:
                self._polled += 1
            self._put(Batch(BatchKind.POLLED_AGAIN if again else BatchKind.POLLED, messages))

    @property
    def polled(self) -> int:
        """How many polled batches are not done yet."""
        return self._polled

    def done(self, batch: Batch) -> None:
        """The batch will not be touched again: if it took a place ahead, that is free now. Once for each batch."""
        with self._counting:
            self._polled -= batch.kind in _POLLED
            self._in_hand -= Counter(message.comment_id for message in batch.messages)
        if batch.kind.holds_permit:
            self._permits.release()

    def _put(self, batch: Batch) -> None:
        with self._counting:
            self._in_hand.update(message.comment_id for message in batch.messages)
        self._inbox.put(batch)

    def _not_in_hand(self, messages: Sequence[Message]) -> Sequence[Message]:
        with self._counting:
            return [message for message in messages if message.comment_id not in self._in_hand]

    def _run(self, stop: threading.Event) -> None:
        retry = Retry(SERVER_AWAY)
        while not stop.is_set():
            if not (self._more or self._asked.wait(PERMIT_SECONDS)):
                continue
            if self._many:
                self._many = False
                stop.wait(GATHER_SECONDS)
            if not self._permits.acquire(timeout=PERMIT_SECONDS):
                continue
            batch = None
            try:
                batch = self._fetch()
                retry.succeeded()
                self.failing.clear()
            except Exception as error:
                self.failing.set()
                # Down, loading, full, read-only, busy with a script: all of these pass. This thread must not end.
                REDIS_FAILURES.labels("read").inc()
                log.warning("stream_not_read", error=type(error).__name__)
                stop.wait(retry.failed())
            fetched = 0 if batch is None else len(batch.messages)
            before, self._fetched_at = self._fetched_at, time.monotonic()
            # As many for each such moment: what has piled up while a batch took long says nothing of what comes.
            moments = max(1.0, (self._fetched_at - before) / GATHER_SECONDS)
            self._more = fetched >= self._reader.batch
            self._many = not self._more and fetched >= MANY * moments
            if batch is not None:
                # Before it is there, so that whoever asks for the one after it is heard.
                self._asked.clear()
                self._put(batch)
            else:
                self._permits.release()
        self._inbox.put(None)

    def _fetch(self) -> Batch | None:
        """The next messages, forgotten ones first; None when none came within `BLOCK_SECONDS`. Raises RedisError."""
        if time.monotonic() >= self._claim_at:
            claimed = self._not_in_hand(self._reader.claim())
            # A long list of forgotten messages is worked off without a break.
            self._claim_at = time.monotonic() + (0 if claimed else CLAIM_EVERY)
            if claimed:
                return Batch(BatchKind.CLAIMED, claimed)
        fresh = self._reader.read(BLOCK_SECONDS)
        return Batch(BatchKind.FRESH, fresh) if fresh else None
