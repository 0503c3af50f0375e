from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.backoff import SERVER_AWAY, Backoff, Retry
from service.embedded.supervisor import RESTART_BACK_OFF

backoffs = st.builds(
    lambda first, factor, jitter: Backoff.doubling(first, first * factor, jitter=jitter),
    st.floats(0.001, 100.0),
    st.floats(1.0, 1000.0),
    st.floats(0.0, 1.0),
)
draws = st.floats(0.0, 1.0, exclude_max=True)


@pytest.mark.parametrize(
    ("backoff", "delays"),
    [
        pytest.param(Backoff.doubling(0.1, 5.0), [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0, 5.0], id="doubling"),
        pytest.param(Backoff.doubling(2.0, 2.0), [2.0, 2.0], id="nothing to double"),
        pytest.param(Backoff((60.0, 300.0, 30.0)), [60.0, 300.0, 30.0, 30.0], id="schedule"),
        pytest.param(RESTART_BACK_OFF, [0.25, 0.5, 1, 2, 4, 8, 16, 30, 30], id="restarts"),
    ],
)
def test_delays_in_a_row(backoff: Backoff, delays: list[float]) -> None:
    assert [backoff.delay(n) for n in range(1, len(delays) + 1)] == delays
    assert backoff.delay(10**9) == delays[-1]


@pytest.mark.parametrize(("drawn", "seconds"), [(0.0, 1.0), (0.5, 2.0), (0.75, 2.5)])
def test_jitter_moves_a_delay_either_way(drawn: float, seconds: float) -> None:
    assert Backoff((2.0,), jitter=0.5).delay(1, lambda: drawn) == seconds


@given(backoff=backoffs, failures=st.integers(1, 10_000), drawn=draws)
def test_a_delay_stays_within_its_jitter(backoff: Backoff, failures: int, drawn: float) -> None:
    exact = Backoff(backoff.delays).delay(failures)
    delay = backoff.delay(failures, lambda: drawn)
    assert exact * (1 - backoff.jitter) * 0.999 <= delay <= exact * (1 + backoff.jitter) * 1.001


@given(backoff=backoffs, failures=st.integers(1, 100))
def test_nobody_waits_less_after_more_failures(backoff: Backoff, failures: int) -> None:
    exact = Backoff(backoff.delays)
    assert exact.delay(failures) <= exact.delay(failures + 1) <= max(backoff.delays)


def test_a_schedule_in_the_database_ends() -> None:
    backoff, now = Backoff((60.0, 3600.0)), datetime(2026, 5, 1, tzinfo=UTC)
    assert [backoff.next_at(n, now) - now for n in (1, 2)] == [timedelta(minutes=1), timedelta(hours=1)]
    assert [backoff.exhausted(n) for n in (1, 2, 3)] == [False, False, True]


def test_a_success_starts_anew() -> None:
    retry = Retry(Backoff.doubling(1.0, 60.0, jitter=1.0), draw=lambda: 0.75)
    assert [retry.failed() for _ in range(3)] == [1.5, 3.0, 6.0]
    retry.succeeded()
    assert retry.failed() == 1.5


def test_two_clients_of_a_server_that_is_away_do_not_come_back_together() -> None:
    one, other = Retry(SERVER_AWAY, draw=lambda: 0.2), Retry(SERVER_AWAY, draw=lambda: 0.8)
    assert all(one.failed() != other.failed() for _ in range(20))


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda: Backoff(()), id="no delays"),
        pytest.param(lambda: Backoff((-1.0,)), id="below zero"),
        pytest.param(lambda: Backoff((1.0,), jitter=1.5), id="jitter beyond the delay"),
        pytest.param(lambda: Backoff.doubling(0.0, 5.0), id="never grows"),
        pytest.param(lambda: Backoff.doubling(2.0, 1.0), id="longest is shorter"),
        pytest.param(lambda: Backoff((1.0,)).delay(0), id="nothing failed"),
    ],
)
def test_what_makes_no_sense_is_refused(make: Callable[[], object]) -> None:
    with pytest.raises(ValueError):
        make()
