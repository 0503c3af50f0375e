"""What the widget loads when it is needed: its parts, its words, and what stands there where it cannot run."""

import json
import re
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, Request, Route, expect

from models import Site, SiteSettings, Terms
from service.widget.assets import parts_version, widget_script
from tests.widget.live_server import Live
from tests.widget.test_writing import send, waiting, write

pytestmark = pytest.mark.browser


def scripts(page: Page) -> list[str]:
    """Collects the names of the parts that the page asks for."""
    asked: list[str] = []

    def note(request: Request) -> None:
        if "/parts/" in request.url:
            asked.append(request.url.rsplit("/", 1)[1])

    page.on("request", note)
    return asked


def test_reading_loads_one_script_and_writing_the_part_for_it(live: Live, page: Page) -> None:
    live.write("parts", "Well said.")
    asked = scripts(page)
    page.goto(live.demo("parts"))
    expect(page.get_by_text("Well said.")).to_be_visible()
    expect(page.get_by_role("button", name="Send comment")).to_be_visible()
    assert asked == []
    write(page, "From a part.")
    send(page)
    waiting(page, "From a part.")
    assert asked == ["write.js", "mine.js"]


def test_a_part_that_cannot_be_had_says_so_and_is_asked_for_again(live: Live, page: Page) -> None:
    live.write("missing", "Well said.")
    page.route("**/parts/**", lambda route: route.abort())
    page.goto(live.demo("missing"))
    write(page, "Kept meanwhile.")
    send(page)
    expect(page.get_by_text("The form cannot be loaded just now. Please try again.")).to_be_visible()
    expect(page.get_by_text("Well said.")).to_be_visible()
    page.unroute("**/parts/**")
    send(page)
    waiting(page, "Kept meanwhile.")


def test_the_newsrooms_words_and_terms_stand_in_the_form(live: Live, page: Page) -> None:
    def ask(terms: Terms) -> None:
        with live.services.write() as session:
            session.merge(live.site).settings = SiteSettings(
                guideline="Be <b>kind</b>.\nBe short.", announcement="Read until 10 pm.", terms=terms
            )

    ask(Terms(version="1", url="https://gazette.example/rules"))
    page.goto(live.demo("terms"))
    expect(page.get_by_role("note")).to_have_text("Read until 10 pm.")
    expect(page.get_by_text("Be <b>kind</b>.")).to_be_visible()
    expect(page.get_by_role("link", name="Read the terms")).to_have_attribute("href", "https://gazette.example/rules")
    write(page, "With the terms accepted.")
    send(page)
    box = page.get_by_role("checkbox", name="I accept the terms of this conversation")
    expect(page.get_by_text("Please accept the terms first.")).to_be_visible()
    expect(box).to_be_focused()
    box.check()
    # Meanwhile they have changed: what was accepted is not what is asked.
    ask(Terms(version="2", text="I have read the new rules."))
    send(page)
    box = page.get_by_role("checkbox", name="I have read the new rules.")
    expect(box).not_to_be_checked()
    box.check()
    send(page)
    waiting(page, "With the terms accepted.")
    with live.services.write() as session:
        session.merge(live.site).settings = live.site.settings


def test_what_may_give_offence_is_underlined_once_before_it_is_sent(live: Live, page: Page) -> None:
    with live.services.write() as session:
        session.merge(live.site).settings = SiteSettings(nudge=True)
    # The first one who asks a process waits until the rules are there.
    page.request.post(f"{live.base}/api/v1/sites/{live.site.slug}/nudge", data={"body": "Hello."}, timeout=60_000)
    page.goto(live.demo("nudge"))
    write(page, "You are an asshole, Sir.")
    email = page.get_by_label("E-mail", exact=True)
    address = email.input_value()
    email.fill("ada@")
    email.blur()
    send(page)
    expect(page.get_by_text("People may take offence at what is underlined.")).to_be_visible()
    # What else is known to be wrong is still said.
    expect(email).to_have_accessible_description(re.compile("This is not a complete e-mail address"))
    assert page.locator("rejoinder-comments u").all_inner_texts() == ["asshole"]
    assert live.count("You are an asshole, Sir.") == 0
    email.fill(address)
    send(page)
    waiting(page, "You are an asshole, Sir.")
    with live.services.write() as session:
        session.merge(live.site).settings = live.site.settings


