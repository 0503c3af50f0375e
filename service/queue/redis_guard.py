"""One circuit breaker for each Redis client: a dead Redis costs the request path a blink, not a time-out a call."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from weakref import WeakKeyDictionary

from redis import Redis
from redis.exceptions import ConnectionError as Disconnected
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as TooSlow

from service.circuit_breaker import CircuitBreaker
from service.telemetry import REDIS_FAILURES, logger

log = logger(__name__)

FAILURES_TO_OPEN = 2
OPEN_SECONDS = 1.0
# While Redis is full or read-only every call fails quickly: one line now and then says so.
LOG_EVERY_SECONDS = 5.0


class RedisUnavailable(Exception):
    """Redis cannot be used now: limits open, the outbox keeps, the database answers."""

    def __init__(self, call: str) -> None:
        super().__init__(f"redis is not available for {call}")
        self.call = call


class RedisBreaker:
    """Opens after `failures` failures in a row; after `pause` seconds lets one caller probe.

    Only a lost or silent server opens it. A server that answers with an error (full, read-only, busy) answers
    quickly, and the next call may be one that it takes.
    """

    def __init__(
        self,
        *,
        failures: int = FAILURES_TO_OPEN,
        pause: float = OPEN_SECONDS,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._breaker = CircuitBreaker(failures=failures, pause=pause, monotonic=monotonic)
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._logged_at = -LOG_EVERY_SECONDS

    @property
    def open(self) -> bool:
        return self._breaker.open

    def allows(self) -> bool:
        """Whether a call may be tried now. While open, one caller a `pause` gets a yes."""
        return self._breaker.allows()

    def succeeded(self) -> None:
        self._breaker.succeeded()

    def failed(self, call: str, error: RedisError) -> None:
        """Counts the failure; logs it by its type only (a server's words may quote a key)."""
        REDIS_FAILURES.labels(call).inc()
        self._breaker.failed(counts=isinstance(error, Disconnected | TooSlow))
        with self._lock:
            now = self._monotonic()
            quiet = now - self._logged_at < LOG_EVERY_SECONDS
            if not quiet:
                self._logged_at = now
        if not quiet:
            log.warning("redis_failed", call=call, error=type(error).__name__, open=self.open)


_breakers: "WeakKeyDictionary[Redis, RedisBreaker]" = WeakKeyDictionary()
_breakers_lock = threading.Lock()


def breaker_of(redis: Redis) -> RedisBreaker:
    """The breaker that all calls through this client share."""
    with _breakers_lock:
        return _breakers.setdefault(redis, RedisBreaker())


@contextmanager
def guarded(redis: Redis, call: str) -> Iterator[None]:
    """Guards one use of Redis on the request path; `call` names it in metrics.

    Raises RedisUnavailable at once while the breaker is open, and instead of any RedisError from inside.
    """
    breaker = breaker_of(redis)
    if not breaker.allows():
        REDIS_FAILURES.labels(call).inc()
        raise RedisUnavailable(call)
    try:
        yield
    except RedisError as error:
        breaker.failed(call, error)
        raise RedisUnavailable(call) from error
    breaker.succeeded()
