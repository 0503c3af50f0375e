"""The widget and the plain page in every language: nothing sticks out of a narrow screen, numbers and dates are the
country's."""

import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from models import Site
from service.localization import LANGUAGES_OF_READERS
from tests.widget.live_server import Live

pytestmark = pytest.mark.browser

LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerk"
# Whatever shows words of its own, but for what only screen readers are told. A comment clips what is too wide, so that
# the page's own width says nothing.
OUTSIDE = """() => {
  const roots = [...document.querySelectorAll('rejoinder-comments')].map((one) => one.shadowRoot);
  return (roots.length ? roots : [document]).flatMap((root) => [...root.querySelectorAll('body *, section *')])
    .filter((node) => [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim()))
    .filter((node) => !node.closest('.hidden-visually, .away, [aria-hidden=true], option'))
    .filter((node) => {
      const { left, right, width } = node.getBoundingClientRect();
      return width && (left < 0 || right > innerWidth);
    })
    .map((node) => node.textContent.trim().slice(0, 60));
}"""


def deep_thread(live: Live, key: str) -> None:
    """With votes, marks and replies to a long name, down to where they stand in a row."""
    with live.services.write() as session:
        site = session.get_one(Site, live.site.id)
        site.settings_json = site.settings_json | {"votes": "up_down", "terms": {"version": "1"}}
    parent = live.write(key, "Well said.", name=LONG, badge="staff")
    for name in ("Ben", LONG, "Eve", LONG, "Zoë"):
        parent = live.write(key, "Well said.", name=name, parent_id=parent)


def test_no_plain_page_sticks_out(live: Live, context: Callable[..., BrowserContext]) -> None:
    deep_thread(live, "narrow-plain")
    page = context(viewport={"width": 320, "height": 800}).new_page()
    outside = {}
    for language in LANGUAGES_OF_READERS:
        page.goto(f"{live.base}/embed/demo?thread=narrow-plain&lang={language}")
        outside[language] = page.evaluate(OUTSIDE)
    assert outside == {language: [] for language in LANGUAGES_OF_READERS}


def test_no_widget_sticks_out(live: Live, context: Callable[..., BrowserContext]) -> None:
    deep_thread(live, "narrow")
    page = context(viewport={"width": 320, "height": 800}).new_page()
    outside = {}
    head = '<meta name=viewport content="width=device-width">'
    for language in LANGUAGES_OF_READERS:
        page.goto(live.of("narrow", f"{head}<html lang={language}><slot>", loading="eager"))
        expect(page.locator("rejoinder-comments section")).to_have_attribute("lang", language)
        expect(page.locator("rejoinder-comments article")).to_have_count(6)
        outside[language] = page.evaluate(OUTSIDE)
    assert outside == {language: [] for language in LANGUAGES_OF_READERS}


@pytest.mark.parametrize(
    ("language", "count", "day"),
    [
        ("en-GB", "2 comments", "27 November 2026"),
        ("en-US", "2 comments", "November 27, 2026"),
        ("pt-BR", "2 comentários", "27 de novembro de 2026"),
        ("pt-PT", "2 comentários", "27 de novembro de 2026"),
        ("ar", "تعليقان", "27 نوفمبر 2026"),
        ("ar-EG", "تعليقان", "٢٧ نوفمبر ٢٠٢٦"),
        ("zh-Hant", "2 comments", "November 27, 2026"),
    ],
)
def test_a_country_says_how_dates_are_written(live: Live, page: Page, language: str, count: str, day: str) -> None:
    at = datetime(2026, 11, 27, 12, tzinfo=UTC)
    for _ in range(2):
        live.write(f"country-{language}", created_at=at)
    page.clock.install()
    page.goto(live.of(f"country-{language}", f"<html lang={language}><slot>", loading="eager"))
    expect(page.get_by_role("heading", name=count)).to_be_visible()
    # It comes with the next look at the clock.
    page.clock.fast_forward(5000)
    expect(page.locator("rejoinder-comments time").first).to_have_attribute("title", re.compile(day))
