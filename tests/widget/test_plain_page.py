"""The pages that work without JavaScript: comments and form, the receipt."""

import re
from collections.abc import Callable
from urllib.parse import urlencode

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from models import Comment, SiteSettings, Status, Thread, ThreadState, WebsiteField
from tests.widget.live_server import REASON, Live

pytestmark = pytest.mark.browser

ADDRESS = "canary.reader@example.org"


@pytest.fixture
def plain(context: Callable[..., BrowserContext]) -> Page:
    return context(java_script_enabled=False, viewport={"width": 800, "height": 900}).new_page()


def embed(live: Live, thread: str, **fields: str) -> str:
    return f"{live.base}/embed/demo?" + urlencode({"thread": thread, "page_url": live.demo(thread)} | fields)


def write(page: Page, text: str, *, email: str = ADDRESS) -> None:
    page.get_by_label("Name").fill("Ada Reader")
    page.get_by_label("E-mail").first.fill(email)
    page.get_by_label("Comment", exact=True).fill(text)
    page.get_by_role("button", name="Send comment").click()


def test_from_the_form_to_the_page(live: Live, plain: Page) -> None:
    plain.goto(embed(live, "journey"))
    expect(plain.get_by_text("Your e-mail address will not be published.")).to_be_visible()
    write(plain, "Without *any* script.")
    plain.wait_for_url("**/receipts/**")
    expect(plain.get_by_role("heading", name="Your comment is waiting to be checked")).to_be_visible()
    live.decide(live.received("Without *any* script."), "approve")
    plain.get_by_role("link", name="Look again").click()
    expect(plain.get_by_role("heading", name="Your comment is published")).to_be_visible()
    plain.goto(embed(live, "journey"))
    expect(plain.get_by_text("Without any script.")).to_be_visible()
    expect(plain.get_by_role("heading", name="1 comment")).to_be_visible()


# What only the service can mend, and browsers refuse where a field says that it takes addresses alone.
@pytest.mark.parametrize("scripted", [False, True])
def test_the_browser_refuses_nothing_that_the_service_mends(
    live: Live, context: Callable[..., BrowserContext], scripted: bool
) -> None:
    page = context(java_script_enabled=scripted).new_page()
    for n, (email, website) in enumerate(
        [
            ("ina＠example.org", "www.ina.example"),
            ("ina\u200b@example.org", "ina.example/a b"),
            ("mailto:ina@example.org", "//ina.example"),
            ("Ina Reader <ina@example.org>", "-"),
        ]
    ):
        page.goto(embed(live, f"mended-{scripted}"))
        page.get_by_label("Website").fill(website)
        write(page, f"Number {n}, script {scripted}.", email=email)
        page.wait_for_url("**/receipts/**")


def test_what_was_typed_comes_back_with_what_is_wrong(live: Live, plain: Page) -> None:
    plain.goto(embed(live, "wrong"))
    write(plain, "x", email="reader@gmial.com")
    expect(plain.get_by_role("alert")).to_contain_text("not sent yet")
    email, body = plain.get_by_label("E-mail").first, plain.get_by_label("Comment", exact=True)
    expect(email).to_have_value("reader@gmial.com")
    expect(email).to_have_attribute("aria-invalid", "true")
    expect(email).to_be_focused()
    expect(email).to_have_accessible_description(re.compile("will not be published.*Did you mean gmail.com"))
    expect(body).to_have_accessible_description("A comment has at least 2 characters.")
    body.fill("Long enough.")
    plain.get_by_role("button", name="Send comment").click()
    plain.wait_for_url("**/receipts/**")


def test_a_reply_quotes_what_it_answers(live: Live, plain: Page) -> None:
    first = live.write("reply", "Say something.", name="Ben")
    plain.goto(embed(live, "reply"))
    plain.get_by_role("link", name="Reply to Ben").click()
    expect(plain.get_by_role("heading", name="Reply to Ben")).to_be_visible()
    expect(plain.get_by_role("blockquote")).to_have_text("Say something.")
    write(plain, "Something.")
    plain.wait_for_url("**/receipts/**")
    with live.services.read() as session:
        assert session.get_one(Comment, live.received("Something.")).parent_id == first


def test_a_reply_to_what_is_gone_says_so(live: Live, plain: Page) -> None:
    gone = live.write("gone", "Taken down.")
    live.write("gone", "Still here.")
    live.newsroom.take_down(gone)
    plain.goto(embed(live, "gone", reply_to=gone))
    expect(plain.get_by_text("is not here any more")).to_be_visible()
    expect(plain.get_by_role("heading", name="Write a comment")).to_be_visible()


