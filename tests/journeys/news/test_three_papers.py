"""All that a reader does, on the pages of three newspapers, in a real browser, with the service as it is shipped."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Route, expect

from tests.journeys.news.newspapers import News, arabic
from tests.waiting import wait_until

pytestmark = pytest.mark.browser

ADDRESS = "ada.reader@example.org"
# Milliseconds: until the worker has judged and the widget has asked.
PATIENCE = 20_000
# How many comments a list item stands below.
LEVEL = "node => { let n = 0; while (node = node.parentNode.closest?.('li')) n++; return n }"
Profile = Callable[..., BrowserContext]
Picture = Callable[[Page, str], None]


def write(page: Page, text: str, name: str = "Ada Reader") -> None:
    page.get_by_label("Name").fill(name)
    page.get_by_label("E-mail", exact=False).first.fill(ADDRESS)
    page.get_by_label("Comment", exact=True).fill(text)


def send(page: Page, text: str) -> Locator:
    """Writes and sends; the comment as it stands among the published ones."""
    write(page, text)
    page.get_by_role("button", name="Send comment").click()
    return published(page, text)


def published(page: Page, text: str) -> Locator:
    """The comment's list item, once everybody sees it."""
    found = page.locator(f'li[id^=comment-]:has(> article .text p:text-is("{text}"))')
    expect(found).to_be_visible(timeout=PATIENCE)
    return found


def id_of(comment: Locator) -> str:
    return str(comment.get_attribute("id")).removeprefix("comment-")


@pytest.fixture(scope="module", autouse=True)
def voters(paper: News, browser: Browser) -> Iterator[tuple[Page, Page]]:
    """Two readers who came first, for a vote counts from half a minute on: one who pressed, one without scripts."""
    for thread in ("voting", "voting-plainly"):
        paper.published(thread, "Trams go where ferries do not.")
    context = browser.new_context()
    pressed = context.new_page()
    pressed.goto(paper.article("voting"))
    pressed.get_by_role("button", name="Vote for it").click()
    plain = browser.new_context(java_script_enabled=False)
    waiting = plain.new_page()
    waiting.goto(paper.plain("voting-plainly"))
    yield pressed, waiting
    context.close()
    plain.close()


def test_reading_and_replying_three_deep(paper: News, profile: Profile, picture: Picture) -> None:
    paper.published("deep", "Who pays for it?", name="Ben", website="https://example.org/")
    page = profile().new_page()
    loads: list[str] = []
    page.on("framenavigated", lambda frame: loads.append(frame.url))
    page.goto(paper.article("deep"))
    expect(page.get_by_role("heading", name="1 comment")).to_be_visible()
    above = published(page, "Who pays for it?")
    for depth, (name, text) in enumerate(
        (("Ada", "The city does."), ("Cem", "And the state."), ("Eva", "Half each.")), 1
    ):
        above.get_by_role("button", name="Reply to").first.click()
        write(page, text, name=name)
        page.get_by_role("button", name="Send comment").click()
        above = published(page, text)
        assert above.evaluate(LEVEL) == depth
    expect(page.get_by_role("heading", name="4 comments")).to_be_visible()
    picture(page, "gazette-thread")
    assert len(loads) == 1
    # Whoever follows the link to the last one comes to it.
    page.goto(f"{paper.running.base}/c/{id_of(above)}")
    expect(page.locator(f"#comment-{id_of(above)} > article")).to_be_focused()
    page.get_by_role("button", name="newest first").click()
    expect(page.get_by_role("button", name="newest first")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("rejoinder-comments .text")).to_have_count(4)


def test_the_network_goes_in_the_middle_of_a_post(paper: News, profile: Profile, picture: Picture) -> None:
    context = profile()
    page = context.new_page()
    keys: list[str | None] = []

    def lose(route: Route) -> None:
        if route.request.method != "POST":
            return route.fallback()
        keys.append(route.request.header_value("Idempotency-Key"))
        if len(keys) == 1:
            # It arrives; the way back is gone.
            route.fetch()
            context.set_offline(True)
            return route.abort("internetdisconnected")
        return route.fallback()

    page.route("**/api/v1/sites/gazette/comments?lang=*", lose)
    page.goto(paper.article("lost"))
    expect(page.get_by_role("heading", name="Write a comment")).to_be_visible()
    write(page, "From the train.")
    page.get_by_role("button", name="Send comment").click()
    expect(page.get_by_text("The comment service cannot be reached. Your comment is kept here")).to_be_visible()
    expect(page.get_by_label("Comment", exact=True)).to_have_value("From the train.")
    assert page.evaluate("navigator.onLine") is False
    picture(page, "gazette-offline")
    context.set_offline(False)
    # Nobody presses anything: it is sent again by itself.
    published(page, "From the train.")
    assert len(keys) == 2
    assert len(set(keys)) == 1
    assert paper.texts("lost") == ["<p>From the train.</p>"]
    expect(page.get_by_label("Comment", exact=True)).to_have_value("")


