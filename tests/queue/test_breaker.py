from typing import Any

import pytest
import redis

from service.queue.redis_guard import RedisBreaker, RedisUnavailable, breaker_of, guarded


class Time:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


def test_it_opens_after_failures_in_a_row_and_lets_one_probe_a_pause(time: Time) -> None:
    breaker = RedisBreaker(failures=2, pause=1.0, monotonic=time)
    breaker.failed("x", redis.ConnectionError())
    assert breaker.allows()
    breaker.failed("x", redis.TimeoutError())
    assert not breaker.allows()
    time.now += 1.01
    assert [breaker.allows(), breaker.allows()] == [True, False]
    breaker.succeeded()
    assert breaker.allows()


@pytest.mark.parametrize(
    "error",
    [redis.OutOfMemoryError("full"), redis.ReadOnlyError("replica"), redis.ResponseError("BUSY a script runs")],
    ids=["full", "read-only", "busy"],
)
def test_a_server_that_answers_quickly_does_not_open_it(time: Time, error: redis.RedisError) -> None:
    breaker = RedisBreaker(failures=2, monotonic=time)
    for _ in range(5):
        breaker.failed("x", error)
    assert breaker.allows()


def test_an_open_road_raises_one_kind_of_error(gone: Any) -> None:
    for _ in range(3):
        with pytest.raises(RedisUnavailable), guarded(gone, "test"):
            gone.ping()
    assert breaker_of(gone).open


def test_what_is_not_of_redis_passes_through(gone: Any) -> None:
    with pytest.raises(ZeroDivisionError), guarded(gone, "test"):
        raise ZeroDivisionError
    assert not breaker_of(gone).open
