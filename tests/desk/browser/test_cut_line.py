"""A cut line, a reload, a session that ends: nothing decided is lost, and nothing is decided twice."""

import re

import pytest
from playwright.sync_api import Page, Route, expect
from sqlalchemy import select

from models import Decision
from tests.desk.browser.conftest import Desk
from tests.desk.browser.reading import shows
from tests.waiting import wait_until

pytestmark = pytest.mark.browser


def comments(desk: Desk, count: int = 8) -> list[str]:
    return [desk.newsroom.comment(f"Comment number {n}", name=f"Reader {n}") for n in range(count)]


def decisions(desk: Desk, comment_id: str) -> list[str]:
    with desk.newsroom.services.read() as session:
        made = session.scalars(
            select(Decision.action)
            .where(Decision.comment_id == comment_id, Decision.actor_kind == "moderator")
            .order_by(Decision.revision)
        )
        return list(made)


def one_is_marked(page: Page) -> None:
    expect(page.locator(".item[aria-current]")).to_have_count(1)
    marked = page.locator(".item[aria-current]").get_attribute("data-id")
    expect(page.locator("#case")).to_have_attribute("data-id", marked or "")


def test_decisions_made_without_a_line_arrive_when_it_is_back(desk: Desk) -> None:
    ids = comments(desk, 20)
    page = desk.page()
    shows(page, "Comment number 0")
    page.wait_for_load_state("networkidle")
    page.context.set_offline(True)
    for n in (1, 2, 3):
        page.keyboard.press("a")
        shows(page, f"Comment number {n}")
    expect(page.get_by_role("alert")).to_contain_text("kept and sent by itself: 3 so far")
    expect(page.locator("#done")).to_contain_text("Approved: Reader 2")
    expect(page.locator(f"#item-{ids[0]}")).to_be_hidden()
    # What is not there yet cannot be decided, and that is said.
    page.keyboard.press("a")
    page.keyboard.press("a")
    expect(page.locator("#case")).to_have_count(0)
    page.context.set_offline(False)
    for one in ids[:4]:
        desk.becomes(one, "approved")
    expect(page.locator("#trouble")).not_to_contain_text("No connection")
    one_is_marked(page)
    at = page.locator("#case").get_attribute("data-id")
    assert at is not None
    page.keyboard.press("s")
    desk.becomes(at, "spam")
    assert [decisions(desk, one) for one in ids[:4]] == [["approve"]] * 4


def test_a_lost_answer_is_no_second_decision(desk: Desk) -> None:
    ids = comments(desk)
    page = desk.page()
    shows(page, "Comment number 0")
    lost = []

    def lose(route):
        # The service decides, and its answer never comes.
        if not lost:
            lost.append(route.fetch())
            return route.abort()
        return route.continue_()

    page.route("**/api/v1/moderation/decisions", lose)
    page.keyboard.press("a")
    shows(page, "Comment number 1")
    expect(page.locator("#trouble")).to_contain_text("No connection")
    page.get_by_role("button", name="Try now").click()
    expect(page.locator("#trouble .notice")).to_have_count(0)
    assert desk.status(ids[0]) == "approved"
    assert decisions(desk, ids[0]) == ["approve"]
    page.keyboard.press("u")
    desk.becomes(ids[0], "pending")


def test_what_the_service_refuses_is_put_right(desk: Desk) -> None:
    ids = comments(desk)
    page = desk.page()
    shows(page, "Comment number 0")
    page.route(
        "**/api/v1/moderation/decisions",
        lambda route: route.fulfill(status=403, json={"title": "This is not allowed", "code": "forbidden"}),
    )
    page.keyboard.press("a")
    expect(page.get_by_role("alert")).to_contain_text("This is not allowed")
    page.keyboard.press("a")
    expect(page.locator("#trouble .notice")).to_have_count(2), "one message does not overwrite the other"
    expect(page.locator(f"#item-{ids[0]}")).to_be_visible()
    expect(page.locator(f"#item-{ids[1]}")).to_be_visible()
    page.get_by_role("button", name="Dismiss").first.click()
    expect(page.locator("#trouble .notice")).to_have_count(1)