def test_editing_and_withdrawing(paper: News, profile: Profile, picture: Picture) -> None:
    page = profile().new_page()
    page.goto(paper.article("own"))
    own = send(page, "The bridge ratles.")
    own.get_by_role("button", name="Change or withdraw").click()
    own.get_by_label("Change your comment").fill("The bridge rattles.")
    picture(page, "gazette-own")
    own.get_by_role("button", name="Save the change").click()
    own = published(page, "The bridge rattles.")
    expect(own.get_by_text("edited")).to_be_visible()
    page.reload()
    own = published(page, "The bridge rattles.")
    own.get_by_role("button", name="Change or withdraw").click()
    own.get_by_role("button", name="Withdraw this comment").click()
    own.get_by_role("button", name="Withdraw it for good").click()
    expect(own).to_have_count(0)
    wait_until(lambda: paper.texts("own") == [], what="the comment's end")


def test_reporting(paper: News, profile: Profile, picture: Picture) -> None:
    comment = paper.published("reported", "The mayor lives in Example Street 4.")
    page = profile().new_page()
    page.goto(paper.article("reported"))
    page.get_by_role("button", name="Report", exact=True).click()
    page.get_by_label("What is wrong with it?").select_option("illegal")
    picture(page, "gazette-report")
    page.get_by_label("What is wrong with it?").select_option("personal_data")
    page.get_by_label("What should the editors know?").fill("That is where she lives.")
    page.get_by_role("button", name="Send report").click()
    with page.expect_popup() as opened:
        page.get_by_role("link", name="What becomes of your report").click()
    receipt = opened.value
    expect(receipt.get_by_role("heading", name="Your report arrived")).to_be_visible()
    picture(receipt, "report-receipt")
    paper.decide(comment, "reject")
    receipt.reload()
    expect(receipt.get_by_role("heading", name="The comment was removed")).to_be_visible()
    page.reload()
    expect(page.get_by_text("No comments yet.")).to_be_visible()


def refused(paper: News, comment: str) -> None:
    paper.decide(comment, "reject", "insult")


def test_appealing(paper: News, profile: Profile, picture: Picture) -> None:
    page = profile().new_page()
    page.goto(paper.article("appealed"))
    own = send(page, "He said that himself.")
    own.get_by_role("button", name="Change or withdraw").click()
    comment = id_of(own)
    receipt = profile().new_page()
    # The door stays in the browser; the page it leads to needs nothing but its address.
    stored = page.evaluate("Object.entries(localStorage).find(([name]) => name.endsWith('sent'))[1]")
    receipt.goto(re.findall(r'"(http://[^"]*/receipts/[^"]*)"', stored)[0])
    refused(paper, comment)
    receipt.reload()
    expect(receipt.get_by_role("heading", name="Your comment was not published")).to_be_visible()
    receipt.get_by_text("Appeal against this decision").click()
    receipt.get_by_label("Why was it wrong?").fill("It is a quotation from the article.")
    picture(receipt, "receipt-appeal")
    receipt.get_by_role("button", name="Send the appeal").click()
    expect(receipt.get_by_role("heading", name="Your appeal")).to_be_visible()
    assert paper.appealed() == [comment]
    paper.decide(comment, "approve", who="second")
    receipt.reload()
    expect(receipt.get_by_role("heading", name="Your comment is published")).to_be_visible()
    picture(receipt, "receipt-after-appeal")
    page.reload()
    published(page, "He said that himself.")


def test_a_page_that_swaps_articles_and_languages_under_a_strict_policy(
    paper: News, profile: Profile, picture: Picture
) -> None:
    paper.published("ferries", "Ferries are slow.", site="courier")
    page = profile().new_page()
    page.goto(f"{paper.courier}/trams")
    own = send(page, "Trams are quick.")
    expect(own).to_be_visible()
    page.get_by_label("Comment", exact=True).fill("Half a thought")
    page.get_by_role("link", name="Ferries", exact=True).click()
    published(page, "Ferries are slow.")
    expect(page.get_by_text("Trams are quick.")).to_have_count(0)
    expect(page.get_by_label("Comment", exact=True)).to_have_value("")
    picture(page, "courier")
    page.go_back()
    published(page, "Trams are quick.")
    expect(page.get_by_label("Comment", exact=True)).to_have_value("Half a thought")
    # Another language while somebody writes, and back; then another order, ground and memory.
    widget = page.locator("rejoinder-comments")
    for language, button in (("de", "Kommentar senden"), ("ar", arabic("Send comment")), ("en", "Send comment")):
        widget.evaluate("(node, language) => node.setAttribute('language', language)", language)
        expect(page.get_by_role("button", name=button)).to_be_visible()
        expect(page.locator("#body")).to_have_value("Half a thought")
        expect(page.locator("rejoinder-comments section")).to_have_attribute(
            "dir", "rtl" if language == "ar" else "ltr"
        )
        picture(page, f"courier-{language}")
    paper.published("trams", "Buses too.", site="courier")
    widget.evaluate("node => { node.setAttribute('sort', 'newest'); node.setAttribute('theme', 'dark') }")
    expect(page.locator("rejoinder-comments .text")).to_have_text(["Buses too.", "Trams are quick."])
    expect(page.locator("section.dark.themed")).to_have_count(1)
    widget.evaluate("node => node.removeAttribute('theme')")
    expect(page.locator("section.themed")).to_have_count(0)
    assert page.evaluate("violations") == []


