"""The slow lane, against a name server of the test's own on the loopback."""

import socket
import threading
from collections.abc import Iterator
from typing import Any

import dns.flags
import dns.message
import dns.rcode
import dns.resolver
import dns.rrset
import pytest

from models import AddressPurpose, Comment, Site, Status, Thread
from service.moderation import slow_lane
from service.moderation.slow_lane import SlowLane, dns_lookup
from service.moderation.worker import Batch, Worker
from service.privacy.addresses import record_address
from service.queue.stream import MODERATION, STREAM, send
from service.wiring import Services
from tests.moderation.made import add_comment, add_thread, decisions, seen
from tests.real_parts import wait_until


class NameServer:
    """Answers MX for `good.test`, nothing for `none.test`, failure for `broken.test`, silence for `slow.test`."""

    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.asked: list[str] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def resolver(self) -> dns.resolver.Resolver:
        resolver = dns.resolver.Resolver(configure=False)
        resolver.nameservers = ["127.0.0.1"]
        resolver.port = self.socket.getsockname()[1]
        return resolver

    def _serve(self) -> None:
        while True:
            try:
                data, peer = self.socket.recvfrom(4096)
            except OSError:
                return
            query = dns.message.from_wire(data)
            name = query.question[0].name.to_text()
            self.asked.append(name)
            if name.startswith("slow"):
                continue
            response = dns.message.make_response(query)
            response.flags |= dns.flags.RA
            if name.startswith("none"):
                response.set_rcode(dns.rcode.NXDOMAIN)
            elif name.startswith("broken"):
                response.set_rcode(dns.rcode.SERVFAIL)
            elif name.startswith("null"):
                response.answer.append(dns.rrset.from_text(name, 60, "IN", "MX", "0 ."))
            else:
                response.answer.append(dns.rrset.from_text(name, 60, "IN", "MX", "10 mail.good.test."))
            self.socket.sendto(response.to_wire(), peer)


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Iterator[NameServer]:
    monkeypatch.setattr(slow_lane, "LOOKUP_SECONDS", 6.0)
    server = NameServer()
    yield server
    server.socket.close()


@pytest.mark.parametrize(
    ("domain", "answer"),
    [("good.test", True), ("none.test", False), ("null.test", False), ("broken.test", None), ("slow.test", None)],
)
def test_what_name_servers_say_counts_and_silence_does_not(names: NameServer, domain: str, answer: bool | None) -> None:
    assert dns_lookup(names.resolver())(domain) is answer


def test_a_name_server_that_cannot_be_reached_says_nothing() -> None:
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers = []
    assert dns_lookup(resolver)("good.test") is None


class Released:
    def __init__(self) -> None:
        self.items: list[Any] = []

    def __call__(self, items: list[Any]) -> None:
        self.items += items


def test_one_lookup_serves_all_that_wait_and_is_remembered(names: NameServer) -> None:
    released, gate = Released(), threading.Event()

    def look_up(domain: str) -> bool | None:
        gate.wait(5)
        return dns_lookup(names.resolver())(domain)

    lane = SlowLane(look_up, released)
    assert all(lane.set_aside("good.test", n) for n in range(5))
    assert lane.known("good.test") == (False, None)
    gate.set()
    wait_until(lambda: len(released.items) == 5)
    assert lane.known("good.test") == (True, True)
    assert names.asked == ["good.test."]
    lane.close()


def test_what_waited_too_long_is_let_go_without_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slow_lane, "THREADS", 1)
    monkeypatch.setattr(slow_lane, "QUEUED_SECONDS", 0.0)
    released = Released()
    lane = SlowLane(lambda _domain: True, released)
    lane.set_aside("a.test", 1)
    wait_until(lambda: released.items == [1])
    assert lane.known("a.test") == (True, None)
    lane.close()


def test_a_full_lane_takes_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slow_lane, "MOST_WAITING", 2)
    gate, released = threading.Event(), Released()
    lane = SlowLane(lambda _domain: gate.wait(5), released)
    assert [lane.set_aside(f"{n}.test", n) for n in range(3)] == [True, True, False]
    gate.set()
    wait_until(lambda: len(released.items) == 2)
    lane.close()


def test_closing_releases_what_waits() -> None:
    gate, released = threading.Event(), Released()
    lane = SlowLane(lambda _domain: gate.wait(5), released)
    for n in range(20):
        lane.set_aside(f"{n}.test", n)
    threading.Timer(0.2, gate.set).start()
    lane.close()
    assert sorted(released.items) == list(range(20))


@pytest.fixture
def thread(services: Services, site: Site) -> Thread:
    return add_thread(services, site)


def _with_address(services: Services, thread: Thread, address: str) -> Comment:
    comment = add_comment(services, thread, f"From {address.partition('@')[0]}")
    with services.write() as session:
        record_address(
            session,
            services.keyring,
            site_id=comment.site_id,
            purpose=AddressPurpose.SUBMISSION,
            owner_id=comment.id,
            address=address,
            now=services.clock.now(),
        )
    return comment


def test_the_slow_do_not_delay_the_others(
    services: Services, thread: Thread, names: NameServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.moderation.policies.SitePolicy.needs", lambda _self, *_facts: True)
    batches: list[Batch] = []
    lane = SlowLane(dns_lookup(names.resolver()), lambda items: batches.append(Batch(items, waited=True)))
    worker = Worker(services, consumer="w", lane=lane)
    slow = _with_address(services, thread, "ann@slow.example.org")
    unreachable = _with_address(services, thread, "ben@none.example.org")
    without = add_comment(services, thread, "An address that was erased.")
    send(services.redis, [(comment.id, 0) for comment in (slow, unreachable, without)])
    worker.drain()
    assert seen(services, without.id).status is Status.PENDING
    assert [seen(services, c.id).status for c in (slow, unreachable)] == [Status.RECEIVED] * 2
    wait_until(lambda: len(batches) == 2)
    for batch in batches:
        worker.serve(batch)
    assert decisions(services, unreachable.id)[0].facts["unreachable_email"] is True
    assert "unreachable_email" not in decisions(services, slow.id)[0].facts
    pending: Any = services.redis.xpending(STREAM, MODERATION)
    assert pending["pending"] == 0
    again = _with_address(services, thread, "cem@none.example.org")
    send(services.redis, [(again.id, 0)])
    worker.drain()
    assert decisions(services, again.id)[0].facts["unreachable_email"] is True
    lane.close()


def test_switched_off_it_is_not_there(services: Services) -> None:
    assert not services.settings.dns
    assert Worker(services, consumer="w")._lane is None
