"""The desk in a real browser: by keys, by mouse, two moderators at once, without JavaScript, without a connection."""

import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from werkzeug.serving import WSGIRequestHandler, make_server

from models import ClassifierState, Comment, Status
from service.accounts import account_administration
from service.accounts.api_keys import create_key
from service.app import create_app
from service.moderation.jobs import runner
from service.moderation.learning.nightly import store_classifier
from service.moderation.policies.word_lists import upload
from service.wiring import Services, wire
from tests.desk.conftest import newsroom_of
from tests.environment import CHROMIUM_FLAGS, chromium, free_port
from tests.factories import Newsroom, add_policy_version, add_site, classifier_version, finding
from tests.settings import make_settings
from tests.sharing.databases import make_tables
from tests.waiting import wait_until

pytestmark = pytest.mark.browser

LONG_NAME = "Friedrich-Wilhelm Donaudampfschifffahrtsgesellschaftskapitän von Hohenlohe-Schillingsfürst"
ARABIC = "أعتقد أن الجسر القديم كان أجمل بكثير، ولا أفهم لماذا يريدون هدمه الآن."
# Long enough for a key to travel and a page to be drawn on a busy machine.
PATIENCE = 10_000


class _Silent(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:
        pass


@dataclass
class Desk:
    """A service of its own on a port, and the pages that people opened."""

    newsroom: Newsroom
    base: str
    open_context: Callable[..., BrowserContext]
    # What pages threw and what their policy stopped; a test that provokes it takes it out again.
    thrown: list[str]

    def page(self, name: str = "Anna", *, role: str = "moderator", **options: Any) -> Page:
        """The desk as this moderator, signed in, sees it."""
        token = self.newsroom.session(self.newsroom.moderator(name, role))
        context = self.open_context(**({"viewport": {"width": 1280, "height": 800}} | options))
        context.add_cookies([{"name": self.newsroom.cookie, "value": token, "url": self.base}])
        page = context.new_page()
        page.goto(f"{self.base}/moderate/")
        return page

    def status(self, comment_id: str) -> str:
        with self.newsroom.services.read() as session:
            return session.get_one(Comment, comment_id).status.value

    def becomes(self, comment_id: str, status: str) -> None:
        wait_until(lambda: self.status(comment_id) == status, what=f"{status} for the comment")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def desk(tmp_path: Path, redis_url: str, browser: Browser) -> Iterator[Desk]:
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    services: Services = wire(make_settings(f"sqlite:///{tmp_path / 'd.db'}", redis_url, REJOINDER_PUBLIC_URL=base))
    make_tables(services.engine)
    app = create_app(services, rooms=("service.desk.routes", "service.widget.routes"))
    server = make_server("127.0.0.1", port, app, threaded=True, request_handler=_Silent)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    opened: list[BrowserContext] = []
    thrown: list[str] = []

    def open_context(**options: Any) -> BrowserContext:
        context = browser.new_context(**options)
        context.on("weberror", lambda error: thrown.append(str(error.error)))
        context.on(
            "console",
            lambda line: thrown.append(line.text) if re.search("Content Security Policy|Trusted", line.text) else None,
        )
        context.set_default_timeout(PATIENCE)
        opened.append(context)
        return context

    yield Desk(newsroom_of(services, add_site(services)), base, open_context, thrown)
    for context in opened:
        context.close()
    server.shutdown()
    thread.join(10)
    server.server_close()
    services.close()
    assert thrown == []


def shows(page: Page, text: str) -> None:
    expect(page.locator("#case .text")).to_contain_text(text, timeout=PATIENCE)


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


def test_a_morning_by_keys(desk: Desk) -> None:
    ids = [desk.newsroom.comment(f"Comment number {n}", name=f"Reader {n}") for n in range(5)]
    page = desk.page()
    shows(page, "Comment number 0")
    expect(page.locator("#numbers")).to_contain_text("5 waiting")
    page.keyboard.press("a")
    shows(page, "Comment number 1")
    expect(page.locator("#numbers")).to_contain_text("4 waiting")
    expect(page.locator("#done")).to_contain_text("Approved: Reader 0")
    desk.becomes(ids[0], "approved")
    page.keyboard.press("s")
    shows(page, "Comment number 2")
    desk.becomes(ids[1], "spam")
    page.keyboard.press("r")
    expect(page.get_by_role("button", name="Insult")).to_be_visible()
    page.keyboard.press("2")
    shows(page, "Comment number 3")
    desk.becomes(ids[2], "rejected")
    page.keyboard.press("j")
    shows(page, "Comment number 4")
    page.keyboard.press("k")
    shows(page, "Comment number 3")
    expect(page.locator("#done")).to_contain_text("Undo")
    page.keyboard.press("u")
    shows(page, "Comment number 2")
    desk.becomes(ids[2], "pending")
    expect(page.locator("#done")).to_contain_text("Taken back")
    page.keyboard.press("u")
    shows(page, "Comment number 1")
    desk.becomes(ids[1], "pending")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("a")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert desk.status(ids[1]) == "pending", "keys rest while their list is open"


# (key, code, modifiers and the like) -> what it stands for; "" is nothing.
LAYOUTS = [
    ("a", "KeyA", {}, "a"),
    ("ф", "KeyA", {}, "a"),  # Russian
    ("ы", "KeyS", {}, "s"),
    ("α", "KeyA", {}, "a"),  # Greek
    ("ش", "KeyA", {}, "a"),  # Arabic
    ("ظ", "Slash", {}, "/"),
    ("؟", "Slash", {"shiftKey": True}, "?"),
    ("ש", "KeyA", {}, "a"),  # Hebrew
    ("/", "KeyQ", {}, "/"),
    ("ฟ", "KeyA", {}, "a"),  # Thai
    ("ㅁ", "KeyA", {}, "a"),  # Korean
    ("Ф", "KeyA", {"shiftKey": True}, "A"),
    ("a", "KeyQ", {}, "a"),  # AZERTY
    ("q", "KeyA", {}, "q"),
    ("é", "Digit2", {}, "2"),
    ("&", "Digit1", {}, "1"),
    ("?", "KeyM", {"shiftKey": True}, "?"),
    ("/", "Digit7", {"shiftKey": True}, "/"),  # German
    ("ö", "Semicolon", {}, "ö"),
    ("ı", "KeyR", {}, "ı"),  # Turkish F
    ("h", "KeyJ", {}, "h"),  # Dvorak
    (".", "KeyV", {}, "."),  # Bépo
    ("٢", "Digit2", {}, "2"),  # Arabic digits
    ("Escape", "Escape", {}, "Escape"),
    ("Dead", "KeyA", {}, "Dead"),
    ("Process", "KeyA", {}, ""),
    ("ф", "KeyA", {"ctrlKey": True}, ""),
    ("a", "KeyA", {"metaKey": True}, ""),
    ("å", "KeyA", {"altKey": True}, ""),
    ("ㅁ", "KeyA", {"isComposing": True}, ""),
]


def test_keys_work_on_every_layout(desk: Desk) -> None:
    only = desk.newsroom.comment("The only one")
    page = desk.page()
    shows(page, "The only one")
    found = page.evaluate(
        """async (rows) => {
          const { keyOf } = await import('/moderate/static/keys.js');
          return rows.map(([key, code, more]) => keyOf(new KeyboardEvent('keydown', { key, code, ...more })));
        }""",
        LAYOUTS,
    )
    assert {row[:2]: one for row, one in zip(LAYOUTS, found, strict=True)} == {row[:2]: row[3] for row in LAYOUTS}
    press = """([key, code, on]) => document.querySelector(on).dispatchEvent(
      new KeyboardEvent("keydown", { key, code, bubbles: true }))"""
    page.evaluate(press, ["ф", "KeyA", "#q"])
    page.evaluate(press, ["л", "KeyK", "body"])
    assert desk.status(only) == "pending", "letters of a search decide nothing"
    page.evaluate(press, ["ы", "KeyS", "body"])
    desk.becomes(only, "spam")


def test_one_key_shows_a_comment_as_readers_will_see_it(desk: Desk) -> None:
    for n in range(2):
        desk.newsroom.comment(f"A *fine* bridge {n}")
    page = desk.page()
    shows(page, "A *fine* bridge 0")
    rendered = page.locator(".rendered")
    expect(rendered).to_be_hidden()
    page.keyboard.press("v")
    expect(rendered).to_have_text("A fine bridge 0")
    expect(rendered.locator("em")).to_be_visible()
    page.keyboard.press("j")
    shows(page, "A *fine* bridge 1")
    expect(rendered.locator("em")).to_be_visible()
    page.locator(".as-read summary").click()
    expect(rendered).to_be_hidden()
    page.keyboard.press("k")
    shows(page, "A *fine* bridge 0")
    expect(rendered).to_be_hidden()


def test_until_nothing_waits_and_on_from_there(desk: Desk) -> None:
    only = desk.newsroom.comment("The only one")
    page = desk.page()
    shows(page, "The only one")
    page.keyboard.press("h")
    page.get_by_role("button", name="Hold", exact=True).click()
    expect(page.locator(".aside-note")).to_contain_text("Held for later")
    page.get_by_role("button", name="Let go").click()
    expect(page.locator(".aside-note")).to_have_count(0)
    page.goto(f"{desk.base}/moderate/")
    shows(page, "The only one")
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_role("heading", name="Nothing is waiting")).to_be_visible()
    expect(page.locator("#numbers")).to_contain_text("0 waiting")
    desk.becomes(only, "approved")
    desk.newsroom.comment("A new one comes in")
    shows(page, "A new one comes in")
    expect(page.locator("#numbers")).to_contain_text("1 waiting")


