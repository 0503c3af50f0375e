"""What goes over the wire to an outside check, and what of its answers counts; against a real HTTPS server."""

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qsl

import pytest

from service.moderation.network.outside import akismet, site_check
from service.moderation.network.outside.signing import new_signing_secret, secret_bytes
from service.moderation.network.outside.types import CheckedComment, CheckFailed
from service.outgoing import OutgoingFailed
from tests.fake_https_server import FakeHttpsServer, Heard, http

CANARY = "canary@reader.example"
NOW = datetime(2026, 3, 14, 12, 0, 30, tzinfo=UTC)
ASKED = CheckedComment(
    id="01J0000000000000000000COMM",
    version=1,
    site="gazette",
    home="https://gazette.example/",
    thread="4711",
    page_url="https://gazette.example/bridge?a=1",
    page_title="The bridge",
    parent_id=None,
    name="Jörg & Söhne",
    website="https://joerg.example/",
    text="Two lines,\nwith = and & and ünïcode 🌊",
    language="de-AT",
    created_at=datetime(2026, 3, 14, 12, 0, tzinfo=UTC),
)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[FakeHttpsServer]:
    server = FakeHttpsServer(tmp_path)
    yield server
    server.close()


def test_akismet_is_asked_as_its_documentation_says(server: FakeHttpsServer) -> None:
    assert akismet.check(server.client(), server.url + "/", "the-api-key", ASKED) == "ham"
    (heard,) = server.heard
    assert heard.line == "POST /1.1/comment-check HTTP/1.1"
    assert heard.headers["content-type"].startswith("application/x-www-form-urlencoded")
    assert dict(parse_qsl(heard.body.decode(), strict_parsing=True)) == {
        "api_key": "the-api-key",
        "blog": "https://gazette.example/",
        "blog_charset": "UTF-8",
        "blog_lang": "de-AT",
        "user_ip": "0.0.0.0",
        "permalink": "https://gazette.example/bridge?a=1",
        "comment_type": "comment",
        "comment_author": "Jörg & Söhne",
        "comment_author_url": "https://joerg.example/",
        "comment_content": "Two lines,\nwith = and & and ünïcode 🌊",
        "comment_date_gmt": "2026-03-14T12:00:00Z",
    }


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        pytest.param({"parent_id": "01J"}, {"comment_type": "reply"}, id="a reply"),
        pytest.param({"version": 2}, {"recheck_reason": "edit"}, id="an edit"),
        pytest.param({"address": CANARY}, {"comment_author_email": CANARY}, id="an address, where wanted"),
        pytest.param({"test": True}, {"is_test": "true"}, id="a test"),
        pytest.param({"website": None, "language": None}, {"comment_type": "comment"}, id="little known"),
    ],
)
def test_what_else_akismet_may_hear(changes: dict[str, object], fields: dict[str, str]) -> None:
    form = akismet.form("key", replace(ASKED, **changes))  # type: ignore[arg-type]
    assert fields.items() <= form.items()
    assert "" not in form.values()


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        pytest.param(http(b"true"), "spam", id="spam"),
        pytest.param(http(b"false\n"), "ham", id="ham"),
        pytest.param(http(b"true", "200 OK", "X-akismet-pro-tip: discard"), "discard", id="plain spam"),
        pytest.param(http(b"false", "200 OK", "X-akismet-pro-tip: discard"), "ham", id="ham with a tip"),
        pytest.param(http(b"invalid"), CheckFailed("invalid_key"), id="a wrong key"),
        pytest.param(http(b"Missing required field: user_ip."), CheckFailed("bad_answer"), id="a complaint"),
        pytest.param(http(b""), CheckFailed("bad_answer"), id="nothing"),
        pytest.param(http(b"TRUE"), CheckFailed("bad_answer"), id="shouting"),
        pytest.param(http(b"true", "500 Oops"), CheckFailed("status"), id="broken"),
        pytest.param(http(b"true", "429 Too Many Requests"), CheckFailed("status"), id="too many"),
        pytest.param(http(b"true", "302 Found", "Location: https://127.0.0.1:1/"), CheckFailed("status"), id="moved"),
        pytest.param(http(b"x" * 9000), OutgoingFailed("too_large"), id="oversized"),
        pytest.param(b"hello\r\n\r\n", OutgoingFailed("bad_answer"), id="no HTTP"),
        pytest.param(None, OutgoingFailed("bad_answer"), id="hangs up"),
    ],
)
def test_what_of_akismets_answers_counts(
    server: FakeHttpsServer, answer: bytes | None, verdict: str | Exception
) -> None:
    server.answering = lambda _heard: answer
    if isinstance(verdict, str):
        assert akismet.check(server.client(), server.url, "key", ASKED) == verdict
        return
    with pytest.raises(type(verdict)) as failed:
        akismet.check(server.client(), server.url, "key", ASKED)
    assert str(failed.value) == str(verdict)
    assert len(server.heard) == 1


