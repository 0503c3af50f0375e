"""A reader writes in the widget: what is said, what is kept, and that it arrives once."""

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect
from sqlalchemy import select

from models import Comment, Status
from tests.widget.live_server import REASON, Live

pytestmark = pytest.mark.browser

POSTS = "**/api/v1/sites/demo/comments?lang=*"
ADDRESS = "canary.reader@example.org"


def write(page: Page, text: str, *, name: str = "Ada Reader", email: str = ADDRESS) -> None:
    page.get_by_label("Name").fill(name)
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Comment", exact=True).fill(text)


def send(page: Page) -> None:
    page.get_by_role("button", name="Send comment").click()


def waiting(page: Page, text: str) -> None:
    mine = page.locator("rejoinder-comments .mine").filter(has_text=text)
    expect(mine.get_by_text("Waiting to be checked.")).to_be_visible()


def stored(page: Page) -> str:
    return str(
        page.evaluate("JSON.stringify({ ...localStorage }) + JSON.stringify({ ...sessionStorage }) + document.cookie")
    )


def on_post(page: Page, answer: Callable[[Route], None]) -> None:
    """Stands between the page and the service for POSTs; preflights and GETs pass."""
    page.route(POSTS, lambda route: answer(route) if route.request.method == "POST" else route.fallback())


def test_approved_it_stands_there_without_a_reload(live: Live, page: Page) -> None:
    loads: list[str] = []
    page.on("framenavigated", lambda frame: loads.append(frame.url))
    page.goto(live.demo("way"))
    write(page, "The bridge needs a **cycle lane**.\n\nBoth ways.")
    send(page)
    waiting(page, "The bridge needs a cycle lane.")
    expect(page.locator(".mine > article")).to_be_focused()
    expect(page.get_by_label("Comment", exact=True)).to_have_value("")
    comment = live.received("The bridge needs a **cycle lane**.\n\nBoth ways.")
    live.decide(comment, "approve")
    expect(page.locator(f"#comment-{comment}")).to_be_visible(timeout=20_000)
    expect(page.locator(f"#comment-{comment} strong")).to_have_text("cycle lane")
    expect(page.locator(".mine")).to_have_count(0)
    expect(page.get_by_role("heading", name="1 comment")).to_be_visible()
    assert len(loads) == 1


def test_rejected_it_says_why_and_can_be_put_away(live: Live, page: Page) -> None:
    page.goto(live.demo("rejected"))
    write(page, "Something rude.")
    send(page)
    waiting(page, "Something rude.")
    live.decide(live.received("Something rude."), "reject", "off_topic")
    expect(page.get_by_text(REASON)).to_be_visible()
    page.reload()
    expect(page.get_by_text(REASON)).to_be_visible()
    page.get_by_role("button", name="Hide").click()
    expect(page.locator(".mine")).to_have_count(0)
    page.reload()
    expect(page.get_by_role("button", name="Send comment")).to_be_visible()
    expect(page.locator(".mine")).to_have_count(0)


def test_a_reply_is_written_and_waits_under_what_it_answers(live: Live, page: Page) -> None:
    first = live.write("reply", "Say something.", name="Ben")
    page.goto(live.demo("reply"))
    page.get_by_role("button", name="Reply to Ben").click()
    expect(page.get_by_label("Comment", exact=True)).to_be_focused()
    expect(page.get_by_role("heading", name="Reply to Ben")).to_be_visible()
    write(page, "Something.")
    send(page)
    expect(page.locator(f"#comment-{first} > ol > .mine")).to_contain_text("Waiting to be checked.")
    answer = live.received("Something.")
    live.decide(answer, "approve")
    expect(page.locator(f"#comment-{first} > ol > #comment-{answer}")).to_be_visible()


def test_a_reply_given_up_leads_back_to_where_it_began(live: Live, page: Page) -> None:
    live.write("cancel", "Say something.", name="Ben")
    page.goto(live.demo("cancel"))
    page.get_by_role("button", name="Reply to Ben").click()
    page.get_by_label("Comment", exact=True).fill("Hm.")
    page.get_by_role("button", name="Cancel reply").click()
    expect(page.get_by_role("button", name="Reply to Ben")).to_be_focused()
    expect(page.get_by_label("Comment", exact=True)).to_have_value("Hm.")
    page.reload()
    expect(page.get_by_role("heading", name="Write a comment")).to_be_visible()


def test_who_turns_to_the_form_can_leave_it_before_typing(live: Live, page: Page) -> None:
    comment = live.write("leave", "Say something.")
    page.goto(live.demo("leave"))
    page.locator(f"#comment-{comment}").get_by_role("button", name="Reply").click()
    expect(page.get_by_role("button", name="Cancel reply")).to_be_visible()


