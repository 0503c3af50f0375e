"""The shortcut and Flask are asked the same; the answers are the same, byte for byte."""

import gzip
import json
from types import SimpleNamespace
from typing import Any
from urllib.parse import unquote

import pytest
from flask import Flask
from werkzeug.test import Client, TestResponse

from models import Status, ThreadState
from service.publishing import rendered
from service.publishing.documents import Documents
from service.publishing.rendered import coding_of
from service.publishing.shortcut import HOSTS_KEPT, Shortcut
from service.web_server.request_counts import clock
from service.wiring import Services
from tests.environment import unavailable
from tests.factories import Newsroom

BASE = "http://127.0.0.1:8000"
PATH = "/api/v1/sites/gazette/comments"
COUNTS = "/api/v1/sites/gazette/counts"
PLAIN = f"{PATH}?thread=4711"


class Watched:
    """Flask's app; counts the requests that reach it."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.extensions = app.extensions
        self.asked = 0

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        self.asked += 1
        return self.app(environ, start_response)


@pytest.fixture
def watched(app: Flask) -> Watched:
    return Watched(app)


@pytest.fixture
def quick(shortcut: Shortcut) -> Client:
    return Client(shortcut)


class SentHeaders:
    """Headers as granian hands them over: names in small letters, each line a value of its own."""

    def __init__(self, sent: list[tuple[str, str]]) -> None:
        self._sent = sent

    def get(self, name: str) -> str | None:
        return next(iter(self.get_all(name)), None)

    def get_all(self, name: str) -> list[str]:
        return [value for sent, value in self._sent if sent == name]


def scope_of(method: str, path: str, headers: dict[str, str], *more: tuple[str, str]) -> SimpleNamespace:
    """The request as granian describes it; `more` are header lines of their own."""
    place, _, query = path.partition("?")
    sent = {"Host": "127.0.0.1:8000"} | headers
    lines = [(name.lower(), value) for name, value in sent.items()]
    return SimpleNamespace(method=method, path=unquote(place), query_string=query, headers=SentHeaders([*lines, *more]))


def at_once(shortcut: Shortcut, scope: SimpleNamespace) -> tuple[int, list[tuple[str, str]], bytes] | None:
    found = shortcut.at_once(scope, clock())
    return None if found is None else found[0]


@pytest.fixture
def shortcut(watched: Watched, services: Services, monkeypatch: pytest.MonkeyPatch) -> Shortcut:
    # A listener that has just connected drops every document, at a time that is its own.
    monkeypatch.setattr(Documents, "listen", lambda documents: None)
    return Shortcut(watched, services)  # type: ignore[arg-type]


@pytest.fixture
def slow(app: Flask) -> Client:
    return Client(app)


@pytest.fixture(autouse=True)
def _thread(newsroom: Newsroom) -> None:
    thread = newsroom.thread()
    first = newsroom.published("A bridge, at last. " * 60, thread=thread, id="0" * 25 + "1")
    newsroom.published(thread=thread, parent_id=first)
    newsroom.published("Umlauts", thread=newsroom.thread("ä/ö ?&=#"))
    newsroom.published(thread=newsroom.thread("hidden", state=ThreadState.HIDDEN))
    newsroom.comment(thread=thread, status=Status.PENDING, id="0" * 25 + "2")


def many(count: int) -> str:
    return "&".join(f"thread={number}" for number in range(count))


def facts(response: TestResponse) -> tuple[int, dict[str, str], bytes]:
    return response.status_code, dict(sorted(response.headers.items())), response.data


REQUESTS = [
    pytest.param("GET", PLAIN, {}, id="plain"),
    pytest.param("GET", PLAIN, {"Accept-Encoding": "gzip"}, id="gzip"),
    pytest.param("GET", PLAIN, {"Accept-Encoding": "br;q=1, gzip;q=0"}, id="gzip refused"),
    pytest.param("GET", PLAIN, {"Accept-Encoding": "*"}, id="any coding"),
    pytest.param("GET", PLAIN, {"Accept-Encoding": "nonsense;q=x, ,;"}, id="bad coding"),
    pytest.param("HEAD", PLAIN, {"Accept-Encoding": "gzip"}, id="head"),
    pytest.param("GET", PLAIN, {"If-None-Match": "*"}, id="any tag"),
    pytest.param("GET", PLAIN, {"If-None-Match": '"other"'}, id="another tag"),
    pytest.param("GET", PLAIN, {"Origin": "http://elsewhere.test"}, id="another origin"),
    pytest.param("GET", PLAIN, {"Range": "bytes=0-3"}, id="range"),
    pytest.param("GET", f"{PLAIN}&sort=newest&limit=1&_=7", {}, id="parts and unknown fields"),
    pytest.param("GET", f"{PATH}?thread=%C3%A4/%C3%B6%20?%26%3D%23", {}, id="escaped key"),
    pytest.param("GET", f"{PATH}?thread=", {}, id="empty key"),
    pytest.param("GET", PATH, {}, id="no key"),
    pytest.param("GET", f"{PATH}?thread=%FF", {}, id="not UTF-8"),
    pytest.param("GET", f"{PATH}?thread=a%00b", {}, id="NUL"),
    pytest.param("GET", f"{PATH}?thread={'x' * 513}", {}, id="long key"),
    pytest.param("GET", f"{PATH}?{'&'.join(['a=1'] * 300)}", {}, id="many fields"),
    pytest.param("GET", f"{PLAIN}&limit=201&sort=best&depth=-1&parent=x&around='", {}, id="all wrong"),
    pytest.param("GET", f"{PLAIN}&cursor=W10", {}, id="foreign cursor"),
    pytest.param("GET", f"{PLAIN}&limit=%D9%A3", {}, id="arabic digit"),
    pytest.param("GET", f"{PATH}?thread=hidden", {}, id="hidden"),
    pytest.param("GET", f"{PATH}?thread=nobody", {}, id="no thread"),
    pytest.param("GET", "/api/v1/sites/nobody/comments?thread=1", {}, id="no site"),
    pytest.param("GET", "/api/v1/sites/%00/comments?thread=1", {}, id="NUL site"),
    pytest.param("GET", "/api/v1/sites/gazette/comments/?thread=1", {}, id="slash"),
    pytest.param("GET", f"{COUNTS}?thread=4711&thread=nobody&thread=4711", {}, id="counts"),
    pytest.param("HEAD", f"{COUNTS}?thread=4711", {}, id="counts head"),
    pytest.param("GET", COUNTS, {}, id="counts of nothing"),
    pytest.param(
        "GET", f"{COUNTS}?{'&'.join(f'thread={n}' for n in range(100))}", {"Accept-Encoding": "gzip"}, id="100"
    ),
    pytest.param("GET", f"{COUNTS}?{'&'.join(f'thread={n}' for n in range(101))}", {}, id="101 counts"),
    pytest.param("GET", f"{PATH}/{'0' * 25}1", {}, id="one"),
    pytest.param("GET", f"{PATH}/{'0' * 25}2", {}, id="one that waits"),
    pytest.param("GET", f"{PATH}/nonsense", {}, id="one without an id"),
    pytest.param("PUT", PLAIN, {}, id="another method"),
    pytest.param("OPTIONS", f"{COUNTS}?thread=1", {}, id="preflight"),
    pytest.param("GET", PLAIN, {"Host": "evil.test"}, id="foreign host"),
    pytest.param("GET", PLAIN, {"Host": "127.0.0.1:8000\u00e4"}, id="odd host"),
    pytest.param("GET", PLAIN, {"Host": "LOCALHOST:1"}, id="loopback"),
]


@pytest.mark.parametrize(("method", "path", "headers"), REQUESTS)
def test_same_answer_every_way(
    quick: Client, slow: Client, shortcut: Shortcut, method: str, path: str, headers: dict[str, str]
) -> None:
    for _ in range(2):  # The first builds, the second reads from memory.
        one = facts(quick.open(path, base_url=BASE, method=method, headers=headers))
        assert one == facts(slow.open(path, base_url=BASE, method=method, headers=headers))
        assert one[0] < 500
    ready = at_once(shortcut, scope_of(method, path, headers))
    if ready is not None:
        assert (ready[0], dict(sorted(ready[1])), ready[2]) == one


def test_the_plain_case_never_reaches_flask(quick: Client, watched: Watched) -> None:
    for path in (PLAIN, f"{COUNTS}?thread=4711"):
        assert quick.get(path, base_url=BASE).status_code == 200
    assert watched.asked == 0


AT_ONCE = [
    pytest.param("GET", PLAIN, {}, (), True, id="plain"),
    pytest.param("GET", PLAIN, {"Accept-Encoding": "gzip, br"}, (), False, id="coded otherwise than before"),
    pytest.param("HEAD", PLAIN, {}, (), True, id="head"),
    pytest.param("POST", PLAIN, {}, (), False, id="post"),
    pytest.param("GET", f"{PLAIN}&limit=7", {}, (), False, id="not asked for before"),
    pytest.param("GET", PLAIN, {"Host": "evil.test"}, (), False, id="foreign host"),
    pytest.param("GET", PLAIN, {}, (("host", "127.0.0.1:8000"),), False, id="two hosts"),
    pytest.param("GET", PLAIN, {"Content-Length": "1"}, (), True, id="a body that means nothing"),
    pytest.param("GET", f"{COUNTS}?thread=4711", {}, (), True, id="counts"),
    pytest.param("GET", f"{COUNTS}?thread=4711&thread=2", {}, (), False, id="counts of others"),
]


@pytest.mark.parametrize(("method", "path", "headers", "more", "answered"), AT_ONCE)
def test_only_what_was_asked_for_before_is_answered_at_once(
    quick: Client,
    shortcut: Shortcut,
    method: str,
    path: str,
    headers: dict[str, str],
    more: tuple[tuple[str, str], ...],
    answered: bool,
) -> None:
    asked = scope_of(method, path, headers, *more)
    assert at_once(shortcut, asked) is None
    for known in (PLAIN, f"{COUNTS}?thread=4711"):
        assert quick.get(known, base_url=BASE).status_code == 200
    assert (at_once(shortcut, asked) is not None) is answered


def test_many_ports_of_one_name_keep_no_other_host_out(quick: Client, shortcut: Shortcut) -> None:
    for port in range(1, 2 * HOSTS_KEPT):
        assert quick.get(PLAIN, base_url=f"http://localhost:{port}").status_code == 200
    assert len(shortcut._ours) <= HOSTS_KEPT
    assert quick.get(PLAIN, base_url=BASE).status_code == 200
    assert at_once(shortcut, scope_of("GET", PLAIN, {})) is not None


def test_header_lines_of_one_name_are_one_list(quick: Client, shortcut: Shortcut) -> None:
    tag = quick.get(PLAIN, base_url=BASE).headers["ETag"]
    ready = at_once(shortcut, scope_of("GET", PLAIN, {"If-None-Match": '"x"'}, ("if-none-match", tag)))
    assert ready is not None
    assert (ready[0], ready[2]) == (304, b"")


def test_a_change_ends_the_answers_at_once(quick: Client, shortcut: Shortcut, newsroom: Newsroom) -> None:
    quick.get(PLAIN, base_url=BASE)
    asked = scope_of("GET", PLAIN, {})
    assert at_once(shortcut, asked) is not None
    thread = newsroom.take_down("0" * 25 + "1")
    shortcut._documents.drop([thread])
    assert at_once(shortcut, asked) is None
    assert b"A bridge" not in quick.get(PLAIN, base_url=BASE).data
    ready = at_once(shortcut, asked)
    assert ready is not None
    assert b"A bridge" not in ready[2]


@pytest.mark.parametrize("accepted", ["gzip, deflate", "gzip, deflate, br", "br, x-unknown", "GZIP"])
def test_what_was_coded_for_one_is_answered_at_once(quick: Client, shortcut: Shortcut, accepted: str) -> None:
    asked = scope_of("GET", PLAIN, {"Accept-Encoding": accepted})
    assert quick.get(PLAIN, base_url=BASE).status_code == 200
    assert at_once(shortcut, asked) is None
    coded = quick.get(PLAIN, base_url=BASE, headers={"Accept-Encoding": accepted})
    ready = at_once(shortcut, asked)
    assert ready is not None
    assert (dict(ready[1])["ETag"], ready[2]) == (coded.headers["ETag"], coded.data)


def test_each_coding_has_its_own_strong_tag(quick: Client) -> None:
    if rendered._brotli is None:
        unavailable("brotli")
    plain = quick.get(PLAIN, base_url=BASE)
    coded = quick.get(PLAIN, base_url=BASE, headers={"Accept-Encoding": "gzip, deflate"})
    smaller = quick.get(PLAIN, base_url=BASE, headers={"Accept-Encoding": "gzip, deflate, br"})
    assert (coded.headers["Content-Encoding"], smaller.headers["Content-Encoding"]) == ("gzip", "br")
    assert gzip.decompress(coded.data) == rendered._brotli.decompress(smaller.data) == plain.data
    assert len({answer.headers["ETag"] for answer in (plain, coded, smaller)}) == 3
    for answer in (plain, coded, smaller):
        again = {"Accept-Encoding": "gzip, deflate, br", "If-None-Match": answer.headers["ETag"]}
        status = quick.get(PLAIN, base_url=BASE, headers=again).status_code
        assert status == (304 if answer is smaller else 200)
    for response in (plain, coded, smaller):
        assert response.headers["ETag"].startswith('"')
        assert response.headers["Cache-Control"] == "no-cache"
        assert response.headers["Vary"] == "Accept-Encoding"
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        assert "Access-Control-Allow-Credentials" not in response.headers
        assert "Set-Cookie" not in response.headers


def test_unchanged_is_304_until_it_changes(quick: Client, newsroom: Newsroom, watched: Watched) -> None:
    asked = {"Accept-Encoding": "gzip"}
    tag = quick.get(PLAIN, base_url=BASE, headers=asked).headers["ETag"]
    for sent in (tag, f"W/{tag}", f'"x", {tag}'):
        same = quick.get(PLAIN, base_url=BASE, headers=asked | {"If-None-Match": sent})
        assert (same.status_code, same.data) == (304, b"")
        assert same.headers["ETag"] == tag
        assert "Content-Length" not in same.headers
    thread = newsroom.take_down("0" * 25 + "1")
    watched.extensions["rejoinder.documents"].drop([thread])
    changed = quick.get(PLAIN, base_url=BASE, headers=asked | {"If-None-Match": tag})
    assert changed.status_code == 200
    assert changed.headers["ETag"] != tag


@pytest.mark.parametrize(
    ("header", "taken"),
    [
        ("", ""),
        ("gzip", "gzip"),
        ("GZIP;q=0.5", "gzip"),
        ("gzip;q=0", ""),
        ("*", "gzip"),
        ("*;q=0", ""),
        ("gzip;q=0, *", ""),
        ("deflate, br", "br"),
        ("gzip, deflate, br, zstd", "br"),
        ("br;q=0, gzip", "gzip"),
        ("br;q=0.5, gzip;q=0.8", "gzip"),
        ("BR ; q=1.0,gzip;q=0.8", "br"),
        ("br;q=nonsense", ""),
        ("brotli", ""),
        ("identity;q=1, gzip; q=0.001", "gzip"),
        ("gzip;q=nonsense", ""),
    ],
)
def test_codings_are_read_as_the_rfc_says(header: str, taken: str) -> None:
    if taken == "br" and rendered._brotli is None:
        unavailable("brotli")
    assert coding_of(header) == taken


def test_without_brotli_it_is_gzip(quick: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rendered, "_brotli", None)
    coded = quick.get(PLAIN, base_url=BASE, headers={"Accept-Encoding": "deflate, gzip, br"})
    assert coded.headers["Content-Encoding"] == "gzip"


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("thread=", 400, "required"),
        ("thread=+", 400, "required"),
        ("thread=a%00b", 400, "control_character"),
        ("thread=a%0Ab", 400, "control_character"),
        ("thread=a%C2%85b", 400, "control_character"),
        (f"thread={'%C3%A4' * 256}", 200, None),
        (f"thread={'%C3%A4' * 256}x", 400, "too_long"),
        ("thread=a&limit=200", 200, None),
        ("thread=a&limit=201", 400, "out_of_range"),
        ("thread=a&limit=", 200, None),
        ("thread=a&cursor=x", 400, "unknown_cursor"),
    ],
)
def test_the_edges_of_every_field(quick: Client, query: str, status: int, code: str | None) -> None:
    response = quick.get(f"{PATH}?{query}", base_url=BASE)
    assert response.status_code == status
    if code:
        assert [wrong["code"] for wrong in json.loads(response.data)["errors"]] == [code]


def test_wrong_fields_are_all_named(quick: Client) -> None:
    response = quick.get(f"{PATH}?limit=0&sort=best&depth=x&parent=1&around=2", base_url=BASE)
    assert response.status_code == 400
    assert response.mimetype == "application/problem+json"
    assert {wrong["field"] for wrong in json.loads(response.data)["errors"]} == {
        "thread",
        "limit",
        "sort",
        "depth",
        "parent",
        "around",
    }
