import threading
from collections.abc import Iterator
from typing import Any

import pytest
import redis

from service.queue import wakes
from service.queue.wakes import Listener, wake_deliveries, wake_threads
from service.redis_keys import key
from tests.waiting import wait_until


class Heard:
    def __init__(self) -> None:
        self.threads: list[str] = []
        self.deliveries = 0
        self.gaps = 0

    def on_threads(self, ids: list[str]) -> None:
        self.threads += ids
        if "bad" in ids:
            raise ValueError("a callback that fails")

    def on_deliveries(self) -> None:
        self.deliveries += 1

    def on_gap(self) -> None:
        self.gaps += 1


@pytest.fixture
def client(redis_url: str) -> Iterator[Any]:
    client = redis.Redis.from_url(redis_url, socket_timeout=5)
    yield client
    client.close()


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def listener(client: Any, heard: Heard) -> Iterator[Listener]:
    listener = Listener(client, on_threads=heard.on_threads, on_deliveries=heard.on_deliveries, on_gap=heard.on_gap)
    listener.start()
    assert listener.connected.wait(5)
    yield listener
    listener.stop()


def test_it_hears_threads_and_deliveries(client: Any, listener: Listener, heard: Heard) -> None:
    assert wake_threads(client, {"b", "a"})
    assert wake_deliveries(client)
    wait_until(lambda: heard.deliveries)
    assert heard.threads == ["a", "b"]
    assert heard.gaps == 1


def test_a_callback_that_fails_does_not_end_it(client: Any, listener: Listener, heard: Heard) -> None:
    client.publish(key(client, wakes.CHANNEL), b"not json")
    wake_threads(client, ["bad"])
    wake_threads(client, ["good"])
    wait_until(lambda: "good" in heard.threads)


def test_it_connects_again_and_says_that_wakes_may_be_missing(client: Any, listener: Listener, heard: Heard) -> None:
    client.client_kill_filter(_type="pubsub")
    wait_until(lambda: heard.gaps == 2)
    wake_threads(client, ["after"])
    wait_until(lambda: "after" in heard.threads)


def test_without_redis_announcing_says_so(gone: Any) -> None:
    assert not wake_threads(gone, ["t"])
    assert not wake_deliveries(gone)
    assert wake_threads(gone, [])


def test_stopping_ends_the_thread(client: Any) -> None:
    listener = Listener(client)
    listener.start()
    assert listener.connected.wait(5)
    listener.stop()
    assert "wakes" not in {thread.name for thread in threading.enumerate()}
