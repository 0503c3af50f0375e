"""Every way a request can go is counted, by its rule and never by its path."""

import json
import re
from dataclasses import replace
from ipaddress import ip_network

import msgspec
import pytest
from prometheus_client import CollectorRegistry, Histogram
from structlog.contextvars import get_contextvars

from service.app import create_app, entrance
from service.publishing.documents import Documents
from service.publishing.shortcut import COMMENTS_ROUTE, COUNTS_ROUTE
from service.queue.stream import Reader, send
from service.telemetry import DOCUMENTS, HTTP_REQUESTS, HTTP_SECONDS
from service.web_server import request_counts
from service.web_server.request_counts import flush
from tests.intake.reader import fields
from tests.intake.web_server import Protocol, run, scope

COMMENTS = "/api/v1/sites/gazette/comments"


@pytest.fixture
def server(services, site):
    server = entrance(services, threads=2)
    flush()
    yield server
    server.__rsgi_del__(None)


def counted() -> dict[tuple[str, str, str, str], float]:
    flush()
    samples = next(iter(HTTP_REQUESTS.collect())).samples
    order = ("method", "route", "role", "status")
    return {tuple(s.labels[name] for name in order): s.value for s in samples if s.name.endswith("_total")}


def newly_counted(server, *requests) -> dict[tuple[str, str, str, str], float]:
    before = counted()
    for asked, protocol in requests:
        run(server, (asked, protocol))
    now = counted()
    return {key: value - before.get(key, 0) for key, value in now.items() if value != before.get(key, 0)}


def post(path: str = COMMENTS, **headers: str):
    body = json.dumps(fields()).encode()
    sent = {"content_type": "application/json", "content_length": str(len(body))} | headers
    return scope(path, **sent), Protocol([body])


def get(path: str, method: str = "GET", query: str = "", **headers: str):
    asked = scope(path, **headers)
    asked.method, asked.query_string = method, query
    return asked, Protocol([])


@pytest.mark.parametrize(
    ("asked", "seen"),
    [
        pytest.param(lambda: post(), ("POST", COMMENTS_ROUTE, "anyone", "202"), id="lane"),
        pytest.param(lambda: post(origin="http://evil.test"), ("POST", COMMENTS_ROUTE, "anyone", "403"), id="refused"),
        pytest.param(lambda: post("/ada@example.org"), ("POST", "unmatched", "anyone", "404"), id="no-rule"),
        pytest.param(lambda: get("/healthz"), ("GET", "/healthz", "anyone", "200"), id="view"),
        pytest.param(lambda: get("/healthz", "BREW"), ("OTHER", "unmatched", "anyone", "405"), id="method"),
        pytest.param(
            lambda: get("/api/v1/receipts/nobody-knows-it"),
            ("GET", "/api/v1/receipts/<receipt>", "receipt", "404"),
            id="receipt",
        ),
        pytest.param(
            lambda: get("/api/v1/moderation/queue"),
            ("GET", "/api/v1/moderation/queue", "anyone", "401"),
            id="nobody",
        ),
        pytest.param(
            lambda: get("/api/v1/sites/gazette/counts", query="thread=a"),
            ("GET", COUNTS_ROUTE, "anyone", "200"),
            id="counts",
        ),
    ],
)
def test_a_request_is_counted_once(server, asked, seen) -> None:
    assert newly_counted(server, asked()) == {seen: 1}


