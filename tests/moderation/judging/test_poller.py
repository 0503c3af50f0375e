"""Judging without Redis: what waits is found in the database, once."""

from dataclasses import replace

import pytest

from models import Site, Status
from service.moderation.judging.poller import Poller
from service.moderation.judging.worker import Worker
from service.wiring import Services, make_redis
from tests.factories import add_comment, add_thread
from tests.fixed_clock import FixedClock
from tests.lookups import seen


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
