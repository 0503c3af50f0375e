"""What is done about a writer, and with words that somebody selects, in a browser."""

import pytest
from playwright.sync_api import expect

from tests.desk.browser.conftest import Desk

pytestmark = pytest.mark.browser


def test_a_writer_is_noted_and_selected_words_are_chosen_by_key(desk: Desk) -> None:
    comment_id = desk.newsroom.comment("What a flimflam of a bridge.")
    page = desk.page(role="admin")
    page.keyboard.press("w")
    page.locator(".act-on-writer [value=note]").check()
    page.fill("#writer-reason", "Asked her twice.")
    page.click(".act-on-writer form[data-live] button")
    expect(page.locator("#said")).to_contain_text("Noted")
    expect(page.locator(".marks")).to_contain_text("Asked her twice.")
    page.evaluate("""() => {
      const words = document.querySelector('#case .text').firstChild;
      getSelection().setBaseAndExtent(words, 7, words, 15);
    }""")
    page.keyboard.press("l")
    expect(page.locator("#policy-text")).to_have_value("flimflam")
    page.keyboard.press("Enter")
    expect(page.locator("mark")).to_have_text("flimflam")
    assert desk.status(comment_id) == "pending"
