"""Everything here runs on both databases: what is killed between two writes is different on each."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from models import Site, Thread
from service.wiring import Services, wire
from tests.factories import add_site, add_thread
from tests.faults import worker_process
from tests.forked import Forked
from tests.settings import make_settings
from tests.sharing.databases import make_tables


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgres":
        return str(request.getfixturevalue("postgres_url_with_tables"))
    return f"sqlite:///{tmp_path / 'faults.db'}"


@pytest.fixture
def services(database_url: str, redis_url: str) -> Iterator[Services]:
    """With the machine's own clock: other processes take part."""
    services = wire(make_settings(database_url, redis_url))
    if services.engine.dialect.name == "sqlite":
        make_tables(services.engine)
    yield services
    services.close()


@pytest.fixture
def site(services: Services) -> Site:
    return add_site(services, first_comments_held=False)


@pytest.fixture
def thread(services: Services, site: Site) -> Thread:
    return add_thread(services, site)


Started = Callable[..., Forked]


@pytest.fixture
def start_worker(database_url: str, redis_url: str) -> Iterator[Started]:
    """Starts a worker process, to be killed at a step or to run until it is stopped."""
    started: list[Forked] = []

    def start(step: str = "", outgoing: str = "") -> Forked:
        started.append(Forked(worker_process.main, database_url, redis_url, step, outgoing))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait(10)
