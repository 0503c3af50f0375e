"""What is sent, and how: sizes, caching, headers, permalinks, start page, demo."""

import base64
import gzip
import hashlib
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import Client, EnvironBuilder, TestResponse, run_wsgi_app

from models import Site
from service.app import create_app
from service.intake.receive import EXTENSION
from service.publishing.shortcut import LONGEST, Shortcut
from service.web_server.request_counts import clock
from service.widget.assets import STATIC, WIDGET_FILES, parts, parts_version, widget_script
from service.wiring import Services
from tests.factories import Newsroom
from tests.intake.web_server import Headers
from tests.widget.live_server import READERS_ROOMS

NOW = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)


@pytest.fixture
def app(services: Services, site: Site) -> Iterator[Flask]:
    app = create_app(services, READERS_ROOMS)
    yield app
    app.extensions[EXTENSION].commits.close()
    app.extensions["rejoinder.documents"].close()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def test_what_a_page_loads_at_first_is_at_most_8_kb(client: FlaskClient) -> None:
    sent = client.get("/widget.js", headers={"Accept-Encoding": "gzip"})
    assert sent.headers["Content-Encoding"] == "gzip"
    assert len(sent.data) <= 8000
    # It loads nothing else but its parts, when they are needed.
    script = gzip.decompress(sent.data).decode()
    assert re.findall(r"\bimport\s*\(.{10}", script) == ["import(`./parts/$"]
    assert not re.search(r"\bimport\s+[\w{*\"']|\.css|@import|url\(", script)


@pytest.mark.parametrize(
    "sink", ["innerHTML", "outerHTML", "insertAdjacentHTML", "eval(", "document.write", "DOMParser"]
)
def test_the_widget_uses_no_sink(sink: str) -> None:
    assert all(sink not in asset.plain.decode() for asset in (widget_script(), *parts().values()))