def _verified(secret: str, heard: Heard) -> bool:
    """Standard Webhooks' way to check a message, by its words and by nothing of ours."""
    key = base64.b64decode(secret[len("whsec_") :])
    content = b".".join([heard.headers["webhook-id"].encode(), heard.headers["webhook-timestamp"].encode(), heard.body])
    expected = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
    given = [entry.split(",", 1) for entry in heard.headers["webhook-signature"].split(" ")]
    return any(version == "v1" and hmac.compare_digest(signature, expected) for version, signature in given)


def test_the_sites_own_check_can_verify_who_asks(server: FakeHttpsServer) -> None:
    secret = new_signing_secret()
    server.answering = lambda _heard: http(b'{"verdict":"spam","note":"seen in eleven threads"}')
    assert site_check.check(server.client(), server.url + "/hook?x=1", secret, ASKED, NOW) == (
        "spam",
        "seen in eleven threads",
    )
    (heard,) = server.heard
    assert heard.line == "POST /hook?x=1 HTTP/1.1"
    assert heard.headers["webhook-timestamp"] == str(int(NOW.timestamp()))
    assert _verified(secret, heard)
    assert not _verified(new_signing_secret(), heard)
    assert not _verified(secret, replace(heard, body=heard.body + b" "))
    assert json.loads(heard.body) == {
        "id": "01J0000000000000000000COMM",
        "version": 1,
        "site": "gazette",
        "thread": "4711",
        "page_url": "https://gazette.example/bridge?a=1",
        "page_title": "The bridge",
        "parent_id": None,
        "name": "Jörg & Söhne",
        "website": "https://joerg.example/",
        "text": "Two lines,\nwith = and & and ünïcode 🌊",
        "language": "de-AT",
        "created_at": "2026-03-14T12:00:00Z",
    }


def test_an_address_goes_along_only_where_it_is_wanted() -> None:
    assert "email" not in site_check.document(ASKED)
    assert site_check.document(replace(ASKED, address=CANARY))["email"] == CANARY
    assert CANARY not in repr(replace(ASKED, address=CANARY))


@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        pytest.param(b'{"verdict":"ham"}', ("ham", ""), id="ham"),
        pytest.param(b'{"verdict":"spam"}', ("spam", ""), id="spam"),
        pytest.param(
            b'{"verdict":"ham","note":" two\\n lines\\u0007 "}', ("ham", "two lines"), id="a note on one line"
        ),
        pytest.param(
            b'{"verdict":"spam","note":"mails as canary@reader.example"}',
            ("spam", "mails as [address]"),
            id="a note with an address",
        ),
        pytest.param(b'{"verdict":"discard"}', None, id="another verdict"),
        pytest.param(b'{"verdict":true}', None, id="no word"),
        pytest.param(b'{"verdict":"spam","score":9}', None, id="more than was asked"),
        pytest.param(b'{"note":"spam"}', None, id="no verdict"),
        pytest.param(b'{"verdict":"spam","note":"' + b"n" * 201 + b'"}', None, id="a long note"),
        pytest.param(b'{"verdict":"spam","note":7}', None, id="a note that is none"),
        pytest.param(b'["spam"]', None, id="a list"),
        pytest.param(b"[" * 8000, None, id="deep"),
        pytest.param(b'{"verdict":"spam","note":"\xff"}', None, id="not UTF-8"),
        pytest.param(b"spam", None, id="no JSON"),
        pytest.param(b"", None, id="nothing"),
    ],
)
def test_what_of_the_own_checks_answers_counts(
    server: FakeHttpsServer, body: bytes, verdict: tuple[str, str] | None
) -> None:
    server.answering = lambda _heard: http(body)
    if verdict is not None:
        assert site_check.check(server.client(), server.url, new_signing_secret(), ASKED, NOW) == verdict
        return
    with pytest.raises(CheckFailed, match="bad_answer"):
        site_check.check(server.client(), server.url, new_signing_secret(), ASKED, NOW)


def test_a_slow_server_is_left_in_time(server: FakeHttpsServer) -> None:
    stop = threading.Event()
    server.answering = lambda _heard: (stop.wait(20), None)[1]
    with pytest.raises(OutgoingFailed, match="timeout"):
        akismet.check(server.client(timeout=0.5), server.url, "key", ASKED)
    stop.set()


@pytest.mark.parametrize(
    "secret",
    ["", "abc", "whsec_", "whsec_short", "whsec_!!!", "whsec_" + "A" * 28, "whsec_" + "A" * 92, "wh_" + "A" * 44],
)
def test_secrets_that_are_none(secret: str) -> None:
    with pytest.raises(ValueError):
        secret_bytes(secret)


def test_a_new_secret_is_one() -> None:
    assert len(secret_bytes(new_signing_secret())) == 32
    assert new_signing_secret() != new_signing_secret()
