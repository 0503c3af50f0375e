"""A Redis that answers and cannot be used is named; one that is several servers is followed."""

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from models import new_id
from service.queue.foreign import foreign_keys_scanned
from service.queue.old_names import move_old_names, old_streams
from service.queue.stream import send
from service.queue.usable import trouble
from service.redis_address import address_of, cluster_prefix
from service.redis_client import NotThisServer
from service.redis_keys import key
from service.wiring import make_redis
from tests.environment import unavailable
from tests.topologies import RedisNode, cluster, free_ports, sentinels
from tests.waiting import wait_until


@pytest.fixture(scope="module", autouse=True)
def installed() -> None:
    if shutil.which("redis-server") is None:
        unavailable("redis-server")


@pytest.fixture
def node(tmp_path: Path) -> Iterator[RedisNode]:
    server = RedisNode(free_ports(1)[0], tmp_path / "node").start()
    yield server
    server.kill()


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (("REPLICAOF", "127.0.0.1", "1"), "is a replica"),
        (("CONFIG", "SET", "maxmemory", "1"), "is full"),
        (("CONFIG", "SET", "min-replicas-to-write", "1"), "too few replicas"),
        (("CONFIG", "SET", "requirepass", "secret"), "wants a password"),
        (("ACL", "SETUSER", "default", "-set"), "does not let its user"),
    ],
    ids=["replica", "full", "alone", "password", "rights"],
)
def test_what_is_wrong_is_named(node: RedisNode, command: tuple[str, ...], words: str) -> None:
    with make_redis(node.url, 2.0) as client:
        assert trouble(client) is None
        with node.client() as admin:
            admin.execute_command(*command)
        client.connection_pool.disconnect()
        found = trouble(client)
        assert found is not None
        assert words in found[0]


def test_a_server_that_is_gone(gone: Any) -> None:
    found = trouble(gone)
    assert found is not None
    assert "cannot be reached" in found[0]


def _again(client: redis.Redis) -> None:
    """Writes until it goes through, as everything that meets a failing-over Redis does by its next try."""

    def written() -> bool:
        with contextlib.suppress(redis.RedisError), client.pipeline(transaction=False) as pipe:
            pipe.incr(key(client, "n"))
            pipe.expire(key(client, "n"), 100)
            pipe.execute()
            return True
        return False

    wait_until(written, what="a write")
    assert trouble(client) is None


def test_a_client_follows_the_sentinels() -> None:
    with sentinels() as servers, make_redis(servers.url, 2.0) as client:
        _again(client)
        servers.failover(kill=False)
        _again(client)
        assert client.get(key(client, "n")) == b"2"


def test_a_client_follows_its_slot() -> None:
    with cluster() as servers, make_redis(servers.url, 2.0) as client:
        name = key(client, "n")
        _again(client)
        other = next(node for node in servers.nodes if node is not servers.owner(name))
        with make_redis(other.url, 2.0, prefix=cluster_prefix("rejoinder:")) as lost:
            found = trouble(lost)
            assert found is not None
            assert "redis+cluster://" in found[1]
        assert (move_old_names(client, [new_id()], lambda _: True), old_streams(client)) == ([], [])
        # A key in another's slot says nothing of where ours is.
        strange = next(str(n) for n in range(99) if servers.owner(str(n)) is not servers.owner(name))
        with pytest.raises(NotThisServer):
            client.get(strange)
        assert client.get(name) == b"1"
        assert foreign_keys_scanned(client, seconds=5.0) == ([], True)
        servers.failover(name, kill=False)
        _again(client)
        servers.reshard(name)
        # Not even the first call after it fails.
        assert send(client, [(new_id(), 0)])
        _again(client)
        assert client.get(name) == b"3"


@pytest.mark.parametrize(
    ("url", "hosts", "name", "db"),
    [
        ("redis+sentinel://a,b:1,[::1]:2/m", [("a", 26379), ("b", 1), ("::1", 2)], "m", 0),
        ("rediss+sentinel://u:p%40@a/m/3?ssl_ca_certs=/ca.pem&sentinel_password=q", [("a", 26379)], "m", 3),
        ("redis+cluster://a,b:7000", [("a", 6379), ("b", 7000)], "", 0),
    ],
)
def test_addresses(url: str, hosts: list[tuple[str, int]], name: str, db: int) -> None:
    found = address_of(url)
    assert (found.hosts, found.name, found.db) == (hosts, name, db)
    if "u:p" in url:
        assert found.options == {"ssl": True, "username": "u", "password": "p@", "ssl_ca_certs": "/ca.pem"}
        assert found.sentinel_options == {"ssl": True, "password": "q", "ssl_ca_certs": "/ca.pem"}


@pytest.mark.parametrize(
    "url",
    [
        "redis+sentinel://a",
        "redis+sentinel://a/m/x",
        "redis+sentinel:///m",
        "redis+cluster://a/1",
        "redis+cluster://a?ssl_ca_certs=x",
        "redis+cluster://a?what=x",
        "redis+cluster://a?sentinel_password=x",
    ],
)
def test_addresses_that_cannot_be_read(url: str) -> None:
    with pytest.raises(ValueError, match=r"^(it|its|a) "):
        address_of(url)
