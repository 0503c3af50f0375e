"""The slow lane, against a name server of the test's own on the loopback."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from models import Comment, Site, Status, Thread
from service.moderation.judging.feeder import Batch, BatchKind
from service.moderation.judging.worker import Worker
from service.moderation.network import slow_lane
from service.moderation.network.mail_domains import LOOKUP_SECONDS, dns_lookup
from service.moderation.network.network_facts import NetworkFacts, name_servers
from service.moderation.network.outside.setup import LONGEST_SECONDS
from service.moderation.network.slow_lane import LIMITS, QUEUED_SECONDS, TICK, Limits, NetworkQuestion, SlowLane
from service.queue.stream import CLAIM_SECONDS, MODERATION, STREAM, send
from service.redis_keys import key
from service.wiring import Services
from tests.factories import add_comment, add_thread
from tests.lookups import decisions, seen
from tests.name_server import NameServer
from tests.waiting import wait_until

# Without the time that comments wait whatever is known.
AT_ONCE = {kind: replace(limit, wait=0.0) for kind, limit in LIMITS.items()}


@pytest.fixture
def names() -> Iterator[NameServer]:
    with NameServer() as server:
        yield server


class Released:
    def __init__(self) -> None:
        self.items: list[Any] = []

    def __call__(self, items: list[Any]) -> None:
        self.items += items


def _about(key: str, ask: Any = lambda: True, **more: Any) -> NetworkQuestion:
    return NetworkQuestion("domain", key, ask, **more)


def test_one_lookup_serves_all_that_wait_and_is_remembered(names: NameServer) -> None:
    released, gate = Released(), threading.Event()

    def look_up() -> bool | None:
        gate.wait(5)
        return dns_lookup(names.servers())("good.test")

    lane, good = SlowLane(released, limits=AT_ONCE), _about("good.test", look_up)
    assert all(lane.set_aside(n, [_about("good.test", look_up)]) for n in range(5))
    assert lane.known(good) == (False, None)
    gate.set()
    wait_until(lambda: len(released.items) == 5)
    assert lane.known(good) == (True, True)
    assert names.asked.count("good.test.") == 1
    lane.close()


def test_who_waits_for_several_answers_goes_on_when_all_are_there() -> None:
    released, gates = Released(), [threading.Event(), threading.Event()]
    lane = SlowLane(released, limits=AT_ONCE)
    first, second = _about("a", lambda: gates[0].wait(10)), NetworkQuestion("outside", "b", lambda: gates[1].wait(10))
    lane.set_aside("both", [first, second])
    lane.set_aside("one", [first])
    gates[0].set()
    wait_until(lambda: released.items == ["one"])
    assert (lane.known(first), lane.known(second)) == ((True, True), (False, None))
    gates[1].set()
    wait_until(lambda: released.items == ["one", "both"])
    lane.close()


def test_what_was_answered_meanwhile_is_not_asked_again() -> None:
    released, asked = Released(), []
    lane = SlowLane(released, limits=AT_ONCE)
    for n in range(2):
        lane.set_aside(n, [_about("a", lambda: asked.append(1) or True)])
        wait_until(lambda n=n: len(released.items) == n + 1)
    assert len(asked) == 1
    lane.close()


def test_a_kind_that_hangs_does_not_hold_up_the_other() -> None:
    released, gate = Released(), threading.Event()
    lane = SlowLane(released, limits=AT_ONCE)
    for n in range(20):
        lane.set_aside(n, [NetworkQuestion("outside", n, lambda: gate.wait(10), group=str(n))])
    lane.set_aside("domain", [_about("a")])
    wait_until(lambda: released.items == ["domain"])
    gate.set()
    lane.close()


def test_a_question_that_raises_has_no_answer() -> None:
    released = Released()
    lane = SlowLane(released, limits=AT_ONCE)
    lane.set_aside(1, [_about("a", lambda: 1 // 0)])
    wait_until(lambda: released.items == [1])
    assert lane.known(_about("a")) == (True, None)
    lane.close()


def test_what_waited_too_long_is_let_go_without_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slow_lane, "QUEUED_SECONDS", 0.0)
    released = Released()
    lane = SlowLane(released, limits=AT_ONCE)
    lane.set_aside(1, [_about("a")])
    wait_until(lambda: released.items == [1])
    assert lane.known(_about("a")) == (True, None)
    lane.close()


def test_a_full_lane_takes_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slow_lane, "MOST_WAITING", 2)
    gate, released = threading.Event(), Released()
    lane = SlowLane(released, limits=AT_ONCE)
    assert [lane.set_aside(n, [_about(str(n), lambda: gate.wait(5))]) for n in range(3)] == [True, True, False]
    gate.set()
    wait_until(lambda: len(released.items) == 2)
    lane.close()


def test_closing_releases_what_can_do_without() -> None:
    gate, released = threading.Event(), Released()
    lane = SlowLane(released, limits={kind: Limits(1, 1, 60, 60, limit.needless) for kind, limit in LIMITS.items()})
    for n in range(20):
        lane.set_aside(n, [_about(str(n), lambda: gate.wait(5))])
    for n in range(20, 23):
        lane.set_aside(n, [NetworkQuestion("outside", n, lambda: gate.wait(5))])
    lane.set_aside("both", [_about("19"), NetworkQuestion("outside", 22, lambda: True)])
    threading.Timer(0.2, gate.set).start()
    lane.close()
    # Of those who need an answer only the one that was being asked for: the others' messages come again.
    assert sorted(released.items, key=str) == sorted(range(21), key=str)
    assert lane.set_aside("late", [NetworkQuestion("outside", "late", lambda: True)])
    assert "late" not in released.items


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


WAIT = LIMITS["domain"].wait


def test_all_wait_equally_long_whatever_is_known() -> None:
    clock, released, gate = Clock(), Released(), threading.Event()
    lane = SlowLane(released, monotonic=clock, keeps_time=False)
    known, quick, slow = _about("known"), _about("quick"), _about("slow", lambda: gate.wait(10))
    lane.set_aside("first", [known])
    wait_until(lambda: lane.known(known)[0])
    clock.now += WAIT + TICK
    lane.release_due()
    assert released.items == ["first"]
    lane.set_aside("known", [known])
    lane.set_aside("quick", [quick])
    lane.set_aside("slow", [slow])
    wait_until(lambda: lane.known(quick)[0])
    clock.now += WAIT - 0.001
    assert 0 < (lane.release_due() or 0) <= TICK + 0.001
    assert released.items == ["first"]
    clock.now += TICK + 0.001
    assert lane.release_due() is None
    assert released.items == ["first", "known", "quick", "slow"]
    # What was not answered in time is not waited for again, and its answer serves the next one.
    assert [lane.holds_back(slow, item) for item in ("slow", "another")] == [False, True]
    gate.set()
    wait_until(lambda: lane.known(slow) == (True, True))
    lane.close()


def test_who_waits_for_another_answer_too_waits_for_both() -> None:
    clock, released, gate = Clock(), Released(), threading.Event()
    lane = SlowLane(released, monotonic=clock, keeps_time=False)
    other = NetworkQuestion("outside", "a", lambda: gate.wait(10))
    lane.set_aside("late answer", [_about("a"), other])
    clock.now += WAIT + TICK
    lane.release_due()
    assert released.items == []
    gate.set()
    wait_until(lambda: released.items == ["late answer"])
    lane.set_aside("early answer", [_about("a"), NetworkQuestion("outside", "b", lambda: True)])
    wait_until(lambda: lane.known(NetworkQuestion("outside", "b", lambda: True))[0])
    assert released.items == ["late answer"]
    lane.close()
    assert released.items == ["late answer", "early answer"]


def test_a_thread_keeps_the_time() -> None:
    released = Released()
    limits = {kind: replace(limit, wait=TICK if limit.wait else 0.0) for kind, limit in LIMITS.items()}
    lane = SlowLane(released, limits=limits)
    for n in range(3):
        lane.set_aside(n, [_about("a")])
        wait_until(lambda n=n: released.items == list(range(n + 1)))
    lane.close()


def test_closing_lets_go_of_what_waits_for_its_time() -> None:
    released = Released()
    lane = SlowLane(released, limits={kind: replace(limit, wait=600.0) for kind, limit in LIMITS.items()})
    lane.set_aside(1, [_about("a")])
    lane.close()
    assert released.items == [1]
    assert lane.set_aside("late", [_about("b")])
    assert released.items == [1, "late"]


def test_nothing_waits_longer_than_a_message_may() -> None:
    assert QUEUED_SECONDS + max(LOOKUP_SECONDS, LONGEST_SECONDS) < CLAIM_SECONDS * 2 / 3
    assert WAIT + TICK < CLAIM_SECONDS * 2 / 3


@pytest.fixture
def thread(services: Services, site: Site) -> Thread:
    return add_thread(services, site)


def _with_address(services: Services, thread: Thread, address: str) -> Comment:
    return add_comment(services, thread, f"From {address.partition('@')[0]}", address=address)


def test_the_slow_do_not_delay_the_others(
    services: Services, thread: Thread, names: NameServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.moderation.policies.site_policy.SitePolicy.needs", lambda _self, *_facts: True)
    batches: list[Batch] = []
    lane = SlowLane(lambda items: batches.append(Batch(BatchKind.RELEASED, items)), limits=AT_ONCE)
    slow_facts = NetworkFacts(services, lane, lookup=dns_lookup(names.servers()))
    worker = Worker(services, consumer="w", slow=slow_facts)
    slow = _with_address(services, thread, "ann@slow.example.org")
    unreachable = _with_address(services, thread, "ben@none.example.org")
    without = add_comment(services, thread, "An address that was erased.")
    send(services.redis, [(comment.id, 0) for comment in (slow, unreachable, without)])
    worker.drain()
    assert seen(services, without.id).status is Status.PENDING
    assert [seen(services, c.id).status for c in (slow, unreachable)] == [Status.RECEIVED] * 2
    wait_until(lambda: len(batches) == 2)
    for batch in batches:
        worker.process(batch)
    assert decisions(services, unreachable.id)[0].facts["unreachable_email"] is True
    told = decisions(services, slow.id)[0]
    assert "unreachable_email" not in told.facts
    (finding,) = (one for one in told.findings if one["rule"] == "unreachable_email")
    assert (finding["could_not_check"], finding["score"], finding.get("verdict")) == (True, 0, None)
    pending: Any = services.redis.xpending(key(services.redis, STREAM), MODERATION)
    assert pending["pending"] == 0
    again = _with_address(services, thread, "cem@none.example.org")
    send(services.redis, [(again.id, 0)])
    worker.drain()
    assert decisions(services, again.id)[0].facts["unreachable_email"] is True
    lane.close()


def test_switched_off_nobody_asks_name_servers(services: Services) -> None:
    assert not services.settings.dns
    assert name_servers(services) is None
