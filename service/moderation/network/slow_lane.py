"""The slow lane: comments whose facts need the network wait here, and nobody waits behind them.

A comment may wait for several answers, and goes on when it has all of them. What nobody could say in time stays
unknown, and the comment is judged without it.

Where the answer was known already, a comment would be decided sooner, and that would tell who has been here before: the
domain of an address is asked about once an hour. So all comments with such a question wait equally long.
"""

import heapq
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from math import ceil
from typing import Any, Literal

from service.moderation.network.fair_pool import FairPool
from service.telemetry import logger

log = logger(__name__)

Kind = Literal["domain", "outside"]

# Together with the longest question shorter than CLAIM_SECONDS: a comment is judged before another worker thinks it
# was forgotten.
QUEUED_SECONDS = 4.0
# More waiting than this: newcomers are judged without the fact.
MOST_WAITING = 4000
MOST_KNOWN = 20_000
# What came in together goes on together, as one batch, and a batch is one transaction: the time to go on is rounded up
# to a whole number of these seconds.
TICK = 0.05
MOST_TOGETHER = 100


@dataclass(frozen=True, slots=True)
class Limits:
    """Threads in all and for one group, how many seconds an answer counts, and how many the lack of one.

    `needless`: when the worker stops, what waits for these is judged without. Otherwise its message comes again.
    `wait`: how many seconds a comment waits for these, known or not, answered or not; 0: until they are answered.
    """

    threads: int
    share: int
    known: float
    unknown: float
    needless: bool
    wait: float = 0.0


# Kinds don't wait for each other. What could not be found out is asked again soon, but not for every comment.
# A second: nearly all name servers answer sooner, and nobody minds it who has just pressed Send.
LIMITS: Mapping[Kind, Limits] = {
    "domain": Limits(threads=4, share=4, known=3600.0, unknown=60.0, needless=True, wait=1.0),
    "outside": Limits(threads=8, share=4, known=600.0, unknown=60.0, needless=False),
}


@dataclass(frozen=True, slots=True)
class NetworkQuestion:
    """Something that only the network knows. Equal questions are asked once, for all who wait.

    `ask` blocks; None: nobody could say. `group`: who shares a share of the threads, such as a site.
    """

    kind: Kind
    key: Hashable = field(repr=False)
    ask: Callable[[], Any] = field(compare=False, repr=False)
    group: str = field(default="", compare=False)


@dataclass(slots=True)
class _Waiter:
    item: Hashable
    open: int


