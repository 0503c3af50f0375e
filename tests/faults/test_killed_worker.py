import signal

import pytest

from models import Thread
from service.queue.stream import send
from service.wiring import Services
from tests.faults.conftest import Started
from tests.faults.invariants import (
    add_comments,
    check,
    consumers,
    forget_worker,
    pending_messages,
    unjudged,
    wait_until_judged,
)
from tests.faults.worker_process import STEPS
from tests.waiting import wait_until

COUNT = 12


@pytest.mark.parametrize("step", STEPS)
def test_a_worker_is_killed_and_another_finishes(
    services: Services, thread: Thread, start_worker: Started, step: str
) -> None:
    comments = add_comments(services, thread, COUNT)
    send(services.slow_redis, [(comment.id, 0) for comment in comments])
    victim = start_worker(step)
    assert victim.wait(60) == -signal.SIGKILL
    committed = STEPS.index(step) >= STEPS.index("committed")
    assert unjudged(services) == (0 if committed else COUNT)
    assert pending_messages(services) == (0 if step == "acknowledged" else COUNT)
    forget_worker(services, victim.pid)
    start_worker()
    wait_until_judged(services)
    wait_until(lambda: pending_messages(services) == 0, what="the acknowledgement")
    check(services, thread, COUNT)


def test_workers_are_killed_over_and_over_while_comments_arrive(
    services: Services, thread: Thread, start_worker: Started
) -> None:
    start_worker()
    for _ in range(3):
        victim = start_worker()
        comments = add_comments(services, thread, 40)
        send(services.slow_redis, [(comment.id, 0) for comment in comments])
        wait_until(lambda: unjudged(services) < 40, what="some judgement")
        victim.kill()
        victim.wait(10)
        forget_worker(services, victim.pid)
    wait_until_judged(services)
    wait_until(lambda: pending_messages(services) == 0, what="the acknowledgement")
    check(services, thread, 120)


def test_two_workers_share_and_stop_cleanly(services: Services, thread: Thread, start_worker: Started) -> None:
    crew = [start_worker(), start_worker()]
    wait_until(lambda: consumers(services) == 2, what="both workers' start")
    comments = add_comments(services, thread, 100)
    # Twice: deliveries repeat.
    send(services.slow_redis, [(comment.id, 0) for comment in comments + comments[::-1]])
    wait_until_judged(services)
    for worker in crew:
        worker.send_signal(signal.SIGTERM)
    assert [worker.wait(20) for worker in crew] == [0, 0]
    assert pending_messages(services) == 0
    check(services, thread, 100)
