"""A comment's way is one trace, and no span says what anybody wrote, is called or comes from."""

import json
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from service import tracing
from service.app import entrance
from service.errors import Misconfigured
from service.mail.sender import send_due
from service.mail.transports import mail_transport
from service.moderation.judging import worker as judging
from service.moderation.judging.worker import Worker
from service.publishing.shortcut import COMMENTS_ROUTE
from service.queue.stream import Reader, send
from service.wiring import wire
from tests.factories import Newsroom
from tests.intake.reader import fields
from tests.intake.web_server import FORM, Protocol, run, scope
from tests.settings import make_settings
from tests.sharing.databases import make_tables

COMMENTS = "/api/v1/sites/gazette/comments"
TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
# Of each thing that is sent or kept a word that stands nowhere else.
SECRETS = {
    "name": "Quillfeather",
    "email": "zebrafinch@example.org",
    "body": "Marzipan bridges float.",
    "page_title": "Saffron gazebo opens",
    "page_url": "http://news.test/kumquat?id=4711",
    "thread": "papaya-4711",
}
IP = "203.0.113.77"
WORDS = ("quillfeather", "zebrafinch", "marzipan", "saffron", "kumquat", "papaya", "tangerine", "203.0.113", "gazette")


@pytest.fixture
def spans():
    kept = InMemorySpanExporter()
    tracing.start("test", SimpleSpanProcessor(kept))
    yield kept
    tracing.stop()


@pytest.fixture
def services(tmp_path, redis_url, fixed_clock):
    mail = {"REJOINDER_MAIL_DIR": str(tmp_path / "mail"), "REJOINDER_MAIL_FROM": "tangerine@example.org"}
    more = mail | {"REJOINDER_TRUSTED_PROXIES": "127.0.0.1/32"}
    services = wire(make_settings(f"sqlite:///{tmp_path / 'test.db'}", redis_url, **more), fixed_clock.clock())
    make_tables(services.engine)
    yield services
    services.close()


@pytest.fixture
def server(services, site, spans):
    server = entrance(services, threads=2)
    yield server
    server._comment.__self__._intake.commits.close()
    server.__rsgi_del__(None)


def ask(server, path: str, *, method: str = "GET", query: str = "", body: bytes = b"", **headers: str) -> Protocol:
    sent = {"x_forwarded_for": IP, "referer": SECRETS["page_url"], **headers}
    asked = scope(path, **(sent | ({"content_length": str(len(body))} if body else {})))
    asked.method, asked.query_string = method, query
    protocol = Protocol([body] if body else [])
    run(server, (asked, protocol))
    return protocol


def post_json(server, body: dict[str, Any], path: str = COMMENTS, **headers: str) -> Protocol:
    raw = json.dumps(body).encode()
    return ask(server, path, method="POST", body=raw, content_type="application/json", **headers)


def told(kept: InMemorySpanExporter) -> str:
    """Everything that a collector would get of the spans, in lower case."""
    return "\n".join(span.to_json() for span in kept.get_finished_spans()).lower()


def named(kept: InMemorySpanExporter, name: str) -> list[Any]:
    return [span for span in kept.get_finished_spans() if span.name == name]


