"""The writer's page as a plain form takes it, and what readers are told when something is refused."""

import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from models import Comment, CommentVersion, Site, Status, Thread, ThreadState
from service.app import create_app
from service.errors import TooMany, Unavailable
from service.intake.receive import EXTENSION
from service.readers.preview import PreviewedTooOften
from service.widget.refusals import in_readers_words
from service.wiring import Services
from tests.factories import move_comment
from tests.lookups import seen
from tests.widget.live_server import READERS_ROOMS

TEXT = "It rattles at <night>."


@pytest.fixture
def client(services: Services, site: Site) -> Iterator[FlaskClient]:
    app = create_app(services, READERS_ROOMS)
    yield app.test_client()
    app.extensions[EXTENSION].commits.close()
    app.extensions["rejoinder.documents"].close()


@pytest.fixture
def sent(client: FlaskClient) -> dict[str, str]:
    fields = {"thread": "1", "page_url": "http://news.test/1", "name": "Ada", "email": "a@b.example", "body": TEXT}
    answer: dict[str, str] = client.post("/api/v1/sites/gazette/comments", json=fields).get_json()
    return answer


def page(client: FlaskClient, sent: dict[str, str]) -> str:
    return client.get(f"/receipts/{sent['receipt']}").text


def save(client: FlaskClient, sent: dict[str, str], **fields: str) -> TestResponse:
    return client.post(f"/receipts/{sent['receipt']}/edit", data={"body": "Better.", "version": "1"} | fields)


def texts(services: Services, sent: dict[str, str]) -> list[str]:
    with services.read() as session:
        versions = session.query(CommentVersion).where(CommentVersion.comment_id == sent["id"])
        return [version.text for version in versions.order_by(CommentVersion.n)]


def close(services: Services) -> None:
    with services.write() as session:
        session.query(Thread).update({"state": ThreadState.CLOSED})


def test_an_edit_goes_to_judgement_and_what_is_published_stays_up(
    client: FlaskClient, services: Services, sent: dict[str, str]
) -> None:
    move_comment(services, sent["id"], Status.APPROVED)
    assert "It rattles at &lt;night&gt;.</textarea>" in page(client, sent)
    saved = save(client, sent)
    assert (saved.status_code, saved.headers["Location"]) == (303, f"/receipts/{sent['receipt']}")
    comment = seen(services, sent["id"])
    assert (comment.status, comment.current_version, comment.published_version) == (Status.RECEIVED, 2, 1)
    shown = page(client, sent)
    assert '<h1 class="status pending">Your change is waiting to be checked</h1>' in shown
    assert f'/c/{sent["id"]}">your comment as it was published</a>' in shown
    move_comment(services, sent["id"], Status.REJECTED)
    assert "Your change to it was not published" in page(client, sent)


def test_sending_twice_and_going_back_change_nothing_more(
    client: FlaskClient, services: Services, sent: dict[str, str]
) -> None:
    assert [save(client, sent).status_code for _ in range(3)] == [303] * 3
    assert texts(services, sent) == [TEXT, "Better."]
    assert client.get(f"/receipts/{sent['receipt']}").headers["Cache-Control"] == "no-store"
    for _ in range(2):
        assert client.post(f"/receipts/{sent['receipt']}/withdraw").status_code == 303
    assert "You withdrew your comment" in page(client, sent)


def test_a_refused_edit_keeps_what_was_typed(client: FlaskClient, services: Services, sent: dict[str, str]) -> None:
    short = save(client, sent, body="<")
    assert short.status_code == 422
    assert "<details open>" in short.text
    assert "A comment has at least 2 characters." in short.text
    assert re.search(r'aria-invalid="true" autofocus>\s+&lt;</textarea>', short.text)
    save(client, sent, body="From another window.")
    stale = save(client, sent, body="From this one.")
    assert stale.status_code == 409
    assert "Your comment reads differently by now." in stale.text
    assert "From another window." in stale.text
    assert "From this one.</textarea>" in stale.text
    # Now that it was read, it may be replaced.
    assert 'name="version" value="2"' in stale.text
    assert save(client, sent, body="From this one.", version="2").status_code == 303
    assert texts(services, sent)[-1] == "From this one."


