"""What stands on the page stays there while the comments come: cumulative layout shift (web.dev/cls), measured."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Route, expect

from tests.widget.live_server import Live

pytestmark = pytest.mark.browser

SHIFTS = """
window.shifts = [];
new PerformanceObserver((list) => shifts.push(...list.getEntries().map(({ value, sources }) =>
  [value, ...sources.map(({ node, previousRect, currentRect }) =>
    `${node?.localName ?? node?.nodeName}.${node?.className ?? ''} ${previousRect.y} -> ${currentRect.y}`)])))
  .observe({ type: 'layout-shift', buffered: true });
"""
# Whatever has happened is drawn, and what moved by it is told.
DRAWN = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))))"
START = '<meta name="viewport" content="width=device-width"><h1>An article</h1><p>A short one.</p>'
BELOW = "<div><h2>Read next</h2>" + "<p>More to read.</p>" * 12 + "</div><footer>About us</footer>"
# Half of what readers are promised: a browser with other fonts moves more.
MOST = 0.01
# What docs/embedding.md says to pages with something below.
KEPT = "<style>rejoinder-comments:not(:defined) { display: block; min-height: 100vh; }</style>"


@pytest.mark.parametrize(
    ("size", "comments", "order", "html"),
    [
        ((360, 740), 0, ("form", "comments"), KEPT + START + "<slot>" + BELOW),
        ((360, 740), 6, ("comments", "form"), KEPT + START + "<slot>" + BELOW),
        ((1280, 800), 0, ("comments", "form"), KEPT + START + "<slot>" + BELOW),
        ((1280, 800), 6, ("form", "comments"), KEPT + START + "<slot>" + BELOW),
        ((1280, 1400), 0, ("form", "comments"), KEPT + START + "<slot>" + BELOW),
        ((1280, 800), 6, ("comments", "form"), START + "<slot>"),
    ],
    ids=["phone empty", "phone", "desk empty", "desk", "tall empty", "nothing below"],
)
def test_nothing_jumps(
    live: Live,
    context: Callable[..., BrowserContext],
    size: tuple[int, int],
    comments: int,
    order: tuple[str, str],
    html: str,
    request: pytest.FixtureRequest,
) -> None:
    thread = request.node.callspec.id
    for n in range(comments):
        live.write(thread, f"Number {n}. " + "Some words. " * 20)
    page = context(viewport={"width": size[0], "height": size[1]}).new_page()
    page.add_init_script(SHIFTS)
    held: dict[str, Route] = {}
    page.route("**/sites/demo/form?**", lambda route: held.update(form=route))
    page.route("**/sites/demo/comments?**", lambda route: held.update(comments=route))
    with page.expect_request("**/sites/demo/form?**"), page.expect_request("**/sites/demo/comments?**"):
        page.goto(live.of(thread, html))
    for name in order:
        expect(page.locator("section[aria-busy=true]")).to_have_count(1)
        page.evaluate(DRAWN)
        with page.expect_response(lambda answer, name=name: f"/{name}?" in answer.url):  # type: ignore[misc]
            held[name].continue_()
    expect(page.get_by_role("button", name="Send comment")).to_be_visible()
    expect(page.locator("rejoinder-comments .text")).to_have_count(comments)
    page.evaluate(DRAWN)
    shifts = page.evaluate("shifts")
    assert sum(value for value, *_ in shifts) < MOST, shifts
    # Below the fold it stays until the reader does something; then the place that is too much goes.
    page.get_by_label("Name").click()
    section = page.locator("rejoinder-comments section")
    assert section.evaluate("node => node.offsetHeight - node.lastElementChild.offsetTop") < 60