class Keyboard:
    """A reader without a mouse: Tab until what is meant has the focus, then keys."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def to(self, target: Locator, key: str = "Tab") -> "Keyboard":
        for _ in range(60):
            if target.evaluate("node => node === node.getRootNode().activeElement"):
                return self
            self.page.keyboard.press(key)
        raise AssertionError(f"no way by {key} to {target}")

    def press(self, key: str) -> "Keyboard":
        self.page.keyboard.press(key)
        return self

    def type(self, text: str) -> "Keyboard":
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.type(text)
        return self


def test_with_the_keyboard_alone(paper: News, profile: Profile, picture: Picture) -> None:
    paper.published("keys", "Is anybody here?", name="Ben")
    page = profile().new_page()
    page.goto(paper.article("keys"))
    published(page, "Is anybody here?")
    keys = Keyboard(page)
    keys.to(page.get_by_label("Name")).type("Ada Reader")
    keys.to(page.get_by_label("E-mail")).type(ADDRESS)
    keys.to(page.get_by_label("Comment", exact=True)).type("I am, sss.")
    keys.to(page.get_by_role("button", name="Send comment")).press("Enter")
    first = published(page, "I am, sss.")
    # A reply: the form comes below the comment, with the focus.
    keys.to(page.get_by_role("button", name="Reply to Ben")).press("Enter")
    expect(page.get_by_label("Comment", exact=True)).to_be_focused()
    keys.type("So am I.").to(page.get_by_role("button", name="Send comment")).press("Space")
    reply = published(page, "So am I.")
    expect(reply.get_by_role("button", name="Reply to Ada Reader")).to_be_visible()
    # One's own: changed, then withdrawn.
    keys.to(reply.get_by_role("button", name="Change or withdraw")).press("Enter")
    expect(reply.get_by_label("Change your comment")).to_be_focused()
    keys.type("So are we.").to(reply.get_by_role("button", name="Save the change")).press("Enter")
    reply = published(page, "So are we.")
    keys.to(first.get_by_role("button", name="Change or withdraw")).press("Enter")
    keys.to(first.get_by_role("button", name="Withdraw this comment")).press("Enter")
    keys.to(first.get_by_role("button", name="Withdraw it for good")).press("Enter")
    expect(first).to_have_count(0)
    # Somebody else's: voted for and reported.
    ben = published(page, "Is anybody here?")
    keys.to(ben.get_by_role("button", name="Vote for it").first, "Shift+Tab").press("Space")
    expect(ben.get_by_role("button", name="Vote for it").first).to_have_attribute("aria-pressed", "true")
    keys.to(ben.get_by_role("button", name="Report", exact=True).first).press("Enter")
    reason = page.get_by_label("What is wrong with it?")
    expect(reason).to_be_focused()
    keys.press("ArrowDown").to(page.get_by_role("button", name="Send report")).press("Enter")
    expect(page.get_by_role("link", name="What becomes of your report")).to_be_focused()
    picture(page, "gazette-keys")


def test_without_javascript(paper: News, profile: Profile, picture: Picture) -> None:
    page = profile(java_script_enabled=False).new_page()
    page.goto(paper.plain("plain"))
    write(page, "Written without a script.")
    page.get_by_role("button", name="Send comment").click()
    page.wait_for_url("**/receipts/**")
    receipt = page.url

    def stands(text: str) -> bool:
        return any(text in one for one in paper.texts("plain"))

    wait_until(lambda: stands("Written without a script."), what="the comment")
    page.goto(receipt)
    page.get_by_text("Change this comment").click()
    page.locator("#body").fill("Changed without a script.")
    page.get_by_role("button", name="Save the change").click()
    wait_until(lambda: stands("Changed without a script."), what="the change")
    page.goto(paper.plain("plain"))
    comment = page.locator("li[id^=comment-]").filter(has_text="Changed without a script.")
    picture(page, "plain-thread")
    comment.get_by_role("link", name="Reply to Ada Reader").click()
    write(page, "Answered without a script.", name="Ben")
    page.get_by_role("button", name="Send comment").click()
    page.wait_for_url("**/receipts/**")
    wait_until(lambda: stands("Answered without a script."), what="the answer")
    # Reported, with what the law asks for.
    page.goto(paper.plain("plain"))
    comment.get_by_role("link", name="Report", exact=False).first.click()
    page.get_by_label("It does not belong here").check()
    picture(page, "plain-report")
    page.get_by_role("button", name="Send report").click()
    expect(page.get_by_role("heading", name="Your report arrived")).to_be_visible()
    report = page.url
    # Refused, appealed against, kept refused; then withdrawn.
    page.goto(paper.plain("plain"))
    refused(paper, id_of(comment))
    page.goto(report)
    expect(page.get_by_role("heading", name="The comment was removed")).to_be_visible()
    page.goto(receipt)
    page.get_by_text("Appeal against this decision").click()
    page.get_by_label("Why was it wrong?").fill("It belongs here.")
    page.get_by_role("button", name="Send the appeal").click()
    expect(page.get_by_role("heading", name="Your appeal")).to_be_visible()
    page.get_by_text("Withdraw this comment").click()
    page.get_by_role("button", name="Withdraw it").click()
    expect(page.get_by_role("heading", name="You withdrew your comment")).to_be_visible()
    picture(page, "receipt-withdrawn")


def test_from_right_to_left_in_place_and_in_a_frame(paper: News, profile: Profile, picture: Picture) -> None:
    paper.published("jisr", "كان الجسر القديم جزءا من طفولتي", name="ليلى حداد", site="aljisr")
    page = profile().new_page()
    page.goto(f"{paper.aljisr}/jisr")
    expect(page.locator("rejoinder-comments section")).to_have_attribute("dir", "rtl")
    page.get_by_label(arabic("Name"), exact=True).fill("سعاد")
    page.get_by_label(arabic("E-mail"), exact=True).fill(ADDRESS)
    page.get_by_label(arabic("Comment"), exact=True).fill("وما زال جميلا")
    page.get_by_role("button", name=arabic("Send comment")).click()
    published(page, "وما زال جميلا")
    picture(page, "aljisr")
    # In the frame of a page without our script, which is told how high it is.
    paper.published("framed", "جسر واحد لا يكفي", site="aljisr")
    page.goto(f"{paper.aljisr}/framed")
    frame = page.frame_locator("iframe")
    expect(frame.get_by_text("جسر واحد لا يكفي")).to_be_visible()
    page.wait_for_function("document.querySelector('iframe').clientHeight > 400")
    frame.locator("#name").fill("سعاد")
    frame.locator("#email").fill(ADDRESS)
    frame.locator("#body").fill("بل ثلاثة")
    picture(page, "aljisr-framed")
    frame.locator("button.primary").click()
    wait_until(lambda: len(paper.texts("framed", "aljisr")) == 2, what="the comment out of the frame")


def test_on_paper(paper: News, profile: Profile) -> None:
    paper.published("printed", "Put this on the kitchen wall.")
    page = profile().new_page()
    for address in (paper.article("printed"), paper.plain("printed"), paper.plain("printed", print="1")):
        page.emulate_media(media="screen")
        page.goto(address)
        published(page, "Put this on the kitchen wall.")
        page.emulate_media(media="print")
        expect(page.get_by_text("Put this on the kitchen wall.")).to_be_visible()
        for pressed in ("Send comment", "Report", "Reply to Ben"):
            expect(page.get_by_role("button", name=pressed)).to_have_count(0)
            expect(page.get_by_role("link", name=pressed)).to_have_count(0)
        assert page.pdf().startswith(b"%PDF")


def test_voting(paper: News, voters: tuple[Page, Page]) -> None:
    """Last: by now half a minute has gone by for those who came first."""
    pressed, plain = voters
    expect(pressed.get_by_role("group", name="Votes for")).to_contain_text("1 vote")
    counted = "fetch('{base}/api/v1/sites/gazette/comments?thread={thread}').then((answer) => answer.json())"
    asked = counted.format(base=paper.running.base, thread="voting")
    wait_until(lambda: pressed.evaluate(asked)["comments"][0]["votes"] == 1, seconds=60, what="the vote")

    def cast() -> bool:
        plain.get_by_role("button", name="Vote for it").click()
        return plain.get_by_role("button", name="Vote for it").get_attribute("aria-pressed") == "true"

    wait_until(cast, seconds=60, what="a vote of half a minute's age")
    plain.get_by_role("button", name="Vote for it").click()
    expect(plain.get_by_role("button", name="Vote for it")).to_have_attribute("aria-pressed", "false")
