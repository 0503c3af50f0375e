"""Bodies that come late, in part or never."""

import http.client
import json
import os
import signal
import socket
import subprocess
from collections.abc import Iterator

import pytest

from service.app import create_app, entrance
from service.bodies import LEAST_WEIGHT, MOST, MOST_AT_THE_DESK, Budget, Entrance, environ_of
from service.embedded.roles import web_command
from service.publishing.shortcut import Shortcut
from tests.environment import free_port
from tests.factories import add_site
from tests.intake.web_server import FORM, ORIGIN, PATH, Protocol, run, scope
from tests.waiting import wait_until


def app_of(services):
    return Shortcut(create_app(services), services)


@pytest.mark.parametrize(
    ("parts", "headers", "status", "code"),
    [
        pytest.param([b"name=A", b"da"], {"content_length": "8"}, 422, "invalid", id="whole: its fields are looked at"),
        pytest.param([b"name=A", b"d"], {"content_length": "8"}, 400, "cut_off", id="one byte short"),
        pytest.param([], {"content_length": "8"}, 400, "cut_off", id="nothing"),
        pytest.param([b"name=Ada"], {"transfer_encoding": "chunked"}, 422, "invalid", id="no length"),
        pytest.param([], {"content_length": str(MOST + 1)}, 413, "too_large", id="announced too large"),
        pytest.param([], {"content_length": str(9 * MOST)}, 413, "too_large", id="announced far too large"),
        pytest.param([b"x" * MOST, b"x"], {"transfer_encoding": "chunked"}, 413, "too_large", id="becomes too large"),
        pytest.param([b"a=" + b"x" * 60_000], {"transfer_encoding": "chunked"}, 422, "invalid", id="just small enough"),
    ],
)
def test_a_body_is_whole_or_refused(services, site, parts, headers, status, code):
    protocol = Protocol(parts)
    run(entrance(services, 1), (scope(content_type=FORM, accept="application/json", **headers), protocol))
    assert (protocol.status, protocol.code) == (status, code)
    assert ("64 KiB" in json.loads(protocol.answers[0][2]).get("detail", "")) is (code == "too_large")
    # What is still on its way is no request.
    assert (protocol.answers[0][1].get("Connection") == "close") is (code in ("cut_off", "too_large"))


@pytest.mark.parametrize("parts", [[], [b"n", b"a"]], ids=["silent from the start", "silent in the middle"])
def test_a_body_that_does_not_come_is_given_up(services, site, parts):
    through = Entrance(app_of(services), lambda environ: "", threads=1, grace=0.05)
    protocol = Protocol(parts, stays=True)
    run(through, (scope(content_type=FORM, accept="application/json", content_length="500"), protocol))
    assert (protocol.status, protocol.code) == (408, "too_slow")
    assert protocol.answers[0][1]["Connection"] == "close"


def test_a_body_that_keeps_its_rate_has_a_deadline_all_the_same(services, site):
    through = Entrance(app_of(services), lambda environ: "", threads=1, deadline=0.05)
    protocol = Protocol([b"x" * 400], stays=True)
    run(through, (scope(content_type=FORM, accept="application/json", content_length="500"), protocol))
    assert protocol.code == "too_slow"


def test_the_oldest_body_of_the_network_with_the_most_is_given_up_for_another():
    budget = Budget(3 * LEAST_WEIGHT)
    with budget.entry("a") as first, budget.entry("b") as other, budget.entry("b") as second:
        assert budget.used == budget.most
        with budget.entry("c") as third:
            assert [first.given_up, other.given_up, second.given_up, third.given_up] == [False, True, False, False]
            budget.grow(second, 2 * LEAST_WEIGHT)
            assert [first.given_up, second.given_up, third.given_up] == [False, True, False]
    assert budget.used == 0


