"""A reader's own comment in the widget: changed, withdrawn, what the editors wrote, by the receipt this browser has."""

import re

import pytest
from playwright.sync_api import APIResponse, Page, Route, expect

from models import ActorKind, Comment, Status, WriterMessage, new_id
from service.intake.receipts import withdraw
from tests.lookups import seen
from tests.widget.live_server import Live
from tests.widget.test_writing import send, waiting, write

pytestmark = pytest.mark.browser


def sent(live: Live, page: Page, thread: str, text: str) -> str:
    page.goto(live.demo(thread))
    write(page, text)
    send(page)
    waiting(page, text)
    return live.received(text)


def body(live: Live, comment: str) -> str:
    with live.services.read() as session:
        row = session.get_one(Comment, comment)
    return str(row.current_version)


def listed(live: Live, page: Page, thread: str, word: str) -> APIResponse:
    """What the list answers, which has this word."""
    found = page.request.get(f"{live.base}/api/v1/sites/demo/comments?thread={thread}&sort=oldest&limit=100")
    assert word in found.text()
    return found


def test_changed_while_it_waits(live: Live, page: Page) -> None:
    comment = sent(live, page, "own-waits", "It ratles.")
    page.get_by_role("button", name="Change or withdraw").click()
    field = page.get_by_label("Change your comment")
    expect(field).to_be_focused()
    expect(field).to_have_value("It ratles.")
    field.fill("x")
    page.get_by_role("button", name="Save the change").click()
    expect(field).to_have_accessible_description("A comment has at least 2 characters.")
    field.fill("It rattles.")
    # Whatever is drawn anew meanwhile, what is being typed stays, and so does the focus.
    page.evaluate("document.querySelector('rejoinder-comments').shadowRoot.querySelector('.order button').click()")
    field.focus()
    page.reload()
    page.get_by_role("button", name="Change or withdraw").click()
    expect(field).to_have_value("It rattles.")
    page.get_by_role("button", name="Save the change").click()
    waiting(page, "It rattles.")
    expect(page.locator(".mine > article")).to_be_focused()
    assert body(live, comment) == "2"
    live.decide(comment, "approve")
    expect(page.locator(f"#comment-{comment} .text")).to_have_text("It rattles.", timeout=20_000)


def test_changed_and_withdrawn_where_it_is_published(live: Live, page: Page) -> None:
    comment = sent(live, page, "own-published", "Six minutes.")
    live.decide(comment, "approve")
    own = page.locator(f"#comment-{comment}")
    expect(own).to_be_visible(timeout=20_000)
    with live.services.write() as session:
        session.add(
            WriterMessage(
                id=new_id(), site_id=live.site.id, comment_id=comment, actor_kind=ActorKind.MODERATOR, actor_id=None,
                text="Where did you read that?", created_at=live.services.clock.now(),
            )
        )  # fmt: skip
    page.reload()
    own.get_by_role("button", name="Change or withdraw").click()
    expect(own.get_by_text("Where did you read that?")).to_be_visible()
    own.get_by_label("Change your comment").fill("Twenty minutes.")
    own.get_by_role("button", name="Save the change").click()
    expect(own.get_by_text("Until then readers see the comment as it was published.")).to_be_visible()
    expect(own.locator("header + .text")).to_have_text("Six minutes.")
    live.decide(comment, "approve")
    expect(own.locator("header + .text")).to_have_text("Twenty minutes.", timeout=20_000)
    own.get_by_role("button", name="Change or withdraw").click()
    own.get_by_role("button", name="Withdraw this comment").click()
    own.get_by_role("button", name="Withdraw it for good").click()
    expect(own).to_have_count(0)
    assert seen(live.services, comment).status is Status.WITHDRAWN
    page.reload()
    expect(page.get_by_role("button", name="Send comment")).to_be_visible()
    expect(page.get_by_role("button", name="Change or withdraw")).to_have_count(0)


