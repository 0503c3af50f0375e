"""Long and deep conversations, what happens to them while somebody reads, and what a page may say and hear of it."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from models import Site, Thread
from tests.waiting import wait_until
from tests.widget.live_server import Live
from tests.widget.test_writing import send, stored, waiting, write

pytestmark = pytest.mark.browser


def after_a_while(page: Page, found: Callable[[], object], what: str) -> None:
    """Lets the page's minutes pass until it is so: the service's own second is not the page's."""

    def passed() -> bool:
        page.clock.run_for(61_000)
        return bool(found())

    wait_until(passed, what=what)


def test_below_the_deepest_level_each_says_whom_it_answers(live: Live, page: Page) -> None:
    ids: list[str] = []
    for at in range(7):
        ids.append(live.write("deeper", f"Level {at}", name=f"Writer {at}", parent_id=ids[-1] if ids else None))
    page.goto(live.demo("deeper"))
    expect(page.get_by_text("Level 6")).to_be_visible()
    depths = page.evaluate(
        """ids => ids.map((id) => {
          let n = -1;
          const { shadowRoot } = document.querySelector('rejoinder-comments');
          let node = shadowRoot.getElementById('comment-' + id);
          for (; node; node = node.parentElement) n += node.localName === 'ol';
          return n;
        })""",
        ids,
    )
    assert depths == [0, 1, 2, 3, 4, 4, 4]
    for at in (5, 6):
        expect(page.locator(f"#comment-{ids[at]} > article").get_by_text(f"to Writer {at - 1}")).to_be_visible()
    expect(page.get_by_text("to Writer 1")).to_have_count(0)
    # Nobody hears of a list with nothing in it.
    assert page.locator("rejoinder-comments ol:not(:has(li))").count() == 0


def test_a_branch_is_folded_and_unfolded(live: Live, page: Page) -> None:
    first = live.write("fold", "Say something.", name="Ben")
    answer = live.write("fold", "Something.", parent_id=first)
    live.write("fold", "More.", parent_id=answer)
    page.goto(live.demo("fold"))
    toggle = page.locator(f"#comment-{first} > article").get_by_role("button", name="1 reply")
    expect(toggle).to_have_attribute("aria-expanded", "true")
    toggle.click()
    expect(toggle).to_have_attribute("aria-expanded", "false")
    expect(page.get_by_text("Something.", exact=True)).to_be_hidden()
    expect(page.get_by_text("More.")).to_be_hidden()
    # A link into it opens it, without a load of the page, and goes there.
    page.evaluate("id => location.hash = 'comment-' + id", answer)
    expect(page.locator(f"#comment-{answer} > article")).to_be_focused()
    expect(toggle).to_have_attribute("aria-expanded", "true")


def test_replies_further_down_come_when_their_number_is_pressed(live: Live, page: Page) -> None:
    """Those of a long thread's beginning may be its last comments."""
    first = live.write("further", "Say something.", name="Ben")
    for n in range(110):
        live.write("further", f"Number {n}")
    answer = live.write("further", "Something.", parent_id=first)
    page.goto(live.demo("further"))
    toggle = page.locator(f"#comment-{first} > article").get_by_role("button", name="1 reply")
    expect(toggle).to_have_attribute("aria-expanded", "false")
    toggle.click()
    expect(page.locator(f"#comment-{first} > ol > #comment-{answer} > article")).to_be_focused()
    expect(toggle).to_have_attribute("aria-expanded", "true")
    toggle.click()
    expect(page.locator(f"#comment-{answer}")).to_be_hidden()
    expect(toggle).to_have_attribute("aria-expanded", "false")


