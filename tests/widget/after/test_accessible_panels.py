"""axe finds nothing in what the widget opens and adds: own comment, appeal, report, login, questions, website."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from models import ActorKind, Site, SiteSettings, WebsiteField, WriterMessage, new_id
from service.accounts.logins.keys import add_login_key
from tests.widget.after.test_appeal import refused
from tests.widget.live_server import Live
from tests.widget.parts.test_login import SECRET, login
from tests.widget.parts.test_questions import asked
from tests.widget.test_accessibility import SCHEMES, violations

pytestmark = pytest.mark.browser

# A newsroom's page whose ground it sets itself, as the widget finds out by looking.
GROUNDS = {"light": "#fff;color:#1b1b1b", "dark": "#16181b;color:#e6e6e6"}
PAGE = "<html lang=en><title>Bridge</title><body style='background:{}'><main><h1>Bridge</h1><slot></main>"


@pytest.fixture(params=SCHEMES)
def scheme(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def page(context: Callable[..., BrowserContext]) -> Page:
    return context(viewport={"width": 360, "height": 800}, reduced_motion="reduce").new_page()


@pytest.fixture
def here(live: Live, scheme: str) -> Callable[..., str]:
    """The address of a page on a light or dark ground, with the widget there."""
    return lambda name, **place: live.of(f"{name}-{scheme}", PAGE.format(GROUNDS[scheme]), **place)


@pytest.fixture
def website(live: Live) -> Iterator[None]:
    with live.services.write() as session:
        session.get_one(Site, live.site.id).settings = SiteSettings(website=WebsiteField.OPTIONAL)
    yield
    with live.services.write() as session:
        session.get_one(Site, live.site.id).settings = live.site.settings


def fine(page: Page, scheme: str) -> None:
    """Nothing is wrong, on the ground that was meant, and nothing sticks out."""
    expect(page.locator("section.dark")).to_have_count(int(scheme == "dark"))
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_own_comment_and_appeal(live: Live, page: Page, here: Callable[..., str], scheme: str) -> None:
    page.goto(here("own-panel"))
    comment = refused(live, page, f"own-panel-{scheme}", f"The bridge fell in the {scheme}.")
    with live.services.write() as session:
        session.add(
            WriterMessage(
                id=new_id(), site_id=live.site.id, comment_id=comment, actor_kind=ActorKind.MODERATOR, actor_id=None,
                text="Please read the rules.", created_at=live.services.clock.now(),
            )
        )  # fmt: skip
    page.goto(here("own-panel"))
    own = page.locator(f"#mine-{comment}")
    own.get_by_role("button", name="Messages and appeal").click()
    reason = own.get_by_label("Why was it wrong?")
    expect(reason).to_be_focused()
    fine(page, scheme)
    own.get_by_role("button", name="Send the appeal").click()
    expect(own.get_by_text("Say why the decision was wrong.")).to_be_visible()
    fine(page, scheme)
    reason.fill("I only quoted him.")
    own.get_by_role("button", name="Send the appeal").click()
    expect(own.get_by_text("Your appeal is waiting.")).to_be_visible()
    # Nothing stands glued to what is above it.
    fate, panel = own.locator(".fate").bounding_box(), own.locator("form.own").bounding_box()
    assert fate is not None
    assert panel is not None
    assert panel["y"] >= fate["y"] + fate["height"] + 8
    fine(page, scheme)


def test_report(live: Live, page: Page, here: Callable[..., str], scheme: str) -> None:
    live.write(f"report-panel-{scheme}", "The bridge fell.")
    page.goto(here("report-panel"))
    button = page.get_by_role("button", name="Report", exact=True)
    button.click()
    page.get_by_label("What is wrong with it?").select_option("illegal")
    fine(page, scheme)
    page.get_by_role("button", name="Send report").click()
    expect(page.get_by_text("Your name is missing.")).to_be_visible()
    fine(page, scheme)
    page.get_by_label("What is wrong with it?").select_option("spam")
    page.get_by_role("button", name="Send report").click()
    expect(page.get_by_role("link", name="What becomes of your report")).to_be_focused()
    fine(page, scheme)
    page.reload()
    button.click()
    expect(page.get_by_text("Your report:")).to_be_visible()
    fine(page, scheme)


def test_login_and_website(live: Live, page: Page, here: Callable[..., str], scheme: str, website: None) -> None:
    kid = f"of-{scheme}"
    add_login_key(live.services, None, site_id=live.site.id, algorithm="HS256", text=SECRET, kid=kid)
    page.goto(here("signed-panel", login=login(live, jti=scheme)))
    expect(page.get_by_text("Signed in as Zoë Łuk")).to_be_visible()
    fine(page, scheme)
    page.get_by_role("button", name="Add your website").click()
    expect(page.get_by_label("Website")).to_be_focused()
    fine(page, scheme)


def test_questions(live: Live, page: Page, here: Callable[..., str], scheme: str) -> None:
    asked(live, f"questions-panel-{scheme}")
    page.goto(here("questions-panel"))
    expect(page.get_by_role("button", name="Send question")).to_be_visible()
    fine(page, scheme)
    page.get_by_role("button", name="Answered", exact=True).click()
    expect(page.get_by_role("button", name="Show the whole conversation")).to_be_visible()
    fine(page, scheme)
