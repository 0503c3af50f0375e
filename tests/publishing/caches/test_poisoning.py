"""Nothing that one request brings along is in what a cache would give to the next; what is made up takes no room."""

import dataclasses
import gzip
import itertools
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from models import Site, Thread
from service.app import create_app
from service.intake.receive import EXTENSION
from service.publishing import rendered
from service.wiring import Services
from tests.factories import Newsroom
from tests.widget.live_server import READERS_ROOMS

PATH = "/api/v1/sites/gazette/comments"
COUNTS = "/api/v1/sites/gazette/counts"
PUBLIC = [f"{PATH}?thread=4711", f"{COUNTS}?thread=4711", "/widget.js", "/static/look.css", "/static/height.js"]
OURS = "http://127.0.0.1:8000"
# What proxies and frameworks elsewhere take for the host, the path, the method or the answer.
BROUGHT = {
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Proto": "gopher",
    "X-Forwarded-Port": "666",
    "X-Forwarded-Prefix": "/evil.example",
    "X-Host": "evil.example",
    "Forwarded": "host=evil.example",
    "X-Original-URL": "/evil.example",
    "X-Rewrite-URL": "/evil.example",
    "X-HTTP-Method-Override": "DELETE",
    "Origin": "https://evil.example",
    "Referer": "https://evil.example/",
    "Accept": "text/html;evil.example",
    "Accept-Language": "evil.example",
    "Cookie": "language=evil.example",
    "Authorization": "Bearer evil.example",
    "X-Part": "evil.example",
    "User-Agent": "evil.example " * 500,
}


@pytest.fixture
def client(services: Services, site: Site, newsroom: Newsroom) -> Iterator[FlaskClient]:
    thread = newsroom.thread()
    newsroom.published(thread=thread, parent_id=newsroom.published(thread=thread))
    app = create_app(services, READERS_ROOMS)
    yield app.test_client()
    app.extensions[EXTENSION].commits.close()
    app.extensions["rejoinder.documents"].close()


def kept(answer: TestResponse) -> tuple[Any, ...]:
    """All that a cache keeps of it."""
    headers = {name: value for name, value in answer.headers.items() if name not in ("Date", "X-Request-Id")}
    return answer.status_code, headers, answer.data


@pytest.mark.parametrize("path", PUBLIC)
def test_what_a_request_brings_along_changes_nothing(client: FlaskClient, path: str) -> None:
    plain = kept(client.get(path))
    assert plain[0] == 200
    for name, value in BROUGHT.items():
        assert kept(client.get(path, headers={name: value})) == plain, name
    assert kept(client.get(path, headers=BROUGHT, base_url="http://localhost:1")) == plain


def decoded(sent: bytes, coding: str | None) -> bytes:
    if coding == "br":
        return bytes(rendered._brotli.decompress(sent))
    return gzip.decompress(sent) if coding else sent


@pytest.mark.parametrize("path", PUBLIC)
def test_each_coding_says_that_it_is_one(client: FlaskClient, path: str) -> None:
    plain = client.get(path)
    for asked in ("gzip", "br", "gzip;q=0", "identity;q=0", "*", "evil.example", ",,;", "gzip, " * 2000):
        answer = client.get(path, headers={"Accept-Encoding": asked})
        assert "Accept-Encoding" in answer.headers["Vary"]
        coding = answer.headers.get("Content-Encoding")
        assert decoded(answer.data, coding) == plain.data
        assert (answer.headers["ETag"] != plain.headers["ETag"]) is (coding is not None)


@pytest.mark.parametrize("path", PUBLIC)
def test_a_head_or_a_range_leaves_nothing_else_in_a_cache(client: FlaskClient, path: str) -> None:
    plain = client.get(path)
    head = client.head(path)
    assert (head.status_code, head.data) == (200, b"")
    assert head.headers == plain.headers
    for asked in ("bytes=0-3", "bytes=999999999-", "bytes=-1", "lines=1", "bytes=" + "0-1," * 1000):
        assert kept(client.get(path, headers={"Range": asked, "If-Range": '"x"'})) == kept(plain)