def test_the_draft_outlives_the_page_and_never_holds_the_address(live: Live, page: Page) -> None:
    first = live.write("draft", "Say something.", name="Ben")
    page.goto(live.demo("draft"))
    page.get_by_role("button", name="Reply to Ben").click()
    write(page, "Half a thou")
    page.reload()
    expect(page.get_by_label("Comment", exact=True)).to_have_value("Half a thou")
    expect(page.get_by_label("Name")).to_have_value("Ada Reader")
    expect(page.get_by_label("E-mail")).to_have_value("")
    expect(page.locator(f"#comment-{first} > form")).to_be_visible()
    page.get_by_label("E-mail").fill(ADDRESS)
    send(page)
    waiting(page, "Half a thou")
    assert "canary" not in stored(page)


def test_nothing_is_stored_before_something_is_typed(live: Live, page: Page) -> None:
    live.write("quiet", "Say something.")
    page.goto(live.demo("quiet"))
    expect(page.get_by_role("button", name="Send comment")).to_be_visible()
    assert stored(page) == "{}{}"


def test_what_is_wrong_stands_by_the_field_that_gets_the_focus(live: Live, page: Page) -> None:
    page.goto(live.demo("wrong"))
    write(page, "", email="no address")
    send(page)
    email = page.get_by_label("E-mail")
    expect(email).to_be_focused()
    expect(email).to_have_attribute("aria-invalid", "true")
    expect(email).to_have_accessible_description(
        "Your e-mail address will not be published. This is not a complete e-mail address."
    )
    body = page.get_by_label("Comment", exact=True)
    expect(body).to_have_accessible_description("The comment is empty.")
    # Whoever corrects a field is not told any more that it is wrong; the others still are.
    email.fill(ADDRESS)
    expect(email).to_have_accessible_description("Your e-mail address will not be published.")
    expect(email).not_to_have_attribute("aria-invalid", "true")
    expect(body).to_have_accessible_description("The comment is empty.")
    expect(body).to_have_attribute("aria-invalid", "true")
    write(page, "Now it is right.")
    expect(body).not_to_have_attribute("aria-invalid", "true")
    send(page)
    waiting(page, "Now it is right.")


@pytest.mark.parametrize(
    ("take", "arrives"), [(True, "reader@gmail.com"), (False, "reader@gmial.com")], ids=["taken", "meant as it is"]
)
def test_a_likely_slip_is_offered_never_changed(live: Live, page: Page, take: bool, arrives: str) -> None:
    text = f"From {arrives.partition('@')[2]}."
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.post_data or "") if request.method == "POST" else None)
    page.goto(live.demo("slip"))
    write(page, text, email="reader@gmial.com")
    send(page)
    offer = page.get_by_role("button", name="Use gmail.com")
    expect(offer).to_be_visible()
    expect(page.get_by_label("E-mail")).to_have_value("reader@gmial.com")
    if take:
        offer.click()
    send(page)
    waiting(page, text)
    assert json.loads(sent[-1])["email"] == arrives


def test_a_busy_service_is_asked_again_and_gets_it_once(live: Live, page: Page) -> None:
    answers = iter(["lost", "busy"])
    keys: list[str | None] = []

    def answer(route: Route) -> None:
        keys.append(route.request.header_value("Idempotency-Key"))
        kind = next(answers, "through")
        if kind == "lost":
            # It arrives, and the answer is lost on the way back.
            route.fetch()
            route.abort()
        elif kind == "busy":
            headers = {"Access-Control-Allow-Origin": live.news, "Access-Control-Expose-Headers": "Retry-After"}
            route.fulfill(status=503, headers=headers | {"Retry-After": "1"}, json={"code": "unavailable"})
        else:
            route.fallback()

    on_post(page, answer)
    page.clock.install()
    page.goto(live.demo("busy"))
    write(page, "Only once, please.")
    send(page)
    expect(page.get_by_text("will be sent again in 5 seconds")).to_be_visible()
    expect(page.get_by_label("Comment", exact=True)).to_have_value("Only once, please.")
    page.clock.run_for(5_500)
    expect(page.get_by_text("will be sent again in 1 second.")).to_be_visible()
    page.clock.run_for(1_500)
    waiting(page, "Only once, please.")
    assert len(keys) == 3
    assert len(set(keys)) == 1
    assert live.count("Only once, please.") == 1


