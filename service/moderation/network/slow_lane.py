"""The slow lane: comments whose facts need the network wait here, and nobody waits behind them.

A comment may wait for several answers, and goes on when it has all of them. What nobody could say in time stays
unknown, and the comment is judged without it.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal

from service.moderation.network.fair_pool import FairPool
from service.telemetry import logger

log = logger(__name__)

Kind = Literal["domain", "outside"]

# Together with the longest question shorter than CLAIM_SECONDS: a comment is judged before another worker thinks it
# was forgotten.
QUEUED_SECONDS = 4.0
# More waiting than this: newcomers are judged without the fact.
MOST_WAITING = 1000
MOST_KNOWN = 20_000


@dataclass(frozen=True, slots=True)
class Limits:
    """Threads in all and for one group, how many seconds an answer counts, and how many the lack of one.

    `needless`: when the worker stops, what waits for these is judged without. Otherwise its message comes again.
    """

    threads: int
    share: int
    known: float
    unknown: float
    needless: bool


# Kinds don't wait for each other. What could not be found out is asked again soon, but not for every comment.
LIMITS: Mapping[Kind, Limits] = {
    "domain": Limits(threads=4, share=4, known=3600.0, unknown=60.0, needless=True),
    "outside": Limits(threads=8, share=4, known=600.0, unknown=60.0, needless=False),
}


@dataclass(frozen=True, slots=True)
class Question:
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

    Keys may be part of an address: they live in this process's memory only, never in a log.
    """

    def __init__(
        self,
        release: Callable[[list[Hashable]], None],
        *,
        limits: Mapping[Kind, Limits] = LIMITS,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._release = release
        self._limits = limits
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._known: dict[Kind, OrderedDict[Hashable, tuple[Any, float]]] = {kind: OrderedDict() for kind in limits}
        self._pools = {
            kind: FairPool(f"slow-lane-{kind}", limit.threads, limit.share) for kind, limit in limits.items()
        }
        self._waiting: dict[Question, list[_Waiter]] = {}
        self._count = 0

    def known(self, question: Question) -> tuple[bool, Any]:
        """(whether it has been asked, the answer); None as the answer: nobody could say."""
        with self._lock:
            answers = self._known[question.kind]
            found = answers.get(question.key)
            if found is None or found[1] < self._monotonic():
                return False, None
            answers.move_to_end(question.key)
            return True, found[0]

    def set_aside(self, item: Hashable, questions: Collection[Question]) -> bool:
        """Keeps `item` until all questions have been asked, then releases it. False: the lane is full, don't wait."""
        unasked = []
        with self._lock:
            if self._count >= MOST_WAITING:
                return False
            self._count += 1
            waiter = _Waiter(item, len(questions))
            for question in questions:
                waiters = self._waiting.setdefault(question, [])
                waiters.append(waiter)
                if len(waiters) == 1:
                    unasked.append(question)
        begin_before = self._monotonic() + QUEUED_SECONDS
        for question in unasked:
            if not self._pools[question.kind].submit(question.group, partial(self._find_out, question, begin_before)):
                self._give_up(question)
        return True

    def close(self) -> None:
        """Asks nothing any more and waits for what is being asked; releases what can do without the other answers."""
        for wait in (False, True):
            for pool in self._pools.values():
                pool.close(wait=wait)
        with self._lock:
            unasked = list(self._waiting)
        for question in unasked:
            self._give_up(question)

    def _give_up(self, question: Question) -> None:
        """Closed: what waits for this goes on without, or is forgotten here, and its message comes again."""
        if self._limits[question.kind].needless:
            self._answer(question, None)
        else:
            with self._lock:
                self._waiting.pop(question, None)

    def _find_out(self, question: Question, begin_before: float) -> None:
        asked, answer = self.known(question)
        if not asked and self._monotonic() < begin_before:
            try:
                answer = question.ask()
            except Exception as error:
                log.warning("slow_question_failed", kind=question.kind, error=type(error).__name__)
        self._answer(question, answer)

    def _answer(self, question: Question, answer: Any) -> None:
        limit = self._limits[question.kind]
        done = []
        with self._lock:
            answers = self._known[question.kind]
            answers[question.key] = (answer, self._monotonic() + (limit.unknown if answer is None else limit.known))
            answers.move_to_end(question.key)
            while len(answers) > MOST_KNOWN:
                answers.popitem(last=False)
            for waiter in self._waiting.pop(question, ()):
                waiter.open -= 1
                if not waiter.open:
                    done.append(waiter.item)
            self._count -= len(done)
        if done:
            self._release(done)
