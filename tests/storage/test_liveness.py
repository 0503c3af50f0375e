"""A connection that its server closed costs nobody a request, and one that was used a moment ago costs no question."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, text

from models.database.liveness import RESTED_SECONDS, check_before_use

pytestmark = pytest.mark.postgres


class Watch:
    """A clock that stands still, and how often a server was asked whether it is there."""

    now = 0.0
    asked = 0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def engine(postgres_url: str, watch: Watch, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    engine = create_engine(postgres_url.replace("postgresql://", "postgresql+psycopg://"))
    check_before_use(engine, watch)
    ping = engine.dialect.do_ping

    def counted(driver: Any) -> bool:
        watch.asked += 1
        return ping(driver)

    monkeypatch.setattr(engine.dialect, "do_ping", counted)
    yield engine
    engine.dispose()


def backend(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(connection.execute(text("SELECT pg_backend_pid()")).scalar_one())


def end_all_but_own(engine: Engine) -> None:
    """As a restarted server does, and waits until they are gone."""
    ending = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND usename"
    with engine.connect() as connection:
        connection.execute(text(f"{ending} IS NOT NULL AND datname = current_database()")).all()


def test_what_the_server_closed_is_opened_anew(engine: Engine, watch: Watch, postgres_url: str) -> None:
    with engine.connect(), engine.connect():
        pass  # Two that rest in the pool.
    before = backend(engine)
    other = create_engine(postgres_url.replace("postgresql://", "postgresql+psycopg://"))
    end_all_but_own(other)
    other.dispose()
    assert backend(engine) != before
    # The other one is as old, and went with it.
    with engine.connect() as first, engine.connect() as second:
        assert [one.execute(text("SELECT 1")).scalar_one() for one in (first, second)] == [1, 1]
    assert watch.asked == 1


def test_only_one_that_rested_is_asked(engine: Engine, watch: Watch) -> None:
    first = backend(engine)
    watch.now += RESTED_SECONDS / 2
    assert (backend(engine), watch.asked) == (first, 0)
    watch.now += RESTED_SECONDS
    assert (backend(engine), watch.asked) == (first, 1)