def test_a_reply_to_what_is_not_shown_says_so(live: Live, page: Page) -> None:
    """A link leads into the middle of a thread: what some of that answers stands in its beginning."""
    firsts = [live.write("middle", f"First {n}") for n in range(60)]
    replies = [live.write("middle", f"Reply {n}", parent_id=first) for n, first in enumerate(firsts)]
    named = live.write("middle", "Named.")
    for n in range(60):
        live.write("middle", f"Number {n}")
    page.goto(live.demo("middle") + f"#comment-{named}")
    expect(page.locator(f"#comment-{named} > article")).to_be_focused()
    lonely = page.locator(f"#comment-{replies[-1]} > article")
    expect(lonely.get_by_text("to an earlier comment")).to_be_visible()
    expect(page.locator(f"#comment-{named}").get_by_text("to an earlier comment")).to_have_count(0)
    page.get_by_role("button", name="Show all comments").click()
    page.get_by_role("button", name="more comments").click()
    expect(page.locator(f"#comment-{firsts[-1]} > ol > #comment-{replies[-1]}")).to_be_visible()
    expect(page.get_by_text("to an earlier comment")).to_have_count(0)


@pytest.mark.parametrize("depth", [0, 1, 2])
def test_past_the_sites_own_limit_each_says_whom_it_answers(live: Live, page: Page, depth: int) -> None:
    ids: list[str] = []
    for at in range(4):
        ids.append(live.write(f"flat-{depth}", name=f"Writer {at}", parent_id=ids[-1] if ids else None))
    with live.services.write() as session:
        site = session.get_one(Site, live.site.id)
        before, site.settings_json = site.settings_json, site.settings_json | {"reply_depth": depth}
    try:
        page.goto(live.demo(f"flat-{depth}"))
        for at in range(depth + 1, 4):
            expect(page.locator(f"#comment-{ids[at]} > article").get_by_text(f"to Writer {at - 1}")).to_be_visible()
        expect(page.get_by_text("to Writer")).to_have_count(3 - depth)
    finally:
        with live.services.write() as session:
            session.get_one(Site, live.site.id).settings_json = before


def test_the_rest_of_a_long_thread_comes_at_once(live: Live, page: Page) -> None:
    ids = [live.write("long", f"Number {n}") for n in range(330)]
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/comments?" in request.url else None)
    page.goto(live.demo("long"))
    texts = page.locator("rejoinder-comments .text")
    expect(texts).to_have_count(100)
    assert len(asked) == 1
    page.get_by_role("button", name="Show 230 more comments").click()
    expect(texts).to_have_count(330)
    expect(page.get_by_role("button", name="more comments")).to_be_hidden()
    expect(page.locator(f"#comment-{ids[100]} > article")).to_be_focused()
    assert len(asked) == 4
    page.get_by_role("button", name="top first").click()
    expect(page.get_by_role("button", name="top first")).to_have_attribute("aria-pressed", "true")
    expect(texts).to_have_count(100)
    page.evaluate("id => location.hash = 'comment-' + id", ids[250])
    expect(page.locator(f"#comment-{ids[250]} > article")).to_be_focused()


def test_what_is_new_is_offered_and_what_is_removed_goes_by_itself(live: Live, page: Page) -> None:
    kept, gone = live.write("news", "I stay."), live.write("news", "I go.")
    asked: set[str] = set()
    page.on("request", lambda request: asked.add(request.url) if "/counts?" in request.url else None)
    page.clock.install()
    page.goto(live.demo("news"))
    expect(page.get_by_text("I go.")).to_be_visible()
    live.write("news", "I am new.")
    live.write("news", "So am I.", parent_id=kept)
    button = page.get_by_role("button", name="2 new comments")
    after_a_while(page, button.is_visible, "the offer")
    expect(page.get_by_text("I am new.")).to_have_count(0)
    # A removal comes by itself, and so does what is put back.
    live.decide(gone, "reject")
    after_a_while(page, lambda: not page.get_by_text("I go.").count(), "the removal")
    expect(button).to_be_visible()
    live.decide(gone, "approve")
    after_a_while(page, page.get_by_text("I go.").count, "what was put back")
    expect(page.get_by_text("I am new.")).to_have_count(0)
    button.click()
    expect(page.get_by_text("I am new.")).to_be_visible()
    expect(page.get_by_text("So am I.")).to_be_visible()
    expect(button).to_be_hidden()
    (url,) = asked
    assert len(page.request.get(url).body()) <= 200


