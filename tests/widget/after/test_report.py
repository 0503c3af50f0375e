"""A reader reports a comment in the widget: a part that is loaded when it is asked for."""

import re

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from models import Report
from tests.widget.live_server import Live

pytestmark = pytest.mark.browser


def test_a_comment_is_reported_and_its_receipt_told(live: Live, page: Page) -> None:
    comment = live.write("report-it", "The bridge fell.")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(live.demo("report-it"))
    button = page.get_by_role("button", name="Report", exact=True)
    expect(button).to_be_visible()
    assert not any("/report.js" in url for url in asked)
    button.click()
    reason = page.get_by_label("What is wrong with it?")
    expect(reason).to_be_focused()
    reason.select_option("illegal")
    expect(page.get_by_text("to the best of your knowledge")).to_be_visible()
    # On a phone, where a reason is longer than the comment is wide.
    page.set_viewport_size({"width": 360, "height": 740})
    for field in page.locator("form.report :is(select, input, textarea):visible").all():
        box = field.bounding_box()
        assert box is not None
        assert box["x"] + box["width"] <= 360
    page.set_viewport_size({"width": 1000, "height": 900})
    page.get_by_role("button", name="Send report").click()
    expect(page.get_by_label("Your name")).to_have_accessible_description("Your name is missing.")
    unnamed = page.get_by_text("Reports of abused children need neither")
    expect(unnamed).to_be_hidden()
    reason.select_option("child_abuse")
    expect(unnamed).to_be_visible()
    reason.select_option("other")
    expect(page.get_by_label("Your name")).to_be_hidden()
    page.get_by_label("What should the editors know?").fill("It stands.")
    page.get_by_role("button", name="Send report").click()
    door = page.get_by_role("link", name="What becomes of your report")
    expect(door).to_be_focused()
    expect(door).to_have_attribute("href", re.compile("/reports/[A-Za-z0-9_-]{22}$"))
    with live.services.read() as session:
        kept = session.scalars(select(Report).where(Report.comment_id == comment)).one()
    assert (kept.reason, kept.text) == ("other", "It stands.")
