"""Judging without Redis: what waits is found in the database, once."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
import redis
from sqlalchemy import event, func, select

from models import Decision, Site, Status
from service.moderation.judging.poller import Poller
from service.moderation.judging.worker import Worker
from service.queue.stream import send
from service.wiring import Services, make_redis, wire
from tests.factories import add_comment, add_site, add_thread
from tests.fixed_clock import FixedClock
from tests.lookups import decisions, seen
from tests.servers import RedisServer, valkey_binary
from tests.settings import make_settings


@pytest.mark.parametrize(("redis_works", "seconds"), [(False, 6), (True, 26)])
def test_two_workers_take_what_waits_once(
    services: Services, fixed_clock: FixedClock, site: Site, redis_works: bool, seconds: int
) -> None:
    comment = add_comment(services, add_thread(services, site))
    if not redis_works:
        services = replace(services, redis=make_redis("unix:///nonexistent/socket", 0.25))
    workers = [Worker(services, consumer=name) for name in "ab"]
    pollers = [Poller(services, worker.feeder) for worker in workers]
    fixed_clock.advance(seconds=seconds - 2)
    assert [poller.poll() for poller in pollers] == [0, 0]
    fixed_clock.advance(seconds=2)
    assert [poller.poll() for poller in pollers] == [1, 0]
    for batch in workers[0].feeder.leftovers():
        workers[0].process(batch)
        workers[0].feeder.done(batch)
    assert workers[0].feeder.polled == 0
    assert seen(services, comment.id).status is not Status.RECEIVED
    fixed_clock.advance(seconds=60)
    assert [poller.poll() for poller in pollers] == [0, 0]


@pytest.mark.postgres
def test_two_that_look_at_the_same_moment_decide_once(postgres_services: Services, fixed_clock: FixedClock) -> None:
    services = replace(postgres_services, redis=make_redis("unix:///nonexistent/socket", 0.25))
    thread = add_thread(services, add_site(services, first_comments_held=False))
    comments = [add_comment(services, thread, f"On the lock gates, remark {n}.") for n in range(50)]
    fixed_clock.advance(seconds=6)
    workers = [Worker(services, consumer=name) for name in "ab"]
    both = threading.Barrier(2)

    def meet(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if "SKIP LOCKED" in statement:
            # Each has its transaction, and neither has taken a row.
            both.wait(20)

    def judge(worker: Worker) -> int:
        taken = Poller(services, worker.feeder).poll()
        for batch in worker.feeder.leftovers():
            worker.process(batch)
            worker.feeder.done(batch)
        return taken

    event.listen(services.engine, "before_cursor_execute", meet)
    try:
        with ThreadPoolExecutor(2) as pool:
            taken = list(pool.map(judge, workers))
    finally:
        event.remove(services.engine, "before_cursor_execute", meet)
    with services.read() as session:
        decided = dict(session.execute(select(Decision.comment_id, func.count()).group_by(Decision.comment_id)).all())
    assert sum(taken) == len(comments)
    assert decided == {comment.id: 1 for comment in comments}


@pytest.fixture
def broken(services: Services, fixed_clock: FixedClock) -> Iterator[tuple[Services, RedisServer]]:
    """The services on a Redis of this test's own."""
    with RedisServer(valkey_binary()) as server:
        settings = make_settings(str(services.engine.url.render_as_string(False)), server.url)
        own = wire(settings, fixed_clock.clock())
        yield own, server
        own.close()


Harm = Callable[[RedisServer, Any], object]
HARMS: dict[str, Harm] = {
    "gone": lambda server, _: server.stop(),
    "full": lambda _, admin: admin.config_set("maxmemory", "1"),
    "read-only": lambda _, admin: admin.replicaof("127.0.0.1", "1"),
    # It works, and has forgotten what it was told.
    "flushed": lambda _, admin: admin.flushall(),
}


@pytest.mark.parametrize("harm", HARMS.values(), ids=HARMS)
def test_nothing_waits_longer_than_half_a_minute(
    broken: tuple[Services, RedisServer], fixed_clock: FixedClock, site: Site, harm: Harm
) -> None:
    services, server = broken
    with redis.Redis(unix_socket_path=server.path) as admin:
        comment = add_comment(services, add_thread(services, site))
        worker = Worker(services, consumer="a")
        poller = Poller(services, worker.feeder)
        worker.reader.make_group()
        assert send(services.redis, [(comment.id, 0)])
        harm(server, admin)
    for _ in range(15):
        fixed_clock.advance(seconds=2)
        poller.poll()
        for batch in worker.feeder.leftovers():
            worker.process(batch)
            worker.feeder.done(batch)
    assert seen(services, comment.id).status is not Status.RECEIVED
    assert len(decisions(services, comment.id)) == 1
