"""The plain page in somebody's frame, and on paper."""

from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Page, expect

from models import Site
from service.app import create_app
from service.intake.receive import EXTENSION
from service.wiring import Services
from tests.factories import Newsroom
from tests.widget.live_server import READERS_ROOMS, Live

# What a newsroom's page hears, and from whom.
LISTENING = "<script>heard = []; addEventListener('message', ({ data, origin }) => heard.push([origin, data]))</script>"


@pytest.fixture
def client(services: Services, site: Site) -> Iterator[FlaskClient]:
    app = create_app(services, READERS_ROOMS)
    yield app.test_client()
    app.extensions[EXTENSION].commits.close()
    app.extensions["rejoinder.documents"].close()


@pytest.mark.browser
def test_the_frames_page_hears_how_high_it_is(live: Live, page: Page) -> None:
    live.write("framed", "Well said.")
    place = {"thread": "framed", "page_url": live.demo("framed")}
    frame = f'<iframe src="{live.base}/embed/demo?{urlencode(place)}" width="600"></iframe>'
    page.goto(live.of("framing", LISTENING + frame))
    inside = page.frame_locator("iframe")
    expect(inside.get_by_text("Well said.")).to_be_visible()
    page.wait_for_function("heard.length >= 2")
    for origin, data in page.evaluate("heard"):
        assert origin == live.base
        assert data["height"] > 300
    assert {data["type"] for _, data in page.evaluate("heard")} == {"rejoinder:height", "embed-size"}
    before = page.evaluate("heard.at(-1)[1].height")
    # Narrower, it is higher.
    page.evaluate("document.querySelector('iframe').width = 260")
    page.wait_for_function("before => heard.at(-1)[1].height > before", arg=before)


@pytest.mark.browser
def test_nobody_else_hears_anything(live: Live, page: Page) -> None:
    """Where the site does not name the page that frames it, the browser shows nothing; by itself it tells nobody."""
    page.goto(f"{live.base}/embed/demo?thread=alone")
    page.evaluate("heard = 0; addEventListener('message', () => heard++)")
    page.set_viewport_size({"width": 300, "height": 600})
    expect(page.get_by_role("button", name="Send comment")).to_be_visible()
    assert page.evaluate("heard") == 0
    with live.services.write() as session:
        session.merge(live.site).origins = ["https://elsewhere.example"]
    try:
        page.goto(live.of("foreign", LISTENING + f'<iframe src="{live.base}/embed/demo?thread=framed"></iframe>'))
        page.wait_for_load_state("networkidle")
        assert page.evaluate("heard") == []
        assert all("embed" not in frame.url for frame in page.frames)
    finally:
        with live.services.write() as session:
            session.merge(live.site).origins = live.site.origins


def test_on_paper_there_are_all_comments_and_nothing_to_press(
    client: FlaskClient, services: Services, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = Newsroom(services, site)
    for n in range(7):
        room.published(f"Number {n}.", thread=room.thread("1"))
    monkeypatch.setattr("service.widget.embed.MAX_LIMIT", 2)
    page = client.get("/embed/gazette?thread=1&print=1")
    assert [f"Number {n}." in page.text for n in range(7)] == [True] * 7
    for pressed in ("<form", "<button", "<script", "Reply", "for printing"):
        assert pressed not in page.text
    # However long a conversation is, a page has an end, and a way on.
    monkeypatch.setattr("service.widget.embed.MOST_PRINTED", 4)
    first = client.get("/embed/gazette?thread=1&print=1").text
    assert first.count("Number ") == 4
    rest = first.split('class="button more" href="')[1].split('"')[0].replace("&amp;", "&")
    assert "print=1" in rest
    assert client.get(f"/embed/gazette{rest}").text.count("Number ") == 3
