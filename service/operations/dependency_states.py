"""Redis and the database as `/metrics` tells of them: whether they answer, as what, and how full they are.

A server that hangs must not make the metrics hang that would tell of it: each is asked in a thread of its own, for a
bounded time.
"""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TookTooLong
from typing import Any, TypeVar

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import func, literal, select
from sqlalchemy.pool import QueuePool

from service.telemetry import logger
from service.wiring import Services

log = logger(__name__)

Result = TypeVar("Result")

# Prometheus gives a scrape ten seconds by default; three parts are asked, one after the other.
MOST_SECONDS = 2.0

_asking: dict[str, "Future[Any]"] = {}
_guard = threading.Lock()


def within(seconds: float, what: str, ask: Callable[[], Result]) -> Result | None:
    """What `ask` answers, or None where it raises or has not answered by then. Until it has, nobody else asks:
    a server that hangs holds one thread a part, not one a scrape."""
    with _guard:
        if what in _asking and not _asking[what].done():
            return None
        future: Future[Result] = Future()
        _asking[what] = future

    def run() -> None:
        try:
            future.set_result(ask())
        except Exception as error:
            future.set_exception(error)

    threading.Thread(target=run, name=f"metrics-{what}", daemon=True).start()
    try:
        return future.result(seconds)
    except TookTooLong:
        return None
    except Exception as error:
        log.warning("metrics_part_failed", part=what, error=type(error).__name__)
        return None


class DependencyStates(Collector):
    """Asked when a scrape comes. What does not answer is down, and its other numbers are left out."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def describe(self) -> list[GaugeMetricFamily]:
        return []

    def collect(self) -> Iterator[GaugeMetricFamily]:
        yield from _of("redis", "Redis", within(MOST_SECONDS, "redis", self._redis))
        yield from _of("database", "The database", within(MOST_SECONDS, "database", self._database))
        yield from self._pool()

    def _redis(self) -> dict[str, float]:
        redis: Any = self._services.redis
        memory, replication = redis.info("memory"), redis.info("replication")
        return {
            "primary": float(replication["role"] == "master"),
            "memory_used_bytes": float(memory["used_memory"]),
            "memory_max_bytes": float(memory.get("maxmemory", 0)),
        }

    def _database(self) -> dict[str, float]:
        with self._services.read() as session:
            if self._services.settings.sqlite:
                session.scalar(select(literal(1)))
                return {"primary": 1.0}
            return {"primary": float(not session.scalar(select(func.pg_is_in_recovery())))}

    def _pool(self) -> Iterator[GaugeMetricFamily]:
        """Of the process that answers; its like have as many at most."""
        pool = self._services.engine.pool
        if not isinstance(pool, QueuePool):
            return
        yield GaugeMetricFamily(
            "rejoinder_database_pool_used_connections",
            "Database connections in use in the process that answers this",
            value=pool.checkedout(),
        )
        yield GaugeMetricFamily(
            "rejoinder_database_pool_max_connections",
            "Database connections that this process may have",
            value=pool.size() + max(0, pool._max_overflow),
        )


_WORDS = {
    "primary": "takes writes: 1, or 0 for a replica",
    "memory_used_bytes": "uses so much memory",
    "memory_max_bytes": "may use so much memory; 0 is no limit",
}


def _of(part: str, name: str, found: dict[str, float] | None) -> Iterator[GaugeMetricFamily]:
    yield GaugeMetricFamily(f"rejoinder_{part}_up", f"{name} answers", value=found is not None)
    for what, value in (found or {}).items():
        yield GaugeMetricFamily(f"rejoinder_{part}_{what}", f"{name} {_WORDS[what]}", value=value)