def test_undo_after_a_reload(desk: Desk) -> None:
    ids = comments(desk)
    page = desk.page()
    shows(page, "Comment number 0")
    page.keyboard.press("a")
    desk.becomes(ids[0], "approved")
    page.keyboard.press("s")
    desk.becomes(ids[1], "spam")
    page.reload()
    shows(page, "Comment number 2")
    # Whose it was is asked of the service: the tab keeps no names.
    expect(page.locator("#done bdi")).to_have_text("Reader 1")
    expect(page.locator("#done")).to_contain_text("Undo")
    page.keyboard.press("u")
    shows(page, "Comment number 1")
    desk.becomes(ids[1], "pending")
    page.keyboard.press("u")
    shows(page, "Comment number 0")
    desk.becomes(ids[0], "pending")
    # Its line came back after the comment was open.
    expect(page.locator(f"#item-{ids[0]}[aria-current=true]")).to_be_visible()
    kept = page.evaluate("JSON.stringify([Object.entries(sessionStorage), Object.entries(localStorage)])")
    assert "Reader" not in kept
    assert "number" not in kept


def test_undo_and_the_next_key_at_once_lose_neither(desk: Desk) -> None:
    ids = comments(desk)
    page = desk.page()
    shows(page, "Comment number 0")
    page.keyboard.press("s")
    shows(page, "Comment number 1")
    desk.becomes(ids[0], "spam")
    page.keyboard.press("u")
    page.keyboard.press("a")
    desk.becomes(ids[0], "approved")
    assert decisions(desk, ids[0]) == ["spam", "undo", "approve"]
    shows(page, "Comment number 1")
    assert decisions(desk, ids[1]) == []
    # Before the decision has even been sent.
    page.keyboard.press("s")
    page.keyboard.press("u")
    page.keyboard.press("a")
    desk.becomes(ids[1], "approved")


def held_back(page: Page, ids: list[str]) -> list[Route]:
    """The panes of these comments do not come until they are let through."""
    held: list[Route] = []
    page.route(re.compile("/moderate/case/(" + "|".join(ids) + ")"), lambda route: held.append(route))
    return held


def let_through(page: Page, held: list[Route]) -> None:
    while held:
        held.pop(0).continue_()
    page.unroute_all()


def test_undo_before_the_next_comment_is_there(desk: Desk) -> None:
    ids = comments(desk, 2)
    page = desk.page()
    held_back(page, ids[1:])
    shows(page, "Comment number 0")
    page.keyboard.press("s")
    desk.becomes(ids[0], "spam")
    # The pane still shows the comment as it was before the decision.
    page.keyboard.press("u")
    page.keyboard.press("a")
    desk.becomes(ids[0], "approved")
    assert decisions(desk, ids[0]) == ["spam", "undo", "approve"]
    assert decisions(desk, ids[1]) == []


def test_keys_typed_ahead_are_done_in_order(desk: Desk) -> None:
    ids = comments(desk, 3)
    page = desk.page()
    held = held_back(page, ids[1:])
    shows(page, "Comment number 0")
    for key in "asu":
        page.keyboard.press(key)
    desk.becomes(ids[0], "approved")
    let_through(page, held)
    shows(page, "Comment number 1")
    page.keyboard.press("j")
    shows(page, "Comment number 2")
    assert decisions(desk, ids[0]) == ["approve"], "the undo was meant for the second key"
    assert desk.status(ids[1]) == "pending"
    # At the end of the list nothing is next; what is on its way comes all the same.
    page.keyboard.press("k")
    shows(page, "Comment number 1")
    held = held_back(page, ids[2:])
    page.locator(f"#item-{ids[2]}").click()
    page.keyboard.press("j")
    let_through(page, held)
    shows(page, "Comment number 2")
    page.keyboard.press("a")
    desk.becomes(ids[2], "approved")