def test_ones_own_comment_is_nothing_new(live: Live, page: Page) -> None:
    """Another process of the service may be a moment behind when its writer comes back to the page."""
    page.goto(live.demo("own"))
    behind = page.request.get(f"{live.base}/api/v1/sites/demo/comments?thread=own").json()
    write(page, "Mine.")
    send(page)
    waiting(page, "Mine.")
    live.decide(live.received("Mine."), "approve")
    shown = page.locator("li[id^=comment-]").get_by_text("Mine.", exact=True)
    expect(shown).to_be_visible(timeout=20_000)
    late = re.compile(r"/comments\?")
    page.route(late, lambda route: route.fulfill(json=behind, headers={"Access-Control-Allow-Origin": "*"}))
    page.clock.install()
    page.reload()
    expect(page.get_by_text("No comments yet.")).to_be_visible()
    page.unroute(late)
    after_a_while(page, shown.is_visible, "one's own comment")
    expect(page.get_by_role("button", name="new comment")).to_be_hidden()


def test_nobody_asks_while_nobody_looks(live: Live, page: Page) -> None:
    live.write("hidden", "Well said.")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/counts?" in request.url else None)
    page.clock.install()
    page.goto(live.of("hidden", "<slot>"))
    expect(page.get_by_text("Well said.")).to_be_visible()
    after_a_while(page, lambda: asked, "the first question")
    page.evaluate("Object.defineProperty(document, 'hidden', { configurable: true, get: () => true })")
    page.clock.run_for(61_000)
    before = len(asked)
    page.clock.run_for(300_000)
    assert len(asked) == before
    page.evaluate("delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))")
    after_a_while(page, lambda: len(asked) > before, "the next question")


def test_events_tell_a_page_what_happened_and_nobodys_words(live: Live, page: Page) -> None:
    live.write("events", "Well said.", name="Ben")
    page.goto(live.of("events", """<script>
      events = [];
      for (const type of 'ready shown submitted decided error'.split(' '))
        addEventListener('rejoinder:' + type, ({ type, detail }) => events.push([type, detail]));
    </script><slot>"""))  # fmt: skip
    write(page, "A secret word.")
    send(page)
    waiting(page, "A secret word.")
    live.decide(live.received("A secret word."), "approve")
    page.wait_for_function("events.some(([type]) => type === 'rejoinder:decided')")
    events = page.evaluate("events")
    of = {"site": "demo", "thread": "events"}
    assert events[0] == ["rejoinder:shown", {**of, "count": 1}]
    assert ["rejoinder:ready", {**of, "count": 1}] in events
    assert ["rejoinder:submitted", of] in events
    assert ["rejoinder:decided", {**of, "status": "published"}] in events
    said = str(events)
    assert "secret" not in said
    assert "Ada" not in said
    page.route("**/api/v1/**", lambda route: route.abort())
    page.evaluate("document.querySelector('rejoinder-comments').setAttribute('thread', 'other')")
    page.wait_for_function("events.some(([type]) => type === 'rejoinder:error')")


def test_far_down_nothing_is_asked_for_before_a_reader_comes_near(live: Live, page: Page) -> None:
    live.write("far-down", "Down here.")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/api/" in request.url else None)
    page.goto(live.of("far-down", "<div style='height: 9000px'></div><slot>"))
    expect(page.locator("rejoinder-comments section")).to_have_attribute("aria-busy", "true")
    page.evaluate("() => new Promise((done) => requestIdleCallback(done))")
    assert asked == []
    page.evaluate("scrollTo(0, 6500)")
    expect(page.get_by_text("Down here.")).to_be_visible()
    page.goto(live.of("far-down", "<div style='height: 9000px'></div><slot>", loading="eager"))
    expect(page.get_by_text("Down here.")).to_be_visible()


