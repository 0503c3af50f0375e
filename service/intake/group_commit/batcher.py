"""One thread a process that takes what waits in groups, so that many share one commit or one round trip."""

import os
import threading
from collections import deque
from collections.abc import Callable
from multiprocessing.util import Finalize
from typing import Generic, TypeVar
from weakref import WeakSet

from service.telemetry import logger

log = logger(__name__)

T = TypeVar("T")

# A thread with nothing to do ends after this long and is started again by the next item.
IDLE_SECONDS = 10.0
CLOSE_SECONDS = 5.0

_open: "WeakSet[Batcher[object]]" = WeakSet()


class Batcher(Generic[T]):
    """Hands everything that waits, at most `group` items at a time, to `handle`, which must not raise.

    The thread starts with the first item, in the process that has it: one made before a fork works after it.
    `capacity`: how many items may wait; beyond it `put` says no. `linger`: seconds that a group waits for company,
    unless it is full.
    """

    def __init__(
        self, name: str, handle: Callable[[list[T]], None], *, capacity: int, group: int, linger: float = 0.0
    ) -> None:
        self._name = name
        self._handle = handle
        self._capacity = capacity
        self._group = group
        self._linger = linger
        self._begin()

    def _begin(self) -> None:
        self._pid = os.getpid()
        self._waiting: deque[T] = deque()
        self._changed = threading.Condition()
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None
        self._idle = False

    def put(self, item: T) -> bool:
        """Leaves the item to the thread; False when there is no room, or no more time before the process ends."""
        if self._pid != os.getpid():
            self._begin()  # Forked: the thread, and whatever waited, stayed with the parent.
        with self._changed:
            if self._closing.is_set() or len(self._waiting) >= self._capacity:
                return False
            self._waiting.append(item)
            if self._thread is None:
                self._start()
            elif self._idle:
                # Woken once a group: each time costs the one who puts as much as a small query.
                self._idle = False
                self._changed.notify()
        return True

    def close(self, seconds: float = CLOSE_SECONDS) -> None:
        """Takes nothing more and waits until what waits is handled, `seconds` at most."""
        self._closing.set()
        with self._changed:
            self._changed.notify_all()
            thread = self._thread
        if thread is not None and self._pid == os.getpid():
            thread.join(seconds)

    def _start(self) -> None:
        if not _open:
            # Runs at the end of this process, also where it is a child of `multiprocessing`, which skips atexit.
            Finalize(None, close_all, exitpriority=10)
        _open.add(self)  # type: ignore[arg-type]
        self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while group := self._take():
            try:
                self._handle(group)
            except Exception as error:
                log.error("gatherer_failed", name=self._name, error=type(error).__name__)

    def _take(self) -> list[T]:
        """The next group; empty when the thread should end."""
        with self._changed:
            if not self._waiting and not self._closing.is_set():
                self._idle = True
                self._changed.wait(IDLE_SECONDS)
                self._idle = False
            if not self._waiting:
                self._thread = None
                return []
            alone = len(self._waiting) < self._group
        if alone and self._linger:
            self._closing.wait(self._linger)
        with self._changed:
            return [self._waiting.popleft() for _ in range(min(self._group, len(self._waiting)))]


def close_all() -> None:
    """Drains every batcher of this process."""
    for batcher in list(_open):
        batcher.close()
