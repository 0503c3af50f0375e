"""Writing one batch's decisions while the next batch is judged."""

import threading
from collections.abc import Callable
from queue import SimpleQueue

_Work = tuple[Callable[[], None], Callable[[Exception | None], None]]


class WriteBehind:
    """Does what it is given in a thread of its own, in the order in which it came. At most one piece waits.

    It pays where the database works in another process: SQLite would take the interpreter from the judge for each row.
    """

    def __init__(self) -> None:
        self._given: SimpleQueue[_Work | None] = SimpleQueue()
        self._slots = threading.Semaphore(2)
        self._thread = threading.Thread(target=self._run, name="write-behind", daemon=True)
        self._thread.start()

    def put(self, write: Callable[[], None], ended: Callable[[Exception | None], None]) -> None:
        """Hands a piece over; waits while one is written and another waits.

        `ended` hears when `write` has returned, or what it raised. Both run in the thread.
        """
        self._slots.acquire()
        self._given.put((write, ended))

    def close(self) -> None:
        """Returns when every `ended` has been called."""
        self._given.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (work := self._given.get()) is not None:
            write, ended = work
            fault: Exception | None = None
            try:
                write()
            except Exception as error:
                fault = error
            self._slots.release()
            ended(fault)
