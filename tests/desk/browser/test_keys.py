"""The desk by keys, by mouse and by thumb."""

import re

import pytest
from playwright.sync_api import expect

from tests.desk.browser.conftest import Desk
from tests.desk.browser.reading import ARABIC, LONG_NAME, shows
from tests.factories import finding

pytestmark = pytest.mark.browser


def test_a_morning_by_keys(desk: Desk) -> None:
    ids = [desk.newsroom.comment(f"Comment number {n}", name=f"Reader {n}") for n in range(5)]
    page = desk.page()
    shows(page, "Comment number 0")
    expect(page.locator("#numbers")).to_contain_text("5 waiting")
    page.keyboard.press("a")
    shows(page, "Comment number 1")
    expect(page.locator("#numbers")).to_contain_text("4 waiting")
    expect(page.locator("#done")).to_contain_text("Approved: Reader 0")
    desk.becomes(ids[0], "approved")
    page.keyboard.press("s")
    shows(page, "Comment number 2")
    desk.becomes(ids[1], "spam")
    page.keyboard.press("r")
    expect(page.get_by_role("button", name="Insult")).to_be_visible()
    page.keyboard.press("2")
    shows(page, "Comment number 3")
    desk.becomes(ids[2], "rejected")
    page.keyboard.press("j")
    shows(page, "Comment number 4")
    page.keyboard.press("k")
    shows(page, "Comment number 3")
    expect(page.locator("#done")).to_contain_text("Undo")
    page.keyboard.press("u")
    shows(page, "Comment number 2")
    desk.becomes(ids[2], "pending")
    expect(page.locator("#done")).to_contain_text("Taken back")
    page.keyboard.press("u")
    shows(page, "Comment number 1")
    desk.becomes(ids[1], "pending")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("a")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert desk.status(ids[1]) == "pending", "keys rest while their list is open"


# (key, code, modifiers and the like) -> what it stands for; "" is nothing.
LAYOUTS = [
    ("a", "KeyA", {}, "a"),
    ("ф", "KeyA", {}, "a"),  # Russian
    ("ы", "KeyS", {}, "s"),
    ("α", "KeyA", {}, "a"),  # Greek
    ("ش", "KeyA", {}, "a"),  # Arabic
    ("ظ", "Slash", {}, "/"),
    ("؟", "Slash", {"shiftKey": True}, "?"),
    ("ש", "KeyA", {}, "a"),  # Hebrew
    ("/", "KeyQ", {}, "/"),
    ("ฟ", "KeyA", {}, "a"),  # Thai
    ("ㅁ", "KeyA", {}, "a"),  # Korean
    ("Ф", "KeyA", {"shiftKey": True}, "A"),
    ("a", "KeyQ", {}, "a"),  # AZERTY
    ("q", "KeyA", {}, "q"),
    ("é", "Digit2", {}, "2"),
    ("&", "Digit1", {}, "1"),
    ("?", "KeyM", {"shiftKey": True}, "?"),
    ("/", "Digit7", {"shiftKey": True}, "/"),  # German
    ("ö", "Semicolon", {}, "ö"),
    ("ı", "KeyR", {}, "ı"),  # Turkish F
    ("h", "KeyJ", {}, "h"),  # Dvorak
    (".", "KeyV", {}, "."),  # Bépo
    ("٢", "Digit2", {}, "2"),  # Arabic digits
    ("Escape", "Escape", {}, "Escape"),
    ("Dead", "KeyA", {}, "Dead"),
    ("Process", "KeyA", {}, ""),
    ("ф", "KeyA", {"ctrlKey": True}, ""),
    ("a", "KeyA", {"metaKey": True}, ""),
    ("å", "KeyA", {"altKey": True}, ""),
    ("ㅁ", "KeyA", {"isComposing": True}, ""),
]


def test_keys_work_on_every_layout(desk: Desk) -> None:
    only = desk.newsroom.comment("The only one")
    page = desk.page()
    shows(page, "The only one")
    found = page.evaluate(
        """async (rows) => {
          const { keyOf } = await import('/moderate/static/keys.js');
          return rows.map(([key, code, more]) => keyOf(new KeyboardEvent('keydown', { key, code, ...more })));
        }""",
        LAYOUTS,
    )
    assert {row[:2]: one for row, one in zip(LAYOUTS, found, strict=True)} == {row[:2]: row[3] for row in LAYOUTS}
    press = """([key, code, on]) => document.querySelector(on).dispatchEvent(
      new KeyboardEvent("keydown", { key, code, bubbles: true }))"""
    page.evaluate(press, ["ф", "KeyA", "#q"])
    page.evaluate(press, ["л", "KeyK", "body"])
    assert desk.status(only) == "pending", "letters of a search decide nothing"
    page.evaluate(press, ["ы", "KeyS", "body"])
    desk.becomes(only, "spam")


def test_one_key_shows_a_comment_as_readers_will_see_it(desk: Desk) -> None:
    for n in range(2):
        desk.newsroom.comment(f"A *fine* bridge {n}")
    page = desk.page()
    shows(page, "A *fine* bridge 0")
    rendered = page.locator(".rendered")
    expect(rendered).to_be_hidden()
    page.keyboard.press("v")
    expect(rendered).to_have_text("A fine bridge 0")
    expect(rendered.locator("em")).to_be_visible()
    page.keyboard.press("j")
    shows(page, "A *fine* bridge 1")
    expect(rendered.locator("em")).to_be_visible()
    page.locator(".as-read summary").click()
    expect(rendered).to_be_hidden()
    page.keyboard.press("k")
    shows(page, "A *fine* bridge 0")
    expect(rendered).to_be_hidden()


