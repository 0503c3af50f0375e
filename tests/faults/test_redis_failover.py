"""Redis fails over and moves while comments come in: each that was accepted is there once and decided once."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest
from sqlalchemy import func, select

from models import Comment, Decision, Site, Thread
from service.app import create_app
from service.intake.receive import EXTENSION
from service.redis_address import cluster_prefix
from service.wiring import Services
from tests.environment import unavailable
from tests.faults.invariants import unjudged, wait_until_judged
from tests.intake.reader import Reader
from tests.topologies import REDIS_SERVER, Cluster, Sentinels, cluster, sentinels
from tests.waiting import wait_until

READERS = 4
# Comments between two harms, so that each meets some.
BETWEEN = 40
# A key of ours: all are in its slot.
NAME = f"{cluster_prefix('rejoinder:')}comments"
# Seconds: what the docs promise.
BOUND = 30.0

Harm = Callable[[], object]


@pytest.fixture
def servers(request: pytest.FixtureRequest) -> Iterator[Sentinels | Cluster]:
    if REDIS_SERVER is None:
        unavailable("redis-server")
    with {"sentinels": sentinels, "cluster": cluster}[request.param]() as running:
        yield running


@pytest.fixture
def redis_url(servers: Sentinels | Cluster) -> str:
    return servers.url


@pytest.fixture
def harms(servers: Sentinels | Cluster) -> list[Harm]:
    if isinstance(servers, Sentinels):
        return [servers.failover]
    return [lambda: servers.reshard(NAME), lambda: servers.failover(NAME)]


@pytest.mark.parametrize(
    ("servers", "database_url"),
    [
        pytest.param("sentinels", "sqlite", id="sentinels"),
        pytest.param("cluster", "postgres", id="cluster", marks=pytest.mark.postgres),
    ],
    indirect=True,
)
def test_nothing_is_lost_and_each_is_decided_once(
    services: Services, working: Services, site: Site, thread: Thread, harms: list[Harm]
) -> None:
    app = create_app(services, ("service.intake.routes",))
    over = threading.Event()
    numbers = count()
    accepted: list[str] = []

    def write() -> None:
        reader = Reader(app.test_client(), services, site)
        while not over.is_set():
            n = next(numbers)
            answer = reader.posted(
                thread=thread.key, body=f"On the lock gates, remark {n}.", email=f"ada{n}@example.org"
            )
            accepted.append(answer["id"])

    def come_in() -> None:
        before = len(accepted)

        # A writer that has ended was refused: its result says why.
        def ended() -> bool:
            return any(one.done() for one in writing)

        wait_until(lambda: len(accepted) >= before + BETWEEN or ended(), what="more comments")

    with ThreadPoolExecutor(READERS) as pool:
        writing = [pool.submit(write) for _ in range(READERS)]
        try:
            for harm in harms:
                come_in()
                harm()
            come_in()
        finally:
            over.set()
    for one in writing:
        one.result()
    app.extensions[EXTENSION].commits.close()
    wait_until_judged(services, seconds=BOUND)
    with services.read() as session:
        found = list(session.scalars(select(Comment.id)))
        decided = dict(session.execute(select(Decision.comment_id, func.count()).group_by(Decision.comment_id)).all())
    assert len(accepted) > BETWEEN * (len(harms) + 1)
    assert sorted(found) == sorted(accepted)
    assert decided == dict.fromkeys(accepted, 1)
    assert unjudged(services) == 0