def test_one_that_was_given_up_is_told_to_come_again(services, site):
    through = Entrance(app_of(services), lambda environ: environ["REMOTE_ADDR"], threads=1, budget=Budget(LEAST_WEIGHT))
    stuck, honest = Protocol([b"n"], stays=True), Protocol([b"name=Ada"])
    asked = {"content_type": FORM, "accept": "application/json", "content_length": "8"}
    run(through, (scope(client="192.0.2.1:5", **asked), stuck), (scope(client="192.0.2.2:5", **asked), honest))
    assert (stuck.status, stuck.code, stuck.answers[0][1]["Retry-After"]) == (503, "unavailable", "2")
    assert honest.status == 422


def test_lists_of_words_are_longer_than_comments(services):
    seen = []

    def app(environ, start_response):
        start_response("200 OK", [])
        seen.append(len(environ["wsgi.input"].read()))
        return [b""]

    through = Entrance(app, lambda environ: "", threads=1)
    length = MOST_AT_THE_DESK
    run(through, (scope("/api/v1/moderation/x", content_length=str(length)), Protocol([b"x" * length])))
    assert seen == [length]


def test_a_header_that_passes_for_another_is_not_taken():
    asked = scope(client="[2001:db8::1]:5", x_forwarded_for="192.0.2.1")
    asked.headers["x_forwarded_for"] = "192.0.2.9"
    asked.path, asked.query_string = "/caf\u00e9", "thread=1"
    found = environ_of(asked)
    assert found["HTTP_X_FORWARDED_FOR"] == "192.0.2.1"
    assert (found["REMOTE_ADDR"], found["SERVER_PORT"]) == ("2001:db8::1", "80")
    assert found["PATH_INFO"].encode("latin-1").decode() == "/caf\u00e9"
    assert not set(found) & {"HOME", "PATH", "REJOINDER_SECRET_KEYS"}


@pytest.fixture
def served(services, settings) -> Iterator[int]:
    """The web server over this database, with two threads; its port."""
    add_site(services, origins=[ORIGIN])
    port = free_port()
    environ = os.environ | {
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
        "REJOINDER_SECRET_KEYS": ",".join(settings.secrets),
        "REJOINDER_SUBMIT_LIMIT": "off",
        "REJOINDER_PUBLIC_URL": f"http://127.0.0.1:{port}",
    }
    command = web_command(host="127.0.0.1", port=port, processes=1, threads=2, log_level="error")
    process = subprocess.Popen(command, env=environ, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        wait_until(lambda: answers(port), seconds=60, what="the web server")
        yield port
    finally:
        # All of its processes: connections that are still open would keep them.
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(20)


def answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5):
            return True
    except OSError:
        return False


def post(port: int, body: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    document = {"thread": "1", "page_url": f"{ORIGIN}/1", "name": "Ada", "email": "ada@example.com", "body": body}
    headers = {"Content-Type": "application/json", "Origin": ORIGIN}
    connection.request("POST", PATH, json.dumps(document), headers)
    status = connection.getresponse().status
    connection.close()
    return status


def test_two_hundred_bodies_that_drip_cost_nobody_else_a_place(served):
    head = f"POST {PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {FORM}\r\nContent-Length: 500\r\n\r\nname="
    dripping = []
    try:
        for at in range(200):
            sender = socket.create_connection(
                ("127.0.0.1", served), source_address=(f"127.0.{at % 40}.{at // 40 + 2}", 0)
            )
            dripping.append(sender)
            sender.sendall(head.encode())
        for number in range(6):
            for sender in dripping:
                sender.sendall(b"a")
            assert post(served, f"An honest remark, number {number}.") == 202
            connection = http.client.HTTPConnection("127.0.0.1", served, timeout=30)
            connection.request("GET", f"{PATH}?thread=1")
            assert connection.getresponse().status == 200
            connection.close()
        # They were not hung up on for it: none of them had to be, for the others to be answered.
        dripping[0].settimeout(0.05)
        with pytest.raises(TimeoutError):
            dripping[0].recv(1)
    finally:
        for sender in dripping:
            sender.close()
