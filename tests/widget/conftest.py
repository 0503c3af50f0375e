from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.environment import CHROMIUM_FLAGS, chromium
from tests.widget.live_server import Live, serving


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory, redis_server: str) -> Iterator[Live]:
    """One service for a module; every test takes a thread of its own."""
    with serving(tmp_path_factory.mktemp("live"), redis_server) as live:
        yield live


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """New browser profiles, closed at the end. Whatever a page throws fails the test."""
    opened: list[BrowserContext] = []
    thrown: list[str] = []

    def begin(**options: Any) -> BrowserContext:
        context = browser.new_context(**options)
        context.on("weberror", lambda error: thrown.append(str(error.error)))
        context.set_default_timeout(10_000)
        opened.append(context)
        return context

    yield begin
    for context in opened:
        context.close()
    assert thrown == []


@pytest.fixture
def page(context: Callable[..., BrowserContext]) -> Page:
    return context(viewport={"width": 1000, "height": 900}).new_page()