@pytest.mark.parametrize(
    "path", ["/widget.js", *(f"/static/{name}" for name in STATIC), "/favicon.ico", "/favicon.svg"]
)
def test_files_are_compressed_and_asked_for_again_cheaply(client: FlaskClient, path: str) -> None:
    plain = client.get(path)
    zipped = client.get(path, headers={"Accept-Encoding": "gzip"})
    assert plain.status_code == zipped.status_code == 200
    assert gzip.decompress(zipped.data) == plain.data
    assert plain.headers["ETag"] != zipped.headers["ETag"]
    assert zipped.headers["Vary"] == "Accept-Encoding"
    assert "max-age" in zipped.headers["Cache-Control"]
    again = client.get(path, headers={"Accept-Encoding": "gzip", "If-None-Match": zipped.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    other = client.get(path, headers={"If-None-Match": zipped.headers["ETag"]})
    assert other.status_code == 200


def _scope(path: str, query: str = "", **headers: str) -> SimpleNamespace:
    sent = Headers({"host": "localhost"} | {name.replace("_", "-"): value for name, value in headers.items()})
    return SimpleNamespace(method="GET", path=path, query_string=query, headers=sent)


@pytest.mark.parametrize(
    "path",
    [
        "/widget.js",
        "/counts.js",
        f"/widget.{widget_script().version}.js",
        f"/parts/1.{parts_version()}/write.js",
        *(f"/static/{name}" for name in STATIC),
        "/favicon.svg",
    ],
)
def test_files_are_answered_at_once_the_second_time(app: Flask, services: Services, path: str) -> None:
    shortcut = Shortcut(app, services)
    Client(shortcut).get(f"{path}?v=1")
    assert shortcut.at_once(_scope(path), clock()) is None, "it may not be the same without"
    asked = {"Accept-Encoding": "gzip"}, {}, {"Accept-Encoding": "gzip", "If-None-Match": "*"}
    for headers in asked:
        found = Client(shortcut).get(path, headers=headers)
        said = shortcut.at_once(_scope(path, **{name.lower(): value for name, value in headers.items()}), clock())
        assert said is not None
        assert (found.status_code, sorted(found.headers), found.data) == (said[0][0], sorted(said[0][1]), said[0][2])
    assert shortcut.at_once(_scope(path, "v=1"), clock()) is None
    assert shortcut.at_once(_scope(path, host="evil.test"), clock()) is None


def test_what_stands_in_for_a_version_that_is_gone_is_not_kept(app: Flask, services: Services) -> None:
    shortcut = Shortcut(app, services)
    for path in ("/widget.0123456789ab.js", "/parts/1.0123456789ab/write.js", "/static/nothing.css"):
        Client(shortcut).get(path)
        assert shortcut.at_once(_scope(path), clock()) is None


def test_a_file_by_many_addresses_takes_little_memory(
    app: Flask, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Flask takes any number of slashes before a name for one: nobody may fill the memory with them."""
    monkeypatch.setattr("service.publishing.shortcut.KEPT", 3)
    shortcut = Shortcut(app, services)
    paths = [f"{'/' * slashes}widget.js" for slashes in (1, 2, 3, 4, 5, LONGEST)]
    for path in paths:
        environ = EnvironBuilder("/").get_environ() | {"PATH_INFO": path}
        assert run_wsgi_app(shortcut, environ)[1] == "200 OK"
    kept = [shortcut.at_once(_scope(path), clock()) is not None for path in paths]
    assert kept == [False, False, True, True, True, False]


def test_any_page_may_load_the_widget(client: FlaskClient) -> None:
    headers = client.get("/widget.js").headers
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert headers["Content-Type"].startswith("text/javascript")


@pytest.mark.parametrize("name", ["nothing.css", "widget", "../routes.py", "widget/form.js"])
def test_only_listed_files_are_served(client: FlaskClient, name: str) -> None:
    assert client.get(f"/static/{name}").status_code == 404


def test_a_permalink_leads_to_the_article(client: FlaskClient, services: Services, site: Site) -> None:
    newsroom = Newsroom(services, site)
    comment = newsroom.published(thread=newsroom.thread("4711"))
    found = client.get(f"/c/{comment}")
    assert found.status_code == 302
    assert found.headers["Location"] == f"http://news.test/4711#comment-{comment}"
    newsroom.take_down(comment)
    assert client.get(f"/c/{comment}").status_code == 404


@pytest.mark.parametrize("comment", ["x", "0" * 26, "%00"], ids=["short", "unknown", "nul"])
def test_a_permalink_to_nothing_is_a_clear_page(client: FlaskClient, comment: str) -> None:
    found = client.get(f"/c/{comment}")
    assert found.status_code == 404
    assert "This comment is not shown" in found.text


def test_without_a_demo_site_there_is_no_demo(client: FlaskClient) -> None:
    assert client.get("/demo/").status_code == 404
    start = client.get("/")
    assert start.status_code == 200
    assert "demo" not in start.text


def test_the_plain_page_may_be_framed_by_the_sites_pages_only(client: FlaskClient) -> None:
    page = client.get("/embed/gazette?thread=1")
    policy = page.headers["Content-Security-Policy"]
    assert "frame-ancestors http://news.test" in policy
    assert "default-src 'none'" in policy
    assert "script-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'" in policy
    assert '<meta name="rejoinder-origins" content="http://news.test">' in page.text
    assert page.headers["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("thread=1", 200),
        ("", 400),
        ("thread=1&sort=best", 400),
        ("thread=1&cursor=no", 400),
        ("thread=" + "x" * 513, 400),
    ],
    ids=["fine", "no thread", "unknown order", "foreign cursor", "too long"],
)
def test_wrong_questions_get_a_page_that_says_so(client: FlaskClient, query: str, status: int) -> None:
    page = client.get(f"/embed/gazette?{query}")
    assert page.status_code == status
    assert page.mimetype == "text/html"


def test_an_unknown_site_is_a_clear_page(client: FlaskClient) -> None:
    page = client.get("/embed/nobody?thread=1")
    assert (page.status_code, page.mimetype) == (404, "text/html")


def test_the_receipts_page_tells_nobody_where_it_was(client: FlaskClient, services: Services) -> None:
    form = {
        "thread": "1",
        "page_url": "http://news.test/1",
        "name": "Ada",
        "email": "canary@example.org",
        "body": "Well said.",
    }
    sent = client.post("/api/v1/sites/gazette/comments", data=form)
    assert sent.status_code == 303
    path = sent.headers["Location"].removeprefix(services.settings.public_url)
    page = client.get(path)
    assert page.status_code == 200
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["X-Robots-Tag"] == "noindex"
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
    assert "canary" not in page.text
    # Reading changes nothing; only the button does.
    assert client.get(path).status_code == 200
    assert client.get(f"{path}/withdraw").status_code == 405
    assert client.post(f"{path}/withdraw").status_code == 303
    assert "You withdrew your comment" in client.get(path).text


def test_a_refused_form_is_a_page_and_json_a_problem(client: FlaskClient) -> None:
    form = {
        "thread": "1",
        "page_url": "http://news.test/1",
        "name": "<b>Ada</b>",
        "email": "no",
        "body": 'Well "said".',
    }
    page = client.post("/api/v1/sites/gazette/comments", data=form, headers={"Accept": "text/html"})
    assert (page.status_code, page.mimetype) == (422, "text/html")
    assert "&lt;b&gt;Ada&lt;/b&gt;" in page.text
    assert "Well &#34;said&#34;." in page.text
    problem = client.post("/api/v1/sites/gazette/comments", json=form)
    assert (problem.status_code, problem.mimetype) == (422, "application/problem+json")


def test_the_plain_forms_token_makes_a_double_click_one_comment(client: FlaskClient) -> None:
    def send(token: str, body: str) -> TestResponse:
        form = {"thread": "1", "page_url": "http://news.test/1", "name": "Ada", "email": "ada@example.org"}
        fields = form | {"body": body, "token": token}
        return client.post("/api/v1/sites/gazette/comments", data=fields, headers={"Accept": "text/html"})

    token = _token(client.get("/embed/gazette?thread=1").text)
    first, second = send(token, "Well said."), send(token, "Well said.")
    assert first.status_code == second.status_code == 303
    assert first.headers["Location"] == second.headers["Location"]
    changed = send(token, "Well said, indeed.")
    assert changed.status_code == 422
    assert "An earlier wording of it has arrived. Send it again if this one should come as well." in changed.text
    assert _token(changed.text) != token
    assert send(_token(changed.text), "Well said, indeed.").status_code == 303


def test_corrections_keep_the_token(client: FlaskClient) -> None:
    token = _token(client.get("/embed/gazette?thread=1").text)
    form = {"thread": "1", "page_url": "http://news.test/1", "name": "", "email": "no", "body": "x", "token": token}
    page = client.post("/api/v1/sites/gazette/comments", data=form, headers={"Accept": "text/html"})
    assert _token(page.text) == token


def _token(page: str) -> str:
    found = re.search(r'name="token" value="([^"]+)"', page)
    assert found
    return found[1]


def test_every_part_of_the_widget_is_in_it() -> None:
    script = widget_script().plain.decode()
    for mark in (
        ":host{",
        "viewBox",
        "'Retry-After'",
        "No comments yet",
        "rtl",
        "Write a comment",
        "customElements.define",
    ):
        assert script.count(mark) == 1, mark
    assert len(WIDGET_FILES) == 6


def _headers(client: FlaskClient, path: str) -> tuple[int, str]:
    sent = client.get(path)
    if sent.status_code == 200:
        assert sent.headers["Access-Control-Allow-Origin"] == "*"
        assert sent.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
        assert sent.headers["Content-Type"].startswith("text/javascript")
    return sent.status_code, sent.headers.get("Cache-Control", "")


def test_addresses_with_a_version_hold_for_good_and_old_ones_for_a_moment(client: FlaskClient) -> None:
    forever, moment = "public, max-age=31536000, immutable", "public, max-age=60"
    version, ours = widget_script().version, f"1.{parts_version()}"
    assert f'"{ours}"' in widget_script().plain.decode()
    assert _headers(client, f"/widget.{version}.js") == (200, forever)
    assert _headers(client, "/widget.0123456789ab.js") == (200, moment)
    assert client.get("/widget.0123456789ab.js").data == widget_script().plain
    assert _headers(client, "/parts/1.0123456789ab/write.js") == (200, moment)
    for name in parts():
        assert _headers(client, f"/parts/{ours}/{name}.js") == (200, forever), name
    # No versions at all, parts nobody wrote, and those for a script of another contract.
    nothing = ("/widget.x.js", "/widget..js", "/parts/1.x/write.js", "/parts/2.0123456789ab/write.js")
    for path in (*nothing, f"/parts/{ours}/nothing.js", f"/parts/{ours}/..%2fwidget%2fform.js", "/parts/1/write.js"):
        assert client.get(path).status_code == 404, path


def test_the_script_can_be_pinned_by_its_hash() -> None:
    script = widget_script()
    digest = base64.b64encode(hashlib.sha384(gzip.decompress(script.gzipped)).digest()).decode()
    assert script.integrity == f"sha384-{digest}"
