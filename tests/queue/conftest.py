"""The road is tested on both servers: the embedded Valkey and Debian's Redis 7.0."""

import shutil
from collections.abc import Iterator
from typing import Any

import pytest
import redis

from service.wiring import make_redis
from tests.environment import unavailable
from tests.servers import RedisServer


@pytest.fixture(scope="session")
def debian_redis() -> Iterator[str]:
    binary = shutil.which("redis-server")
    if binary is None:
        unavailable("redis-server")
    assert binary
    with RedisServer(binary) as server:
        yield server.url


@pytest.fixture(params=["valkey", "redis"])
def redis_url(request: pytest.FixtureRequest) -> str:
    server: str = request.getfixturevalue("redis_server" if request.param == "valkey" else "debian_redis")
    with redis.Redis.from_url(server) as client:
        client.flushall()
    return server


@pytest.fixture
def client(redis_url: str) -> Iterator[Any]:
    with redis.Redis.from_url(redis_url, socket_timeout=5) as client:
        yield client


@pytest.fixture
def gone() -> Iterator[Any]:
    """A client as the service makes it, for a server that is not there."""
    with make_redis("unix:///nonexistent/socket", 0.25) as client:
        yield client