def test_it_can_be_changed_where_the_list_has_it_before_the_receipt_says_so(live: Live, page: Page) -> None:
    comment = sent(live, page, "own-early", "Seven minutes.")
    page.goto("about:blank")
    live.decide(comment, "approve")
    listed(live, page, "own-early", comment)
    held: list[Route] = []
    page.route("**/api/v1/receipts/**", lambda route: held.append(route))
    page.goto(live.demo("own-early"))
    own = page.locator(f"#comment-{comment}")
    expect(own.get_by_role("button", name="Report")).to_be_visible()
    expect(own.get_by_role("button", name="Change or withdraw")).to_have_count(0)
    for route in held:
        route.continue_()
    page.unroute("**/api/v1/receipts/**")
    own.get_by_role("button", name="Change or withdraw").click()
    expect(own.get_by_label("Change your comment")).to_have_value("Seven minutes.")


@pytest.mark.parametrize("answers", [0, 1])
def test_what_became_of_it_shows_while_the_list_is_a_moment_behind(live: Live, page: Page, answers: int) -> None:
    thread = f"own-behind-{answers}"
    comment = sent(live, page, thread, f"Eight minutes, and {answers}.")
    live.decide(comment, "approve")
    if answers:
        live.write(thread, "Nine.", parent_id=comment)
    own = page.locator(f"#comment-{comment}")
    expect(own).to_be_visible(timeout=20_000)
    before = listed(live, page, thread, "Nine." if answers else comment)
    page.route("**/api/v1/sites/demo/comments?*", lambda route: route.fulfill(response=before))
    page.route("**/api/v1/sites/demo/counts?*", lambda route: route.abort())
    page.reload()
    own.get_by_role("button", name="Change or withdraw").click()
    own.get_by_label("Change your comment").fill("Eighteen minutes.")
    own.get_by_role("button", name="Save the change").click()
    expect(own.get_by_text("Until then readers see the comment as it was published.")).to_be_visible()
    live.decide(comment, "approve")
    expect(own.locator("header + .text").first).to_have_text("Eighteen minutes.")
    own.get_by_role("button", name="Change or withdraw").click()
    own.get_by_role("button", name="Withdraw this comment").click()
    own.get_by_role("button", name="Withdraw it for good").click()
    expect(own.get_by_text("This comment was withdrawn by its writer.")).to_have_count(answers)
    expect(own).to_have_count(answers)
    expect(page.get_by_role("heading", name="1 comment" if answers else "Comments", exact=True)).to_be_visible()


def test_a_change_that_cannot_be_saved_is_kept(live: Live, page: Page) -> None:
    comment = sent(live, page, "own-away", "On my line.")
    page.get_by_role("button", name="Change or withdraw").click()
    field = page.get_by_label("Change your comment")
    field.fill("On a better line.")
    page.route("**/api/v1/receipts/**", lambda route: route.abort())
    page.get_by_role("button", name="Save the change").click()
    expect(page.get_by_text("Your change is kept here; it could not be saved.")).to_be_visible()
    page.unroute("**/api/v1/receipts/**")
    # Another window was faster: its text is shown, and replaced only when it was read.
    receipt = page.get_by_role("link", name="Your receipt").first.get_attribute("href") or ""
    token = receipt.rpartition("/")[2]
    page.request.patch(f"{live.base}/api/v1/receipts/{token}", data={"body": "From another window."})
    page.get_by_role("button", name="Save the change").click()
    expect(page.get_by_text(re.compile("Your comment reads differently by now."))).to_be_visible()
    expect(page.get_by_text("From another window.")).to_be_visible()
    expect(field).to_have_value("On a better line.")
    page.get_by_role("button", name="Save the change").click()
    waiting(page, "On a better line.")
    assert body(live, comment) == "3"
    # Withdrawn by the receipt's page: it goes from here as well.
    withdraw(live.services, token)
    page.reload()
    expect(page.locator(".mine")).to_have_count(0, timeout=20_000)