def test_what_is_here_can_be_decided_without_a_line(desk: Desk) -> None:
    """In a short queue, of which hardly anything is leased ahead, and just after a reload."""
    ids = comments(desk, 3)
    page = desk.page()
    shows(page, "Comment number 0")
    page.reload()
    shows(page, "Comment number 0")
    page.wait_for_load_state("networkidle")
    page.context.set_offline(True)
    for n in (1, 2):
        page.keyboard.press("a")
        shows(page, f"Comment number {n}")
    page.keyboard.press("a")
    expect(page.get_by_role("alert")).to_contain_text("kept and sent by itself: 3 so far")
    page.context.set_offline(False)
    for one in ids:
        desk.becomes(one, "approved")


def test_keys_wait_for_the_comment_whose_line_is_marked(desk: Desk) -> None:
    ids = comments(desk)
    page = desk.page()
    shows(page, "Comment number 0")
    page.wait_for_load_state("networkidle")
    held = []
    page.route("**/moderate/case/*", lambda route: held.append(route))
    page.locator(f"#item-{ids[5]}").click()
    page.keyboard.press("s")
    wait_until(lambda: held, what="the pane asked for") if not held else None
    for route in held:
        route.continue_()
    page.unroute("**/moderate/case/*")
    desk.becomes(ids[5], "spam")
    assert [desk.status(one) for one in ids[:5]] == ["pending"] * 5


def test_a_session_that_ends_in_the_middle(desk: Desk) -> None:
    ids = comments(desk)
    page = desk.page("Anna")
    shows(page, "Comment number 0")
    page.wait_for_load_state("networkidle")
    cookies = page.context.cookies()
    page.context.clear_cookies()
    page.keyboard.press("a")
    expect(page.get_by_role("alert")).to_contain_text("kept in this tab")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_label("Password")).to_be_visible()
    assert desk.status(ids[0]) == "pending"
    page.context.add_cookies([{name: one[name] for name in ("name", "value", "domain", "path")} for one in cookies])
    page.reload()
    desk.becomes(ids[0], "approved")
    shows(page, "Comment number 1")


def test_another_account_does_not_send_what_was_decided(desk: Desk) -> None:
    ids = comments(desk)
    page = desk.page("Anna")
    shows(page, "Comment number 0")
    page.context.clear_cookies()
    page.keyboard.press("a")
    expect(page.get_by_role("alert")).to_contain_text("kept in this tab")
    token = desk.newsroom.session(desk.newsroom.moderator("Bernd"))
    page.context.add_cookies([{"name": desk.newsroom.cookie, "value": token, "url": desk.base}])
    page.goto(f"{desk.base}/moderate/")
    expect(page.get_by_role("alert")).to_contain_text("1 decision of another account was not sent")
    assert desk.status(ids[0]) == "pending"


def test_signing_out_and_in_returns_to_the_place(desk: Desk) -> None:
    ids = comments(desk)
    page = desk.page()
    page.locator(f"#item-{ids[3]}").click()
    shows(page, "Comment number 3")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("Password")).to_be_visible()
    assert f"at%3D{ids[3]}" in page.url
    expect(page.locator("input[name=next]")).to_have_value(f"/moderate/?at={ids[3]}")


def test_back_leads_to_the_list_on_a_phone(desk: Desk) -> None:
    ids = comments(desk)
    page = desk.page(viewport={"width": 360, "height": 740}, has_touch=True)
    page.locator(f"#item-{ids[2]}").click()
    shows(page, "Comment number 2")
    page.get_by_role("button", name="Approve").click()
    shows(page, "Comment number 3")
    page.go_back()
    expect(page.locator("#list")).to_be_visible()
    expect(page.locator("#case")).to_be_hidden()
    page.go_forward()
    expect(page.locator("#case")).to_be_visible()
