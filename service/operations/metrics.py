"""What Prometheus is told: what all processes of this machine have counted, and what waits now."""

import errno
import os
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from pathlib import Path
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector
from redis.exceptions import RedisError
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from models import Comment, Delivery, DeliveryState, ReplyMail, Site, Status
from models.queries.arms import TOTAL_MOST
from models.queries.conditions import is_status
from models.queries.waiting import pending_counts
from service.errors import Unavailable
from service.operations.dependency_states import MOST_SECONDS, DependencyStates, within
from service.queue.backlog import waiting_key
from service.queue.stream import DEAD_STREAM, GROUPS
from service.redis_keys import key
from service.telemetry import QUEUE_OLDEST, logger
from service.web_server.metrics_listener import metrics_server
from service.web_server.request_counts import flush
from service.wiring import Services

log = logger(__name__)

# How soon another process takes the listener for metrics over from one that has ended.
TAKE_OVER_SECONDS = 2.0


def metrics_text(services: Services) -> bytes:
    """What all processes of this machine have counted, and what waits now, in Prometheus' text format.

    For operators: it names the sites, and what mails and look-ups came to tells by its moves who asked for them.
    """
    flush()
    _forget_dead_processes()
    now_registry = CollectorRegistry()
    now_registry.register(DependencyStates(services))
    # Before the counters are read: it sets the age of the oldest comment among them.
    now_registry.register(_Backlog(services))
    body = generate_latest(now_registry)
    return generate_latest(_counters()) + body


def listen_for_metrics(services: Services, host: str, port: int) -> threading.Thread:
    """Answers `/metrics` there, from a thread of this process: one of the processes that share the port does.

    The others wait until it is free again. What else keeps it from listening is logged, and tried again.
    """
    thread = threading.Thread(target=_keep_listening, args=(services, host, port), name="metrics", daemon=True)
    thread.start()
    return thread


def _keep_listening(services: Services, host: str, port: int) -> None:
    told = False
    while True:
        try:
            server = metrics_server(metrics_application(services), services.settings, host, port)
        except OSError as error:
            if error.errno != errno.EADDRINUSE and not told:
                log.error("metrics_not_served", host=host, port=port, error=error.strerror)
                told = True
            time.sleep(TAKE_OVER_SECONDS)
            continue
        server.serve_forever()


def metrics_application(services: Services) -> Callable[..., Iterable[bytes]]:
    """The WSGI application of the listener for metrics: they are all that it has."""

    def answer(environ: dict[str, Any], start_response: Callable[..., object]) -> Iterable[bytes]:
        if environ["PATH_INFO"] != "/metrics" or environ["REQUEST_METHOD"] != "GET":
            start_response("404 Not Found", [("Content-Type", "text/plain")])
            return [b"Only GET /metrics is here.\n"]
        body = metrics_text(services)
        start_response("200 OK", [("Content-Type", CONTENT_TYPE_LATEST), ("Cache-Control", "no-store")])
        return [body]

    return answer


def _counters() -> CollectorRegistry:
    """What all processes of this machine have counted, or this one alone where they share no folder."""
    if not os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return registry


def _forget_dead_processes() -> None:
    """Takes out the gauges of processes that have ended. What they counted stays: a counter must not fall."""
    folder = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    for file in Path(folder).glob("gauge_live*.db") if folder else ():
        pid = file.stem.rpartition("_")[2]
        if pid.isdecimal() and not _lives(int(pid)):
            mark_process_dead(int(pid))  # type: ignore[no-untyped-call]


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # Somebody else's.
    return True


