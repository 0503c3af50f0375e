"""axe finds nothing, in light and dark, with errors shown and without; words are larger without breaking the page."""

import re
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

from tests.widget.live_server import Live

pytestmark = pytest.mark.browser

SCHEMES = ["light", "dark"]


def violations(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{rule['id']}: {node['html'][:120]}" for rule in found for node in rule["nodes"]]


def fill(live: Live, thread: str) -> None:
    first = live.write(
        thread, "A *first* word with `code` and a [link](https://example.org/).", name="Ada", badge="staff"
    )
    live.write(thread, "> quoted\n\n- a\n- b", name="Ben", parent_id=first, website="https://example.org/")
    gone = live.write(thread, "Gone.", parent_id=first)
    live.write(thread, "كان الجسر القديم جزءا من طفولتي", name="ليلى حداد", parent_id=gone)
    live.newsroom.take_down(gone)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_article_with_the_widget(live: Live, context: Callable[..., BrowserContext], scheme: str) -> None:
    fill(live, f"axe-{scheme}")
    page = context(color_scheme=scheme, reduced_motion="reduce").new_page()
    page.goto(live.demo(f"axe-{scheme}"))
    expect(page.get_by_role("button", name="Send comment")).to_be_visible()
    expect(page.locator("section.dark")).to_have_count(int(scheme == "dark"))
    assert violations(page) == []
    page.get_by_role("button", name="Send comment").click()
    expect(page.get_by_label("Name")).to_be_focused()
    assert violations(page) == []
    page.get_by_label("Name").fill("Ada")
    page.get_by_label("E-mail").fill("ada@example.org")
    page.get_by_label("Comment", exact=True).fill(f"Waiting in the {scheme}.")
    page.get_by_role("button", name="Reply to Ben").click()
    page.get_by_role("button", name="Send comment").click()
    expect(page.get_by_text("Waiting to be checked.")).to_be_visible()
    assert violations(page) == []


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_pages(live: Live, context: Callable[..., BrowserContext], scheme: str) -> None:
    fill(live, f"axe-plain-{scheme}")
    page = context(color_scheme=scheme).new_page()
    page.goto(f"{live.base}/embed/demo?thread=axe-plain-{scheme}")
    assert violations(page) == []
    page.get_by_label("Name").fill("Ada")
    page.get_by_label("E-mail").first.fill("ada@gmial.com")
    page.get_by_label("Comment", exact=True).fill(f"Plain in the {scheme}.")
    page.get_by_role("button", name="Send comment").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name="Send comment").click()
    page.wait_for_url("**/receipts/**")
    assert violations(page) == []
    live.decide(live.received(f"Plain in the {scheme}."), "reject")
    page.reload()
    assert violations(page) == []
    page.goto(f"{live.base}/")
    assert violations(page) == []
    page.goto(f"{live.base}/receipts/none")
    assert violations(page) == []


def test_forced_colours_leave_the_button_readable(live: Live, context: Callable[..., BrowserContext]) -> None:
    page = context(forced_colors="active").new_page()
    page.goto(live.demo("forced"))
    button = page.get_by_role("button", name="Send comment")
    expect(button).to_be_visible()
    colours = "node => [getComputedStyle(node).color, getComputedStyle(node).backgroundColor]"
    assert len(set(button.evaluate(colours))) == 2


@pytest.mark.parametrize("width", [320, 360, 768, 1280])
def test_nothing_sticks_out(live: Live, context: Callable[..., BrowserContext], width: int) -> None:
    long = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
    live.write(f"wide-{width}", f"{long} https://example.org/{'a' * 200}\n\n    {'x' * 300}", name=long)
    page = context(viewport={"width": width, "height": 800}).new_page()
    for url in (live.demo(f"wide-{width}"), f"{live.base}/embed/demo?thread=wide-{width}"):
        page.goto(url)
        expect(page.get_by_text(re.compile("^Donau")).first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_targets_are_large_enough_for_fingers(live: Live, context: Callable[..., BrowserContext]) -> None:
    fill(live, "fingers")
    page = context(viewport={"width": 360, "height": 800}, has_touch=True, is_mobile=True).new_page()
    page.goto(live.demo("fingers"))
    expect(page.get_by_role("button", name="Send comment")).to_be_visible()
    for button in page.locator("rejoinder-comments button:visible").all():
        box = button.bounding_box()
        assert box is not None
        assert box["height"] >= 44, button.inner_text()