def test_keys_typed_into_the_search_decide_nothing(desk: Desk) -> None:
    only = desk.newsroom.comment("The only one")
    page = desk.page()
    shows(page, "The only one")
    page.keyboard.press("/")
    page.keyboard.type("asr")
    expect(page.get_by_role("searchbox")).to_have_value("asr")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Nothing that waits fits")).to_be_visible()
    assert desk.status(only) == "pending"


def test_single_keys_can_be_turned_off(desk: Desk) -> None:
    only = desk.newsroom.comment("The only one")
    page = desk.page()
    page.get_by_role("button", name="Keys").click()
    page.get_by_label("Decide by single keys").uncheck()
    page.get_by_role("button", name="Close").click()
    page.keyboard.press("a")
    page.reload()
    shows(page, "The only one")
    page.keyboard.press("a")
    page.get_by_role("button", name="Spam").click()
    desk.becomes(only, "spam")
    page.goto(f"{desk.base}/moderate/case/{only}")
    expect(page.locator(".trail li")).to_have_count(2)


def test_two_moderators(desk: Desk) -> None:
    first = desk.newsroom.comment("The first one")
    desk.newsroom.comment("The second one")
    anna = desk.page("Anna")
    shows(anna, "The first one")
    wait_until(
        lambda: desk.newsroom.services.redis.hlen(f"rejoinder:backlog:{{{desk.newsroom.site.id}}}:leases"),
        what="a lease",
    )
    bernd = desk.page("Bernd")
    expect(bernd.locator("#case .lease-note")).to_contain_text("Anna is looking at this")
    bernd.keyboard.press("a")
    expect(bernd.get_by_role("alert")).to_contain_text("another moderator is looking at it")
    assert desk.status(first) == "pending"
    bernd.keyboard.press("k")
    shows(bernd, "The first one")
    # Anna moves on and lets go.
    anna.keyboard.press("j")
    shows(anna, "The second one")
    expect(bernd.locator(f"#item-{first} .lease")).to_be_empty()
    bernd.keyboard.press("a")
    desk.becomes(first, "approved")
    # What she still sees in her list is gone within seconds, and deciding it says who was faster.
    expect(anna.locator(f"#item-{first}")).to_have_count(0)


