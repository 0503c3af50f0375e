"""A worker is killed while an outside check has its comments: another one asks again and judges them."""

import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from models import CheckKind, Site, Thread
from service.moderation.network.outside.setup import CheckSettings, set_check
from service.queue.stream import send
from service.wiring import Services
from tests.factories import add_policy_version
from tests.fake_https_server import FakeHttpsServer, http
from tests.faults.conftest import Started
from tests.faults.invariants import add_comments, check, forget_worker, pending_messages, unjudged, wait_until_judged
from tests.waiting import wait_until

COUNT = 3


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHttpsServer]:
    """Its certificate and its network are known to the processes that the test starts."""
    server = FakeHttpsServer(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(server.certificate))
    yield server
    server.close()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM], ids=["killed", "stopped"])
def test_what_was_being_asked_is_judged_by_another_worker(
    services: Services, site: Site, thread: Thread, server: FakeHttpsServer, start_worker: Started, how: signal.Signals
) -> None:
    now = services.clock.now()
    add_policy_version(services, site, "mode: automatic\nrules: {outside_check: {enabled: true, cannot: pending}}\n")
    with services.write() as session:
        wanted = CheckSettings(CheckKind.AKISMET, server.url, "the-api-key", timeout=5.0)
        set_check(session, services.keyring, server.client(), site, "akismet", wanted, now)
    silence = threading.Event()
    server.answering = lambda _heard: (silence.wait(30), None)[1]
    comments = add_comments(services, thread, COUNT)
    send(services.slow_redis, [(comment.id, 0) for comment in comments])
    victim = start_worker(outgoing="127.0.0.0/8")
    wait_until(lambda: len(server.heard) == COUNT, what="the questions")
    if how is signal.SIGTERM:
        # What is being asked may still be answered; a stopped worker gives it its time.
        silence.set()
    victim.send_signal(how)
    assert victim.wait(20) == (0 if how is signal.SIGTERM else -signal.SIGKILL)
    if how is signal.SIGTERM:
        assert unjudged(services) == 0
        return
    assert unjudged(services) == COUNT
    server.answering = lambda _heard: http(b"false")
    forget_worker(services, victim.pid)
    start_worker(outgoing="127.0.0.0/8")
    wait_until_judged(services)
    wait_until(lambda: pending_messages(services) == 0, what="the acknowledgement")
    check(services, thread, COUNT)
    assert len(server.heard) == 2 * COUNT
