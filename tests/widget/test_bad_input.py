"""No request makes a reader's page fail: every wrong one gets a clear answer."""

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models import Site
from service.app import create_app
from service.errors import Unavailable
from service.intake.receive import EXTENSION
from service.wiring import Services
from tests.widget.live_server import READERS_ROOMS

NASTY = [
    "\0",
    "\ud7ff",
    "'\"><script>",
    "%",
    "%zz",
    "../..",
    "\u202eabc",
    "🙈" * 300,
    " ",
    "0" * 26,
    "ı",
    "\r\nX: y",
]
PATHS = ["/embed/{}", "/receipts/{}", "/c/{}", "/static/{}", "/demo/?thread={}"]


@pytest.fixture
def client(services: Services, site: Site) -> Iterator[FlaskClient]:
    app: Flask = create_app(services, READERS_ROOMS)
    yield app.test_client()
    app.extensions[EXTENSION].commits.close()
    app.extensions["rejoinder.documents"].close()


@pytest.mark.parametrize("path", PATHS)
def test_nasty_words_in_paths(client: FlaskClient, path: str) -> None:
    assert {word: status for word in NASTY if (status := client.get(path.format(word)).status_code) >= 500} == {}


@pytest.mark.parametrize("field", ["thread", "page_url", "page_title", "reply_to", "sort", "cursor", "around", "limit"])
def test_nasty_words_in_the_plain_pages_query(client: FlaskClient, field: str) -> None:
    for word in NASTY:
        answer = client.get("/embed/gazette", query_string={"thread": "1"} | {field: word})
        assert answer.status_code < 500, word
        assert "<script>" not in answer.text


def test_a_title_in_a_query_is_read_like_one_that_is_sent(client: FlaskClient) -> None:
    typed = "\u202e\u2066a\u200b" + "b\n" * 300
    sent = {"thread": "1", "page_url": "http://news.test/1", "page_title": typed}
    asked = client.get("/embed/gazette", query_string=sent)
    refused = client.post("/api/v1/sites/gazette/comments", data=sent, headers={"Accept": "text/html"})
    for answer in (asked, refused):
        assert f'name="page_title" value="a{"b " * 98}b…"' in answer.text
        assert not set("\u202e\u2066\u200b") & set(answer.text)
    assert "ada@" not in client.get("/embed/gazette", query_string=sent | {"page_title": "Inbox of ada@a.example"}).text


FIELDS = [
    "thread",
    "page_url",
    "page_title",
    "parent_id",
    "name",
    "email",
    "website",
    "body",
    "token",
    "confirm",
    "notify",
    "notify_replies",
]


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(st.dictionaries(st.sampled_from(FIELDS), st.one_of(st.text(max_size=60), st.sampled_from(NASTY)), max_size=11))
def test_a_refused_form_is_always_a_page(client: FlaskClient, fields: dict[str, str]) -> None:
    data = {"thread": "1", "page_url": "http://news.test/1"} | fields
    encoded = {name: value.encode("utf-8", "surrogatepass") for name, value in data.items()}
    answer = client.post("/api/v1/sites/gazette/comments", data=encoded, headers={"Accept": "text/html"})
    assert answer.status_code < 500
    assert answer.mimetype == "text/html"


def test_no_foreign_page_is_linked_while_the_database_is_away(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then nobody can say whose page it is: a link to it would be ours to anybody's."""

    def away(*_: object, **__: object) -> None:
        raise Unavailable("The database is busy or cannot be reached.")

    monkeypatch.setattr("service.intake.routes.receive", away)
    monkeypatch.setattr("service.widget.embed.published_page", away)
    fields = {"thread": "9", "page_url": "https://evil.example/x", "page_title": "You have won", "body": "Not lost."}
    answer = client.post("/api/v1/sites/gazette/comments", data=fields, headers={"Accept": "text/html"})
    assert (answer.status_code, answer.mimetype) == (503, "text/html")
    assert "Not lost." in answer.text
    assert 'href="https://evil' not in answer.text
    assert ">You have won<" not in answer.text
