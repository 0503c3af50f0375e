"""A few threads that work for several groups: none gets more than its share, however much it brings."""

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

Work = Callable[[], None]


class FairPool:
    """`threads` in all, `share` of them at most for one group; what a group brings beyond that waits in its own line.

    Threads start with the first work. Work must not raise.
    """

    def __init__(self, name: str, threads: int, share: int) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._share = share
        self._lock = threading.Lock()
        self._busy: dict[str, int] = {}
        self._lines: dict[str, deque[Work]] = {}

    def submit(self, group: str, work: Work) -> bool:
        """Does the work as soon as it is the group's turn. False: the pool has closed, and nobody will."""
        with self._lock:
            if self._busy.get(group, 0) >= self._share:
                self._lines.setdefault(group, deque()).append(work)
                return True
            self._busy[group] = self._busy.get(group, 0) + 1
        return self._begin(group, work)

    def close(self, *, wait: bool = True) -> None:
        """Does nothing of what waits, and waits for what is being done; `wait` false: only the first."""
        self._pool.shutdown(wait=wait, cancel_futures=True)

    def _begin(self, group: str, work: Work) -> bool:
        try:
            self._pool.submit(self._do, group, work)
        except RuntimeError:  # Closed meanwhile.
            return False
        return True

    def _do(self, group: str, work: Work) -> None:
        try:
            work()
        finally:
            following = self._following(group)
            if following is not None:
                self._begin(group, following)

    def _following(self, group: str) -> Work | None:
        """The group's next work, which takes over the place; without one the place is free."""
        with self._lock:
            line = self._lines.get(group)
            if line:
                return line.popleft()
            self._lines.pop(group, None)
            self._busy[group] -= 1
            if not self._busy[group]:
                del self._busy[group]
            return None
