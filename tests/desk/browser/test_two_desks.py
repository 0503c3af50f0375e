"""Two moderators at once: what one looks at, the other is not handed."""

import pytest
from playwright.sync_api import expect

from tests.desk.browser.conftest import Desk
from tests.desk.browser.reading import shows
from tests.waiting import wait_until

pytestmark = pytest.mark.browser


def test_two_moderators(desk: Desk) -> None:
    first = desk.newsroom.comment("The first one")
    desk.newsroom.comment("The second one")
    anna = desk.page("Anna")
    shows(anna, "The first one")
    wait_until(
        lambda: desk.newsroom.services.redis.hlen(f"rejoinder:backlog:{{{desk.newsroom.site.id}}}:leases"),
        what="a lease",
    )
    bernd = desk.page("Bernd")
    expect(bernd.locator("#case .lease-note")).to_contain_text("Anna is looking at this")
    bernd.keyboard.press("a")
    expect(bernd.get_by_role("alert")).to_contain_text("another moderator is looking at it")
    assert desk.status(first) == "pending"
    bernd.keyboard.press("k")
    shows(bernd, "The first one")
    # Anna moves on and lets go.
    anna.keyboard.press("j")
    shows(anna, "The second one")
    expect(bernd.locator(f"#item-{first} .lease")).to_be_empty()
    bernd.keyboard.press("a")
    desk.becomes(first, "approved")
    # What she still sees in her list is gone within seconds, and deciding it says who was faster.
    expect(anna.locator(f"#item-{first}")).to_have_count(0)


def test_somebody_was_faster(desk: Desk) -> None:
    first = desk.newsroom.comment("The first one")
    anna, bernd = desk.page("Anna"), desk.page("Bernd", java_script_enabled=False)
    shows(anna, "The first one")
    # Without a script nobody takes or minds leases by looking; this one ran out.
    desk.newsroom.services.redis.flushall()
    anna.route("**/moderate/?*", lambda route: route.abort())
    bernd.get_by_role("button", name="Spam").click()
    desk.becomes(first, "spam")
    anna.keyboard.press("a")
    expect(anna.get_by_role("alert")).to_contain_text("Bernd has decided it meanwhile")
    assert desk.status(first) == "spam"
