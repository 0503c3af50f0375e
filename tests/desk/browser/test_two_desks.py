"""Two moderators at once: what one looks at, the other is not handed."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import APIResponse, Page, Route, expect

from service.queue import backlog
from tests.desk.browser.conftest import Desk
from tests.desk.browser.reading import shows
from tests.waiting import wait_until

pytestmark = pytest.mark.browser

# Keeps a list of what was opened: each comment once, in order.
WATCH = """() => {
  globalThis.opened = [];
  const look = () => {
    const id = document.querySelector('#case')?.dataset.id;
    if (id && globalThis.opened.at(-1) !== id) globalThis.opened.push(id);
  };
  new MutationObserver(look).observe(document.querySelector('#right'), { childList: true });
  look();
}"""


def holders(desk: Desk, ids: list[str]) -> dict[str, str]:
    found = backlog.holders(desk.newsroom.services.redis, desk.newsroom.site.id, ids)
    return {comment_id: holder.moderator_id for comment_id, holder in found.items()}


def test_two_walk_one_queue_and_never_meet(desk: Desk) -> None:
    ids = [desk.newsroom.comment(f"Comment number {n}") for n in range(30)]
    pages = [desk.page("Anna"), desk.page("Bernd")]
    for page in pages:
        page.evaluate(WATCH)
    waiting = set(ids)

    def pressed() -> bool:
        """They press as fast as they like; where a page has nothing to decide a key does nothing."""
        for page, key in zip(pages, "as", strict=True):
            if page.locator("#case").count():
                page.keyboard.press(key)
        waiting.difference_update([one for one in waiting if desk.status(one) != "pending"])
        return not waiting

    wait_until(pressed, what="all decided", seconds=60)
    opened = [set(page.evaluate("globalThis.opened")) for page in pages]
    assert opened[0] & opened[1] == set()
    for page in pages:
        expect(page.locator("#trouble .notice")).to_have_count(0)
        expect(page.get_by_role("heading", name="Nothing is waiting")).to_be_visible()


def test_what_a_colleague_holds_is_shown_and_passed_by(desk: Desk) -> None:
    ids = [desk.newsroom.comment(f"Comment number {n}") for n in range(6)]
    anna = desk.page("Anna")
    shows(anna, "Comment number 0")
    wait_until(lambda: set(holders(desk, ids)) == set(ids[:2]), what="the first and the next one held")
    bernd = desk.page("Bernd")
    shows(bernd, "Comment number 2")
    expect(bernd.locator(f"#item-{ids[0]} .lease")).to_have_text("Anna is looking at this")
    bernd.keyboard.press("k")
    shows(bernd, "Comment number 2")
    # Clicked, it opens: with who is there, and without a decision of his.
    bernd.locator(f"#item-{ids[0]}").click()
    expect(bernd.locator("#case .lease-note")).to_contain_text("Anna is looking at this")
    bernd.keyboard.press("a")
    expect(bernd.get_by_role("alert")).to_contain_text("another moderator is looking at it")
    assert desk.status(ids[0]) == "pending"
    expect(bernd.locator(f"#item-{ids[0]}")).to_be_visible()
    # Anna walks on and lets go of what she leaves; a page that goes lets go of everything.
    anna.keyboard.press("j")
    shows(anna, "Comment number 1")
    wait_until(lambda: ids[0] not in holders(desk, ids), what="the first one free")
    anna.close()
    wait_until(lambda: ids[1] not in holders(desk, ids), what="all of hers free")


def test_what_is_decided_is_held_until_the_decision_arrives(desk: Desk) -> None:
    ids = [desk.newsroom.comment(f"Comment number {n}") for n in range(40)]
    anna = desk.page("Anna")
    shows(anna, "Comment number 0")
    wait_until(lambda: set(holders(desk, ids)) == set(ids[:9]), what="the first and the next eight held")
    asked: list[int] = []
    held_up: list[Route] = []
    late: list[tuple[Route, APIResponse]] = []

    def decide(route: Route) -> None:
        asked.append(len(route.request.post_data_json["decisions"]))
        if len(asked) == 1:
            held_up.append(route)
        else:
            route.continue_()

    def lease(route: Route) -> None:
        if late:
            route.continue_()
        else:
            late.append((route, route.fetch()))

    anna.route("**/moderation/decisions", decide)
    anna.route("**/moderation/leases", lease)
    with anna.expect_request("**/moderation/leases"):
        anna.keyboard.press("a")
    shows(anna, "Comment number 1")
    # It is decided before the page has heard that it holds it.
    anna.keyboard.press("a")
    shows(anna, "Comment number 2")
    for route, answer in late:
        route.fulfill(response=answer)
    anna.keyboard.press("a")
    shows(anna, "Comment number 3")
    anna.locator(f"#item-{ids[30]}").click()
    shows(anna, "Comment number 30")
    wait_until(lambda: ids[5] not in holders(desk, ids), what="what she left behind free")
    shows(desk.page("Bernd"), "Comment number 3")
    # What has gathered goes in one request, and each is taken back by itself.
    with anna.expect_response(lambda answer: answer.url.endswith("/moderation/decisions") and len(asked) == 2):
        held_up[0].continue_()
    for one in ids[:3]:
        desk.becomes(one, "approved")
    anna.keyboard.press("u")
    shows(anna, "Comment number 2")
    desk.becomes(ids[2], "pending")
    assert asked == [1, 2]
    assert [desk.status(one) for one in ids[:2]] == ["approved"] * 2


def test_a_lease_that_is_not_kept_is_asked_for_again(desk: Desk) -> None:
    ids = [desk.newsroom.comment(f"Comment number {n}") for n in range(40)]
    anna = desk.page("Anna")

    def not_kept(route: Route) -> None:
        asked = route.request.post_data_json
        some = asked["comment_ids"][: asked["limit"]]
        until = (datetime.now(UTC) + timedelta(minutes=5)).isoformat()
        route.fulfill(json={"leases": [{"comment_id": one, "until": until, "kept": False} for one in some]})

    anna.route("**/moderation/leases", not_kept)
    anna.route("**/moderate/changes?*", lambda route: route.abort())
    with anna.expect_response("**/moderation/leases"):
        anna.reload()
    shows(anna, "Comment number 0")
    desk.newsroom.services.redis.flushall()
    anna.unroute("**/moderation/leases")
    shows(desk.page("Bernd"), "Comment number 0")
    wait_until(lambda: set(holders(desk, ids)) == set(ids[:9]), what="his and the next eight held")
    anna.keyboard.press("a")
    shows(anna, "Comment number 9")


def test_of_little_everybody_gets_a_share(desk: Desk) -> None:
    for n in range(2):
        desk.newsroom.comment(f"Comment number {n}")
    anna, bernd, third = desk.page("Anna"), desk.page("Bernd"), desk.page("Carla")
    shows(anna, "Comment number 0")
    shows(bernd, "Comment number 1")
    expect(third.get_by_role("heading", name="Colleagues are looking at all of these")).to_be_visible()
    bernd.close()
    shows(third, "Comment number 1")


def test_somebody_was_faster(desk: Desk) -> None:
    first = desk.newsroom.comment("The first one")
    anna, bernd = desk.page("Anna"), desk.page("Bernd", java_script_enabled=False)
    shows(anna, "The first one")
    # The lease ran out, and nobody has told Anna's page.
    desk.newsroom.services.redis.flushall()
    anna.route("**/moderate/changes?*", lambda route: route.abort())
    bernd.goto(f"{desk.base}/moderate/?at={first}")
    bernd.get_by_role("button", name="Spam").click()
    desk.becomes(first, "spam")
    anna.keyboard.press("a")
    expect(anna.get_by_role("alert")).to_contain_text("Bernd has decided it meanwhile")
    assert desk.status(first) == "spam"


def test_what_a_filter_shows_is_what_is_handed_out(desk: Desk) -> None:
    for n in range(12):
        desk.newsroom.comment(f"About the {'ferry' if n % 2 else 'tunnel'} {n}")
    pages: list[Page] = [desk.page("Anna"), desk.page("Bernd")]
    for page in pages:
        page.goto(f"{desk.base}/moderate/?q=ferry")
    shows(pages[0], "ferry 1")
    for text in ("ferry 3", "ferry 5"):
        pages[0].keyboard.press("a")
        if pages[1].locator("#case .text").inner_text().endswith(text):
            text = text.replace(text[-1], "7")
        expect(pages[0].locator("#case .text")).to_contain_text("ferry")
    assert pages[0].locator("#case .text").inner_text() != pages[1].locator("#case .text").inner_text()


def test_a_tab_that_closes_leaves_the_others_what_they_hold(desk: Desk) -> None:
    ids = [desk.newsroom.comment(f"Comment number {n}") for n in range(2)]
    first = desk.page()
    shows(first, "Comment number 0")
    second = first.context.new_page()
    second.goto(f"{desk.base}/moderate/?at={ids[0]}")
    shows(second, "Comment number 0")
    told = "Object.keys(localStorage).filter((name) => name.startsWith('rejoinder-held-')).length"
    wait_until(lambda: second.evaluate(told) == 2, what="both tabs say what they hold")
    second.goto("about:blank")
    wait_until(lambda: first.evaluate(told) == 1, what="the one that is gone says nothing")
    # It goes on to the other one, which it alone holds: what it leaves behind is let go of.
    assert ids[0] in holders(desk, ids)
    first.keyboard.press("j")
    shows(first, "Comment number 1")
    wait_until(lambda: set(holders(desk, ids)) == {ids[1]}, what="only what is open held")