def test_no_span_tells_of_anybody(services, site, server, spans) -> None:
    secrets: list[str] = []
    taken = post_json(server, fields(**SECRETS, confirm=True))
    assert taken.status == 202
    form = urlencode(fields(**SECRETS)).encode()
    seen = ask(server, COMMENTS, method="POST", body=form, content_type=FORM, accept="text/html")
    assert seen.status == 303
    receipt = json.loads(taken.answers[0][2])["receipt"]
    secrets += [receipt, seen.answers[0][1]["Location"].rpartition("/")[2]]
    refused = [
        post_json(server, fields(**(SECRETS | {"name": SECRETS["email"]}))),
        post_json(server, fields(**SECRETS), origin="http://tangerine.test"),
        post_json(server, {}, "/zebrafinch@example.org"),
        ask(server, "/kumquat", query="q=papaya"),
        ask(server, COMMENTS, method="TANGERINE"),
        ask(server, f"/confirm/{receipt}"),
        ask(server, f"/unsubscribe/{receipt}"),
    ]
    assert all(protocol.status >= 400 for protocol in refused)
    server._comment.__self__._intake.commits.close()
    assert Worker(services, consumer="w").drain() == 2
    assert send_due(services, mail_transport(services.settings)) == 1
    room = Newsroom(services, site)
    anna = room.moderator("Tangerine", "admin")
    cookie = {"cookie": f"{room.cookie}={room.session(anna)}"}
    secrets += [cookie["cookie"].partition("=")[2]]
    comment_id = json.loads(taken.answers[0][2])["id"]
    for path, query in [
        ("/moderate/", "q=marzipan"),
        (f"/moderate/case/{comment_id}", ""),
        ("/moderate/sites/gazette/people", ""),
        ("/moderate/sites/gazette/policy", ""),
        (f"/receipts/{receipt}", "from=kumquat"),
        (f"/api/v1/receipts/{receipt}", ""),
        (COMMENTS, f"thread={quote(SECRETS['thread'])}"),
        ("/embed/gazette", f"thread={SECRETS['thread']}&page_url={quote(SECRETS['page_url'])}"),
    ]:
        protocol = ask(server, path, query=query, **cookie)
        assert protocol.status in {200, 303}, path
    edited = json.dumps({"body": "A tangerine instead of it."}).encode()
    changed = ask(server, f"/api/v1/receipts/{receipt}", method="PATCH", body=edited, content_type="application/json")
    assert changed.status == 200

    text = told(spans)
    assert [word for word in (*WORDS, *map(str.lower, secrets)) if word in text] == []
    names = {span.name for span in spans.get_finished_spans()}
    assert {
        "commit comments",
        "judge batch",
        "judge comment",
        "commit decisions",
        "build document",
        "send mail",
    } <= names
    assert {f"POST {COMMENTS_ROUTE}", "GET /moderate/", "GET /api/v1/receipts/<receipt>", "OTHER unmatched"} <= names
    assert not [span for span in spans.get_finished_spans() if span.events or span.status.description]


@pytest.mark.parametrize("kind", ["lane", "view", "edit"])
def test_a_comments_way_is_one_trace(services, server, spans, kind: str) -> None:
    intake = server._comment.__self__._intake
    # What is longer than the lane takes goes to the view.
    body = json.dumps(fields()).encode().ljust(5000 if kind == "view" else 0)
    answer = ask(server, COMMENTS, method="POST", body=body, content_type="application/json")
    name, status = f"POST {COMMENTS_ROUTE}", 202
    if kind == "edit":
        edited = json.dumps({"body": "Another remark."}).encode()
        receipt = json.loads(answer.answers[0][2])["receipt"]
        path = f"/api/v1/receipts/{receipt}"
        assert ask(server, path, method="PATCH", body=edited, content_type="application/json").status == 200
        name, status = "PATCH /api/v1/receipts/<receipt>", 200
    intake.commits.close()
    Worker(services, consumer="w").drain()
    [request] = named(spans, name)
    assert request.attributes["http.response.status_code"] == status
    [commit], [batch] = named(spans, "commit comments"), named(spans, "judge batch")
    judged = named(spans, "judge comment")[-1]
    assert judged.parent.span_id == request.context.span_id
    assert judged.context.trace_id == request.context.trace_id
    assert [link.context.span_id for link in judged.links] == [batch.context.span_id]
    assert request.context.span_id in {link.context.span_id for link in batch.links}
    if kind != "edit":
        assert [link.context.span_id for link in commit.links] == [request.context.span_id]
    [written] = named(spans, "commit decisions")
    assert written.parent.span_id == batch.context.span_id


