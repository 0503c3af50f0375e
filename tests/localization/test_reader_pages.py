"""Every page that a reader can come to, in every language: nothing of ours is left in English, and each says what it
is in."""

import re
from collections.abc import Callable, Iterator
from email import message_from_bytes
from email.policy import SMTP
from html.parser import HTMLParser
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from models import ActorKind, Site, Status, ThreadState
from service.accounts.actors import Actor
from service.app import create_app
from service.intake.receive import EXTENSION
from service.localization import ENGLISH, LANGUAGES_OF_READERS, speak
from service.mail.messages import MailDetails, confirmation, message_waits, published
from service.moderation.editorial.marks import set_marks
from service.moderation.editorial.messages import message_writer
from service.moderation.editorial.redaction import redact
from service.moderation.editorial.staff_replies import reply_as_staff
from service.privacy.links import new_proof_link, proof_path, unsubscribe_path, unsubscribe_token
from service.wiring import Services
from tests.factories import Newsroom, add_receipt, add_site, move_comment
from tests.lookups import seen
from tests.widget.live_server import READERS_ROOMS

OTHERS = [language for language in LANGUAGES_OF_READERS if language != ENGLISH]
# One that is written as English is, one from right to left, one without blanks: that each catalogue is whole, and says
# what its message does, is shown without pages.
CRAWLED = ["de", "ar", "ja"]
SHOWN = frozenset({"title", "aria-label", "placeholder", "alt"})
# Written by readers and newsrooms, or the same in every language.
THEIRS = re.compile("Qx|news.test|example.org|^Rejoinder$|^API$")
ANNA = Actor(ActorKind.MODERATOR, "0" * 26, "Qx", {"": "moderator"})
FIELDS = {
    "thread": "open",
    "page_url": "http://news.test/1",
    "name": "Qx",
    "email": "qx@example.org",
    "body": "Qx qx.",
    "terms": "1",
}

Get = Callable[[str], TestResponse]


