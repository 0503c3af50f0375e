"""A reader's appeal and report in the widget: made where the comment stands, and what came of them."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import select

from models import ActorKind, Appeal, Report, WriterMessage, new_id
from tests.widget.after.test_own_comment import sent
from tests.widget.live_server import REASON, Live

pytestmark = pytest.mark.browser


def refused(live: Live, page: Page, thread: str, text: str) -> str:
    comment = sent(live, page, thread, text)
    live.decide(comment, "reject", "off_topic")
    expect(page.get_by_text(REASON)).to_be_visible(timeout=20_000)
    return comment


def test_an_appeal_is_made_and_its_outcome_told_where_the_comment_stands(live: Live, page: Page) -> None:
    comment = refused(live, page, "appeal", "The bridge fell down.")
    with live.services.write() as session:
        session.add(
            WriterMessage(
                id=new_id(), site_id=live.site.id, comment_id=comment, actor_kind=ActorKind.MODERATOR, actor_id=None,
                text="Please read the rules.", created_at=live.services.clock.now(),
            )
        )  # fmt: skip
    own = page.locator(f"#mine-{comment}")
    # By keys alone, as whoever hears the page finds it.
    door = own.get_by_role("button", name="Messages and appeal")
    door.focus()
    page.keyboard.press("Enter")
    reason = own.get_by_label("Why was it wrong?")
    expect(reason).to_be_focused()
    expect(reason).to_have_accessible_description(re.compile("Nobody else can decide on this site"))
    expect(own.get_by_text("Please read the rules.")).to_be_visible()
    own.get_by_role("button", name="Send the appeal").click()
    expect(reason).to_have_accessible_description(re.compile("Say why the decision was wrong."))
    expect(reason).to_be_focused()
    reason.fill("I only quoted him.")
    page.reload()
    own.get_by_role("button", name="Messages and appeal").click()
    expect(reason).to_have_value("I only quoted him.")
    own.get_by_role("button", name="Send the appeal").click()
    expect(own.get_by_text("Your appeal is waiting. Nobody else can decide here")).to_be_visible()
    expect(own.get_by_text("I only quoted him.")).to_be_visible()
    expect(own.get_by_role("button", name="Send the appeal")).to_have_count(0)
    with live.services.read() as session:
        assert session.scalars(select(Appeal).where(Appeal.comment_id == comment)).one().text == "I only quoted him."
    live.decide(comment, "approve")
    expect(page.locator(f"#comment-{comment} .text")).to_have_text("The bridge fell down.", timeout=20_000)


def test_an_appeal_that_fails_is_told(live: Live, page: Page) -> None:
    comment = refused(live, page, "upheld", "It fell.")
    own = page.locator(f"#mine-{comment}")
    own.get_by_role("button", name="Messages and appeal").click()
    own.get_by_label("Why was it wrong?").fill("It did.")
    page.route("**/appeal?*", lambda route: route.abort())
    own.get_by_role("button", name="Send the appeal").click()
    expect(own.get_by_text("Your appeal could not be sent. Please try again.")).to_be_visible()
    page.unroute("**/appeal?*")
    own.get_by_role("button", name="Send the appeal").click()
    expect(own.get_by_text(re.compile("^Your appeal is waiting"))).to_be_visible()
    live.decide(comment, "keep")
    said = page.locator("rejoinder-comments section > [role=status]")
    expect(said).to_have_text(re.compile("Your appeal was looked at. The decision stands."), timeout=20_000)


def test_escape_closes_what_was_opened_and_leads_back(live: Live, page: Page) -> None:
    comment = refused(live, page, "escape", "It falls.")
    other = live.write("escape", "It stands.")
    page.reload()
    for place, name in ((f"#mine-{comment}", "Messages and appeal"), (f"#comment-{other}", "Report")):
        button = page.locator(place).get_by_role("button", name=name, exact=True)
        button.click()
        expect(page.locator(f"{place} form")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.locator(f"{place} form")).to_have_count(0)
        expect(button).to_be_focused()
    page.get_by_label("Comment", exact=True).fill("So *it* does.")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator(".preview em")).to_have_text("it")
    page.keyboard.press("Escape")
    expect(page.locator(".preview")).to_have_count(0)
    expect(page.get_by_role("button", name="Preview")).to_be_focused()


def test_a_waiting_comment_is_drawn_as_it_would_be_published(live: Live, page: Page) -> None:
    page.route("**/api/v1/receipts/**", lambda route: route.abort())
    page.goto(live.demo("drawn"))
    for label, text in (("Name", "Ada"), ("E-mail", "ada@example.org"), ("Comment", "It is *not* so.")):
        page.get_by_label(label, exact=True).fill(text)
    page.get_by_role("button", name="Send comment").click()
    # As typed where the service cannot be asked.
    expect(page.locator(".mine .text")).to_have_text("It is *not* so.")
    expect(page.locator(".mine > article")).to_be_focused()
    page.unroute("**/api/v1/receipts/**")
    expect(page.locator(".mine .text em")).to_have_text("not", timeout=20_000)
    expect(page.locator(".mine > article")).to_be_focused()


@pytest.mark.parametrize("storage", ["", "none"])
def test_a_report_says_what_became_of_it(live: Live, page: Page, storage: str) -> None:
    thread = f"reported-{storage}"
    comment = live.write(thread, "It fell.")
    page.goto(live.of(thread, "<slot>", storage=storage))
    button = page.get_by_role("button", name="Report", exact=True)
    button.click()
    page.get_by_label("What is wrong with it?").select_option("spam")
    page.get_by_role("button", name="Send report").click()
    expect(page.locator(".report").get_by_text("Your report has arrived.")).to_be_visible()
    page.keyboard.press("Escape")
    if not storage:
        page.reload()
    button.click()
    expect(page.get_by_text("It is still being looked at.")).to_be_visible()
    live.decide(comment, "keep")
    page.keyboard.press("Escape")
    button.click()
    expect(page.get_by_text("The editors looked at it. It stays.")).to_be_visible()
    page.get_by_role("button", name="Report something else").click()
    page.get_by_label("What is wrong with it?").select_option("insult")
    page.get_by_role("button", name="Send report").click()
    expect(page.locator(".report").get_by_text("Your report has arrived.")).to_be_visible()
    page.keyboard.press("Escape")
    button.click()
    page.get_by_role("button", name="Take this report back").click()
    expect(page.get_by_text("You took this report back.")).to_be_visible()
    with live.services.read() as session:
        assert len(session.scalars(select(Report).where(Report.comment_id == comment)).all()) == 2


def test_refusals_come_in_the_widgets_language_and_documents_stay_one(
    live: Live, context: Callable[..., BrowserContext]
) -> None:
    page = context(locale="en-GB").new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(live.of("speaks", "<html lang=en><slot>", language="de"))
    page.get_by_label("Name").fill("Ada")
    page.get_by_role("button", name="Kommentar senden").click()
    expect(page.get_by_label("Kommentar", exact=True)).to_have_accessible_description(
        re.compile("Der Kommentar ist leer.")
    )
    called = [url.partition("/api/v1/sites/demo/")[2] for url in asked if "/api/v1/" in url]
    assert [url for url in called if "lang=" in url] == ["comments?lang=de"]
    assert any(url.startswith("comments?thread=") for url in called)
