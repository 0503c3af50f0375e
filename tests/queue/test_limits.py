import threading
from typing import Any

import pytest
import redis

from service.queue.limits import Limiter
from service.settings import Rate
from tests.waiting import wait_until

MINUTE = Rate(5, 60.0)


@pytest.fixture
def limiter(redis_url: str) -> Limiter:
    return Limiter(redis.Redis.from_url(redis_url))


def test_a_burst_passes_and_the_next_one_waits_its_share(limiter: Limiter) -> None:
    assert [limiter.take([("somebody", MINUTE)]) for _ in range(5)] == [None] * 5
    wait = limiter.take([("somebody", MINUTE)])
    assert wait is not None
    assert 11.5 < wait <= 12.0
    assert limiter.take([("somebody else", MINUTE)]) is None


def test_a_refused_call_takes_nothing_from_any_limit(limiter: Limiter) -> None:
    narrow, wide = Rate(1, 60.0), Rate(3, 60.0)
    assert limiter.take([("narrow", narrow), ("wide", wide)]) is None
    assert limiter.take([("narrow", narrow), ("wide", wide)]) is not None
    assert [limiter.take([("wide", wide)]) for _ in range(3)][:2] == [None, None]


def test_room_comes_back_with_time(limiter: Limiter) -> None:
    quick = Rate(1, 0.2)
    assert limiter.take([("q", quick)]) is None
    assert limiter.take([("q", quick)]) is not None
    wait_until(lambda: limiter.take([("q", quick)]) is None, seconds=5)


def test_many_at_once_get_exactly_the_burst(redis_url: str) -> None:
    rate, passed = Rate(20, 3600.0), []

    def press() -> None:
        own = Limiter(redis.Redis.from_url(redis_url))
        for _ in range(10):
            if own.take([("k", rate)]) is None:
                passed.append(1)

    threads = [threading.Thread(target=press) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(passed) == 20


def test_keys_vanish_when_they_say_nothing_any_more(limiter: Limiter, redis_url: str) -> None:
    limiter.take([("k", MINUTE)], tag="site")
    client: Any = redis.Redis.from_url(redis_url)
    assert client.keys("*") == [b"rejoinder:limit:{site}:k"]
    assert 0 < client.pttl("rejoinder:limit:{site}:k") <= 12_000


def test_without_redis_everything_passes(gone: Any) -> None:
    limiter = Limiter(gone)
    assert [limiter.take([("k", Rate(1, 60.0))]) for _ in range(4)] == [None] * 4
