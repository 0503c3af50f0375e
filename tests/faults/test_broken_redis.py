import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import redis

from models import Site, Thread
from service.moderation.judging.feeder import Batch, BatchKind
from service.moderation.judging.worker import Worker
from service.queue.stream import send
from service.wiring import Services
from tests.faults.invariants import add_comments, check, unjudged, wait_until_judged
from tests.servers import Proxy, RedisServer, valkey_binary
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
