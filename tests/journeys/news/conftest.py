import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.journeys.news.newspapers import News, news

# A folder for what the pages look like on the way, for people to look at.
PICTURES = os.environ.get("REJOINDER_PICTURES")


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> Iterator[News]:
    with news(tmp_path_factory.mktemp("news")) as found:
        yield found


@pytest.fixture
def profile(context: Callable[..., BrowserContext]) -> Callable[..., BrowserContext]:
    """New browser profiles as wide as most windows, with the patience that a whole service asks for."""

    def begin(**options: Any) -> BrowserContext:
        begun = context(**{"viewport": {"width": 1000, "height": 900}} | options)
        begun.set_default_timeout(15_000)
        return begun

    return begin


@pytest.fixture
def picture(request: pytest.FixtureRequest) -> Callable[[Page, str], None]:
    """Draws the whole page, as a phone and as a desktop have it, in light and dark: where REJOINDER_PICTURES says."""

    def draw(page: Page, name: str) -> None:
        if PICTURES is None:
            return
        before = page.viewport_size
        for width in (360, 1280):
            page.set_viewport_size({"width": width, "height": 800})
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
                # The widget looks at the page's colour every five seconds, and whenever its attributes change.
                page.evaluate("document.querySelector('rejoinder-comments')?.paint()")
                folder = Path(PICTURES)
                folder.mkdir(parents=True, exist_ok=True)
                page.screenshot(path=folder / f"{name}-{width}-{scheme}.png", full_page=True)
        page.emulate_media(color_scheme="light")
        if before is not None:
            page.set_viewport_size(before)

    return draw
