from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.widget.live_server import Live, serving


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory, redis_server: str) -> Iterator[Live]:
    """One service for a module; every test takes a thread of its own."""
    with serving(tmp_path_factory.mktemp("live"), redis_server) as live:
        yield live


@pytest.fixture
def page(context: Callable[..., BrowserContext]) -> Page:
    return context(viewport={"width": 1000, "height": 900}).new_page()
