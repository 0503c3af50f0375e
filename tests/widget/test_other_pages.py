"""The widget on pages that were not made for it: their styles and scripts stay out, and single-page sites move on."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from models import Comment, Thread
from tests.widget.live_server import Live
from tests.widget.test_writing import send, waiting, write

pytestmark = pytest.mark.browser

# Every computed style of what the widget draws that its host may not have a hand in, by element.
LOOK = """() => {
  const { shadowRoot } = document.querySelector('rejoinder-comments');
  const out = {};
  for (const selector of 'section h2 label textarea .send .who .text .text>p .text>ul .text>ol ol'.split(' ')) {
    const style = getComputedStyle(shadowRoot.querySelector(selector));
    for (const name of style)
      if (!/color|^font-family|size|^(width|height|min-height|transform-origin|perspective-origin)$|^--/.test(name))
        out[selector + ' ' + name] = style[name];
  }
  return out;
}"""
TEXT = "Two lists.\n\n- one\n- two\n\n1. three\n\n   1. four"

INHERITED = """
letter-spacing: 9px; word-spacing: 2em; text-transform: uppercase; text-indent: 5em; text-shadow: 2px 2px red;
white-space: nowrap; text-align: right; line-height: 4; direction: rtl; font-variant: small-caps; font-style: italic;
font-weight: 900; hyphens: auto; cursor: wait; user-select: none; quotes: '<' '>'; list-style: square inside;
word-break: break-all; tab-size: 1; writing-mode: vertical-rl; text-underline-offset: 9px; caret-color: red;
-webkit-text-fill-color: transparent; -webkit-text-stroke: 1px red; border-collapse: collapse; text-wrap: nowrap;
font-feature-settings: 'smcp'; text-orientation: upright; text-decoration: underline; -webkit-user-select: none;
"""
PAGES = [
    pytest.param(f"<style>main {{{INHERITED}}}</style><main><slot></main>", id="inherited"),
    pytest.param(f"<style>rejoinder-comments {{{INHERITED}}}</style><slot>", id="on the element"),
    pytest.param(
        "<style>* {" + INHERITED.replace(";", " !important;") + "margin: 9px !important; padding: 9px !important;"
        " box-sizing: content-box !important; float: right; --gap: 99px; --soft: lime }</style><main><slot></main>",
        id="everything, important",
    ),
    pytest.param(
        "<style>section, form, header, article, li { display: none !important } p { font-size: 99px; color: red }"
        " input, textarea, button { all: unset; float: right } ol, ul { list-style: none; padding: 0 }"
        " .soft, .text, .send, .head { visibility: hidden; position: fixed }</style><slot>",
        id="by names",
    ),
    pytest.param("<body dir=rtl lang=ar><main><slot></main>", id="right to left"),
    pytest.param("<style>main::first-letter { font-size: 9em } main::first-line { text-transform: uppercase }</style>"
                 "<main><slot></main>", id="first letter"),
]  # fmt: skip


@pytest.fixture(scope="module")
def shared(browser: Browser) -> Any:
    """One page for the tables below: each row goes somewhere else with it."""
    context = browser.new_context(viewport={"width": 1000, "height": 900})
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()


@pytest.fixture(scope="module")
def neutral(live: Live, shared: Page) -> dict[str, str]:
    live.write("neutral", TEXT)
    shared.goto(live.of("neutral", "<slot>"))
    expect(shared.get_by_text("Two lists.")).to_be_visible()
    return dict(shared.evaluate(LOOK))


@pytest.mark.parametrize("html", PAGES)
def test_styles_of_the_page_stay_out(
    live: Live, shared: Page, neutral: dict[str, str], html: str, request: pytest.FixtureRequest
) -> None:
    thread = request.node.callspec.id
    live.write(thread, TEXT)
    shared.goto(live.of(thread, html))
    expect(shared.get_by_text("Two lists.")).to_be_visible()
    look = shared.evaluate(LOOK)

    assert {name: look[name] for name in neutral if look[name] != neutral[name]} == {}


@pytest.mark.parametrize(
    "html",
    [
        pytest.param("<div style='display: flex'><slot></div>", id="flex row"),
        pytest.param("<div style='display: flex'><div><slot></div></div>", id="inside a flex item"),
        pytest.param(
            "<div style='display: flex; flex-direction: column; align-items: center'><slot></div>", id="column"
        ),
        pytest.param("<div style='display: grid; justify-items: start'><slot></div>", id="grid"),
        pytest.param("<div style='float: left'><slot></div>", id="float"),
        pytest.param("<div style='display: inline-block'><slot></div>", id="inline block"),
        pytest.param("<table><tr><td><slot></td></tr></table>", id="table"),
        pytest.param("<p style='display: flex'><span>x</span><slot><span>y</span></p>", id="beside others"),
    ],
)
def test_it_has_a_width_where_the_page_gives_none(
    live: Live, shared: Page, html: str, request: pytest.FixtureRequest
) -> None:
    shared.goto(live.of(request.node.callspec.id, html))
    box = shared.get_by_label("Comment", exact=True).bounding_box()
    assert box is not None
    assert box["width"] > 550
    shared.set_viewport_size({"width": 360, "height": 740})
    assert shared.evaluate("document.documentElement.scrollWidth") <= 360
    shared.set_viewport_size({"width": 1000, "height": 900})


COLOURS = [
    ("#222", False),
    ("#eee", True),
    ("rgb(240 236 230 / .9)", True),
    ("hsl(0 0% 90%)", True),
    ("oklch(95% .02 90)", True),
    ("oklch(25% .05 250)", False),
    ("lab(96 0 0)", True),
    ("lab(20 10 10)", False),
    ("color(srgb 1 1 1)", True),
    ("color(display-p3 .1 .1 .1)", False),
    ("color(display-p3 .95 1 .9)", True),
    ("color-mix(in oklab, white 90%, black)", True),
    ("color-mix(in oklab, white, black 90%)", False),
    ("oklab(none 0 0)", False),
    ("lch(98 0 0)", True),
    ("hwb(0 95% 0%)", True),
    ("color(xyz-d65 .01 .01 .01)", False),
    ("color(xyz-d65 .9 .95 1)", True),
    ("white", True),
    ("currentcolor", False),
    ("light-dark(#111, #eee)", False),
    ("oklch(from white l c h)", True),
    ("color(srgb none none none)", False),
]


def test_dark_ground_is_told_by_text_of_any_colour_space(live: Live, shared: Page) -> None:
    shared.clock.install()
    shared.goto(live.of("colours", "<slot>"))
    expect(shared.get_by_role("button", name="Send comment")).to_be_visible()
    found = []
    for colour, _ in COLOURS:
        shared.evaluate("colour => document.body.style.color = colour", colour)
        shared.clock.run_for(5_100)
        found.append((colour, shared.locator("section.dark").count() == 1))
    assert found == COLOURS


# What a single-page site does when the reader goes on from `old` to `new`, a step a task.
STEPS = {
    "thread": "element.setAttribute('thread', '{new}')",
    "url": "element.setAttribute('page-url', '/of/{new}')",
    "title": "element.setAttribute('page-title', 'Title of {new}')",
    "place": "history.pushState(0, '', '/of/{new}')",
    "name": "document.title = 'Title of {new}'",
    "link": "document.querySelector('link').href = '/of/{new}'",
}
ATTRIBUTES = {"page_url": "/of/OLD", "page_title": "Title of OLD"}
HEAD = "<link rel=canonical href='/of/{old}'><title>Title of {old}</title>"


@pytest.mark.parametrize("ticks", ["one task", "several"])
@pytest.mark.parametrize(
    "steps",
    [
        ["thread", "url", "title"],
        ["title", "url", "thread"],
        ["url", "thread", "title"],
        ["thread", "place", "name"],
        ["place", "name", "thread"],
        ["thread", "place", "link", "name"],
        ["link", "thread", "name", "place"],
    ],
    ids=" ".join,
)
def test_a_comment_is_filed_under_the_article_it_was_sent_from(
    live: Live, shared: Page, steps: list[str], ticks: str
) -> None:
    old, new = (f"{which}-{'-'.join(steps)}-{ticks.split()[0]}" for which in ("old", "new"))
    told = {"page_url": f"/of/{old}", "page_title": f"Title of {old}"} if "url" in steps else {}
    shared.goto(live.of(old, HEAD.format(old=old) + "<slot>", **told))
    expect(shared.get_by_role("button", name="Send comment")).to_be_visible()
    scripts = ["const element = document.querySelector('rejoinder-comments')"]
    scripts += [STEPS[step].format(new=new) for step in steps]
    if ticks == "one task":
        shared.evaluate(";".join(scripts))
    else:
        for script in scripts[1:]:
            shared.evaluate(f"{scripts[0]}; {script}")
            shared.evaluate("() => new Promise((done) => setTimeout(done))")
    expect(shared.locator("section[aria-busy]")).to_have_count(0)
    write(shared, f"From {new}.")
    send(shared)
    waiting(shared, f"From {new}.")
    with live.services.read() as session:
        found = session.get_one(Thread, session.get_one(Comment, live.received(f"From {new}.")).thread_id)
    assert (found.key, found.url, found.title) == (new, f"{live.news}/of/{new}", f"Title of {new}")


@pytest.mark.parametrize(
    ("head", "place", "url", "title"),
    [
        ("<link rel=canonical href='https://agency.example/story'>", {}, None, None),
        ("<link rel='canonical nofollow' href='/of/other'>", {}, "/of/other", None),
        ("<link rel=canonical href=''>", {}, None, None),
        ("<link rel=canonical href='http://['>", {}, None, None),
        (f"<title>{'x' * 199}😀y</title>", {}, None, "x" * 199 + "😀"),
        ("", {"page_url": "/of/told", "page_title": "😀" * 201}, "/of/told", "😀" * 200),
    ],
    ids=["another site's", "this site's", "empty", "none at all", "cut by code points", "attributes"],
)
def test_what_is_said_of_the_page(
    live: Live,
    shared: Page,
    head: str,
    place: dict[str, str],
    url: str | None,
    title: str | None,
    request: pytest.FixtureRequest,
) -> None:
    thread = request.node.callspec.id.replace(" ", "-").replace("'", "")
    shared.goto(live.of(thread, head + "<slot>", **place))
    write(shared, f"On {thread}.")
    with shared.expect_request(lambda one: one.method == "POST") as sent:
        send(shared)
    body = sent.value.post_data_json
    assert body["page_url"] == live.news + (url or f"/of/{thread}")
    assert body["page_title"] == (title or "")


def test_what_only_programs_fill_in_reaches_the_rules(live: Live, shared: Page) -> None:
    shared.goto(live.of("honeypot", "<slot>"))
    trap = shared.locator("[name=subject]")
    expect(trap).to_be_attached()
    assert shared.get_by_label("Leave this empty").count() == 1
    assert shared.get_by_role("textbox").count() == 4
    assert trap.evaluate("node => [node.tabIndex, node.autocomplete, node.closest('[aria-hidden=true]') !== null]") == [
        -1,
        "off",
        True,
    ]
    for text, filled in (("By hand.", False), ("By a program.", True)):
        write(shared, text)
        if filled:
            trap.evaluate("node => node.value = 'Cheap watches'")
        send(shared)
        waiting(shared, text)
        with live.services.read() as session:
            facts = session.get_one(Comment, live.received(text)).intake_facts
        assert facts["honeypot_filled"] is filled


def test_it_goes_and_comes_back_without_a_word(live: Live, context: Callable[..., BrowserContext]) -> None:
    """What a page throws fails the test, by the fixture."""
    page = context().new_page()
    page.clock.install()
    live.write("removed", "Still here.")
    page.goto(live.of("removed", "<main><slot></main><aside></aside>"))
    page.evaluate("element = document.querySelector('rejoinder-comments'); element.remove()")
    page.clock.run_for(30_000)
    page.evaluate("document.body.append(element)")
    expect(page.get_by_text("Still here.")).to_be_visible()
    write(page, "Half a word")
    page.evaluate("document.querySelector('aside').append(element)")
    expect(page.get_by_label("E-mail")).to_have_value("canary.reader@example.org")
    page.route("**/api/v1/sites/demo/**", lambda route: page.evaluate("element.remove()") and route.fallback())
    send(page)
    page.clock.run_for(30_000)
    expect(page.locator("rejoinder-comments")).to_have_count(0)


def test_two_on_a_page_keep_to_themselves(live: Live, shared: Page) -> None:
    live.write("left", "Said left.")
    live.write("right", "Said right.")
    other = '<rejoinder-comments site="demo" thread="right"></rejoinder-comments>'
    script = f'<script type="module" src="{live.base}/widget.js?again"></script>'
    shared.goto(live.of("left", f"{script}<slot>{other}"))
    widgets = shared.locator("rejoinder-comments")
    for place, said in ((0, "left"), (1, "right")):
        expect(widgets.nth(place).locator(".text")).to_have_text([f"Said {said}."])


SPOILED = """
Array.prototype.last = function () {}; Object.prototype.extend = function () {}; Object.prototype.label = 'x';
Array.prototype.toJSON = function () { return '[]'; };
Array.from = () => []; String.prototype.strip = function () {};
const { fetch: sent } = window;
window.fetch = (...all) => {
  const p = sent(...all);
  return { then: p.then.bind(p), catch: p.catch.bind(p) };
};
const Real = Promise;
window.Promise = function (work) { return new Real(work); };
for (const type of ['keydown', 'keypress', 'keyup'])
  addEventListener(type, (event) => { if (event.key === 's' || event.key === 'ArrowLeft') event.preventDefault(); });
"""


def test_scripts_of_the_page_stay_out(live: Live, context: Callable[..., BrowserContext]) -> None:
    page = context().new_page()
    live.write("spoiled", "Well said.")
    page.goto(live.of("spoiled", f"<script>{SPOILED}</script><slot>"))
    expect(page.get_by_text("Well said.")).to_be_visible()
    write(page, "")
    page.get_by_label("Comment", exact=True).press_sequentially("sos")
    page.get_by_label("Comment", exact=True).press("ArrowLeft")
    page.get_by_label("Comment", exact=True).press_sequentially("!")
    send(page)
    waiting(page, "so!s")
    assert live.received("so!s")
    # Lists become JSON in a way of the page's own there, and a comment is drawn anew all the same.
    live.decide(live.received("so!s"), "approve")
    page.reload()
    expect(page.get_by_role("button", name="Reply to Ada Reader")).to_be_visible()
    page.evaluate("document.querySelector('rejoinder-comments').setAttribute('language', 'de')")
    expect(page.get_by_role("button", name="Antwort an Ada Reader")).to_be_visible()
