"""The whole way in a real browser: a reader writes, a moderator approves by key, the page shows it."""

import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Keyboard, Page, expect

from tests.journeys.service_process import Running
from tests.waiting import wait_until

pytestmark = pytest.mark.browser


def _write(page: Page, name: str, text: str) -> None:
    page.get_by_label("Name").fill(name)
    page.get_by_label("E-mail", exact=False).first.fill("reader@example.com")
    page.get_by_label("Comment", exact=True).fill(text)


def _sign_in(browser: Browser, running: Running) -> Page:
    desk = browser.new_context().new_page()
    desk.goto(running.addresses["sign_in"])
    desk.get_by_role("button", name="Sign in").click()
    desk.wait_for_url("**/moderate/**")
    return desk


def _open_at(desk: Page, text: str) -> Keyboard:
    """The desk's keyboard once the comment is open: keys decide nothing that is so far only a line of the list."""
    # The worker has to have judged it, which gives way to everything else on the machine.
    expect(desk.locator("#case")).to_contain_text(text, timeout=30_000)
    return desk.keyboard


def test_from_the_form_to_the_page_without_a_reload(up: Callable[..., Running], browser: Browser) -> None:
    running = up()
    reader = browser.new_context().new_page()
    loads: list[str] = []
    reader.on("framenavigated", lambda frame: loads.append(frame.url))
    reader.goto(running.addresses["demo"])
    widget = reader.locator("rejoinder-comments")
    expect(widget.get_by_text("Your e-mail address will not be published.")).to_be_visible()
    _write(reader, "Wilhelmina Readerly", "The bridge needs a cycle lane.")
    reader.get_by_role("button", name="Send comment").click()
    expect(widget.get_by_text("The bridge needs a cycle lane.")).to_be_visible()
    expect(widget.get_by_text("Waiting", exact=False).first).to_be_visible()

    desk = _sign_in(browser, running)
    _open_at(desk, "The bridge needs a cycle lane.").press("a")
    pressed = time.monotonic()
    expect(widget.get_by_role("button", name="Reply to Wilhelmina Readerly")).to_be_visible(timeout=10_000)
    seen = time.monotonic() - pressed
    print(f"seen on the article after {seen:.2f} s")
    assert len(loads) == 1, "the article was loaded again"
    expect(desk.get_by_text("Nothing is waiting", exact=False)).to_be_visible()


def test_the_same_way_without_javascript(up: Callable[..., Running], browser: Browser) -> None:
    running = up()
    reader = browser.new_context(java_script_enabled=False).new_page()
    page_url = f"http://localhost:{running.port}/demo/"
    reader.goto(f"{running.base}/embed/demo?thread=plain-1&page_url={page_url}")
    _write(reader, "Plain Reader", "Written without a script.")
    reader.get_by_role("button", name="Send comment").click()
    reader.wait_for_url("**/receipts/**")
    expect(reader.get_by_text("Waiting", exact=False).first).to_be_visible()
    receipt_page = reader.url

    desk = _sign_in(browser, running)
    _open_at(desk, "Written without a script.").press("a")
    expect(desk.get_by_text("Nothing is waiting", exact=False)).to_be_visible()

    def published() -> int:
        # The desk goes on to the next comment before the decision has come back.
        reader.goto(receipt_page)
        return reader.get_by_text("Published", exact=False).count()

    wait_until(published, what="the receipt's page saying so")
    reader.goto(f"{running.base}/embed/demo?thread=plain-1&page_url={page_url}")
    expect(reader.get_by_text("Written without a script.")).to_be_visible()