def test_somebody_was_faster(desk: Desk) -> None:
    first = desk.newsroom.comment("The first one")
    anna, bernd = desk.page("Anna"), desk.page("Bernd", java_script_enabled=False)
    shows(anna, "The first one")
    # Without a script nobody takes or minds leases by looking; this one ran out.
    desk.newsroom.services.redis.flushall()
    anna.route("**/moderate/?*", lambda route: route.abort())
    bernd.get_by_role("button", name="Spam").click()
    desk.becomes(first, "spam")
    anna.keyboard.press("a")
    expect(anna.get_by_role("alert")).to_contain_text("Bernd has decided it meanwhile")
    assert desk.status(first) == "spam"


def test_without_a_connection_nothing_is_lost(desk: Desk) -> None:
    first = desk.newsroom.comment("The first one")
    desk.newsroom.comment("The second one")
    page = desk.page()
    shows(page, "The first one")
    page.route("**/api/v1/moderation/decisions", lambda route: route.abort())
    page.keyboard.press("a")
    expect(page.get_by_role("alert")).to_contain_text("was not decided: no connection")
    expect(page.locator(f"#item-{first}")).to_be_visible()
    page.unroute("**/api/v1/moderation/decisions")
    page.get_by_role("button", name="Try again").click()
    desk.becomes(first, "approved")


def test_without_javascript(desk: Desk) -> None:
    first = desk.newsroom.comment("The first one", findings=[finding("word_list", "a listed word", 4, 9)])
    second = desk.newsroom.comment("The second one")
    page = desk.page(java_script_enabled=False)
    shows(page, "The first")
    expect(page.locator("mark")).to_have_text("first")
    page.locator("summary", has_text="Reject").click()
    page.get_by_role("button", name="Off topic").click()
    desk.becomes(first, "rejected")
    shows(page, "The second one")
    page.get_by_role("button", name="Undo").first.click()
    desk.becomes(first, "pending")
    shows(page, "The first")
    page.get_by_role("link", name=re.compile("second one")).click()
    shows(page, "The second one")
    page.get_by_role("button", name="Spam").click()
    desk.becomes(second, "spam")