def test_sent_lost_and_sent_again_after_a_reload_it_arrives_once(live: Live, page: Page) -> None:
    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    on_post(page, lose)
    page.goto(live.demo("lost"))
    write(page, "Over two loads.")
    send(page)
    expect(page.get_by_text("will be sent again")).to_be_visible()
    page.unroute(POSTS)
    page.reload()
    expect(page.get_by_label("Comment", exact=True)).to_have_value("Over two loads.")
    page.get_by_label("E-mail").fill(ADDRESS)
    send(page)
    waiting(page, "Over two loads.")
    assert live.count("Over two loads.") == 1


def test_two_clicks_are_one_comment(live: Live, page: Page) -> None:
    page.goto(live.demo("double"))
    write(page, "Clicked twice.")
    page.get_by_role("button", name="Send comment").dblclick()
    waiting(page, "Clicked twice.")
    assert live.count("Clicked twice.") == 1


def test_too_many_says_when_and_keeps_the_text(live: Live, page: Page) -> None:
    headers = {
        "Access-Control-Allow-Origin": live.news,
        "Access-Control-Expose-Headers": "Retry-After",
        "Retry-After": "7",
    }
    on_post(page, lambda route: route.fulfill(status=429, headers=headers, json={"code": "too_many_comments"}))
    page.goto(live.demo("many"))
    write(page, "One more.")
    send(page)
    expect(page.get_by_text("Please send this comment again in 7 seconds.")).to_be_visible()
    expect(page.get_by_label("Comment", exact=True)).to_have_value("One more.")
    page.unroute(POSTS)
    send(page)
    waiting(page, "One more.")


def test_who_was_published_before_is_recognised(live: Live, page: Page) -> None:
    page.goto(live.demo("again"))
    write(page, "My first.")
    send(page)
    waiting(page, "My first.")
    first = live.received("My first.")
    live.decide(first, "approve")
    expect(page.locator(f"#comment-{first}")).to_be_visible()
    expect(page.locator(".mine")).to_have_count(0)
    write(page, "My second.")
    send(page)
    waiting(page, "My second.")
    second = live.received("My second.")
    with live.services.read() as session:
        chains = session.scalars(select(Comment.chain_id).where(Comment.id.in_([first, second]))).all()
    assert len(set(chains)) == 1


def test_it_waits_where_it_was_written_in_whatever_order(live: Live, page: Page) -> None:
    live.write("place", "An older one.")
    live.write("place", "An old one.")
    page.goto(live.demo("place"))
    page.get_by_role("button", name="newest first").click()
    write(page, "The newest.")
    send(page)
    waiting(page, "The newest.")
    expect(page.locator("rejoinder-comments .text").first).to_have_text("The newest.")


def test_withdrawn_elsewhere_it_goes_away_here(live: Live, page: Page, context: Callable[..., BrowserContext]) -> None:
    page.goto(live.demo("elsewhere"))
    write(page, "Taken back.")
    send(page)
    waiting(page, "Taken back.")
    with page.expect_popup() as opened:
        page.get_by_role("link", name="Your receipt").click()
    receipt = opened.value
    receipt.get_by_text("Withdraw this comment").click()
    receipt.get_by_role("button", name="Withdraw it").click()
    expect(receipt.get_by_role("heading", name="You withdrew your comment")).to_be_visible()
    with live.services.read() as session:
        assert session.get_one(Comment, live.received("Taken back.")).status is Status.WITHDRAWN
    page.bring_to_front()
    expect(page.locator(".mine")).to_have_count(0)


def test_without_storage_all_but_the_memory_works(live: Live, context: Callable[..., BrowserContext]) -> None:
    profile = context()
    blocked = "{ get() { throw new Error('blocked'); } }"
    profile.add_init_script(f"Object.defineProperty(window, 'localStorage', {blocked})")
    page = profile.new_page()
    page.goto(live.demo("blocked"))
    write(page, "Nothing is kept.")
    send(page)
    waiting(page, "Nothing is kept.")
    comment = live.received("Nothing is kept.")
    live.decide(comment, "approve")
    expect(page.locator(f"#comment-{comment}")).to_be_visible()
    expect(page.locator(".mine")).to_have_count(0)


def test_keyboard_alone_is_enough(live: Live, page: Page) -> None:
    live.write("keys", "Say something.", name="Ben")
    page.goto(live.demo("keys"))
    page.get_by_label("Name").focus()
    for word in ("Ada Reader", ADDRESS, "", "By key."):
        page.keyboard.type(word)
        page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Send comment")).to_be_focused()
    page.keyboard.press("Enter")
    waiting(page, "By key.")