def test_a_pinned_script_runs_under_the_policy_that_doctor_prints(live: Live, page: Page) -> None:
    live.write("pinned", "Well said.")
    script = widget_script()
    policy = f"default-src 'none'; script-src {live.base}; connect-src {live.base}; require-trusted-types-for 'script'"
    tag = (
        f'<script type=module src="{live.base}/widget.{script.version}.js" integrity="{script.integrity}" crossorigin>'
    )
    head = f"<meta http-equiv=Content-Security-Policy content=\"{policy}; trusted-types 'none'\">{tag}</script>"
    asked = scripts(page)
    # `of` brings the address without a version as well: it comes second and finds the element defined.
    page.goto(live.of("pinned", head + "<slot>", language="de"))
    expect(page.get_by_role("heading", name="1 Kommentar")).to_be_visible()
    page.get_by_label("Name").fill("Ada")
    page.get_by_label("E-Mail", exact=True).fill("ada@example.org")
    page.get_by_label("Kommentar", exact=True).fill("Unter der Policy.")
    page.get_by_role("button", name="Kommentar senden").click()
    expect(page.get_by_text("Wird noch geprüft.")).to_be_visible()
    assert asked == ["words-de.js", "write.js", "mine.js"]
    assert f"1.{parts_version()}" in script.plain.decode()


@pytest.mark.parametrize(
    ("html", "place", "setting", "language"),
    [
        ("", {"language": "de-AT"}, "en", "de-AT"),
        ("", {}, "de", "de"),
        ("", {"lang": "en-GB"}, "de", "de"),
        ("<html lang=en>", {"lang": "de-CH"}, None, "de-CH"),
        ("<html lang=de>", {}, None, "de"),
        ("<html lang=tlh>", {"lang": "x'y"}, None, "en"),
        ("<html lang=en-GB>", {"language": "xx"}, None, "en-GB"),
    ],
    ids=["attribute", "site", "site before element", "element", "page", "none that is there", "the next that is"],
)
def test_it_speaks_as_attribute_site_element_or_page_say(
    live: Live,
    page: Page,
    html: str,
    place: dict[str, str],
    setting: str | None,
    language: str,
    request: pytest.FixtureRequest,
) -> None:
    with live.services.write() as session:
        site = session.get_one(Site, live.site.id)
        site.settings_json = site.settings_json | {"language": setting}
    thread = f"speaks-{request.node.callspec.id}"
    try:
        page.goto(live.of(thread, html + "<slot>", **place))
        said = "Kommentar senden" if language.startswith("de") else "Send comment"
        expect(page.get_by_role("button", name=said)).to_be_visible()
        expect(page.locator("rejoinder-comments section")).to_have_attribute("lang", language)
    finally:
        with live.services.write() as session:
            site = session.get_one(Site, live.site.id)
            site.settings_json = site.settings_json | {"language": None}


def test_without_its_words_it_speaks_english(live: Live, page: Page) -> None:
    page.route("**/parts/**", lambda route: route.abort())
    page.goto(live.of("wordless", "<slot>", language="de"))
    expect(page.get_by_role("button", name="Send comment")).to_be_visible()
    expect(page.locator("rejoinder-comments section")).to_have_attribute("lang", "en")


def test_a_language_from_right_to_left_turns_the_widget(live: Live, page: Page) -> None:
    def arabic(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=answer.text().replace('"en de', '"en ar de').replace('"en ar ar', '"en ar'))

    live.write("arabic", "Well said.")
    page.route("**/widget.js", arabic)
    headers = {"Access-Control-Allow-Origin": "*"}
    words = {"Send comment": "إرسال التعليق", "{n} comment|{n} comments": {"two": "تعليقان", "one": "تعليق"}}
    body = f"export default {json.dumps(words)}"
    page.route(
        "**/words-ar.js", lambda route: route.fulfill(body=body, content_type="text/javascript", headers=headers)
    )
    page.goto(live.of("arabic", "<slot>", language="ar"))
    expect(page.get_by_role("button", name="إرسال التعليق")).to_be_visible()
    expect(page.get_by_role("heading", name="تعليق", exact=True)).to_be_visible()
    expect(page.locator("rejoinder-comments section")).to_have_attribute("dir", "rtl")


@pytest.mark.parametrize(
    "without",
    ["delete AbortSignal.timeout", "CSSStyleSheet = function () { throw new TypeError('Illegal constructor') }"],
    ids=["time limits", "style sheets"],
)
def test_older_browsers_get_a_link_to_the_plain_page(
    live: Live, context: Callable[..., BrowserContext], without: str
) -> None:
    profile = context()
    profile.add_init_script(without)
    page = profile.new_page()
    page.goto(live.of("older", "<title>An article</title><slot>"))
    link = page.get_by_role("link", name="Read and write comments")
    asked = urlsplit(str(link.get_attribute("href")))
    assert (asked.path, parse_qs(asked.query)) == (
        "/embed/demo",
        {"thread": ["older"], "page_url": [f"{live.news}/of/older"], "page_title": ["An article"]},
    )
    link.click()
    expect(page.get_by_role("heading", name="Write a comment")).to_be_visible()
    page.goto(
        live.of("older", "<rejoinder-comments site=demo thread=older><a href=/x>Comments</a></rejoinder-comments>")
    )
    expect(page.get_by_role("link")).to_have_text(["Comments"])