class _Backlog(Collector):
    """What waits, looked up when it is asked for. A part that does not answer leaves its numbers out."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def collect(self) -> Iterator[GaugeMetricFamily]:
        found = within(MOST_SECONDS, "backlog", lambda: list(self._collect()))
        if found is None:
            log.warning("metrics_without_backlog")
        yield from found or ()

    def _collect(self) -> Iterator[GaugeMetricFamily]:
        sites: dict[str, str] = {}
        counts: dict[str, int] = {}
        backlogs: dict[str, int] = {}
        counted = False
        try:
            sites, counts = yield from self._database()
            counted = True
        except (Unavailable, SQLAlchemyError):
            log.warning("metrics_without_database")
        try:
            backlogs = self._backlogs(sites)
            yield from self._redis(sites, backlogs)
        except RedisError:
            log.warning("metrics_without_redis")
        if counted:
            yield _pending(sites, counts, backlogs)

    def describe(self) -> list[GaugeMetricFamily]:
        return []

    def _database(self) -> Generator[GaugeMetricFamily, None, tuple[dict[str, str], dict[str, int]]]:
        """Yields gauges and returns the sites by id, their slugs and how much of each waits, `TOTAL_MOST` and one at
        most."""
        with self._services.read() as session:
            unjudged = is_status(Comment.status, Status.RECEIVED)
            oldest = session.scalar(select(func.min(Comment.created_at)).where(unjudged))
            received = session.scalar(select(func.count(Comment.sent_at)).where(unjudged)) or 0
            mails = sum(
                session.scalar(select(func.count()).where(table.state == DeliveryState.WAITING)) or 0
                for table in (Delivery, ReplyMail)
            )
            sites = dict(session.execute(select(Site.id, Site.slug)).all())
            counts = dict(session.execute(pending_counts(sites, TOTAL_MOST)).all())
        age = 0.0 if oldest is None else max(0.0, (self._services.clock.now() - oldest).total_seconds())
        QUEUE_OLDEST.set(age)
        yield GaugeMetricFamily("rejoinder_received_comments", "Comments not yet judged", value=received)
        yield GaugeMetricFamily("rejoinder_waiting_deliveries", "Mails not yet sent", value=mails)
        return sites, counts

    def _backlogs(self, sites: dict[str, str]) -> dict[str, int]:
        """How long the backlog in Redis is, by site."""
        with self._services.redis.pipeline(transaction=False) as pipe:
            for site_id in sites:
                pipe.zcard(waiting_key(pipe, site_id))
            return dict(zip(sites, pipe.execute(), strict=True))

    def _redis(self, sites: dict[str, str], backlogs: dict[str, int]) -> Iterator[GaugeMetricFamily]:
        redis: Any = self._services.redis
        backlog = GaugeMetricFamily(
            "rejoinder_backlog_comments", "Comments in the moderators' backlog in Redis", labels=["site"]
        )
        for site_id, slug in sites.items():
            backlog.add_metric([slug], backlogs[site_id])
        yield backlog
        lag = GaugeMetricFamily(
            "rejoinder_stream_lag", "Messages that a consumer group has not read yet", labels=["stream", "group"]
        )
        unacknowledged = GaugeMetricFamily(
            "rejoinder_stream_unacknowledged", "Messages read but not yet handled", labels=["stream", "group"]
        )
        for stream in GROUPS:
            for group in redis.xinfo_groups(key(redis, stream)) if redis.exists(key(redis, stream)) else ():
                labels = [stream, group["name"].decode()]
                # Redis says nothing after an entry in the middle was deleted: then the number is left out.
                if group.get("lag") is not None:
                    lag.add_metric(labels, group["lag"])
                unacknowledged.add_metric(labels, group["pending"])
        yield lag
        yield unacknowledged
        yield GaugeMetricFamily(
            "rejoinder_dead_letters", "Dead letters kept for operators", value=redis.xlen(key(redis, DEAD_STREAM))
        )


def _pending(sites: dict[str, str], counts: dict[str, int], backlogs: dict[str, int]) -> GaugeMetricFamily:
    """What waits for a person: as counted, or, where that is more than anybody counts, as long as the backlog is."""
    family = GaugeMetricFamily("rejoinder_pending_comments", "Comments that wait for a person", labels=["site"])
    for site_id, slug in sorted(sites.items(), key=lambda pair: pair[1]):
        count = counts.get(site_id, 0)
        family.add_metric([slug], max(count, backlogs.get(site_id, 0)) if count > TOTAL_MOST else count)
    return family