@pytest.mark.parametrize(
    ("client", "given", "kept"),
    [
        pytest.param("127.0.0.1:5", TRACEPARENT, True, id="proxy"),
        pytest.param("192.0.2.1:5", TRACEPARENT, False, id="stranger"),
        pytest.param("127.0.0.1:5", "00-" + "0" * 32 + "-b7ad6b7169203331-01", False, id="no-trace"),
        pytest.param("127.0.0.1:5", "ada@example.org", False, id="nonsense"),
    ],
)
def test_only_a_proxys_trace_is_gone_on_with(server, spans, client: str, given: str, kept: bool) -> None:
    asked = scope("/healthz", client=client, traceparent=given, tracestate="ada=example")
    asked.method = "GET"
    run(server, (asked, Protocol([])))
    [span] = named(spans, "GET /healthz")
    assert (f"{span.context.trace_id:032x}" == TRACEPARENT[3:35]) is kept
    assert not span.context.trace_state


def test_a_document_is_built_within_its_request(server, spans) -> None:
    ask(server, COMMENTS, query="thread=a")
    [request], [built] = named(spans, f"GET {COMMENTS_ROUTE}"), named(spans, "build document")
    assert built.parent.span_id == request.context.span_id


def test_a_fault_leaves_its_type_alone(services, server, spans, monkeypatch) -> None:
    def fails(*_: object) -> None:
        raise ValueError("ada@example.org")

    post_json(server, fields())
    server._comment.__self__._intake.commits.close()
    monkeypatch.setattr(judging, "judge_all", fails)
    with pytest.raises(ValueError):
        Worker(services, consumer="w").judge(Reader(services.redis, "w").read())
    [batch] = named(spans, "judge batch")
    assert (batch.attributes["error.type"], batch.status.status_code.name) == ("ValueError", "ERROR")
    assert "example.org" not in told(spans)


def test_a_message_carries_what_is_known(services) -> None:
    reader = Reader(services.redis, "w")
    reader.make_group()
    send(
        services.redis, [("a", 0), ("b", 1), ("c", 2)], {"b": "0123456789abcdef"}, {"b": TRACEPARENT, "c": TRACEPARENT}
    )
    assert [(m.comment_id, m.revision, m.request_id, m.traceparent) for m in reader.read()] == [
        ("a", 0, "", ""),
        ("b", 1, "0123456789abcdef", TRACEPARENT),
        ("c", 2, "", TRACEPARENT),
    ]


def test_off_nothing_of_it_is_imported() -> None:
    script = (
        "import sys, service.app, service.cli.worker, service.tracing as t\n"
        "with t.span('x') as s: s.set(n=1)\n"
        # Its metrics redis-py imports by itself, where they are there.
        "print(s is t.NO_SPAN, {'opentelemetry.sdk.trace', 'opentelemetry.exporter'} & set(sys.modules))"
    )
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert found.stdout.split() == ["True", "set()"]


@pytest.mark.parametrize(
    ("changes", "missing", "line"),
    [
        pytest.param({}, "opentelemetry.sdk.trace", "pip install 'rejoinder[tracing]'", id="sdk"),
        pytest.param({}, "opentelemetry.exporter.otlp.proto.http", "pip install 'rejoinder[tracing]'", id="exporter"),
        pytest.param({"OTEL_TRACES_EXPORTER": "zipkin"}, "", "otlp, console or none", id="other-exporter"),
        pytest.param({"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, "", "http/protobuf", id="protocol"),
    ],
)
def test_what_cannot_work_is_said_in_one_line(monkeypatch, changes, missing: str, line: str) -> None:
    if missing:
        for name in [name for name in sys.modules if name == missing or name.startswith(f"{missing}.")]:
            monkeypatch.delitem(sys.modules, name)
        monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(Misconfigured, match=line.replace("[", r"\[")) as told_of:
        make_settings("sqlite://", "redis://localhost", REJOINDER_TRACING="on", **changes)
    assert "\n" not in str(told_of.value)


def test_spans_that_are_left_are_sent_at_the_end(monkeypatch, services) -> None:
    got: list[tuple[str, bytes]] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Says nothing."""

    with HTTPServer(("127.0.0.1", 0), Collector) as collector:
        threading.Thread(target=collector.serve_forever, daemon=True).start()
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{collector.server_port}")
        tracing.start("web")
        with tracing.span("judge batch", messages=3):
            pass
        tracing.stop()
        collector.shutdown()
    [(path, body)] = got
    assert path == "/v1/traces"
    assert b"rejoinder-web" in body
    assert b"judge batch" in body
