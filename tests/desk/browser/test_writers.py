"""What is done about a writer, and with words that somebody selects, in a browser."""

import pytest
from playwright.sync_api import expect

from tests.desk.browser.conftest import Desk
from tests.desk.conftest import newsroom_of
from tests.factories import add_site

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


def test_a_selection_is_rejected_for_a_reason_of_all_its_sites(desk: Desk) -> None:
    reasons = {"insult": "It insults others.", "libel": "It is libel."}
    herald = newsroom_of(desk.newsroom.services, add_site(desk.newsroom.services, "herald", reasons=reasons))
    here, there = desk.newsroom.comment("Of the Gazette."), herald.comment("Of the Herald.")
    page = desk.page(everywhere=True)
    choice = page.get_by_label("Reason for rejecting").locator("option")
    page.locator(f".pick[data-id='{there}']").check()
    expect(choice).to_have_text(["Another reason", "Insult", "Libel"])
    page.get_by_label("Reason for rejecting").select_option(label="Libel")
    page.locator(f".pick[data-id='{here}']").check()
    expect(choice).to_have_text(["Another reason", "Insult"])
    expect(page.locator("#bulk")).to_contain_text("Only reasons that all of their sites have")
    page.get_by_label("Reason for rejecting").select_option(label="Insult")
    page.locator("#bulk").get_by_role("button", name="Reject").click()
    for one in (here, there):
        desk.becomes(one, "rejected")
