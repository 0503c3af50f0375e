"""What readers' pages show of the editors' words, without a browser: escaped, in their place, and nowhere else."""

from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient

from models import ActorKind, Comment, Site, SiteSettings, Terms
from service.accounts.actors import Actor
from service.app import create_app
from service.localization import ENGLISH, speak, speaking
from service.moderation.editorial.marks import set_marks
from service.moderation.editorial.messages import message_writer
from service.moderation.editorial.redaction import redact
from service.moderation.editorial.staff_replies import reply_as_staff
from service.moderation.threads import ThreadRule, keep_thread
from service.wiring import Services
from tests.factories import Newsroom, add_receipt

ANNA = Actor(ActorKind.MODERATOR, "0" * 26, "Anna", {"": "moderator"})
SCRIPT = "<script>alert(1)</script> & more"
ESCAPED = "&lt;script&gt;alert(1)&lt;/script&gt; &amp; more"


@pytest.fixture
def newsroom(services: Services, site: Site) -> Newsroom:
    return Newsroom(services, site)


@pytest.fixture
def client(services: Services) -> FlaskClient:
    return create_app(services).test_client()


def test_banner_marks_and_answers_on_the_plain_page(
    services: Services, newsroom: Newsroom, client: FlaskClient
) -> None:
    comment = newsroom.published("Why?")
    keep_thread(services, ANNA, newsroom.site, "4711", ThreadRule(banner=SCRIPT))
    set_marks(services, ANNA, comment, featured=True, pinned=True)
    reply_as_staff(services, ANNA, comment, "Because.")
    page = client.get(f"/embed/{newsroom.site.slug}?{urlencode({'thread': '4711'})}").get_data(as_text=True)
    assert ESCAPED in page
    assert page.count("<script") == 1, "the page's own"
    assert page.index(">Pinned<") < page.index(">Featured<") < page.index(">Staff<")


def test_what_the_newsroom_says_and_asks_stands_in_the_form(
    services: Services, newsroom: Newsroom, client: FlaskClient
) -> None:
    with services.write() as session:
        terms = Terms(version="2", text="I have read <b>the rules</b>.", url="https://gazette.example/rules")
        session.merge(newsroom.site).settings = SiteSettings(guideline=SCRIPT, announcement="<i>New</i>", terms=terms)
    address = f"/embed/{newsroom.site.slug}?{urlencode({'thread': '4711'})}"
    page = client.get(address).get_data(as_text=True)
    assert ESCAPED in page
    assert "&lt;i&gt;New" in page
    assert "I have read &lt;b&gt;the rules" in page
    assert 'href="https://gazette.example/rules"' in page
    assert page.count("<script") == 1, "the page's own"
    typed = {"thread": "4711", "page_url": f"{newsroom.site.origins[0]}/", "name": "Ada", "email": "ada@mail.example"}
    sent = client.post(
        f"/api/v1/sites/{newsroom.site.slug}/comments",
        data=typed | {"body": "Kept text.", "terms": "1"},
        headers={"Accept": "text/html"},
    )
    again = sent.get_data(as_text=True)
    assert sent.status_code == 422
    assert "The terms have changed meanwhile" in again
    assert "Kept text." in again
    box = again[again.index('<input id="terms"') :].partition(">")[0]
    assert 'aria-invalid="true"' in box
    assert " checked" not in box


def test_a_receipt_tells_of_messages_and_removed_passages(
    services: Services, newsroom: Newsroom, client: FlaskClient
) -> None:
    comment = newsroom.published("Her number is 1234567.")
    with services.read() as session:
        receipt = add_receipt(services, session.get_one(Comment, comment))
    before = client.get(f"/receipts/{receipt}").get_data(as_text=True)
    assert "from the editors" not in before
    message_writer(services, ANNA, comment, SCRIPT)
    redact(services, ANNA, comment, version=1, start=14, end=21, expected_revision=1)
    page = client.get(f"/receipts/{receipt}").get_data(as_text=True)
    assert ESCAPED in page
    assert "The editors removed personal data from your comment" in page
    assert "1234567" not in page
    assert "Anna" not in page
    view = client.get(f"/api/v1/receipts/{receipt}").get_json()
    assert (view["status"], view["redacted"]) == ("published", True)
    assert [list(message) for message in view["messages"]] == [["text", "created_at"]]
    client.delete(f"/api/v1/receipts/{receipt}")
    assert SCRIPT not in str(client.get(f"/api/v1/receipts/{receipt}").get_json())


def test_readers_are_not_spoken_to_in_the_language_of_whom_the_thread_served_before(
    newsroom: Newsroom, client: FlaskClient
) -> None:
    speak("de")
    client.get("/")
    assert speaking() == ENGLISH
