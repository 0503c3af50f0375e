"""The desk reads well: at every width, light and dark, by every name and length."""

import re
from itertools import pairwise

import pytest
from playwright.sync_api import expect

from service.localization import LANGUAGES
from tests.desk.browser.conftest import Desk
from tests.desk.browser.reading import full_desk, shows, violations
from tests.factories import finding

pytestmark = pytest.mark.browser


def test_no_text_becomes_markup_but_by_the_desks_own_policy(desk: Desk) -> None:
    desk.newsroom.comment("The bridge stays.")
    page = desk.page()
    shows(page, "The bridge stays.")
    blocked = page.evaluate("""() => [
      () => { document.body.innerHTML = '<p>text</p>' },
      () => { document.body.insertAdjacentHTML('beforeend', '<p>text</p>') },
      () => new DOMParser().parseFromString('<p>text</p>', 'text/html'),
      () => { document.createElement('script').src = '/moderate/static/desk.js' },
      () => trustedTypes.createPolicy('another', {}),
      () => trustedTypes.createPolicy('rejoinder-part', {}),
    ].map((act) => { try { act(); return '' } catch (error) { return error.name } })""")
    assert blocked == ["TypeError"] * 6
    # Marks piled on letters are drawn in their box.
    for box in ("#case .text", "#case h2", ".item"):
        assert page.locator(box).first.evaluate("(box) => getComputedStyle(box).overflowY") == "clip", box
    desk.thrown.clear()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 768, 1280, 1600])
def test_axe_finds_nothing(desk: Desk, width: int, scheme: str) -> None:
    full_desk(desk)
    page = desk.page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    assert violations(page) == []
    page.locator(".item").first.click()
    shows(page, "Whoever")
    page.locator("summary", has_text="Reject").click()
    assert violations(page) == []
    page.keyboard.press("Escape")
    for n in range(3):
        page.goto(f"{desk.base}/moderate/")
        page.locator(".item").nth(n).click()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    shows(page, "Long. Long.")
    page.keyboard.press("a")
    expect(page.locator("#done")).to_contain_text("Undo")
    page.goto(f"{desk.base}/moderate/?tab=approved")
    assert violations(page) == []
    page.goto(f"{desk.base}/moderate/?q=zebra")
    assert violations(page) == []
    page.context.clear_cookies()
    page.goto(f"{desk.base}/moderate/")
    expect(page.get_by_role("heading", name="desk")).to_be_visible()
    assert violations(page) == []


def test_at_twice_the_size_nothing_is_cut_off(desk: Desk) -> None:
    full_desk(desk)
    page = desk.page(viewport={"width": 640, "height": 400})
    page.locator(".item").first.click()
    shows(page, "Whoever")
    assert page.evaluate("document.documentElement.scrollWidth") <= 640
    expect(page.get_by_role("button", name="Approve")).to_be_in_viewport()


def test_notes_stand_beside_their_words(desk: Desk) -> None:
    text = "\n".join(f"Line {n} of a longer letter" for n in range(30))
    at = text.index("Line 20")
    desk.newsroom.comment(text, findings=[finding("word_list", "about line 20", at, at + 7)])
    page = desk.page()
    mark = page.locator("mark").bounding_box()
    note = page.locator("#note-1").bounding_box()
    assert mark is not None
    assert note is not None
    assert abs(mark["y"] - note["y"]) < 24
    assert note["x"] > mark["x"]


@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (1280, "light")])
def test_a_name_and_a_website_show_what_they_are_held_for(desk: Desk, width: int, scheme: str) -> None:
    name, website = "Utter Nincompoop", "https://bit.ly/" + "abcdefgh" * 12
    desk.newsroom.comment(
        "A letter\nof three\nlines, with a word.",
        name=name,
        website=website,
        findings=[
            finding("word_list", "“nincompoop” is on the list own", 6, 16, field="name"),
            finding("word_list", "“word” is on the list own", 32, 36),
            finding("link_shortener", "bit.ly hides where the link leads", 0, len(website), field="website"),
            finding("first_comment", "new here"),
        ],
    )
    page = desk.page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    if width < 720:
        page.locator(".item").first.click()
    expect(page.locator("h2 mark")).to_have_text("Nincompoop")
    expect(page.locator("#note-1")).to_contain_text("Listed word in the name")
    expect(page.locator(".text mark")).to_have_text("word")
    expect(page.locator("dd mark")).to_have_text(website)
    expect(page.locator("#note-3")).to_contain_text("in the website")
    # Each leads to the other, and no note lies upon the next.
    page.locator("h2 .to-note").press("Enter")
    expect(page.locator("#note-1")).to_be_in_viewport()
    # At one moment: the page may still be moving to the note.
    notes = page.locator(".notes li").evaluate_all("found => found.map((one) => one.getBoundingClientRect())")
    assert len(notes) == 4
    assert all(above["bottom"] <= below["top"] for above, below in pairwise(notes))
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.keyboard.press("a")
    expect(page.locator("#done")).to_contain_text(f"Approved: {name}")


def test_a_time_to_come_is_not_just_now(desk: Desk) -> None:
    """Nor any other that is said exactly: it stays so where the script keeps the others true."""
    desk.newsroom.comment("The bridge stays.")
    page = desk.page(role="admin", timezone_id="Europe/Berlin", locale="en-GB")
    page.keyboard.press("e")
    page.get_by_label("What do you want to know?").fill("May we print it?")
    page.get_by_role("button", name="Escalate").click()
    page.goto(f"{desk.base}/moderate/?tab=escalated")
    due = page.locator(".aside-note time").last
    expect(due).to_have_text(re.compile(r" at \d{1,2}:\d\d [AP]M$"))
    expect(page.locator(".aside-note time").first).to_have_text("just now")


_TABS = """() => {
  const box = document.querySelector('.states').getBoundingClientRect();
  const links = [...document.querySelectorAll('.states a')].map((one) => one.getBoundingClientRect());
  const on = document.querySelector('.states [aria-current]').getBoundingClientRect();
  return {
    lines: new Set(links.map((one) => Math.round(one.top))).size,
    shown: on.left >= box.left - 1 && on.right <= box.right + 1 && box.right <= innerWidth + 1,
    wide: document.documentElement.scrollWidth <= innerWidth,
    ways: new Set([...document.querySelectorAll('.ways > *')].map((one) => one.getBoundingClientRect().top | 0)).size,
  };
}"""


@pytest.mark.parametrize("language", LANGUAGES)
def test_tabs_stay_on_one_line(desk: Desk, language: str) -> None:
    for n in range(3):
        desk.newsroom.comment(f"Comment {n}")
    page = desk.page(locale=language)
    for tab in ("waiting", "all"):
        for width in (360, 480, 768, 899, 900, 1024, 1280, 1440, 1600):
            page.set_viewport_size({"width": width, "height": 800})
            page.goto(f"{desk.base}/moderate/?tab={tab}")
            found = page.evaluate(_TABS)
            assert found == {"lines": 1, "shown": True, "wide": True, "ways": 1}, f"{tab} at {width}: {found}"