class SlowLane:
    """Asks in a few threads of its own and remembers the answers.

    Keys may be part of an address: they live in this process's memory only, never in a log. `keeps_time`: whether a
    thread lets go of what has waited long enough; otherwise somebody calls `release_due`.
    """

    def __init__(
        self,
        release: Callable[[list[Hashable]], None],
        *,
        limits: Mapping[Kind, Limits] = LIMITS,
        monotonic: Callable[[], float] = time.monotonic,
        keeps_time: bool = True,
    ) -> None:
        self._release = release
        self._limits = limits
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._known: dict[Kind, OrderedDict[Hashable, tuple[Any, float]]] = {kind: OrderedDict() for kind in limits}
        self._pools = {
            kind: FairPool(f"slow-lane-{kind}", limit.threads, limit.share) for kind, limit in limits.items()
        }
        # What is being asked, and who goes on when it is answered.
        self._waiting: dict[NetworkQuestion, list[_Waiter]] = {}
        self._count = 0
        # (when it has waited long enough, a number in the order of arrival, who)
        self._due: list[tuple[float, int, _Waiter]] = []
        self._numbers = count()
        self._waited: OrderedDict[Hashable, None] = OrderedDict()
        self._closed = False
        self._keeps_time = keeps_time
        self._timer: threading.Thread | None = None
        self._earlier = threading.Event()

    def known(self, question: NetworkQuestion) -> tuple[bool, Any]:
        """(whether it has been asked, the answer); None as the answer: nobody could say."""
        with self._lock:
            answers = self._known[question.kind]
            found = answers.get(question.key)
            if found is None or found[1] < self._monotonic():
                return False, None
            answers.move_to_end(question.key)
            return True, found[0]

    def holds_back(self, question: NetworkQuestion, item: Hashable) -> bool:
        """Whether `item` must wait for this question: until it was asked or, where all wait equally long, for that."""
        if self._limits[question.kind].wait:
            with self._lock:
                return item not in self._waited
        return not self.known(question)[0]

    def set_aside(self, item: Hashable, questions: Collection[NetworkQuestion]) -> bool:
        """Keeps `item` as long as the questions hold it back, then releases it. False: the lane is full, don't wait."""
        timed = [question for question in questions if self._limits[question.kind].wait]
        answered = {question for question in timed if self.known(question)[0]}
        unasked, soonest = [], False
        with self._lock:
            if self._count >= MOST_WAITING:
                return False
            self._count += 1
            waiter = _Waiter(item, len(questions) - len(timed) + bool(timed))
            for question in questions:
                if question in answered:
                    continue
                if question not in self._waiting:
                    unasked.append(question)
                waiters = self._waiting.setdefault(question, [])
                if question not in timed:
                    waiters.append(waiter)
            if timed:
                due = self._monotonic() + max(self._limits[question.kind].wait for question in timed)
                heapq.heappush(self._due, (ceil(due / TICK) * TICK, next(self._numbers), waiter))
                soonest = self._due[0][2] is waiter
        begin_before = self._monotonic() + QUEUED_SECONDS
        for question in unasked:
            if not self._pools[question.kind].submit(question.group, partial(self._find_out, question, begin_before)):
                self._give_up(question)
        if self._closed:
            self.release_due()
        elif soonest and self._keeps_time:
            self._wake_timer()
        return True

    def release_due(self) -> float | None:
        """Lets go of what has waited long enough; seconds until there is more, None when nothing waits for that."""
        done: list[Hashable] = []
        with self._lock:
            while self._due and (self._closed or self._due[0][0] <= self._monotonic()):
                self._step(heapq.heappop(self._due)[2], done)
            left = self._due[0][0] - self._monotonic() if self._due else None
        self._let_go(done)
        return left

    def close(self) -> None:
        """Asks nothing any more and waits for what is being asked; releases what can do without the other answers."""
        for wait in (False, True):
            for pool in self._pools.values():
                pool.close(wait=wait)
        with self._lock:
            unasked = list(self._waiting)
            self._closed = True
        for question in unasked:
            self._give_up(question)
        self.release_due()
        self._earlier.set()
        if self._timer is not None:
            self._timer.join()

    def _give_up(self, question: NetworkQuestion) -> None:
        """Closed: what waits for this goes on without, or is forgotten here, and its message comes again."""
        if self._limits[question.kind].needless:
            self._answer(question, None)
        else:
            with self._lock:
                self._waiting.pop(question, None)

    def _find_out(self, question: NetworkQuestion, begin_before: float) -> None:
        asked, answer = self.known(question)
        if not asked and self._monotonic() < begin_before:
            try:
                answer = question.ask()
            except Exception as error:
                log.warning("slow_question_failed", kind=question.kind, error=type(error).__name__)
        self._answer(question, answer)

    def _answer(self, question: NetworkQuestion, answer: Any) -> None:
        limit = self._limits[question.kind]
        done: list[Hashable] = []
        with self._lock:
            answers = self._known[question.kind]
            answers[question.key] = (answer, self._monotonic() + (limit.unknown if answer is None else limit.known))
            answers.move_to_end(question.key)
            while len(answers) > MOST_KNOWN:
                answers.popitem(last=False)
            for waiter in self._waiting.pop(question, ()):
                self._step(waiter, done)
        self._let_go(done)

    def _step(self, waiter: _Waiter, done: list[Hashable]) -> None:
        """One of the things that it waits for is over. The lock is held."""
        waiter.open -= 1
        if not waiter.open:
            done.append(waiter.item)
            self._count -= 1
            self._waited[waiter.item] = None
            while len(self._waited) > MOST_KNOWN:
                self._waited.popitem(last=False)

    def _let_go(self, done: list[Hashable]) -> None:
        for first in range(0, len(done), MOST_TOGETHER):
            self._release(done[first : first + MOST_TOGETHER])

    def _wake_timer(self) -> None:
        with self._lock:
            if self._timer is None:
                self._timer = threading.Thread(target=self._run_timer, name="slow-lane-timer", daemon=True)
                self._timer.start()
        self._earlier.set()

    def _run_timer(self) -> None:
        while not self._closed:
            self._earlier.clear()
            self._earlier.wait(self.release_due())
