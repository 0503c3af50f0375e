"""A cut line, a reload, a session that ends: nothing decided is lost, and nothing is decided twice."""

import pytest
from playwright.sync_api import expect

from tests.desk.browser.conftest import Desk
from tests.desk.browser.reading import shows

pytestmark = pytest.mark.browser


def test_without_a_connection_nothing_is_lost(desk: Desk) -> None:
    first = desk.newsroom.comment("The first one")
    desk.newsroom.comment("The second one")
    page = desk.page()
    shows(page, "The first one")
    page.route("**/api/v1/moderation/decisions", lambda route: route.abort())
    page.keyboard.press("a")
    expect(page.get_by_role("alert")).to_contain_text("was not decided: no connection")
    expect(page.locator(f"#item-{first}")).to_be_visible()
    page.unroute("**/api/v1/moderation/decisions")
    page.get_by_role("button", name="Try again").click()
    desk.becomes(first, "approved")
