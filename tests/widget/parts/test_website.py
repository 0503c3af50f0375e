"""A website that only some want to say: its field comes by a button, and without JavaScript it can be unfolded."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import select

from models import Comment, SiteSettings, WebsiteField
from tests.widget.live_server import Live

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def optional(live: Live) -> Iterator[None]:
    with live.services.write() as session:
        before = session.merge(live.site).settings
        session.merge(live.site).settings = SiteSettings(website=WebsiteField.OPTIONAL)
    yield
    with live.services.write() as session:
        session.merge(live.site).settings = before


def websites(live: Live) -> list[str | None]:
    with live.services.read() as session:
        return list(session.scalars(select(Comment.website).order_by(Comment.id)))


def test_a_button_brings_the_field(live: Live, page: Page) -> None:
    page.goto(live.demo("by-a-button"))
    button = page.get_by_role("button", name="Add your website")
    expect(button).to_be_visible()
    expect(page.get_by_label("Website")).to_have_count(0)
    button.press("Enter")
    field = page.get_by_label("Website")
    expect(field).to_be_focused()
    expect(button).to_have_count(0)
    field.fill("not a website")
    page.get_by_label("Name").fill("Ada")
    page.get_by_label("E-mail", exact=True).fill("ada@example.org")
    page.get_by_label("Comment", exact=True).fill("Well said.")
    page.get_by_role("button", name="Send comment").click()
    expect(field).to_have_attribute("aria-invalid", "true")
    field.fill("ada.example.org")
    with page.expect_response(re.compile(r"/comments\?")):
        page.get_by_role("button", name="Send comment").click()
    expect(page.get_by_text("Your comment has arrived.")).to_be_visible()
    assert websites(live)[-1] == "https://ada.example.org"


def test_who_says_none_sends_none(live: Live, page: Page) -> None:
    page.goto(live.demo("none"))
    page.get_by_label("Name").fill("Ada")
    page.get_by_label("E-mail", exact=True).fill("ada@example.org")
    page.get_by_label("Comment", exact=True).fill("Well said again.")
    with page.expect_response(re.compile(r"/comments\?")):
        page.get_by_role("button", name="Send comment").click()
    expect(page.get_by_text("Your comment has arrived.")).to_be_visible()
    assert websites(live)[-1] is None


def test_a_draft_brings_it_back(live: Live, page: Page) -> None:
    page.goto(live.demo("draft"))
    page.get_by_role("button", name="Add your website").click()
    page.get_by_label("Website").fill("ada.example")
    page.get_by_label("Comment", exact=True).fill("Half of a thought")
    page.reload()
    expect(page.get_by_label("Website")).to_have_value("ada.example")
    expect(page.get_by_role("button", name="Add your website")).to_have_count(0)


def test_without_javascript_it_is_unfolded(live: Live, context: Callable[..., BrowserContext]) -> None:
    page = context(java_script_enabled=False).new_page()
    page.goto(f"{live.base}/embed/demo?thread=folded")
    field = page.get_by_label("Website")
    expect(field).to_be_hidden()
    page.get_by_text("Add your website").click()
    expect(field).to_be_visible()
    field.fill("no web site")
    page.get_by_label("Name").fill("Ada")
    page.get_by_label("E-mail", exact=True).fill("ada@example.org")
    page.get_by_label("Comment", exact=True).fill("Well said.")
    page.get_by_role("button", name="Send comment").click()
    # What is wrong there can be seen.
    expect(field).to_be_visible()
    expect(field).to_have_value("no web site")
