"""The editors' tools in a real browser: by their keys, with a selection, and as forms without a script."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect
from sqlalchemy import select

from models import ActorKind, Comment, CommentVersion, WriterMessage
from service.accounts.actors import Actor
from service.moderation.editorial.saved_replies import keep_reply
from tests.desk.browser.conftest import Desk
from tests.factories import add_receipt

pytestmark = pytest.mark.browser

TEXT = "Naïve 🌉 plan: her number is 030 1234567, ask her."


def test_by_keys(desk: Desk) -> None:
    newsroom = desk.newsroom
    comment_id = newsroom.published(TEXT)
    with newsroom.services.read() as session:
        comment = session.get_one(Comment, comment_id)
    add_receipt(newsroom.services, comment)
    anna = Actor(ActorKind.MODERATOR, "0" * 26, "Anna", {"": "moderator"})
    keep_reply(newsroom.services, anna, newsroom.site, "Ask for the source", "Which source do you have?")
    page = desk.page()
    page.goto(f"{desk.base}/moderate/?tab=approved&at={comment_id}")
    case = page.locator("#case")
    expect(case.get_by_text("Remove a passage")).to_be_visible()

    page.keyboard.press("g")
    expect(page.locator("#said")).to_contain_text("The comment is featured.")
    expect(case.get_by_role("button", name="No longer feature")).to_be_visible()
    page.keyboard.press("m")
    case.locator("#message-saved").select_option(label="Ask for the source")
    expect(case.get_by_label("Your message")).to_have_value("Which source do you have?")
    case.get_by_role("button", name="Send the message").click()
    expect(case.get_by_text("Which source do you have?").last).to_be_visible()
    page.keyboard.press("y")
    case.get_by_label("Your answer").fill("We took it out.")
    case.get_by_role("button", name="Publish the answer").click()
    expect(case.get_by_role("heading", name="Answers of the newsroom")).to_be_visible()

    # Selected where it is read, the passage needs no second selection, not even where the key comes at once: a busy
    # browser tells of a selection only afterwards.
    page.evaluate(
        """() => {
          const text = document.querySelector('#case .reading .text').firstChild;
          const at = text.data.indexOf('030 1234567');
          document.getSelection().setBaseAndExtent(text, at, text, at + 11);
          document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'd', bubbles: true }));
        }"""
    )
    expect(case.get_by_label("What is removed")).to_have_value("030 1234567")
    case.get_by_role("button", name="Remove it").click()
    expect(page.locator("#said")).to_contain_text("The passage is removed")
    with newsroom.services.read() as session:
        texts = list(session.scalars(select(CommentVersion.text).where(CommentVersion.comment_id == comment_id)))
        assert texts[-1] == TEXT.replace("030 1234567", "[personal data removed by the editors]")
        assert session.scalars(select(WriterMessage.text)).one() == "Which source do you have?"
    expect(page.locator("#done")).to_contain_text("A passage was removed")
    page.keyboard.press("u")
    expect(case.locator(".reading .text").first).to_contain_text("030 1234567")
    expect(page.locator("#said")).not_to_contain_text("The passage is removed")

    # A refusal is one sentence, and what was written stays.
    page.keyboard.press("d")
    case.get_by_label("What is removed").fill("nowhere")
    case.get_by_role("button", name="Remove it").click()
    expect(page.locator("#trouble")).to_contain_text("It does not stand there.")
    expect(case.get_by_label("What is removed")).to_have_value("nowhere")
    axe = Axe()
    for width, scheme in ((1280, "light"), (360, "dark")):
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=scheme)
        page.goto(f"{desk.base}/moderate/?tab=approved&at={comment_id}")
        page.evaluate("for (const tool of document.querySelectorAll('.tool')) tool.open = true")
        found = [axe.run(page)]
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.goto(f"{desk.base}/moderate/sites/gazette/saved-replies")
        found.append(axe.run(page))
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert [one.generate_report() for one in found if one.violations_count] == []
