"""The pages around the queue in a real browser: no page too wide, nothing axe objects to, a job that ends by itself."""

import re
import threading
from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect
from werkzeug.serving import WSGIRequestHandler, make_server

from models import Site, Status
from service.app import create_app
from service.moderation.jobs import runner
from service.wiring import Services
from tests.desk.overview.conftest import came
from tests.factories import Newsroom, add_site, finding
from tests.factories.moderator import add_moderator

__all__ = ["came"]

pytestmark = pytest.mark.browser

LONG_NAME = "Friedrich-Wilhelm Donaudampfschifffahrtsgesellschaftskapitän von Hohenlohe"
PAGES = (
    "/moderate/",
    "/moderate/threads",
    "/moderate/investigate",
    "/moderate/audit",
    "/moderate/settings",
    "/moderate/sites/gazette/checks",
    "/moderate/sites/gazette/policy",
)


class _Silent(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:
        pass


@pytest.fixture
def open_page(services: Services, newsroom: Newsroom, browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens a path of a desk with two sites, as an administrator of both whose name is long."""
    herald: Site = add_site(services, "herald")
    person = add_moderator(services, "admin", newsroom.site, herald, address="long@desk.example", name=LONG_NAME)
    token = newsroom.session(person.id)
    server = make_server("127.0.0.1", 0, create_app(services), threaded=True, request_handler=_Silent)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base = f"http://127.0.0.1:{server.port}"
    thrown: list[str] = []
    opened: list[BrowserContext] = []

    def make(path: str, width: int, **options: str) -> Page:
        context = browser.new_context(viewport={"width": width, "height": 800}, **options)  # type: ignore[arg-type] # A scheme.
        opened.append(context)
        context.add_cookies([{"name": newsroom.cookie, "value": token, "url": base}])
        page = context.new_page()
        page.on("pageerror", lambda error: thrown.append(str(error)))
        page.on("console", lambda said: thrown.append(said.text) if said.type == "error" else None)
        page.goto(base + path)
        return page

    yield make
    for context in opened:
        context.close()
    server.shutdown()
    assert not thrown


def test_pages_fit_and_are_accessible(newsroom, came, open_page):
    for key in ("bridge", "x" * 400):
        thread = newsroom.thread(key, title="" if key[0] == "x" else "Haushaltsplanungsausschusssitzungsprotokoll")
        for minutes in (1, 2, 90):
            came(minutes, thread=thread, findings=[finding("links")])
        came(3, thread=thread, status=Status.APPROVED)
    for width, scheme in ((360, "light"), (1280, "dark")):
        page = open_page(PAGES[0], width, color_scheme=scheme)
        for path in PAGES:
            page.goto(page.url.partition("/moderate")[0] + path)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (path, width)
            tops = page.evaluate("[...document.querySelectorAll('.ways > *')].map((way) => way.offsetTop)")
            assert max(tops) - min(tops) < 20, (path, width)
            found = Axe().run(page).response["violations"]
            assert [(path, width, one["id"]) for one in found] == []
        page.locator("details.menu summary").click()
        expect(page.locator(".menu-box a").first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.keyboard.press("Escape")
        expect(page.locator(".menu-box")).to_be_hidden()
        expect(page.locator("details.menu summary")).to_be_focused()


def test_a_site_that_is_chosen_is_gone_to_at_once(newsroom, open_page):
    newsroom.comment()
    for path in ("/moderate/", "/moderate/threads"):
        page = open_page(path, 1280)
        page.locator("select[name=site]").select_option("herald")
        page.wait_for_url(re.compile(r"[?&]site=herald"))


def test_a_jobs_page_goes_on_and_ends_by_itself(services, newsroom, came, open_page):
    came(5)
    page = open_page("/moderate/investigate?site=gazette", 1280)
    page.get_by_role("button", name="Mark all that match as spam").click()
    page.get_by_role("button", name="All spam").click()
    expect(page.get_by_text("Waiting for a worker")).to_be_visible()
    # That it is the page's script and no renewal of the page which sees it.
    page.evaluate("document.querySelector('h1').textContent = 'still here'")
    with page.expect_response(lambda answer: answer.request.headers.get("x-part") == "progress"):
        pass
    expect(page.get_by_text("still here")).to_be_visible()
    while runner.run_one(services):
        pass
    expect(page.get_by_role("button", name="Undo all of it")).to_be_visible()
