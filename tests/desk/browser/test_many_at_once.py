"""Many comments at once: selected by keys, or all that a list shows; taken back in one go, after a reload too."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import expect

from models import Comment, Status
from service.intake.receive import Caller, Intake
from service.intake.submission.raw import RawSubmission
from service.moderation.jobs import runner
from service.readers.reports import receive_report
from tests.desk.browser.conftest import Desk
from tests.desk.browser.reading import shows, violations
from tests.factories import finding
from tests.waiting import wait_until

pytestmark = pytest.mark.browser


@contextmanager
def working(desk: Desk) -> Iterator[None]:
    """A worker does the jobs meanwhile."""
    stop = threading.Event()

    def work() -> None:
        while not stop.wait(0.05):
            runner.run_one(desk.newsroom.services)

    worker = threading.Thread(target=work)
    worker.start()
    try:
        yield
    finally:
        stop.set()
        worker.join()


def test_a_range_is_decided_and_taken_back(desk: Desk) -> None:
    ids = [desk.newsroom.comment(f"Comment number {n}", name=f"Reader {n}") for n in range(8)]
    page = desk.page()
    shows(page, "Comment number 0")
    page.keyboard.press("j")
    shows(page, "Comment number 1")
    page.keyboard.press("x")
    for n in (2, 3, 4):
        page.keyboard.press("j")
        shows(page, f"Comment number {n}")
    page.keyboard.press("Shift+X")
    expect(page.locator("#bulk")).to_contain_text("4 selected")
    assert violations(page) == []
    page.get_by_label("Select the comment by Reader 2").uncheck()
    expect(page.locator("#bulk")).to_contain_text("3 selected")
    page.keyboard.press("a")
    expect(page.locator("#done")).to_contain_text("Approved: 3 comments")
    expect(page.locator("#bulk")).to_be_hidden()
    shows(page, "Comment number 5")
    for one in (ids[1], ids[3], ids[4]):
        desk.becomes(one, "approved")
    assert desk.status(ids[2]) == "pending"
    page.reload()
    expect(page.locator("#done")).to_contain_text("Approved: 3 comments")
    page.keyboard.press("u")
    for one in ids:
        desk.becomes(one, "pending")
    expect(page.locator(f"#item-{ids[4]}")).to_be_visible()


def test_past_the_first_page_and_hundreds_in_one_go(desk: Desk) -> None:
    ids = [desk.newsroom.comment(f"Comment number {n}") for n in range(120)]
    page = desk.page()
    shows(page, "Comment number 0")
    page.locator(f"#item-{ids[49]}").click()
    shows(page, "Comment number 49")
    page.keyboard.press("j")
    shows(page, "Comment number 50")
    expect(page.locator(".item")).to_have_count(100)
    page.keyboard.press("x")
    page.get_by_role("button", name="Select up to 500").click()
    expect(page.locator("#bulk")).to_contain_text("120 selected")
    page.get_by_label("Reason for rejecting").select_option(label="Insult")
    page.locator("#bulk").get_by_role("button", name="Reject").click()
    expect(page.locator("#done")).to_contain_text("Rejected: 120 comments")
    wait_until(lambda: {desk.status(one) for one in ids} == {"rejected"}, what="all rejected")
    expect(page.locator("#numbers")).to_contain_text("0 waiting")
    page.keyboard.press("u")
    wait_until(lambda: {desk.status(one) for one in ids} == {"pending"}, what="all back")
    expect(page.locator("#numbers")).to_contain_text("120 waiting")
    expect(page.locator(f"#item-{ids[0]}")).to_be_visible()


def test_a_decided_list_goes_on_past_its_first_page(desk: Desk) -> None:
    desk.newsroom.comment("Comment that waits")
    ids = [desk.newsroom.comment(f"Comment number {n}", status=Status.APPROVED) for n in range(52)]
    page = desk.page()
    page.goto(f"{desk.base}/moderate/?tab=approved&at={ids[2]}")
    expect(page.locator("#list .item")).to_have_count(50)
    for comment_id in reversed(ids[:2]):
        page.keyboard.press("j")
        expect(page.locator(f"#case[data-id='{comment_id}']")).to_be_visible()
    expect(page.locator("#list .item")).to_have_count(52)
    expect(page.locator("#numbers")).to_contain_text("1 waiting")
    expect(page.get_by_role("navigation", name="Comments by state")).to_contain_text("52")


def test_what_is_seen_and_fine_leaves_the_unreviewed(desk: Desk) -> None:
    far, near = (desk.newsroom.comment(f"Near {n}", status=Status.APPROVED, nearness=n) for n in (1, 900))
    page = desk.page()
    page.goto(f"{desk.base}/moderate/?tab=unreviewed")
    expect(page.locator(f"#case[data-id='{near}']")).to_be_visible()
    page.keyboard.press("f")
    expect(page.locator("#done")).to_contain_text("Seen and kept")
    expect(page.locator(f"#case[data-id='{far}']")).to_be_visible()
    expect(page.locator(f"#item-{near}")).to_have_count(0)
    tab = page.get_by_role("link", name="Unreviewed")
    expect(tab).to_contain_text("1")
    page.get_by_role("button", name="Keep all that are shown").click()
    expect(page.locator("#said")).to_contain_text("1 comment was seen and kept.")
    expect(page.get_by_text("Everything has been seen")).to_be_visible()
    expect(tab.locator(".count")).to_have_count(0)


def test_all_that_match_is_counted_first_and_can_be_undone(desk: Desk) -> None:
    ids = [desk.newsroom.comment(f"Comment number {n}", findings=[finding("first_comment", "new")]) for n in range(3)]
    page = desk.page()
    shows(page, "Comment number 0")
    page.keyboard.press("x")
    page.get_by_role("button", name="All that match").click()
    dialog = page.get_by_role("dialog", name="All that match")
    dialog.get_by_role("button", name="All are spam").first.click()
    expect(dialog).to_contain_text("3 comments would change")
    assert violations(page) == []
    assert {desk.status(one) for one in ids} == {"pending"}
    with working(desk):
        dialog.locator(".go").click()
        expect(page.locator("#done")).to_contain_text("Marked as spam: 3 comments")
        assert {desk.status(one) for one in ids} == {"spam"}
        page.reload()
        page.locator("#done").get_by_role("button", name="Undo").click()
        wait_until(lambda: {desk.status(one) for one in ids} == {"pending"}, what="all back")


def reports(desk: Desk, ids: list[str]) -> list[int]:
    with desk.newsroom.services.read() as session:
        return [session.get_one(Comment, comment_id).open_reports for comment_id in ids]


def test_what_is_reported_is_left_up_in_one_go(desk: Desk) -> None:
    services = desk.newsroom.services
    ids = [desk.newsroom.published(f"Comment number {n}") for n in range(2)]
    for comment_id in ids:
        said = RawSubmission({"reason": "spam"})
        receive_report(Intake(services), desk.newsroom.site.slug, comment_id, said, Caller("198.51.1.7", None, ()))
    page = desk.page()
    page.goto(f"{desk.base}/moderate/?tab=reported")
    shows(page, "Comment number 0")
    page.keyboard.press("x")
    page.get_by_role("button", name="All that match").click()
    dialog = page.get_by_role("dialog", name="All that match")
    dialog.get_by_role("button", name="Leave all as they are").first.click()
    expect(dialog).to_contain_text("2 comments stay up, and their reports are settled as unfounded.")
    assert violations(page) == []
    with working(desk):
        dialog.locator(".go").click()
        expect(page.locator("#done")).to_contain_text("Seen and kept: 2 comments")
        assert reports(desk, ids) == [0, 0]
        page.locator("#done").get_by_role("button", name="Undo").click()
        wait_until(lambda: reports(desk, ids) == [1, 1], what="all open again")
    assert {desk.status(one) for one in ids} == {"approved"}


def test_severe_text_is_softened_by_choice(desk: Desk) -> None:
    desk.newsroom.comment("You are a fool", findings=[finding("word_list", "“fool” is on the list", 10, 14)])
    page = desk.page()
    blur = "(box) => getComputedStyle(box).filter"
    text = page.locator("#case .text")
    assert text.evaluate(blur) == "none"
    page.keyboard.press("?")
    page.get_by_label("Soften threats and abuse").check()
    page.get_by_role("button", name="Close").click()
    assert "blur" in text.evaluate(blur)
    page.reload()
    assert "blur" in text.evaluate(blur)
    page.keyboard.down("z")
    assert text.evaluate(blur) == "none"
    page.keyboard.up("z")
    assert "blur" in text.evaluate(blur)