@pytest.mark.parametrize(("theme", "dark"), [("dark", True), ("light", False), ("auto", False)])
def test_a_page_may_say_the_theme_and_style_the_parts(live: Live, page: Page, theme: str, dark: bool) -> None:
    thread = f"theme-{theme}"
    live.write(thread, "Well said.")
    style = "<style>rejoinder-comments::part(send) { text-transform: uppercase } ::part(comment) { order: 7 }</style>"
    page.goto(live.of(thread, style + "<slot>", theme=theme, sort="newest"))
    expect(page.get_by_text("Well said.")).to_be_visible()
    expect(page.locator("rejoinder-comments section.dark")).to_have_count(int(dark))
    expect(page.locator("rejoinder-comments section.themed")).to_have_count(int(theme != "auto"))
    expect(page.get_by_role("button", name="Send comment")).to_have_css("text-transform", "uppercase")
    expect(page.locator("rejoinder-comments article")).to_have_css("order", "7")
    page.evaluate("document.querySelector('rejoinder-comments').setAttribute('theme', 'dark')")
    expect(page.locator("rejoinder-comments section.dark")).to_have_count(1)


def test_who_asks_for_it_is_remembered_here_and_nobody_else(live: Live, page: Page) -> None:
    page.goto(live.demo("forget"))
    write(page, "Do not keep me.")
    send(page)
    waiting(page, "Do not keep me.")
    page.reload()
    expect(page.get_by_label("Name")).to_have_value("")
    page.get_by_label("Name").fill("Ada Reader")
    page.get_by_label("Remember me here").check()
    write(page, "Now I may stay.")
    send(page)
    waiting(page, "Now I may stay.")
    page.goto(live.demo("remember"))
    expect(page.get_by_label("Name")).to_have_value("Ada Reader")
    expect(page.get_by_label("E-mail")).to_have_value("canary.reader@example.org")
    page.get_by_label("Remember me here").uncheck()
    assert "canary" not in stored(page)


def test_with_no_storage_nothing_is_kept(live: Live, page: Page) -> None:
    page.goto(live.of("unkept", "<slot>", storage="none"))
    write(page, "Nothing of me stays.")
    expect(page.get_by_label("Remember me here")).to_have_count(0)
    send(page)
    waiting(page, "Nothing of me stays.")
    assert stored(page) == "{}{}"


def test_a_preview_is_what_would_be_published(live: Live, page: Page) -> None:
    page.goto(live.demo("preview"))
    write(page, "A **bold** word <b>as typed</b>.")
    page.get_by_role("button", name="Preview").click()
    box = page.locator("rejoinder-comments .preview")
    expect(box.locator("strong")).to_have_text("bold")
    expect(box).to_contain_text("<b>as typed</b>")
    page.get_by_label("Comment", exact=True).fill("Another.")
    expect(box).to_have_count(0)


def test_what_the_newsroom_says_stands_above_the_form(live: Live, page: Page) -> None:
    said = {"guideline": "Be kind.", "announcement": "Tonight: live.", "terms": {"version": "2", "text": "", "url": ""}}
    thread = live.thread("house")
    with live.services.write() as session:
        site = session.get_one(Site, live.site.id)
        before, site.settings_json = site.settings_json, site.settings_json | said
        session.get_one(Thread, thread).banner = "Read only from nine."
    try:
        page.goto(live.demo("house"))
        for words in ("Be kind.", "Tonight: live.", "Read only from nine."):
            expect(page.get_by_text(words)).to_be_visible()
        write(page, "Accepted.")
        send(page)
        box = page.get_by_label("I accept the terms of this conversation")
        expect(box).to_be_focused()
        expect(box).to_have_accessible_description("Please accept the terms first.")
        box.check()
        send(page)
        waiting(page, "Accepted.")
    finally:
        with live.services.write() as session:
            session.get_one(Site, live.site.id).settings_json = before


def test_counts_are_filled_in_with_one_request(live: Live, context: Callable[..., BrowserContext]) -> None:
    for thread, many in (("c/1 ä", 2), ("c2", 1)):
        for n in range(many):
            live.write(thread, f"Number {n}")
    page = context().new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/counts?" in request.url else None)
    spans = "".join(
        f'<span data-rejoinder-count="{key}">-</span>' for key in ("c/1 ä", "c2", "c3", "c2", "", "x" * 600)
    )
    page.goto(live.of("front", f'{spans}<script src="{live.base}/counts.js" data-site="demo"></script>'))
    expect(page.locator("span")).to_have_text(["2", "1", "0", "1", "-", "-"])
    assert len(asked) == 1