def test_order_and_pages(live: Live, plain: Page) -> None:
    for n in range(55):
        live.write("pages", f"Number {n}")
    plain.goto(embed(live, "pages"))
    expect(plain.get_by_text(re.compile(r"^Number \d+$"))).to_have_count(50)
    plain.get_by_role("link", name="Show more comments").click()
    expect(plain.get_by_text(re.compile(r"^Number \d+$"))).to_have_count(5)
    plain.get_by_role("link", name="Back to the first comments").click()
    plain.get_by_role("link", name="newest first").click()
    expect(plain.get_by_text(re.compile(r"^Number \d+$")).first).to_have_text("Number 54")


def test_a_closed_thread_has_no_form(live: Live, plain: Page) -> None:
    live.write("closed", "Said in time.")
    with live.services.write() as session:
        session.get_one(Thread, live.thread("closed")).state = ThreadState.CLOSED
    plain.goto(embed(live, "closed"))
    expect(plain.get_by_text("This conversation is closed")).to_be_visible()
    expect(plain.get_by_role("button", name="Send comment")).to_have_count(0)


def test_closed_while_it_was_written_the_text_is_not_lost(live: Live, plain: Page) -> None:
    live.write("closing", "Said in time.")
    plain.goto(embed(live, "closing"))
    with live.services.write() as session:
        session.get_one(Thread, live.thread("closing")).state = ThreadState.CLOSED
    write(plain, "Too late.")
    expect(plain.get_by_role("alert")).to_contain_text("This conversation is closed")


def test_a_site_that_asks_for_no_website(live: Live, plain: Page) -> None:
    with live.services.write() as session:
        session.merge(live.site).settings = SiteSettings(website=WebsiteField.OFF)
    plain.goto(embed(live, "no-website"))
    expect(plain.get_by_label("Website")).to_have_count(0)
    with live.services.write() as session:
        session.merge(live.site).settings = live.site.settings


def test_a_foreign_page_address_is_never_linked(live: Live, plain: Page) -> None:
    plain.goto(embed(live, "foreign", page_url="https://evil.example/"))
    assert "evil.example" not in plain.content()
    plain.goto(embed(live, "foreign", page_url="javascript:alert(1)"))
    assert "javascript:" not in plain.content()


def test_a_rejected_comment_reads_why_and_a_withdrawn_one_is_gone(live: Live, plain: Page) -> None:
    plain.goto(embed(live, "fate"))
    write(plain, "Something rude.")
    plain.wait_for_url("**/receipts/**")
    comment = live.received("Something rude.")
    live.decide(comment, "reject", "off_topic")
    plain.reload()
    expect(plain.get_by_role("heading", name="Your comment was not published")).to_be_visible()
    expect(plain.get_by_text(REASON)).to_be_visible()
    plain.get_by_text("Withdraw this comment").click()
    plain.get_by_role("button", name="Withdraw it").click()
    expect(plain.get_by_role("heading", name="You withdrew your comment")).to_be_visible()
    expect(plain.get_by_text("Something rude.")).to_have_count(0)
    with live.services.read() as session:
        assert session.get_one(Comment, comment).status is Status.WITHDRAWN


def test_the_demo_leads_to_the_plain_page(live: Live, plain: Page) -> None:
    plain.goto(live.demo("noscript"))
    title = plain.get_by_role("heading", level=1).inner_text()
    plain.get_by_role("link", name="Read and write comments").click()
    expect(plain.get_by_role("button", name="Send comment")).to_be_visible()
    expect(plain.locator("input[name=page_title]")).to_have_value(title)
    expect(plain.get_by_role("link", name=title)).to_be_visible()


def test_the_form_still_stands_when_the_database_is_away(
    live: Live, plain: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    from service.errors import Unavailable

    plain.goto(embed(live, "away"))

    def away(*_: object, **__: object) -> None:
        raise Unavailable("The database is busy or cannot be reached.")

    with monkeypatch.context() as patched:
        patched.setattr("service.intake.routes.receive", away)
        patched.setattr("service.widget.embed.published_page", away)
        write(plain, "Not lost.")
        expect(plain.get_by_role("alert")).to_contain_text("Please try again in a moment")
    expect(plain.get_by_label("Comment", exact=True)).to_have_value("Not lost.")
    plain.get_by_role("button", name="Send comment").click()
    plain.wait_for_url("**/receipts/**")