def test_closed_or_decided_meanwhile_the_text_can_still_be_copied(
    client: FlaskClient, services: Services, sent: dict[str, str]
) -> None:
    close(services)
    assert "Change this comment" not in page(client, sent)
    late = save(client, sent)
    assert late.status_code == 409
    assert "This conversation is closed. It takes no further comments, nor changes to them." in late.text
    assert re.search(r"readonly>\s+Better.</textarea>", late.text)
    assert "Save the change" not in late.text
    move_comment(services, sent["id"], Status.REJECTED)
    refused = save(client, sent)
    assert "This comment cannot be changed any more. It was decided" in refused.text
    assert re.search(r"readonly>\s+Better.</textarea>", refused.text)
    with services.read() as session:
        assert session.get_one(Comment, sent["id"]).current_version == 1


def test_without_a_database_the_form_stands_for_another_try(
    client: FlaskClient, services: Services, sent: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object, **__: object) -> None:
        raise Unavailable("The database is busy or cannot be reached.")

    with monkeypatch.context() as patched:
        for place in ("routes.edit", "receipt_page.find_comment"):
            patched.setattr(f"service.widget.{place}", away)
        answer = save(client, sent)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
        assert "Please try again in a moment. The comments cannot be reached just now." in answer.text
        assert re.search(r"autofocus>\s+Better.</textarea>", answer.text)
        assert client.get(f"/receipts/{sent['receipt']}").status_code == 503
    assert save(client, sent).status_code == 303


@pytest.mark.parametrize(
    ("method", "path", "status", "said"),
    [
        ("get", "/embed/gazette?thread=1&limit=9999", 400, "This page cannot be opened"),
        ("get", "/embed/gazette?thread=1&cursor=%FF", 400, "This page cannot be opened"),
        ("get", "/embed/gazette", 400, "This page cannot be opened"),
        ("get", "/embed/nobody?thread=1", 404, "These comments cannot be found"),
        ("get", "/embed/gazette?thread=hidden", 404, "This conversation is not shown"),
        ("get", "/receipts/nothing", 404, "No comment belongs to this address"),
        ("post", "/receipts/nothing/edit", 404, "No comment belongs to this address"),
        ("post", "/receipts/nothing/withdraw", 404, "No comment belongs to this address"),
        ("get", "/receipts/nothing/edit", 405, "This cannot be done here"),
        ("get", "/reports/nothing", 404, "No report belongs to this address"),
        ("get", "/c/nothing", 404, "This comment is not shown"),
        ("get", "/confirm/nothing", 404, "This link does not work"),
        ("get", "/unsubscribe/nothing", 404, "This link does not work"),
        ("get", "/nothing", 404, "There is no page here"),
    ],
)
def test_a_refusal_is_said_in_readers_words(
    client: FlaskClient, services: Services, method: str, path: str, status: int, said: str
) -> None:
    fields = {"thread": "hidden", "page_url": "http://news.test/h", "name": "A", "email": "a@b.example", "body": "Hm."}
    client.post("/api/v1/sites/gazette/comments", json=fields)
    with services.write() as session:
        session.query(Thread).update({"state": ThreadState.HIDDEN})
    answer = client.open(path, method=method.upper(), data={"body": "Hm."} if method == "post" else None)
    assert (answer.status_code, answer.mimetype) == (status, "text/html")
    assert f"<h1>{said}</h1>" in answer.text
    assert "There is no such" not in answer.text
    framed = "frame-ancestors " + ("http://news.test" if path.startswith("/embed/gazette") else "'none'")
    assert framed in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("kind", "data", "status", "said"),
    [
        ("application/x-www-form-urlencoded", b"body=" + b"x" * 200_000, 413, "This is too much to send"),
        ("application/x-www-form-urlencoded", b"body=%FF", 400, "This cannot be read"),
        ("multipart/form-data", b"x", 400, "This cannot be read"),
        ("text/plain", b"x", 415, "This cannot be read"),
    ],
)
def test_what_cannot_be_read_leaves_the_way_back(
    client: FlaskClient, sent: dict[str, str], kind: str, data: bytes, status: int, said: str
) -> None:
    for path in (f"/receipts/{sent['receipt']}/edit", "/api/v1/sites/gazette/comments"):
        answer = client.post(path, data=data, content_type=kind, headers={"Accept": "text/html"})
        assert answer.status_code == status
        if path.startswith("/receipts") or kind != "text/plain":
            assert f"<h1>{said}</h1>" in answer.text
            assert "what you typed is still there" in answer.text


