"""Wakes over pub/sub: documents to drop, deliveries to send. A lost wake costs a second, never a comment."""

import threading
import time
from collections.abc import Callable, Collection

import msgspec
from redis import Redis
from redis.client import PubSub

from service.backoff import SERVER_AWAY, Retry
from service.queue.redis_guard import RedisUnavailable, guarded
from service.redis_keys import key
from service.telemetry import REDIS_FAILURES, logger

log = logger(__name__)

# Without the prefix: channels know no database number, so that only it keeps installations apart.
CHANNEL = "wakes"
# A connection that was cut without a word is noticed after two of these.
PING_SECONDS = 10.0


class Wake(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is announced: threads whose public face changed, or that mails wait."""

    v: int = 1
    threads: list[str] = []
    deliveries: bool = False


def wake_message(thread_ids: Collection[str] = (), *, deliveries: bool = False) -> bytes:
    """The message to publish on CHANNEL, for callers that have a pipeline of their own."""
    return msgspec.json.encode(Wake(threads=sorted(thread_ids), deliveries=deliveries))


def wake_threads(redis: Redis, thread_ids: Collection[str]) -> bool:
    """Tells every process that these threads changed. False without Redis: the version check finds out."""
    return not thread_ids or _publish(redis, wake_message(thread_ids))


def wake_deliveries(redis: Redis) -> bool:
    """Tells the sender that a mail waits. False without Redis: the sender looks by itself."""
    return _publish(redis, wake_message(deliveries=True))


def _publish(redis: Redis, message: bytes) -> bool:
    try:
        with guarded(redis, "wake"):
            redis.publish(key(redis, CHANNEL), message)
    except RedisUnavailable:
        return False
    return True


class Listener:
    """Hears the wakes in a thread of its own and connects again whenever the connection is lost.

    `on_threads(ids)`: their documents are stale. `on_deliveries()`: mails wait. `on_gap()`: called after every
    connect: wakes may have been missed before it, so whoever caches looks again. A callback must be quick; one
    that raises is logged and does not end the listening. `ending`: set when the owner of `redis` closes it.
    """

    def __init__(
        self,
        redis: Redis,
        *,
        on_threads: Callable[[list[str]], None] | None = None,
        on_deliveries: Callable[[], None] | None = None,
        on_gap: Callable[[], None] | None = None,
        ending: threading.Event | None = None,
    ) -> None:
        self._redis = redis
        self._on_threads = on_threads
        self._on_deliveries = on_deliveries
        self._on_gap = on_gap
        self._stop = ending or threading.Event()
        self._thread: threading.Thread | None = None
        # Set while subscribed: readiness for whoever has to know.
        self.connected = threading.Event()

    def start(self) -> None:
        """Starts the thread; once. Call it in the process that listens, after any fork."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="wakes", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Ends the thread and waits for it, a second at most."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(2.0)

    def _run(self) -> None:
        retry = Retry(SERVER_AWAY)
        while not self._stop.is_set():
            try:
                with self._redis.pubsub() as pubsub:  # type: ignore[no-untyped-call]
                    pubsub.subscribe(key(self._redis, CHANNEL))
                    self._hear(pubsub)
            except Exception as error:
                # Whatever it was (a client closed from another thread breaks in odd ways): a listener never dies.
                if self._stop.is_set():
                    break
                if self.connected.is_set():
                    retry.succeeded()
                self.connected.clear()
                REDIS_FAILURES.labels("listen").inc()
                log.warning("wakes_lost", error=type(error).__name__)
                self._stop.wait(retry.failed())
        self.connected.clear()

    def _hear(self, pubsub: PubSub) -> None:
        heard_at = pinged_at = time.monotonic()
        while not self._stop.is_set():
            message = pubsub.get_message(timeout=0.5)
            now = time.monotonic()
            if message is not None:
                heard_at = now
                if message["type"] == "subscribe":
                    self.connected.set()
                    self._call(self._on_gap)
                elif message["type"] == "message":
                    self._pass_on(message["data"])
            if now - heard_at > 2 * PING_SECONDS:
                raise TimeoutError("no answer to a ping")
            if now - pinged_at > PING_SECONDS:
                pinged_at = now
                pubsub.ping()

    def _pass_on(self, data: bytes) -> None:
        try:
            wake = msgspec.json.decode(data, type=Wake)
        except msgspec.DecodeError:
            log.warning("wake_not_understood")
            return
        if wake.threads and self._on_threads is not None:
            threads = self._on_threads
            self._call(lambda: threads(wake.threads))
        if wake.deliveries:
            self._call(self._on_deliveries)

    def _call(self, callback: Callable[[], None] | None) -> None:
        if callback is None:
            return
        try:
            callback()
        except Exception:
            log.exception("wake_not_served")