class Shown(HTMLParser):
    """What somebody reads or hears of a page, in pieces, without what is said to be in another language."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: set[str] = set()
        self.html: dict[str, str | None] = {}
        self._open: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        if tag == "html":
            self.html = told
        elif tag not in ("br", "input", "link", "meta", "img", "circle"):
            theirs = "lang" in told or tag in ("bdi", "style")
            self._open.append((tag, theirs or (bool(self._open) and self._open[-1][1])))
        self.pieces |= {value for name, value in attrs if value and name in SHOWN}

    def handle_endtag(self, tag: str) -> None:
        if self._open and self._open[-1][0] == tag:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        text = " ".join(data.split())
        if text and not (self._open and self._open[-1][1]):
            self.pieces.add(text)


def shown(page: TestResponse) -> Shown:
    found = Shown()
    found.feed(page.text)
    return found


@pytest.fixture(autouse=True)
def spoken_before() -> Iterator[None]:
    """What a request of this thread was answered in is not said on by the next test."""
    speak(ENGLISH)
    yield
    speak(ENGLISH)


@pytest.fixture
def client(services: Services, site: Site) -> Iterator[FlaskClient]:
    app = create_app(services, READERS_ROOMS)
    yield app.test_client()
    app.extensions[EXTENSION].commits.close()
    app.extensions["rejoinder.documents"].close()


def comments_pages(client: FlaskClient, newsroom: Newsroom) -> Iterator[tuple[str, Get]]:
    services, words = newsroom.services, {"name": "Qx", "page_title": "Qx"}
    thread = newsroom.thread("open", title="Qx")
    top = newsroom.published("Qx", thread=thread, **words)
    set_marks(services, ANNA, top, featured=True, pinned=True)
    reply_as_staff(services, ANNA, top, "Qx")
    for status in (Status.REJECTED, Status.WITHDRAWN):
        gone = newsroom.published("Qx", thread=thread, **words)
        at = gone
        for _ in range(5):
            at = newsroom.published("Qx", thread=thread, parent_id=at, **words)
        move_comment(services, gone, status)
    newsroom.thread("empty", title="")
    newsroom.thread("closed", title="Qx", state=ThreadState.CLOSED)
    newsroom.thread("hidden", title="Qx", state=ThreadState.HIDDEN)
    for thread_key in ("open", "empty", "closed", "hidden"):
        yield thread_key, embed(client, thread=thread_key)
    yield "a reply", embed(client, thread="open", reply_to=top)
    yield "a reply to nothing", embed(client, thread="open", reply_to="0" * 26)
    yield "newest", embed(client, thread="open", sort="newest", around=top)
    yield "a site that is not", lambda lang: client.get(f"/embed/nowhere?thread=1&lang={lang}")
    yield "no thread", lambda lang: client.get(f"/embed/gazette?lang={lang}")


def embed(client: FlaskClient, **fields: str) -> Get:
    return lambda lang: client.get("/embed/gazette?" + urlencode(fields | {"lang": lang}))


def forms(client: FlaskClient) -> Iterator[tuple[str, Get]]:
    def sent(**changes: str) -> Get:
        return lambda lang: client.post(
            f"/api/v1/sites/gazette/comments?lang={lang}", data=FIELDS | changes, headers={"Accept": "text/html"}
        )

    yield "empty fields", sent(name="", email="", body="")
    yield "too long", sent(name="Qx" * 99, body="Qx" * 9999, website="ftp://qx")
    yield "addresses", sent(name="qx@example.org", email="qx", website="https://qx.test/?qx@example.org")
    yield "a slip", sent(email="qx@gmial.com", offer_correction="1", body="Q", website="qx@qx.test")
    yield "no website", sent(website="qx qx", email="qx@gmial", parent_id="0" * 26)
    yield "closed meanwhile", sent(thread="closed")
    yield "a page elsewhere", sent(page_url="https://elsewhere.test/")
    yield "other terms", sent(terms="0")
    yield "no thread at all", sent(thread="")


def report_pages(client: FlaskClient, newsroom: Newsroom) -> Iterator[tuple[str, Get]]:
    comment = newsroom.published("Qx", thread=newsroom.thread("open"), name="Qx")
    path = f"/api/v1/sites/gazette/comments/{comment}/reports"

    def sent(**fields: str) -> Get:
        return lambda lang: client.post(f"{path}?lang={lang}", data=fields, headers={"Accept": "text/html"})

    yield "a report", lambda lang: client.get(f"/c/{comment}/report?lang={lang}")
    yield "a report without a reason", sent(text="Qx" * 9999)
    yield "a report against the law", sent(reason="illegal", email="qx")
    receipt = sent(reason="spam")(ENGLISH).headers["Location"].rpartition("/")[2].partition("?")[0]
    yield "a report's receipt", lambda lang: client.get(f"/reports/{receipt}?lang={lang}")
    yield "taken back", lambda lang: client.post(f"/reports/{receipt}/take-back?lang={lang}", follow_redirects=True)
    yield "no report", lambda lang: client.get(f"/reports/{'x' * 22}?lang={lang}")


def writers_pages(client: FlaskClient, newsroom: Newsroom) -> Iterator[tuple[str, Get]]:
    services, words = newsroom.services, {"name": "Qx", "page_title": "Qx", "page_url": "http://news.test/1"}

    def receipt(comment_id: str) -> Get:
        text = add_receipt(services, seen(services, comment_id))
        return lambda lang: client.get(f"/receipts/{text}?lang={lang}")

    thread = newsroom.thread("open")
    waiting = newsroom.comment("Qx", thread=thread, wants_confirm=True, address="qx@example.org", **words)
    for status in (Status.APPROVED, Status.REJECTED, Status.WITHDRAWN):
        yield status.value, receipt(newsroom.comment("Qx", thread=thread, status=status, **words))
    by_person = newsroom.comment("Qx", thread=thread, **words)
    move_comment(services, by_person, Status.REJECTED, kind=ActorKind.MODERATOR, reason="insult")
    refused = receipt(by_person)
    message_writer(services, ANNA, by_person, "Qx")
    yield "refused by a person", refused
    cut = newsroom.published("Qx 1234567", thread=thread, **words)
    redact(services, ANNA, cut, version=1, start=3, end=10, expected_revision=1)
    yield "cut", receipt(cut)
    yield "waiting", receipt(waiting)
    yield "no receipt", lambda lang: client.get(f"/receipts/{'x' * 22}?lang={lang}")
    text = add_receipt(services, seen(services, newsroom.comment("Qx", thread=newsroom.thread("closed"), **words)))
    data = {"body": "Qx2", "version": "1"}
    yield "closed meanwhile", lambda lang: client.post(f"/receipts/{text}/edit?lang={lang}", data=data)
    with services.write() as session:
        now = services.clock.now()
        proof = proof_path(new_proof_link(session, services.keyring, comment_id=waiting, now=now))
        no_more = unsubscribe_path(unsubscribe_token(session, services.keyring, waiting, now))
    yield "a proof", lambda lang: client.get(f"{proof}?lang={lang}")
    yield "an old button", lambda lang: client.post(f"{proof}?lang={lang}")
    yield "another's button", lambda lang: client.post(f"{proof}?lang={lang}", data={"comment": "0" * 26})
    yield "no more mail", lambda lang: client.get(f"{no_more}?lang={lang}")
    yield "no more mail, done", lambda lang: client.post(f"{no_more}?lang={lang}")
    yield "a broken link", lambda lang: client.get(f"/confirm/x?lang={lang}")
    answer = {"comment": waiting, "version": "1", "answer": "mine"}
    yield "proven", lambda lang: client.post(f"{proof}?lang={lang}", data=answer)


def other_pages(client: FlaskClient) -> Iterator[tuple[str, Get]]:
    yield "start", lambda lang: client.get(f"/?lang={lang}")
    yield "nothing", lambda lang: client.get(f"/nothing?lang={lang}")
    yield "another method", lambda lang: client.post(f"/?lang={lang}")
    yield "another host", lambda lang: client.get(f"/?lang={lang}", headers={"Host": "elsewhere.test"})
    yield "no comment", lambda lang: client.get(f"/c/{'0' * 26}?lang={lang}")


def left_over(english: Shown, other: Shown, language: str) -> list[str]:
    """What is the same in both, although a catalogue has other words for it or none at all."""
    return [piece for piece in english.pieces & other.pieces if re.search("[A-Za-z]{2}", piece) and not same(piece)]


def same(piece: str) -> bool:
    # A word that some of the languages share with English.
    return bool(THEIRS.search(piece)) or piece in {"Name", "E-mail", "Website", "Staff", "Order"}


def test_no_page_is_left_in_english(client: FlaskClient, services: Services, site: Site) -> None:
    with services.write() as session:
        own = {"guideline": "Qx", "announcement": "Qx", "terms": {"version": "1", "url": "https://news.test/"}}
        session.merge(site).settings_json |= own
    newsroom = Newsroom(services, site)
    found: list[tuple[str, str, list[str]]] = []
    number = 0
    for pages in (
        comments_pages(client, newsroom),
        forms(client),
        report_pages(client, newsroom),
        writers_pages(client, newsroom),
        other_pages(client),
    ):
        for name, get in pages:
            english = shown(get(ENGLISH))
            assert english.html.get("lang") == ENGLISH, name
            for language in CRAWLED:
                answer = get(language)
                page = shown(answer)
                assert page.html == {"lang": language, "dir": "rtl" if language == "ar" else "ltr"}, (name, language)
                assert answer.headers["Content-Language"] == language, name
                rest = left_over(english, page, language)
                found += [(name, language, rest)] if rest else []
                number += 1
    assert found == [], "\n".join(map(str, found[:80]))
    assert number > 100


def test_no_mail_is_left_in_english(services: Services) -> None:
    said: dict[str, list[str]] = {}
    for language in LANGUAGES_OF_READERS:
        envelope = MailDetails(
            "0" * 26, "qx@example.org", "Qx", "https://qx.test/c", "https://qx.test/u", services.clock.now(), language
        )
        mails = [words(services.settings, envelope) for words in (confirmation, published, message_waits)]
        read = [message_from_bytes(mail.as_bytes(), policy=SMTP) for mail in mails]
        assert [mail["Content-Language"] for mail in read] == [language] * 3
        lines = [line for mail in read for line in [mail["Subject"], *mail.get_content().splitlines()] if line]
        assert lines.count("https://qx.test/u") == 3
        # Readable as it is sent, in 8 bits: a link is whole, and no line too long for a server.
        assert all("https://qx.test/u" in mail.as_string() and max(map(len, lines)) < 300 for mail in read)
        said[language] = [line for line in lines if not line.startswith("https://")]
    assert [line for language in OTHERS for line in said[language] if line in said[ENGLISH]] == []
    # The name of a site runs its own way among Arabic words.
    assert all("\u2068Qx\u2069" in line for line in said["ar"] if "Qx" in line and line not in subjects(said["ar"]))


def subjects(lines: list[str]) -> list[str]:
    return [line for line in lines if "\u2068" not in line]


@pytest.mark.parametrize(
    ("path", "accept", "chosen", "language"),
    [
        pytest.param("/", "pt-BR,pt;q=0.9,en;q=0.5", {}, "pt", id="a-page-of-no-article-by-the-browser"),
        pytest.param("/nothing", "sv,ja;q=0.5", {}, "ja", id="and-its-next-wish"),
        pytest.param("/", "*", {}, "en", id="no-wish"),
        pytest.param("/?lang=tr", "de", {}, "tr", id="never-against-its-address"),
        pytest.param("/?lang=xx", "de", {}, "de", id="what-is-asked-for-in-vain"),
        pytest.param("/embed/gazette?thread=1", "de", {}, "en", id="an-articles-page-never-by-the-browser"),
        pytest.param("/embed/gazette?thread=1", "de", {"language": "nl-BE"}, "nl", id="the-sites"),
        pytest.param("/embed/gazette?thread=it", "de", {"language": "nl"}, "it", id="the-articles"),
        pytest.param("/embed/gazette?thread=it", "de", {"reader_language": "fr"}, "fr", id="the-same-everywhere"),
        pytest.param("/embed/gazette?thread=it&lang=hi", "de", {"reader_language": "fr"}, "hi", id="asked-for"),
    ],
)
def test_what_decides_the_language(
    client: FlaskClient, services: Services, site: Site, path: str, accept: str, chosen: dict[str, str], language: str
) -> None:
    Newsroom(services, site).thread("it", language="it-CH")
    with services.write() as session:
        session.merge(site).settings_json |= chosen
    page = client.get(path, headers={"Accept-Language": accept})
    assert shown(page).html["lang"] == language
    # Whoever keeps a page knows what it goes by.
    assert "Accept-Language" in page.headers["Vary"]
    if "embed" in path:
        assert page.headers["Cache-Control"] == "private, no-store"


def test_documents_for_programs_have_no_language(client: FlaskClient, services: Services, site: Site) -> None:
    """But for the words of a refusal, where the address asks for one."""
    Newsroom(services, site).published("Qx")
    path = "/api/v1/sites/gazette/comments"
    plain = client.get(f"{path}?thread=4711")
    other = client.get(f"{path}?thread=4711", headers={"Accept-Language": "de"})
    assert (plain.data, plain.headers["ETag"]) == (other.data, other.headers["ETag"])
    assert "Accept-Language" not in plain.headers.get("Vary", "")
    wrong = FIELDS | {"name": ""}
    said = [
        client.post(f"{path}{asked}", json=wrong, headers={"Accept-Language": "de"}).get_json()
        for asked in ("", "?lang=de-AT", "?lang=xx")
    ]
    assert [problem["errors"][0]["message"] for problem in said] == [
        "Your name is missing.",
        "Ihr Name fehlt.",
        "Your name is missing.",
    ]
    assert {problem["errors"][0]["code"] for problem in said} == {"required"}


def test_a_language_that_was_asked_for_stays(client: FlaskClient, services: Services) -> None:
    page = client.get("/embed/gazette?thread=open&lang=ar").text
    assert 'action="/api/v1/sites/gazette/comments?lang=ar"' in page
    sent = client.post("/api/v1/sites/gazette/comments?lang=ar", data=FIELDS)
    assert sent.headers["Location"].endswith("?lang=ar")
    receipt = sent.headers["Location"].removeprefix(services.settings.public_url)
    assert f'action="{receipt.partition("?")[0]}/withdraw?lang=ar"' in client.get(receipt).text


def test_a_reason_says_what_language_it_is_in(client: FlaskClient, services: Services) -> None:
    site = add_site(services, "herald", reasons={"rude": "Qx var ohövligt."}, language="sv")
    newsroom = Newsroom(services, site)
    comment = newsroom.comment("Qx", thread=newsroom.thread("1"))
    move_comment(services, comment, Status.REJECTED, kind=ActorKind.MODERATOR, reason="rude")
    receipt = add_receipt(services, seen(services, comment))
    assert '<span dir="auto" lang="sv">Qx var ohövligt.</span>' in client.get(f"/receipts/{receipt}?lang=pl").text
    # One of ours is in the language that is asked for.
    move_comment(services, comment, Status.PENDING, kind=ActorKind.MODERATOR)
    move_comment(services, comment, Status.REJECTED, kind=ActorKind.MODERATOR, reason="insult")
    said = client.get(f"/api/v1/receipts/{receipt}?lang=pl").get_json()["reason"]
    assert (said["code"], said["text"]) == ("insult", "Atakuje lub obraża kogoś.")