def test_on_a_phone(desk: Desk) -> None:
    desk.newsroom.comment("The first one", name=LONG_NAME)
    second = desk.newsroom.comment(ARABIC, name="ليلى")
    page = desk.page(viewport={"width": 360, "height": 740}, has_touch=True)
    expect(page.locator("#case")).to_be_hidden()
    page.locator(".item").nth(1).click()
    shows(page, ARABIC)
    expect(page.locator("#list")).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    box = page.get_by_role("button", name="Approve").bounding_box()
    assert box is not None
    assert box["height"] >= 44
    page.get_by_role("link", name="Back to the list").click()
    expect(page.locator("#list")).to_be_visible()
    page.locator(".item").nth(1).click()
    page.get_by_role("button", name="Approve").click()
    desk.becomes(second, "approved")
    shows(page, "The first one")
    expect(page.get_by_role("button", name="Undo").first).to_be_visible()


def _full_desk(desk: Desk) -> None:
    parent = desk.newsroom.comment("Said before.", status=Status.APPROVED)
    desk.newsroom.comment("Earlier", chain="m", status=Status.REJECTED)
    desk.newsroom.comment(
        "Whoever voted for this is a fool, see http://pills.example",
        chain="m",
        name=LONG_NAME,
        parent_id=parent,
        website="https://mira.example/",
        findings=[
            finding("word_list", "“fool” is on the list", 27, 33),
            finding("link_count", "1 link", 38, 57),
            finding("first_comment", "New here"),
        ],
    )
    desk.newsroom.comment(ARABIC, name="ليلى")
    desk.newsroom.comment("Long. " * 800)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 768, 1280, 1600])
def test_axe_finds_nothing(desk: Desk, width: int, scheme: str) -> None:
    _full_desk(desk)
    page = desk.page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    assert _violations(page) == []
    page.locator(".item").first.click()
    shows(page, "Whoever")
    page.locator("summary", has_text="Reject").click()
    assert _violations(page) == []
    page.keyboard.press("Escape")
    for n in range(3):
        page.goto(f"{desk.base}/moderate/")
        page.locator(".item").nth(n).click()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    shows(page, "Long. Long.")
    page.keyboard.press("a")
    expect(page.locator("#done")).to_contain_text("Undo")
    page.goto(f"{desk.base}/moderate/?tab=approved")
    assert _violations(page) == []
    page.goto(f"{desk.base}/moderate/?q=zebra")
    assert _violations(page) == []
    page.context.clear_cookies()
    page.goto(f"{desk.base}/moderate/")
    expect(page.get_by_role("heading", name="desk")).to_be_visible()
    assert _violations(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_the_classifiers_page_reads_well(desk: Desk, width: int, scheme: str) -> None:
    page = desk.page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page.goto(f"{desk.base}/moderate/sites/{desk.newsroom.site.slug}/classifier")
    expect(page.get_by_role("heading", name="classifier")).to_be_visible()
    assert _violations(page) == []
    measured = {"roc_auc": 0.9, "recall": 0.87, "false_alarms": 0.01, "published": 120, "stopped": 80}
    services, site = desk.newsroom.services, desk.newsroom.site
    for state, replaces in (
        (ClassifierState.IN_FORCE, None),
        (ClassifierState.IN_FORCE, 1),
        (ClassifierState.CANDIDATE, 2),
    ):
        store_classifier(
            services, classifier_version(services, site, state, measured={"new": measured, "old": measured}), replaces
        )
    page.reload()
    expect(page.locator("main")).to_contain_text("from 812 decisions")
    assert _violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_lists_are_uploaded_and_read_on_the_policys_page(desk: Desk, tmp_path: Path, width: int, scheme: str) -> None:
    page = desk.page(role="admin", viewport={"width": width, "height": 900}, color_scheme=scheme)
    page.goto(f"{desk.base}/moderate/sites/{desk.newsroom.site.slug}/policy")
    expect(page.get_by_text("no lists of its own yet")).to_be_visible()
    file = tmp_path / "words-of-the-harbour-newsroom.txt"
    file.write_text("zwibbel\nplonkel\n")
    page.get_by_label("A text file").set_input_files(file)
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_role("status")).to_contain_text("until then nothing changes")
    expect(page.get_by_role("row", name=file.name)).to_contain_text("2")
    assert _violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    file.write_bytes(b"fine\nna\xefve\n")
    page.get_by_label("A text file").set_input_files(file)
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_role("alert").filter(has_text="line 2")).to_be_visible()
    assert _violations(page) == []
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_role("status")).to_contain_text("removed")


