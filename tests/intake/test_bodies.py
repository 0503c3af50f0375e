"""Bodies that come late, in part or never."""

import http.client
import json
import os
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from urllib.parse import urlencode

import pytest
from sqlalchemy import func, select

from models import Comment, ListFile, PolicyVersion, Site
from service.accounts.sessions import cookie_name
from service.app import create_app, entrance
from service.embedded.roles import web_command
from service.errors import TooLarge
from service.publishing.shortcut import Shortcut
from service.web_server.bodies import LEAST_WEIGHT, MOST, MOST_AT_THE_DESK, Budget, Entrance, environ_of
from service.wiring import Services
from tests.environment import free_port
from tests.factories import Newsroom, add_site
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
        pytest.param([b"name=Ada"], {"transfer_encoding": "chunked"}, 411, "length_required", id="no length"),
        pytest.param(
            [b"name=Ada"],
            {"transfer_encoding": "chunked", "content_length": "8"},
            411,
            "length_required",
            id="a length that does not count",
        ),
        pytest.param([], {"content_length": str(MOST + 1)}, 413, "too_large", id="announced too large"),
        pytest.param([], {"content_length": str(9 * MOST)}, 413, "too_large", id="announced far too large"),
        pytest.param(
            [b"x" * (MOST - 1), b"xx"], {"content_length": str(MOST)}, 413, "too_large", id="becomes too large"
        ),
        pytest.param([b"a=" + b"x" * 60_000], {"content_length": "60002"}, 422, "invalid", id="just small enough"),
    ],
)
def test_a_body_is_whole_or_refused(services, site, parts, headers, status, code):
    protocol = Protocol(parts)
    run(entrance(services, 1), (scope(content_type=FORM, accept="application/json", **headers), protocol))
    assert (protocol.status, protocol.code) == (status, code)
    assert ("64 KiB" in json.loads(protocol.answers[0][2]).get("detail", "")) is (code == "too_large")
    # What is still on its way is no request.
    assert (protocol.answers[0][1].get("Connection") == "close") is (status != 422)


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


@pytest.mark.parametrize(
    ("path", "headers", "taken"),
    [
        pytest.param("/api/v1/moderation/x", {"authorization": "Bearer k"}, True, id="a program with a key"),
        pytest.param("/moderate/x", {"cookie": f"a=b; {cookie_name(secure=False)}=t"}, True, id="signed in"),
        pytest.param("/moderate/x", {"cookie": f"{cookie_name(secure=True)}=t"}, True, id="over TLS"),
        pytest.param("/api/v1/moderation/x", {}, False, id="a program without a key"),
        pytest.param("/moderate/x", {"cookie": "rejoinder-device=t; xrejoinder=t"}, False, id="a browser that was"),
        pytest.param("/moderate/sign-in", {"cookie": "rejoinder=t"}, False, id="a sign-in"),
        pytest.param("/moderate/sign-in/token", {"cookie": "rejoinder=t"}, False, id="a sign-in link"),
        pytest.param(PATH, {"authorization": "Bearer k", "cookie": "rejoinder=t"}, False, id="a comment"),
    ],
)
def test_long_bodies_are_for_who_is_signed_in_at_the_desk(services, path, headers, taken):
    seen = []

    def app(environ, start_response):
        start_response("200 OK", [])
        try:
            seen.append(len(environ["wsgi.input"].read()))
        except TooLarge:
            seen.append(0)
        return [b""]

    through = Entrance(app, lambda environ: "", threads=1)
    length = MOST_AT_THE_DESK
    run(through, (scope(path, content_length=str(length), **headers), Protocol([b"x" * length])))
    assert seen == [length if taken else 0]


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


def answer_to(port: int, head: str, sent: bytes, *, ends: bool) -> int:
    """The status that a request gets by hand; with `ends` nothing comes behind what was sent."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as sender:
        sender.sendall(f"{head}\r\nHost: 127.0.0.1\r\nOrigin: {ORIGIN}\r\n".encode() + sent)
        if ends:
            sender.shutdown(socket.SHUT_WR)
        answer = http.client.HTTPResponse(sender)
        answer.begin()
        return answer.status


def chunk(part: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(part), part)


@pytest.fixture
def written(services: Services, served: int) -> Callable[[], dict[str, object]]:
    """Says what stands in the database of all that a body can change."""

    def state() -> dict[str, object]:
        with services.read() as session:
            return {
                "comments": sorted((row.id, row.revision) for row in session.scalars(select(Comment))),
                "lists": session.scalar(select(func.count()).select_from(ListFile)),
                "policies": session.scalar(select(func.count()).select_from(PolicyVersion)),
            }

    return state


def test_a_body_that_breaks_off_changes_nothing(services, served, written):
    comment = {"thread": "1", "page_url": f"{ORIGIN}/1", "name": "Ada", "email": "ada@example.com"}
    connection = http.client.HTTPConnection("127.0.0.1", served, timeout=30)
    connection.request(
        "POST", PATH, json.dumps(comment | {"body": "One."}), {"Content-Type": "application/json", "Origin": ORIGIN}
    )
    receipt = json.loads(connection.getresponse().read())["receipt"]
    connection.close()
    with services.read() as session:
        site = session.scalars(select(Site)).one()
    key = f"Authorization: Bearer {Newsroom(services, site).key('admin')}\r\n"
    # Each of them would be taken if it ended where it is cut.
    form = urlencode(comment | {"body": "He is no thief at all."}).encode()
    desk = "/api/v1/moderation/sites/gazette"
    requests = [
        (f"POST {PATH} HTTP/1.1", f"Content-Type: {FORM}\r\n", form),
        (f"PATCH /api/v1/receipts/{receipt} HTTP/1.1", "Content-Type: application/json\r\n", b'{"body": "No."}'),
        (f"PUT {desk}/lists/ours.txt HTTP/1.1", f"Content-Type: text/plain\r\n{key}", b"alpha\nbeta\n"),
        (f"PUT {desk}/policy HTTP/1.1", f"Content-Type: application/yaml\r\n{key}", b"format: 1\nrules: {}\n"),
    ]
    before = written()
    for head, headers, body in requests:
        for chunks, ends in (
            (chunk(body), True),
            (chunk(body)[:-4], True),
            (chunk(body) + b"ZZ\r\n", False),
            (b"0\r\n\r\n", False),
            # A whole one is refused as well: the web server says of none whether it was whole.
            (chunk(body) + b"0\r\n\r\n", False),
        ):
            sent = f"{headers}Transfer-Encoding: chunked\r\n\r\n".encode() + chunks
            assert answer_to(served, head, sent, ends=ends) == 411, (head, chunks)
        announced = f"{headers}Content-Length: {len(body) + 1}\r\n\r\n".encode() + body
        assert answer_to(served, head, announced, ends=True) == 400, head
    assert written() == before
    for head, headers, body in requests:
        sent = f"{headers}Content-Length: {len(body)}\r\n\r\n".encode() + body
        assert answer_to(served, head, sent, ends=False) in (200, 201, 202, 303), head
    assert written() != before