@pytest.mark.parametrize(
    ("path", "query", "route"),
    [
        pytest.param(COMMENTS, "thread=a", COMMENTS_ROUTE, id="comments"),
        pytest.param("/api/v1/sites/gazette/counts", "thread=a&thread=b", COUNTS_ROUTE, id="counts"),
        pytest.param("/widget.js", "", "/widget.js", id="file"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("tag", ["", "*"], ids=["whole", "unchanged"])
def test_what_lies_in_memory_is_counted(server, monkeypatch, path, query, route, method, tag) -> None:
    for name in ("RENEW_AFTER", "CHECK_AFTER"):
        monkeypatch.setattr(f"service.publishing.documents.{name}", 3600)
    # A listener that has just connected drops every document, at a time that is its own.
    monkeypatch.setattr(Documents, "listen", lambda documents: None)
    run(server, get(path, query=query))
    documents = DOCUMENTS.labels("memory")
    flush()
    before = documents._value.get()
    asked = [get(path, method, query, **({"if-none-match": tag} if tag else {})) for _ in range(3)]
    assert newly_counted(server, *asked) == {(method, route, "anyone", "304" if tag else "200"): 3}
    assert [protocol.request_id for _, protocol in asked] == [None] * 3, "a cache would repeat it to others"
    assert documents._value.get() - before == (3 if route == COMMENTS_ROUTE else 0)


class Busy(list[float]):
    """One that another request adds to while it is read."""

    def __getitem__(self, part):
        found = super().__getitem__(part)
        self.append(0.5)
        return found


def test_none_is_lost_while_others_are_added_up(monkeypatch) -> None:
    answer = "GET", "/made-up", "anyone", "200"
    monkeypatch.setattr(request_counts, "_lists", [(answer, False, Busy([0.5]))])
    assert [counted()[answer] for _ in range(3)] == [1, 2, 3]


@pytest.mark.parametrize("marks", [0, 40], ids=["lane", "long-checks"])
@pytest.mark.parametrize("accept", ["identity", None], ids=["lane", "view"])
def test_a_request_id_rides_with_the_comment(services, server, marks: int, accept: str | None) -> None:
    reader = Reader(services.redis, "w")
    reader.make_group()
    body = json.dumps(fields(body="A comment " + "*a " * marks)).encode()
    # What is longer than the lane takes goes to the view.
    body = body if accept else body.ljust(5000)
    asked = scope(COMMENTS, content_type="application/json", content_length=str(len(body)))
    protocol = Protocol([body])
    run(server, (asked, protocol))
    server._comment.__self__._intake.commits.close()
    assert protocol.status == 202
    assert [message.request_id for message in reader.read()] == [protocol.request_id]


def test_a_message_without_an_id_is_read(services) -> None:
    reader = Reader(services.redis, "w")
    reader.make_group()
    send(services.redis, [("a", 0), ("b", 1)], {"b": "0123456789abcdef"})
    assert [(m.comment_id, m.revision, m.request_id) for m in reader.read()] == [
        ("a", 0, ""),
        ("b", 1, "0123456789abcdef"),
    ]


def test_log_lines_of_a_request_carry_its_id(services, site, monkeypatch) -> None:
    server = entrance(services, threads=1)
    seen = []
    monkeypatch.setattr(server, "_app", lambda environ, start: seen.append(get_contextvars()) or 1 / 0)
    asked, protocol = get("/healthz")
    run(server, (asked, protocol))
    server.__rsgi_del__(None)
    assert protocol.status == 500
    assert seen == [{"request_id": protocol.request_id}]


def test_the_lanes_routes_are_rules(services) -> None:
    rules = {rule.rule for rule in create_app(services).url_map.iter_rules()}
    assert {COMMENTS_ROUTE, COUNTS_ROUTE} <= rules


def test_many_at_once_are_what_one_by_one_are() -> None:
    durations = [0.0, 0.001, 0.0011, 0.3, 2.5, 15.0, 99.0]
    one, many = (
        Histogram("x", "x", buckets=HTTP_SECONDS._kwargs["buckets"], registry=CollectorRegistry()) for _ in range(2)
    )
    for seconds in durations:
        one.observe(seconds)
    request_counts._observe_all(many, durations)
    of = [
        [(s.name, s.labels, s.value) for s in next(iter(h.collect())).samples if "created" not in s.name]
        for h in (one, many)
    ]
    assert of[0] == of[1]


@pytest.mark.parametrize(
    ("peer", "given", "kept"),
    [
        ("127.0.0.1:5", "0123456789abcdef0123456789ABCDEF", True),
        ("127.0.0.1:5", "7d444840-9dc0-11d1-b245-5ffdce74fad2", True),
        ("203.0.113.9:5", "0123456789abcdef0123456789abcdef", False),
        ("127.0.0.1:5", "0123456789abcdef\n0123456789abcdef", False),
        ("127.0.0.1:5", "ada@example.org", False),
        ("127.0.0.1:5", "1234", False),
        ("127.0.0.1:5", "a" * 49, False),
        ("127.0.0.1:5", "", False),
    ],
)
def test_a_proxys_request_id_is_kept(services, site, peer: str, given: str, kept: bool) -> None:
    settings = msgspec.structs.replace(services.settings, trusted_proxies=(ip_network("127.0.0.1"),))
    server = entrance(replace(services, settings=settings), threads=1)
    asked, protocol = get("/healthz", x_request_id=given)
    asked.client = peer
    run(server, (asked, protocol))
    server.__rsgi_del__(None)
    found = protocol.request_id
    assert (found == given.lower()) == kept
    assert re.fullmatch(r"[0-9a-f-]{16,48}", found)
