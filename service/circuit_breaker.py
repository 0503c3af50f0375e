"""A circuit breaker, whatever it guards: after failures in a row nobody calls, but for one probe now and then."""

import threading
import time
from collections.abc import Callable


class CircuitBreaker:
    """Opens after `failures` failures in a row; after `pause` seconds lets one caller probe. Safe between threads."""

    def __init__(self, *, failures: int, pause: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._failures = failures
        self._pause = pause
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._in_a_row = 0
        self._probe_at = 0.0

    @property
    def open(self) -> bool:
        return self._in_a_row >= self._failures

    def allows(self) -> bool:
        """Whether a call may be tried now. While open, one caller a `pause` gets a yes."""
        if not self.open:
            return True
        with self._lock:
            now = self._monotonic()
            if self.open and now < self._probe_at:
                return False
            self._probe_at = now + self._pause
            return True

    def succeeded(self) -> bool:
        """Counts a success; whether it closed the circuit."""
        if not self._in_a_row:
            return False
        with self._lock:
            closed, self._in_a_row = self.open, 0
            return closed

    def failed(self, *, counts: bool = True) -> bool:
        """Counts a failure; whether it opened the circuit. `counts` false: a failure that ends the row."""
        with self._lock:
            was = self.open
            self._in_a_row = self._in_a_row + 1 if counts else 0
            self._probe_at = self._monotonic() + self._pause
            return self.open and not was