# What can be pressed or filled in and lies behind an edge, also of something that scrolls by itself.
_CUT_OFF = """() => [...document.querySelectorAll('button, select, summary, textarea, input:not([type=hidden])')]
  .filter((it) => it.checkVisibility())
  .filter((it) => {
    const { left, right, width } = it.getBoundingClientRect();
    return width && (left < -1 || right > document.documentElement.clientWidth + 1);
  }).map((it) => it.outerHTML.slice(0, 120))"""


def test_no_page_is_wider_than_the_window(desk: Desk) -> None:
    newsroom = desk.newsroom
    services, site = newsroom.services, newsroom.site
    _full_desk(desk)
    case = newsroom.comment("Hid\u200bden " + "long" * 60, name=LONG_NAME, website="https://mira.example/" + "a" * 200)
    newsroom.comment("Said before, too.", status=Status.APPROVED)
    for note in ("", "A first note", "W" * 60):
        add_policy_version(services, site, "format: 1\n", note=note)
    page = desk.page("Edith", role="admin")
    upload(services, None, site, "words-of-the-harbour-newsroom.txt", b"zwibbel\n")
    create_key(services, None, site_id=site.id, scope="moderate")
    here = f"/moderate/sites/{site.slug}"
    page.goto(f"{desk.base}{here}/policy")
    page.get_by_role("button", name="Rehearse").first.click()
    page.wait_for_url("**/jobs/*")
    while runner.run_one(services):
        pass
    job = page.url.removeprefix(desk.base)
    wrong = {}
    for path in (
        "/moderate/",
        "/moderate/?tab=approved",
        "/moderate/?q=zebra",
        f"/moderate/case/{case}",
        f"{here}/policy",
        f"{here}/policy?version=1",
        f"{here}/policy?compare=2",
        job,
        f"{here}/people",
        f"{here}/bans",
        f"{here}/classifier",
        "/moderate/sign-in/spent",
        "/moderate/sign-in",
    ):
        answer = page.goto(desk.base + path)
        assert answer is not None
        assert answer.status in (200, 410), path
        for width in (360, 1280):
            page.set_viewport_size({"width": width, "height": 900})
            for opened in (False, True):
                page.evaluate("(on) => document.querySelectorAll('main details').forEach((it) => it.open = on)", opened)
                beyond = page.evaluate("document.documentElement.scrollWidth") - width
                cut_off = page.evaluate(_CUT_OFF)
                if beyond > 0 or cut_off:
                    wrong[path, width, opened] = beyond, cut_off
    assert wrong == {}


def _violations(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{rule['id']}: {node['html'][:160]}" for rule in found for node in rule["nodes"]]


def test_at_twice_the_size_nothing_is_cut_off(desk: Desk) -> None:
    _full_desk(desk)
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
    tops = [page.locator(f".notes li >> nth={n}").bounding_box() for n in range(4)]
    assert all(a and b and a["y"] + a["height"] <= b["y"] for a, b in pairwise(tops))
    assert _violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.keyboard.press("a")
    expect(page.locator("#done")).to_contain_text(f"Approved: {name}")


@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (1280, "light")])
def test_people_and_keys(desk: Desk, width: int, scheme: str) -> None:
    account_administration.change(desk.newsroom.services, None, desk.newsroom.moderator("Fritz"), name=LONG_NAME[:80])
    page = desk.page("Edith", role="admin", viewport={"width": width, "height": 900}, color_scheme=scheme)
    page.get_by_role("link", name="People").click()
    assert _violations(page) == []
    page.get_by_text("Add somebody…").click()
    page.get_by_label("E-mail address").fill("nora@desk.example")
    page.get_by_label("Name", exact=True).last.fill("Nora")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_label("A link that signs Nora in once")).to_have_value(re.compile(r"/moderate/sign-in/\S+$"))
    page.locator("summary", has_text="Change Nora").click()
    nora = page.locator(".people li", has=page.locator("bdi", has_text="Nora"))
    nora.get_by_label("Role").select_option("viewer")
    assert _violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    nora.get_by_role("button", name="Change").click()
    expect(nora).to_contain_text("Viewer here")
    page.get_by_role("button", name="Make a key").click()
    expect(page.get_by_label("The key, scope read")).to_have_value(re.compile("^rj_read_"))
    page.get_by_role("button", name="Revoke the key ending in").click()
    expect(page.get_by_role("status")).to_contain_text("opens nothing any more")
    assert _violations(page) == []
