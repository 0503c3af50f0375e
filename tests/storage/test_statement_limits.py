"""A statement of a web request is stopped by its limit, and when its client leaves; nobody else's is."""

import asyncio
import json
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import text

from service.app import entrance
from service.errors import Unavailable
from service.settings import Settings
from service.statement_limits import ClientLeft, Departure, TookTooLong, working_for
from service.wiring import Services, wire
from tests.settings import make_settings
from tests.waiting import wait_until

ENDLESS = text("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest, redis_url: str) -> Settings:
    if request.param == "sqlite":
        found: Settings = request.getfixturevalue("settings")
        return found
    return make_settings(request.getfixturevalue("postgres_url"), redis_url)


@pytest.fixture
def short(database: Settings) -> Iterator[Services]:
    services = wire(database, statement_seconds=0.05)
    yield services
    services.close()


@pytest.fixture
def long(database: Settings) -> Iterator[Services]:
    services = wire(database, statement_seconds=60)
    yield services
    services.close()


@pytest.mark.parametrize("way", ["read", "write"])
def test_a_statement_is_stopped_and_the_next_one_works(short: Services, way: str) -> None:
    for _ in range(2):
        with pytest.raises(TookTooLong) as refused, getattr(short, way)() as session:
            session.scalar(ENDLESS)
        assert (refused.value.status, refused.value.code) == (503, "took_too_long")
        assert "Retry-After" in refused.value.headers
        with getattr(short, way)() as session:
            assert session.scalar(text("SELECT 1")) == 1


def test_a_worker_has_no_limit(database: Settings) -> None:
    services = wire(database)
    with services.read() as session:
        if services.settings.sqlite:
            assert "rejoinder.deadline" not in session.connection().info
        else:
            assert session.scalar(text("SHOW statement_timeout")) == "0"
    services.close()


def test_what_is_read_for_a_client_that_left_is_stopped(long: Services) -> None:
    departure, raised = Departure(), list[Exception]()

    def work() -> None:
        with working_for(departure, stops=True):
            for statement in (ENDLESS, text("SELECT 1")):
                try:
                    with long.read() as session:
                        session.scalar(statement)
                except Unavailable as error:
                    raised.append(error)

    thread = threading.Thread(target=work)
    thread.start()

    def ended() -> bool:
        # Again and again: the first may come before the statement does.
        departure.leave()
        return not thread.is_alive()

    wait_until(ended, what="the thread")
    assert isinstance(raised[-1], ClientLeft)
    assert len(raised) == 2
    with long.read() as session:
        assert session.scalar(text("SELECT 1")) == 1, "its connection serves others"


def test_what_is_written_for_a_client_that_left_is_done(long: Services) -> None:
    departure = Departure()
    departure.leave()
    with working_for(departure, stops=False), long.read() as session:
        assert session.scalar(text("SELECT 1")) == 1
    with working_for(departure, stops=True), long.write() as session:
        assert session.scalar(text("SELECT 1")) == 1


class Gone:
    """A connection whose client left as soon as the request was there."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, Any]] = []

    async def client_disconnect(self) -> None:
        await asyncio.sleep(0)

    def response_bytes(self, status: int, _headers: Any, body: bytes) -> None:
        self.answers.append((status, json.loads(body)))


def test_the_desk_hears_of_a_client_that_left(settings: Settings) -> None:
    services = wire(settings, statement_seconds=60)
    through = entrance(services, 1)
    asked, answers = threading.Event(), Gone()

    def endless(environ: Any, start: Any) -> list[bytes]:
        asked.set()
        try:
            with services.read() as session:
                session.scalar(ENDLESS)
        except Unavailable as error:
            start("503 Service Unavailable", [])
            return [json.dumps(error.problem()).encode()]
        return []

    async def client_disconnect() -> None:
        await asyncio.get_running_loop().run_in_executor(None, asked.wait)

    through._app = endless
    answers.client_disconnect = client_disconnect  # type: ignore[method-assign]
    scope = SimpleNamespace(
        method="GET", path="/api/v1/moderation/queue", query_string="", server="127.0.0.1:80", client="192.0.2.1:1",
        scheme="http", http_version="1.1", headers={"host": "localhost"},
    )  # fmt: skip
    asyncio.run(through.__rsgi__(scope, answers))
    assert [status for status, _ in answers.answers] == [503]
    services.close()


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("threshold", "compiles", "processes"), [("5", "off", "0"), ("0", "off", "0"), ("off", "on", "2")]
)
def test_postgresql_plans_short_statements_unless_a_pooler_has_the_session(
    postgres_url: str, redis_url: str, threshold: str, compiles: str, processes: str
) -> None:
    """It neither compiles them nor starts processes for them."""
    services = wire(make_settings(postgres_url, redis_url, REJOINDER_PREPARE_THRESHOLD=threshold))
    try:
        for _ in range(2):
            with services.read() as session:
                assert session.scalar(text("SHOW jit")) == compiles
                assert session.scalar(text("SHOW max_parallel_workers_per_gather")) == processes
                session.rollback()
    finally:
        services.close()