def test_escape_folds_a_form_and_what_is_held_says_until_when(desk: Desk) -> None:
    for n in range(2):
        desk.newsroom.comment(f"Comment number {n}", name=f"Reader {n}")
    page = desk.page()
    shows(page, "Comment number 0")
    hold = page.locator("#case details.tool", has=page.get_by_label("Until"))
    page.keyboard.press("h")
    expect(hold.get_by_label("Until")).to_be_focused()
    hold.get_by_label("Note").fill("Ask the desk of the town hall")
    page.keyboard.press("Escape")
    expect(hold).not_to_have_attribute("open", "")
    page.keyboard.press("h")
    expect(hold.get_by_label("Note")).to_have_value("Ask the desk of the town hall")
    hold.get_by_label("Until").select_option(label="in 4 hours")
    hold.get_by_role("button", name="Hold it").click()
    # On to the next one, as after a decision: its keys are not meant for what is held.
    shows(page, "Comment number 1")
    page.get_by_role("link", name="Show it").click()
    shows(page, "Comment number 0")
    due = page.locator("#case time[data-exact]").first
    expect(due).to_have_text(re.compile(r"\d{4}.*\d:\d\d"))


def test_a_listed_key_without_use_here_says_so(desk: Desk) -> None:
    desk.newsroom.published("It is up")
    page = desk.page()
    page.goto(f"{desk.base}/moderate/?tab=approved")
    shows(page, "It is up")
    page.keyboard.press("h")
    expect(page.get_by_text("h does nothing for this comment.")).to_be_visible()


def test_until_nothing_waits_and_on_from_there(desk: Desk) -> None:
    only = desk.newsroom.comment("The only one")
    page = desk.page()
    shows(page, "The only one")
    page.keyboard.press("h")
    page.get_by_role("button", name="Hold it").click()
    expect(page.locator(".aside-note")).to_contain_text("Held for later")
    page.get_by_role("button", name="Let go").click()
    expect(page.locator(".aside-note")).to_have_count(0)
    page.goto(f"{desk.base}/moderate/")
    shows(page, "The only one")
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_role("heading", name="Nothing is waiting")).to_be_visible()
    expect(page.locator("#numbers")).to_contain_text("0 waiting")
    desk.becomes(only, "approved")
    desk.newsroom.comment("A new one comes in")
    shows(page, "A new one comes in")
    expect(page.locator("#numbers")).to_contain_text("1 waiting")


def test_keys_typed_into_the_search_decide_nothing(desk: Desk) -> None:
    only = desk.newsroom.comment("The only one")
    page = desk.page()
    shows(page, "The only one")
    page.keyboard.press("/")
    page.keyboard.type("asr")
    expect(page.get_by_role("searchbox")).to_have_value("asr")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Nothing that you ask for is here")).to_be_visible()
    assert desk.status(only) == "pending"


def test_single_keys_can_be_turned_off(desk: Desk) -> None:
    only = desk.newsroom.comment("The only one")
    page = desk.page()
    page.get_by_role("button", name="Keys").click()
    page.get_by_label("Decide by single keys").uncheck()
    page.get_by_role("button", name="Close").click()
    page.keyboard.press("a")
    page.reload()
    shows(page, "The only one")
    page.keyboard.press("a")
    page.get_by_role("button", name="Spam").click()
    desk.becomes(only, "spam")
    page.goto(f"{desk.base}/moderate/case/{only}")
    # It came in, was held, and is spam: the key has decided nothing.
    expect(page.locator(".trail li")).to_have_count(3)


def test_without_javascript(desk: Desk) -> None:
    first = desk.newsroom.comment("The first one", findings=[finding("word_list", "a listed word", 4, 9)])
    second = desk.newsroom.comment("The second one")
    page = desk.page(java_script_enabled=False)
    shows(page, "The first")
    expect(page.locator("mark")).to_have_text("first")
    page.locator("summary", has_text="Reject").click()
    page.get_by_role("button", name="Off topic").click()
    desk.becomes(first, "rejected")
    shows(page, "The second one")
    page.get_by_role("button", name="Undo").first.click()
    desk.becomes(first, "pending")
    shows(page, "The first")
    page.get_by_role("link", name=re.compile("second one")).click()
    shows(page, "The second one")
    page.get_by_role("button", name="Spam").click()
    desk.becomes(second, "spam")


def test_on_a_phone(desk: Desk) -> None:
    desk.newsroom.comment("The first one", name=LONG_NAME)
    second = desk.newsroom.comment(ARABIC, name="ليلى")
    page = desk.page(viewport={"width": 360, "height": 740}, has_touch=True)
    expect(page.locator("#case")).to_be_hidden()
    page.locator(".item").nth(1).click()
    shows(page, ARABIC)
    expect(page.locator("#list")).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    box = page.get_by_role("button", name="Approve").bounding_box()
    assert box is not None
    assert box["height"] >= 44
    page.get_by_role("link", name="Back to the list").click()
    expect(page.locator("#list")).to_be_visible()
    page.locator(".item").nth(1).click()
    page.get_by_role("button", name="Approve").click()
    desk.becomes(second, "approved")
    shows(page, "The first one")
    expect(page.get_by_role("button", name="Undo").first).to_be_visible()
