"""What the widget shows, and what it leaves alone."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import BrowserContext, Page, Request, Route, expect

from models import Thread, ThreadState
from service.widget.avatars import discs
from tests.widget.live_server import Live

pytestmark = pytest.mark.browser


def test_replies_stand_under_what_they_answer(live: Live, page: Page) -> None:
    first = live.write("tree", "The first word.", name="Ada")
    answer = live.write("tree", "An *answer* with a [link](https://example.org/?a=1&b=2).", name="Ben", parent_id=first)
    live.write("tree", "An answer to the answer.", name="Cem", parent_id=answer)
    page.goto(live.demo("tree"))
    widget = page.locator("rejoinder-comments")
    expect(widget.get_by_role("heading", name="3 comments")).to_be_visible()
    below = widget.locator(f"#comment-{first} > ol > li#comment-{answer} > ol > li")
    expect(below.get_by_text("An answer to the answer.")).to_be_visible()
    link = widget.get_by_role("link", name="link", exact=True)
    expect(link).to_have_attribute("href", "https://example.org/?a=1&b=2")
    expect(link).to_have_attribute("rel", "ugc nofollow noopener")


def test_the_time_is_said_and_exact(live: Live, page: Page) -> None:
    then = live.services.clock.now() - timedelta(hours=3, minutes=2)
    comment = live.write("time", created_at=then)
    page.clock.install()
    page.goto(live.demo("time"))
    time = page.locator(f"#comment-{comment} time")
    expect(time).to_have_text("3 hours ago")
    page.clock.fast_forward(5000)
    expect(time).to_have_attribute("title", re.compile(str(then.year)))
    expect(page.locator(f"#comment-{comment} a:has(time)")).to_have_attribute("href", f"{live.base}/c/{comment}")


DRAWN = """
globalThis.drawn = 0;
const { replaceChildren } = Element.prototype;
Element.prototype.replaceChildren = function (...all) {
  if (this.className === 'comment') drawn++;
  return replaceChildren.apply(this, all);
};
"""


def test_each_comment_is_drawn_once(live: Live, page: Page) -> None:
    """It is what a phone works longest at."""
    for n in range(3):
        live.write("once", f"Number {n}.", name="Ben")
    page.add_init_script(DRAWN)
    page.goto(live.demo("once"))
    expect(page.get_by_role("button", name="Reply to Ben")).to_have_count(3)
    assert page.evaluate("drawn") == 3


def test_a_removed_comment_with_replies_leaves_a_tombstone(live: Live, page: Page) -> None:
    gone = live.write("tombstone", "Nobody shall read this.", name="Gone")
    live.write("tombstone", "But this is fine.", parent_id=gone)
    live.newsroom.take_down(gone)
    page.goto(live.demo("tombstone"))
    widget = page.locator("rejoinder-comments")
    expect(widget.get_by_text("This comment was removed.")).to_be_visible()
    expect(widget.get_by_text("But this is fine.")).to_be_visible()
    expect(widget.get_by_text("Gone", exact=True)).to_have_count(0)


@pytest.mark.parametrize("name", ["Ada", "Zoë", "A much longer name"], ids=["short", "accent", "long"])
def test_the_browser_draws_the_avatar_that_the_server_draws(live: Live, page: Page, name: str) -> None:
    live.newsroom.chain(name, avatar_seed=f"seed-{name}")
    comment = live.write(f"avatar of {name}", name=name, chain=name)
    page.goto(live.demo(f"avatar of {name}"))
    circles = page.locator(f"#comment-{comment} circle")
    expect(circles).to_have_count(3)
    drawn = circles.evaluate_all("all => all.map(c => ['cx', 'cy', 'r', 'fill'].map(a => c.getAttribute(a)))")
    assert drawn == [[str(value) for value in disc] for disc in discs(f"seed-{name}")]


def test_marks_piled_on_letters_stay_in_their_comment(live: Live, page: Page) -> None:
    live.write("marks", "a" + "\u0300\u0316" * 2000, name="Ada" + "\u0300\u0316" * 90)
    for url, inside in ((live.demo("marks"), "rejoinder-comments "), (f"{live.base}/embed/demo?thread=marks", "")):
        page.goto(url)
        for box in ("article", "article .text", "article .who"):
            found = page.locator(f"{inside}{box}").first
            assert found.evaluate("(box) => getComputedStyle(box).overflowY") == "clip", box
            assert len(found.inner_text()) < 60


def test_newest_first_and_back(live: Live, page: Page) -> None:
    for text in ("one", "two", "three"):
        live.write("order", text)
    page.goto(live.demo("order"))
    texts = page.locator("rejoinder-comments .text")
    expect(texts).to_have_text(["one", "two", "three"])
    page.get_by_role("button", name="newest first").click()
    expect(texts).to_have_text(["three", "two", "one"])
    expect(page.get_by_role("button", name="newest first")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="oldest first").click()
    expect(texts).to_have_text(["one", "two", "three"])


def test_more_comments_come_by_button_and_take_the_focus(live: Live, page: Page) -> None:
    for n in range(110):
        live.write("paged", f"Number {n}")
    page.goto(live.demo("paged"))
    texts = page.locator("rejoinder-comments .text")
    expect(texts).to_have_count(100)
    page.get_by_role("button", name="Show 10 more comments").click()
    expect(texts).to_have_count(110)
    expect(page.get_by_role("button", name="more comments")).to_be_hidden()
    assert page.evaluate("document.querySelector('rejoinder-comments').shadowRoot.activeElement.innerText").count(
        "Number 100"
    )


def test_a_permalink_finds_a_comment_far_down(live: Live, page: Page) -> None:
    ids = [live.write("far", f"Number {n}") for n in range(160)]
    page.goto(f"{live.base}/c/{ids[150]}")
    assert page.url == f"{live.demo('far')}#comment-{ids[150]}"
    article = page.locator(f"#comment-{ids[150]} > article")
    expect(article).to_be_in_viewport()
    expect(article).to_be_focused()
    page.get_by_role("button", name="Show all comments").click()
    expect(page.locator(f"#comment-{ids[0]}")).to_be_attached()


def test_a_closed_thread_shows_its_comments_and_no_form(live: Live, page: Page) -> None:
    live.write("closed", "Said in time.")
    with live.services.write() as session:
        session.get_one(Thread, live.thread("closed")).state = ThreadState.CLOSED
    page.goto(live.demo("closed"))
    expect(page.get_by_text("This conversation is closed.")).to_be_visible()
    expect(page.get_by_text("Said in time.")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("Send|Reply"))).to_have_count(0)


def test_nobody_has_written_yet(live: Live, page: Page) -> None:
    page.goto(live.demo("empty"))
    expect(page.get_by_text("No comments yet. Yours would be the first.")).to_be_visible()
    expect(page.get_by_text("Your e-mail address will not be published.")).to_be_visible()


def test_a_service_that_does_not_answer_can_be_asked_again(live: Live, page: Page) -> None:
    live.write("down", "Back again.")
    page.route("**/api/v1/**", lambda route: route.abort())
    page.goto(live.demo("down"))
    expect(page.get_by_text("The comments cannot be loaded just now.")).to_be_visible()
    page.unroute("**/api/v1/**")
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_text("Back again.")).to_be_visible()
    expect(page.get_by_role("button", name="Send comment")).to_be_visible()


def test_html_beyond_the_eleven_elements_never_becomes_a_node(live: Live, page: Page) -> None:
    live.write("hostile", "Kind words.")
    hostile = (
        '<p>a &amp;lt; b &lt;b&gt; &quot;</p><script>window.hit = 1</script><img src=x onerror="window.hit = 1">'
        '<a href="javascript:hit()">j</a><p title="a>b" onclick="x">c</p><svg><a href="https://e.org">d</a></svg>'
    )

    def change(route: Route) -> None:
        answer = route.fetch()
        document = answer.json()
        document["comments"][0]["html"] = hostile
        route.fulfill(response=answer, json=document)

    page.route("**/sites/demo/comments?**", change)
    page.goto(live.demo("hostile"))
    text = page.locator("rejoinder-comments .text")
    expect(text).to_contain_text('a &lt; b <b> "')
    names = text.evaluate("node => [...node.querySelectorAll('*')].map(n => n.localName + n.attributes.length).sort()")
    assert names == ["a0", "a2", "p0", "p0"]
    assert page.evaluate("window.hit") is None


def test_nothing_changes_outside_the_element(live: Live, page: Page) -> None:
    live.write("guest", "A guest.")
    # Everything but the element's own ancestors: those grow with it.
    outside = """() => {
      const host = document.querySelector('rejoinder-comments');
      const all = [...document.querySelectorAll('*')];
      return JSON.stringify([all.map((n) => [n.localName, n.getAttributeNames().map((a) => a + n.getAttribute(a))]),
        all.filter((n) => !n.contains(host)).map((n) => {
          const { x, width, height } = n.getBoundingClientRect();
          const style = getComputedStyle(n);
          return [x, width, height, ...['font', 'color', 'margin', 'padding', 'display', 'position', 'background',
            'border', 'overflow', 'lineHeight', 'content', 'outline'].map((name) => style[name])];
        })]);
    }"""
    page.route("**/widget.js", lambda route: route.abort())
    page.goto(live.demo("guest"))
    before, globals_before = page.evaluate(outside), page.evaluate("Object.keys(window).length")
    page.unroute("**/widget.js")
    page.goto(live.demo("guest"))
    expect(page.get_by_text("A guest.")).to_be_visible()
    expect(page.get_by_role("button", name="Send comment")).to_be_visible()
    assert page.evaluate(outside) == before
    assert page.evaluate("Object.keys(window).length") == globals_before
    assert page.evaluate("document.adoptedStyleSheets.length") == 0


@pytest.mark.parametrize(("style", "dark"), [("#222", False), ("rgb(240 236 230)", True)], ids=["light", "dark"])
def test_the_hosts_text_colour_says_whether_it_is_dark(live: Live, page: Page, style: str, dark: bool) -> None:
    live.write("host", "A guest.")
    page.clock.install()
    page.goto(live.demo("host"))
    expect(page.get_by_role("button", name="Send comment")).to_be_visible()
    page.evaluate("color => document.querySelector('rejoinder-comments').style.color = color", style)
    # It is seen with the next look at the clock.
    page.clock.fast_forward(5000)
    expect(page.locator("rejoinder-comments section.dark")).to_have_count(int(dark))


def test_another_article_on_the_same_page(live: Live, page: Page) -> None:
    live.write("here", "Said here.")
    live.write("there", "Said there.")
    page.goto(live.demo("here"))
    expect(page.get_by_text("Said here.")).to_be_visible()
    page.evaluate("document.querySelector('rejoinder-comments').setAttribute('thread', 'there')")
    expect(page.get_by_text("Said there.")).to_be_visible()
    expect(page.get_by_text("Said here.")).to_have_count(0)


def test_an_unchanged_list_costs_no_body_and_no_preflight(live: Live, page: Page) -> None:
    live.write("etag", "Still the same.")
    asked: list[Request] = []
    page.on("requestfinished", lambda request: asked.append(request) if "/comments?" in request.url else None)
    page.goto(live.demo("etag"))
    expect(page.get_by_text("Still the same.")).to_be_visible()
    page.reload()
    expect(page.get_by_text("Still the same.")).to_be_visible()
    assert {request.method for request in asked} == {"GET"}
    last = asked[-1].response()
    assert last is not None
    assert last.status == 304 or last.from_service_worker or asked[-1].sizes()["responseBodySize"] == 0


def test_three_indents_at_most_on_a_phone(live: Live, context: Callable[..., BrowserContext]) -> None:
    parent = None
    for depth in range(7):
        parent = live.write("deep", f"Depth {depth}", name=f"Writer {depth}", parent_id=parent)
    page = context(viewport={"width": 360, "height": 800}).new_page()
    page.goto(live.demo("deep"))
    edges = [page.get_by_text(f"Depth {depth}").bounding_box() for depth in range(7)]
    lefts = [edge["x"] for edge in edges if edge]
    assert len(set(lefts)) == 4, lefts
    expect(page.get_by_text("to Writer 5")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
