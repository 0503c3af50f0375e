"""Near copies in a real browser: one decision for all of them, those published included, and one undo."""

from typing import Any

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from models import Comment, CommentVersion, Status
from tests.desk.browser.conftest import Desk
from tests.desk.browser.reading import shows, violations
from tests.lookups import seen_thread

pytestmark = pytest.mark.browser

LAMPS = "These lamps changed my whole living room, ask {} for the price before they are gone."
REFUSED = {36: Status.REJECTED, 38: Status.SPAM}


def forty(desk: Desk, threads: list[str]) -> list[str]:
    """Nine published, twenty-nine that wait, and two that a policy refused, each in its own way."""
    ids: list[str] = []
    for n in range(40):
        status = Status.APPROVED if n % 4 == 1 and n < 36 else REFUSED.get(n, Status.PENDING)
        more = {"copy_of": ids[0]} if ids else {}
        text = LAMPS.format(f"seller number {n}")
        ids.append(desk.newsroom.comment(text, name=f"Reader {n}", status=status, thread=threads[n % 3], **more))
    return ids


def picture(desk: Desk, ids: list[str], threads: list[str]) -> dict[str, Any]:
    """All that readers and moderators see of these comments and their threads."""
    with desk.newsroom.services.read() as session:
        comments = session.scalars(select(Comment).where(Comment.id.in_(ids)))
        versions = session.scalars(select(CommentVersion).where(CommentVersion.comment_id.in_(ids)))
        return {
            "comments": sorted((row.id, row.status, row.published_version, row.current_version) for row in comments),
            "versions": sorted((row.comment_id, row.n, row.status, row.text) for row in versions),
            "published": [seen_thread(desk.newsroom.services, one).published_count for one in threads],
        }


def test_forty_near_copies_go_by_one_decision_and_come_back_exactly(desk: Desk) -> None:
    threads = [desk.newsroom.thread(f"article-{n}") for n in range(3)]
    ids = forty(desk, threads)
    other = desk.newsroom.comment("The harbour was quiet.")
    before = picture(desk, ids, threads)
    assert sum(before["published"]) == 9
    page = desk.page()
    page.goto(f"{desk.base}/moderate/?at={ids[2]}")
    shows(page, "seller number 2")
    page.keyboard.press("c")
    near = page.locator("details.near")
    expect(near).to_contain_text("29 waiting, 9 published, 1 rejected, 1 spam")
    assert violations(page) == []
    near.get_by_label("Spam").check()
    near.get_by_role("button", name="Count first").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Mark all near copies as spam?")
    expect(page.locator("main")).to_contain_text("39 comments would change.")
    assert violations(page) == []
    assert picture(desk, ids, threads) == before
    page.get_by_role("button", name="Do it: 39 comments").click()
    expect(page.get_by_role("status")).to_contain_text("39 comments were changed.")
    assert violations(page) == []
    assert {desk.status(one) for one in ids} == {"spam"}
    assert picture(desk, ids, threads)["published"] == [0, 0, 0]
    assert desk.status(other) == "pending"
    page.reload()
    page.get_by_role("button", name="Undo all of it").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Near copies: taken back")
    assert picture(desk, ids, threads) == before
    page.get_by_role("link", name="Back to the comments").click()
    expect(page.locator(".item")).to_have_count(40)
