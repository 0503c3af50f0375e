"""Everything here runs on both databases: what is killed between two writes is different on each."""

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from models import Site, Thread
from service.backoff import Backoff
from service.moderation.judging import feeder
from service.moderation.judging import worker as worker_module
from service.moderation.judging.worker import Worker
from service.moderation.outbox import sweep
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


@pytest.fixture
def working(services: Services, monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    """A worker and a sweep at work, impatient ones: what takes half a minute takes a second."""
    monkeypatch.setattr(feeder, "CLAIM_EVERY", 0.2)
    for module in (feeder, worker_module):
        monkeypatch.setattr(module, "SERVER_AWAY", Backoff.doubling(0.1, 0.3))
    monkeypatch.setattr(sweep, "SWEEP_EVERY", 0.2)
    monkeypatch.setattr(sweep, "RECONCILE_EVERY", 0.2)
    monkeypatch.setattr(sweep, "RESEND_AFTER", timedelta(seconds=1))
    monkeypatch.setattr(sweep, "COMMIT_MOST", timedelta(0))
    # As the service makes them, but with less patience for a server that says nothing.
    own = wire(make_settings(str(services.engine.url.render_as_string(False)), services.settings.redis_url))
    own.slow_redis.connection_pool.connection_kwargs["socket_timeout"] = 2.0
    stop = threading.Event()
    worker = Worker(own)
    worker.reader._claim_ms = 500
    crew = [threading.Thread(target=worker.run, args=[stop]), threading.Thread(target=sweep.run, args=[own, stop])]
    for thread in crew:
        thread.start()
    yield own
    stop.set()
    for thread in crew:
        thread.join(20)
    assert not any(thread.is_alive() for thread in crew)
    own.close()


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
