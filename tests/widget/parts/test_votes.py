"""Votes in the widget: pressed, counted, taken back and remembered, with the keyboard too."""

import json
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, Request, expect
from sqlalchemy import func, select

from models import SiteSettings, Vote, VoteKinds
from service.intake.submission.form_tokens import issue_token
from service.moderation.outbox.vote_counts import count_votes
from tests.widget.live_server import Live

pytestmark = pytest.mark.browser


def take_votes(live: Live, kinds: VoteKinds) -> None:
    with live.services.write() as session:
        session.merge(live.site).settings = SiteSettings(votes=kinds)


def remember_token(live: Live, page: Page, thread: str) -> None:
    """As if this browser had voted a minute ago: a test waits for no token to grow old."""
    now = live.services.clock.now()
    token = issue_token(live.services.keyring, live.site, now - timedelta(minutes=1))
    name = " ".join(("rejoinder", urlsplit(live.base).netloc, "demo", thread, "votes"))
    kept = json.dumps({"token": token, "at": (now.timestamp() - 60) * 1000, "own": {}})
    page.add_init_script(f"localStorage[{name!r}] ??= {kept!r}")


def cast(live: Live) -> int:
    with live.services.read() as session:
        return session.scalar(select(func.count()).where(Vote.value != 0)) or 0


def test_a_vote_is_counted_kept_and_taken_back(live: Live, page: Page) -> None:
    take_votes(live, VoteKinds.UP_DOWN)
    live.write("voted", "Well said.")
    remember_token(live, page, "voted")
    page.goto(live.demo("voted"))
    group = page.get_by_role("group", name="Votes for the comment by")
    up, down = group.get_by_role("button", name="Vote for it"), group.get_by_role("button", name="Vote against it")
    expect(up).to_have_attribute("aria-pressed", "false")
    with page.expect_response("**/votes?lang=*") as answered:
        up.press("Enter")
    assert answered.value.json()["votes"] == 1
    expect(up).to_have_attribute("aria-pressed", "true")
    expect(group).to_contain_text("1 vote")
    expect(up).to_be_focused()
    assert cast(live) == 1
    # Counted into what everybody sees, it is not counted twice here.
    count_votes(live.services, live.services.clock.now() + timedelta(days=1))
    page.reload()
    expect(up).to_have_attribute("aria-pressed", "true")
    expect(group).to_contain_text("1 vote")
    with page.expect_response("**/votes?lang=*"):
        down.click()
    expect(group).to_contain_text("-1 vote")
    expect(up).to_have_attribute("aria-pressed", "false")
    with page.expect_response("**/votes?lang=*"):
        down.click()
    expect(group).to_contain_text("0 votes")
    expect(down).to_have_attribute("aria-pressed", "false")
    assert cast(live) == 0


def test_a_vote_that_is_refused_goes_back_and_says_so(live: Live, page: Page) -> None:
    take_votes(live, VoteKinds.UP)
    live.write("refused", "Well said.")
    remember_token(live, page, "refused")
    page.route("**/votes?lang=*", lambda route: route.fulfill(status=503, json={"title": "Away"}))
    page.goto(live.demo("refused"))
    group = page.get_by_role("group", name="Votes for the comment by")
    expect(group.get_by_role("button")).to_have_count(1)
    group.get_by_role("button").click()
    expect(group.get_by_role("alert")).to_have_text("Your vote could not be counted. Please try again.")
    expect(group.get_by_role("button")).to_have_attribute("aria-pressed", "false")
    expect(group).to_contain_text("0 votes")


def test_nothing_is_asked_for_or_kept_before_somebody_votes(live: Live, context: Callable[..., BrowserContext]) -> None:
    take_votes(live, VoteKinds.UP)
    live.write("looked-at", "Well said.")
    page = context().new_page()
    sent: list[Request] = []
    page.on("request", lambda request: sent.append(request) if "/votes?" in request.url else None)
    page.goto(live.demo("looked-at"))
    button = page.get_by_role("button", name="Vote for it")
    expect(button).to_be_visible()
    assert page.evaluate("Object.keys(localStorage)") == []
    # The form has just come: it shows at once, and goes when the token is old enough.
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    assert sent == []
    take_votes(live, VoteKinds.OFF)
    page.goto(live.demo("looked-at"))
    expect(page.get_by_text("Well said.")).to_be_visible()
    expect(page.get_by_role("button", name="Send comment")).to_be_visible()
    expect(page.get_by_role("group", name="Votes for")).to_have_count(0)