def test_the_order_of_a_query_is_none_of_its_meaning(client: FlaskClient) -> None:
    asked = ("thread=4711", "sort=newest", "limit=1", "evil=<script>")
    answers = {kept(client.get(f"{PATH}?{'&'.join(order)}"))[2] for order in itertools.permutations(asked)}
    assert len(answers) == 1
    # The first one counts, whatever follows.
    twice = client.get(f"{PATH}?thread=4711&thread=other&sort=newest&limit=1&sort=oldest&limit=2").data
    assert {twice} == answers
    assert b"script" not in twice


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1:8000@evil.example", "evil.example#127.0.0.1:8000", "a" * 9000]
)
def test_another_host_gets_no_page_at_all(client: FlaskClient, host: str) -> None:
    for path in (*PUBLIC, "/embed/gazette?thread=4711", "/", "/demo"):
        answer = client.get(path, headers={"Host": host})
        assert answer.status_code == 400
        assert answer.headers["Cache-Control"] == "no-store"
        assert host not in answer.text


def test_pages_name_the_service_and_never_the_host_that_was_asked(client: FlaskClient) -> None:
    for path in ("/embed/gazette?thread=4711", f"{PATH}?thread=4711", "/"):
        answer = client.get(path, base_url="http://localhost:4321")
        assert answer.status_code == 200
        assert "4321" not in answer.text
    assert f"{OURS}/c/" in client.get(f"{PATH}?thread=4711", base_url="http://localhost:4321").text


KEYS = [
    pytest.param("a", id="one letter"),
    pytest.param("ä" * 256, id="512 bytes of two"),
    pytest.param("🙈" * 128, id="512 bytes of four"),
    pytest.param("é e\u0301 \u202e\u2066 \ufeff", id="forms, directions, a mark of order"),
    pytest.param("../../etc/passwd?x=1&thread=2#3%00+;=", id="an address's signs"),
    pytest.param("'\"><script>&amp;", id="markup"),
]


@pytest.mark.parametrize("key", KEYS)
def test_a_key_is_any_utf8_and_stays_what_it_is(client: FlaskClient, key: str) -> None:
    fields = {
        "thread": key,
        "page_url": "http://news.test/k",
        "name": "A",
        "email": "a@b.example",
        "body": "Well said.",
    }
    assert client.post(PATH, json=fields).status_code == 202
    assert client.get(PATH, query_string={"thread": key}).get_json()["thread"]["key"] == key
    assert client.get(COUNTS, query_string={"thread": key}).get_json()["counts"] == {key: 0}
    assert client.get("/embed/gazette", query_string={"thread": key}).status_code == 200
    for longer in (key + "x" * 512, key + "\n", ""):
        assert client.get(PATH, query_string={"thread": longer}).status_code == 400


def threads(services: Services) -> int:
    with services.read() as session:
        return session.scalar(select(func.count()).select_from(Thread)) or 0


def test_made_up_threads_take_no_room(client: FlaskClient, services: Services) -> None:
    small = msgspec.structs.replace(services.settings, cache_bytes=16 * 1024)
    app = create_app(dataclasses.replace(services, settings=small), READERS_ROOMS)
    try:
        asking = app.test_client()
        documents = app.extensions["rejoinder.documents"]
        before = (services.redis.dbsize(), threads(services))
        for n in range(200):
            key = f"made-up-{n}-{'x' * 400}"
            assert asking.get(PATH, query_string={"thread": key}).status_code == 200
            if n % 20 == 0:
                assert asking.get(COUNTS, query_string={"thread": key}).status_code == 200
                assert asking.get("/embed/gazette", query_string={"thread": key}).status_code == 200
                assert asking.get("/api/v1/sites/gazette/form", query_string={"thread": key}).status_code == 200
        assert (services.redis.dbsize(), threads(services)) == before
        assert documents._marks.used + documents._pages.used <= small.cache_bytes
    finally:
        app.extensions[EXTENSION].commits.close()
        app.extensions["rejoinder.documents"].close()