def test_a_comment_to_a_hidden_conversation_is_refused_as_a_page(client: FlaskClient, services: Services) -> None:
    fields = {"thread": "1", "page_url": "http://news.test/1", "name": "A", "email": "a@b.example", "body": "Hm."}
    for _ in range(2):
        answer = client.post("/api/v1/sites/gazette/comments", data=fields, headers={"Accept": "text/html"})
        with services.write() as session:
            session.query(Thread).update({"state": ThreadState.HIDDEN})
    assert (answer.status_code, answer.mimetype) == (409, "text/html")
    assert "<h1>This conversation is closed</h1>" in answer.text


@pytest.mark.parametrize(
    ("seconds", "said"), [(1, "in a minute or two."), (300, "in 5 minutes."), (10_000, "in 3 hours.")]
)
def test_how_long_to_wait_is_said(seconds: int, said: str) -> None:
    assert in_readers_words(TooMany(retry_after=seconds))[1].endswith(said)


def test_the_plain_form_offers_mails_where_any_can_be_sent(
    client: FlaskClient, services: Services, site: Site, tmp_path: Path
) -> None:
    assert "E-mail for me" not in client.get("/embed/gazette?thread=1").text
    settings = msgspec.structs.replace(services.settings, mail_dir=tmp_path / "mails")
    app = create_app(dataclasses.replace(services, settings=settings), READERS_ROOMS)
    try:
        mailing = app.test_client()
        fields = {"thread": "1", "page_url": "http://news.test/1", "notify_replies": "1", "body": "Not lost."}
        again = mailing.post("/api/v1/sites/gazette/comments", data=fields, headers={"Accept": "text/html"}).text
        # What was ticked comes back with what is wrong.
        boxes = re.findall(r'name="(\w+)" type="checkbox" value="1"( checked)?', again)
        assert boxes == [("notify", ""), ("notify_replies", " checked"), ("confirm", "")]
        sent = mailing.post("/api/v1/sites/gazette/comments", data=fields | {"name": "Ada", "email": "a@b.example"})
        assert sent.status_code == 303
    finally:
        app.extensions[EXTENSION].commits.close()
        app.extensions["rejoinder.documents"].close()
    with services.read() as session:
        assert session.query(Comment).one().wants_replies


def test_mail_about_replies_can_be_ended_without_a_mail(
    client: FlaskClient, services: Services, sent: dict[str, str]
) -> None:
    assert "Mail about replies" not in page(client, sent)
    with services.write() as session:
        session.get_one(Comment, sent["id"]).wants_replies = True
    assert "Mail about replies" in page(client, sent)
    for _ in range(2):
        assert client.post(f"/receipts/{sent['receipt']}/stop-replies").status_code == 303
    assert "Mail about replies" not in page(client, sent)
    comment = seen(services, sent["id"])
    assert (comment.wants_replies, comment.replies_stopped_at is not None) == (False, True)


def test_a_problem_is_said_in_readers_words_where_a_language_is_asked_for(
    client: FlaskClient, sent: dict[str, str]
) -> None:
    """To programs it stays what it was; whoever asks for a language has a reader to tell."""
    path = "/api/v1/receipts/nothing"
    programs, english, german = (client.get(path + asked).get_json() for asked in ("", "?lang=en", "?lang=de"))
    assert programs["title"] == "There is no comment for this receipt"
    assert english["title"] == "No comment belongs to this address"
    assert "Copy all of it from where you kept it" in english["detail"]
    assert german["title"] == "Zu dieser Adresse gehört kein Kommentar"
    assert {programs["code"], english["code"], german["code"]} == {"unknown_receipt"}
    body = client.patch(f"/api/v1/receipts/{sent['receipt']}?lang=de", json={"body": ""}).get_json()
    assert body["errors"][0]["message"] == "Der Kommentar ist leer."


def test_the_plain_page_names_no_article_before_it_knows_one(client: FlaskClient) -> None:
    unknown = client.get("/embed/gazette?thread=new").text
    assert '<p class="soft">On ' not in unknown
    assert '<input type="hidden" name="page_url" value="http://news.test/">' in unknown
    titled = client.get("/embed/gazette?thread=new&page_title=The+bridge").text
    assert "On <bdi>The bridge</bdi>" in titled
    told = client.get("/embed/gazette?thread=new&page_url=http://news.test/bridge").text
    assert 'On <a href="http://news.test/bridge"' in told


def test_a_preview_asked_too_often_does_not_say_that_the_comment_has_to_wait() -> None:
    refused = PreviewedTooOften("The comment can be sent as it is.", retry_after=600)
    assert in_readers_words(refused)[1] == "The comment can be sent as it is."
