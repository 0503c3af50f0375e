"""A rule that does not come to an end takes no neighbour along, and its comment goes where the rule says."""

import signal
import threading
from collections.abc import Iterator

import pytest

from models import Site, Status, Thread
from service.moderation.watchdog import suspects
from service.queue.stream import send
from service.wiring import Services
from tests.factories import add_comment, add_policy_version
from tests.faults import stuck_worker_process
from tests.faults.invariants import add_comments, forget_worker, pending_messages, unjudged, wait_until_judged
from tests.forked import Forked
from tests.lookups import decisions, seen
from tests.waiting import wait_until

COUNT = 15


@pytest.fixture
def lost(database_url: str, redis_url: str, services: Services) -> Iterator[list[int]]:
    """A worker that is started again whenever it ends, as every supervisor does; the exit codes so far."""
    codes: list[int] = []
    over = threading.Event()
    running: list[Forked] = []

    def supervise() -> None:
        while not over.is_set():
            running[:] = [Forked(stuck_worker_process.main, database_url, redis_url)]
            if over.is_set():  # Meanwhile: the signal went to the one before. Nobody may go on reading this Redis.
                running[0].send_signal(signal.SIGTERM)
            code = running[0].wait()
            forget_worker(services, running[0].pid)
            if not over.is_set():
                codes.append(code)

    supervisor = threading.Thread(target=supervise)
    supervisor.start()
    yield codes
    over.set()
    running[0].send_signal(signal.SIGTERM)
    supervisor.join(30)
    # One that would not stop would read beside the workers of every later test.
    running[0].kill()
    supervisor.join(30)
    assert not supervisor.is_alive()


@pytest.mark.timeout(240)
@pytest.mark.parametrize(
    ("text", "deaths"),
    [
        pytest.param("This is stuck in a loop.", 0, id="python"),
        pytest.param("This is stuck in a wait.", 1, id="c, others may run"),
        pytest.param("This is stuck in a pattern.", 2, id="c, nobody else runs"),
    ],
)
def test_a_rule_that_never_ends_is_cut_off(
    services: Services, thread: Thread, lost: list[int], text: str, deaths: int
) -> None:
    around = add_comments(services, thread, COUNT)
    poison = add_comment(services, thread, text)
    around += add_comments(services, thread, COUNT)
    send(services.slow_redis, [(comment.id, 0) for comment in [*around[:COUNT], poison, *around[COUNT:]]])
    wait_until_judged(services, seconds=200)
    assert {seen(services, comment.id).status for comment in around} == {Status.APPROVED}
    assert seen(services, poison.id).status is Status.PENDING
    (decision,) = decisions(services, poison.id)
    assert [(found["rule"], found["code"]) for found in decision.findings if found.get("could_not_check")] == [
        ("shouting", "cut_off")
    ]
    assert len(lost) >= deaths
    wait_until(lambda: pending_messages(services) == 0, what="the acknowledgement")
    assert suspects.load(services.redis, poison.id) == ()


@pytest.mark.timeout(240)
def test_a_rule_that_never_ends_on_any_comment_stops_no_queue(
    services: Services, site: Site, thread: Thread, lost: list[int]
) -> None:
    add_policy_version(services, site, "rules: {shouting: {cannot: null}}")
    made = [add_comment(services, thread, f"Stuck in a loop, remark {n} of many.") for n in range(COUNT)]
    send(services.slow_redis, [(comment.id, 0) for comment in made])
    wait_until_judged(services)
    assert unjudged(services) == 0
    # The policy says of this rule: where it can't run, never mind.
    assert {seen(services, comment.id).status for comment in made} == {Status.APPROVED}
    assert lost == []


def test_the_dead_letter_names_the_rule(services: Services, thread: Thread) -> None:
    from service.moderation.judging.dead_letters import give_up

    comment = add_comment(services, thread, "A plain remark.")
    suspects.save(services.redis, comment.id, "patterns", "learned")
    give_up(services, comment.id, "WorkerKilled")
    (decision,) = decisions(services, comment.id)
    assert decision.findings[0]["message"].endswith("Workers were lost in: patterns, learned.")
