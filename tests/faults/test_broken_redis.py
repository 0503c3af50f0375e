import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import redis

from models import Site, Thread
from service.backoff import Backoff
from service.moderation.judging import feeder
from service.moderation.judging import worker as worker_module
from service.moderation.judging.feeder import Batch, BatchKind
from service.moderation.judging.worker import Worker
from service.moderation.outbox import sweep
from service.queue.stream import send
from service.wiring import Services, wire
from tests.faults.invariants import add_comments, check, unjudged, wait_until_judged
from tests.servers import Proxy, RedisServer, valkey_binary
from tests.settings import make_settings
from tests.waiting import wait_until


@pytest.fixture
def server() -> Iterator[RedisServer]:
    """A server of this test's own, to be broken."""
    with RedisServer(valkey_binary()) as server:
        yield server


@pytest.fixture
def redis_url(server: RedisServer) -> Iterator[str]:
    proxy = Proxy(server.path)
    PROXIES[proxy.url] = proxy
    yield proxy.url
    PROXIES.pop(proxy.url).close()


PROXIES: dict[str, Proxy] = {}


@pytest.fixture
def proxy(redis_url: str) -> Proxy:
    """What the service takes for its Redis."""
    return PROXIES[redis_url]


@pytest.fixture
def working(services: Services, monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    """A worker and a sweep at work, impatient ones: what takes half a minute takes a second."""
    monkeypatch.setattr(feeder, "CLAIM_EVERY", 0.2)
    for module in (feeder, worker_module):
        monkeypatch.setattr(module, "SERVER_AWAY", Backoff.doubling(0.1, 0.3))
    monkeypatch.setattr(sweep, "SWEEP_EVERY", 0.2)
    monkeypatch.setattr(sweep, "RECONCILE_EVERY", 0.2)
    monkeypatch.setattr(sweep, "RESEND_AFTER", timedelta(seconds=1))
    monkeypatch.setattr(sweep, "COMMIT_MOST", timedelta(0))
    # As the service makes them, but with less patience for a server that says nothing.
    own = wire(make_settings(str(services.engine.url.render_as_string(False)), services.settings.redis_url))
    own.slow_redis.connection_pool.connection_kwargs["socket_timeout"] = 2.0
    stop = threading.Event()
    worker = Worker(own)
    worker.reader._claim_ms = 500
    crew = [threading.Thread(target=worker.run, args=[stop]), threading.Thread(target=sweep.run, args=[own, stop])]
    for thread in crew:
        thread.start()
    yield own
    stop.set()
    for thread in crew:
        thread.join(20)
    assert not any(thread.is_alive() for thread in crew)
    own.close()


def full(server: RedisServer, client: Any) -> Callable[[], None]:
    client.config_set("maxmemory", "1")
    return lambda: client.config_set("maxmemory", "0")


def read_only(server: RedisServer, client: Any) -> Callable[[], None]:
    client.replicaof("127.0.0.1", "1")
    return lambda: client.replicaof("NO", "ONE")


def busy(server: RedisServer, client: Any) -> Callable[[], None]:
    client.config_set("busy-reply-threshold", "100")

    def block() -> None:
        with redis.Redis(unix_socket_path=server.path, socket_timeout=30) as own:
            try:
                own.eval("while true do end", 0)
            except redis.ResponseError:
                return  # Killed, as it should be.

    blocking = threading.Thread(target=block)
    blocking.start()

    def mend() -> None:
        wait_until(lambda: _kill_script(client), what="the end of the script")
        blocking.join(10)

    return mend


def _kill_script(client: Any) -> bool:
    try:
        client.script_kill()
    except redis.RedisError:
        return False
    return True


def stopped(server: RedisServer, client: Any) -> Callable[[], None]:
    server.stop()
    return server.start


def flushed(server: RedisServer, client: Any) -> Callable[[], None]:
    client.flushall()
    return lambda: None


@pytest.mark.parametrize("harm", [full, read_only, busy, stopped, flushed])
def test_what_arrives_while_redis_is_broken_is_judged_when_it_is_back(
    server: RedisServer,
    working: Services,
    thread: Thread,
    harm: Callable[[RedisServer, Any], Callable[[], None]],
) -> None:
    client = redis.Redis(unix_socket_path=server.path, socket_timeout=5)
    before = add_comments(working, thread, 5)
    send(working.redis, [(comment.id, 0) for comment in before])
    wait_until_judged(working)
    mend = harm(server, client)
    during = add_comments(working, thread, 5)
    send(working.redis, [(comment.id, 0) for comment in during])
    mend()
    after = add_comments(working, thread, 5)
    send(working.redis, [(comment.id, 0) for comment in after])
    wait_until_judged(working)
    client.close()
    check(working, thread, 15)


@pytest.mark.parametrize("how", ["cut", "refused", "silent"])
def test_a_connection_that_breaks_loses_nothing(proxy: Proxy, working: Services, thread: Thread, how: str) -> None:
    comments = add_comments(working, thread, 10)
    send(working.redis, [(comment.id, 0) for comment in comments])
    wait_until_judged(working)
    if how == "silent":
        proxy.swallow()
    else:
        proxy.cut(refuse=how == "refused")
    more = add_comments(working, thread, 10)
    send(working.redis, [(comment.id, 0) for comment in more])
    proxy.mend()
    proxy.cut()
    wait_until_judged(working)
    check(working, thread, 20)


def test_a_flush_between_reading_and_acknowledging_publishes_once(
    server: RedisServer, services: Services, site: Site, thread: Thread
) -> None:
    class Flushed(Worker):
        def acknowledge(self, messages: Any, moves: Any) -> None:
            with redis.Redis(unix_socket_path=server.path) as client:
                client.flushall()
            send(services.redis, [(message.comment_id, 0) for message in messages])
            super().acknowledge(messages, moves)

    comments = add_comments(services, thread, 5)
    send(services.redis, [(comment.id, 0) for comment in comments])
    worker = Flushed(services, consumer="w")
    worker.process(Batch(BatchKind.FRESH, worker.reader.read()))
    Worker(services, consumer="again").drain()
    assert unjudged(services) == 0
    check(services, thread, 5)
