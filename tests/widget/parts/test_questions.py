"""A thread of questions in the widget and on the plain page: answers, what is answered and what is not, the form."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from models import ActorKind, new_id
from service.accounts.actors import Actor
from service.moderation.editorial.staff_replies import reply_as_staff
from service.moderation.threads import ThreadRule, keep_thread
from tests.widget.live_server import Live

pytestmark = pytest.mark.browser

ANNA = Actor(ActorKind.MODERATOR, new_id(), "Anna", {"": "admin"})


def asked(live: Live, thread: str) -> list[str]:
    """A question that is answered, with another reply before the answer, and one that is not."""
    first = live.write(thread, "When does the bridge open?", name="Ada")
    live.write(thread, "I wonder as well.", name="Ben", parent_id=first)
    second = live.write(thread, "And what does it cost?", name="Cem")
    keep_thread(live.services, ANNA, live.site, thread, ThreadRule(questions=True))
    answer(live, first)
    return [first, second]


def answer(live: Live, comment_id: str, text: str = "On Monday, at nine.") -> str:
    return reply_as_staff(live.services, ANNA, comment_id, text).comment_id


def texts(page: Page) -> list[str]:
    return page.locator("rejoinder-comments article .text").all_inner_texts()


def test_answers_stand_under_their_question_and_are_marked(live: Live, page: Page) -> None:
    asked(live, "asks")
    page.goto(live.demo("asks"))
    expect(page.get_by_role("heading", name="Ask a question")).to_be_visible()
    expect(page.get_by_text("Questions to the newsroom")).to_be_visible()
    expect(page.locator("rejoinder-comments article .text")).to_have_text(
        ["When does the bridge open?", "On Monday, at nine.", "I wonder as well.", "And what does it cost?"]
    )
    expect(page.locator("rejoinder-comments .answer .badge")).to_have_text(["Answer"])
    expect(page.get_by_label("Your question")).to_be_visible()
    # Under a comment the form is a reply's, and at home it asks again.
    page.get_by_role("button", name="Reply to Cem").click()
    expect(page.get_by_role("heading", name="Reply to Cem")).to_be_visible()
    expect(page.get_by_role("button", name="Send comment")).to_be_visible()
    page.get_by_label("Comment", exact=True).fill("Hm.")
    page.get_by_role("button", name="Cancel reply").click()
    expect(page.get_by_role("heading", name="Ask a question")).to_be_visible()
    expect(page.get_by_label("Your question")).to_have_value("Hm.")
    # What is wrong with it leaves a question's button.
    page.get_by_role("button", name="Send question").click()
    expect(page.get_by_label("Name")).to_be_focused()
    expect(page.get_by_role("button", name="Send question")).to_be_visible()


def test_what_is_answered_and_what_is_not(live: Live, page: Page) -> None:
    _, second = asked(live, "filtered")
    live.write("filtered", "A toll, I fear.", name="Dora", parent_id=second)
    page.goto(live.demo("filtered"))
    filters = page.get_by_role("group", name="Questions")
    expect(filters.get_by_role("button", name="All questions")).to_have_attribute("aria-pressed", "true")
    filters.get_by_role("button", name="Unanswered").press("Enter")
    shown = page.locator("rejoinder-comments article .text")
    expect(shown).to_have_text(["And what does it cost?"])
    expect(filters.get_by_role("button", name="Unanswered")).to_have_attribute("aria-pressed", "true")
    expect(filters.get_by_role("button", name="Unanswered")).to_be_focused()
    filters.get_by_role("button", name="Answered", exact=True).click()
    expect(shown).to_have_text(["When does the bridge open?", "On Monday, at nine."])
    page.get_by_role("button", name="Show the whole conversation").click()
    expect(shown).to_contain_text(["I wonder as well."])
    # Of replies that are not among the questions, no button says that it would bring them.
    filters.get_by_role("button", name="Unanswered").click()
    expect(shown).to_have_text(["And what does it cost?"])
    expect(page.get_by_role("button", name="1 reply")).to_be_hidden()
    page.get_by_role("button", name="Show the whole conversation").click()
    expect(shown).to_contain_text(["A toll, I fear."])
    expect(page.get_by_role("button", name="1 reply")).to_be_visible()
    answer(live, second, "Nothing.")
    filters.get_by_role("button", name="Unanswered").click()
    # Another web process may know of the answer a moment later; then the widget asks again.
    expect(shown).to_have_count(0, timeout=20_000)
    expect(page.get_by_text("Every question has been answered.")).to_be_visible()


def test_a_long_list_of_questions_goes_on(live: Live, page: Page) -> None:
    asked(live, "many")
    for n in range(120):
        live.write("many", f"Question {n}?")
    page.goto(live.demo("many"))
    page.get_by_role("group", name="Questions").get_by_role("button", name="Unanswered").click()
    shown = page.locator("rejoinder-comments article .text")
    expect(shown).to_have_count(100)
    page.get_by_role("button", name="Show more questions").click()
    expect(shown).to_have_count(121)


def test_a_discussion_has_nothing_of_it(live: Live, page: Page) -> None:
    first = live.write("talk", "Well said.", name="Ada")
    answer(live, first)
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.goto(live.demo("talk"))
    expect(page.get_by_role("heading", name="Write a comment")).to_be_visible()
    expect(page.locator("rejoinder-comments .badge")).to_have_text(["Staff"])
    expect(page.get_by_role("group", name="Questions")).to_have_count(0)
    assert not [url for url in requests if "/questions.js" in url]


def test_without_javascript(live: Live, context: Callable[..., BrowserContext]) -> None:
    asked(live, "plain")
    page = context(java_script_enabled=False).new_page()
    page.goto(f"{live.base}/embed/demo?thread=plain")
    expect(page.get_by_role("heading", name="Ask a question")).to_be_visible()
    expect(page.get_by_label("Your question")).to_be_visible()
    expect(page.get_by_role("button", name="Send question")).to_be_visible()
    shown = page.locator("article .text")
    everything = ["When does the bridge open?", "On Monday, at nine.", "I wonder as well.", "And what does it cost?"]
    expect(shown).to_have_text(everything)
    expect(page.locator("article.answer .badge")).to_have_text(["Answer"])
    page.get_by_role("link", name="Unanswered").click()
    expect(shown).to_have_text(["And what does it cost?"])
    expect(page.get_by_role("link", name="Unanswered")).to_have_attribute("aria-current", "true")
    page.get_by_role("link", name="newest first").click()
    expect(shown).to_have_text(["And what does it cost?"])
    page.get_by_role("link", name="Answered", exact=True).click()
    expect(shown).to_have_text(everything[:2])
    page.get_by_role("link", name="Show the whole conversation").click()
    expect(shown).to_contain_text(["I wonder as well."])
    page.get_by_role("link", name="Reply to Cem").click()
    expect(page.get_by_label("Comment", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Send comment")).to_be_visible()
    page.goto(f"{live.base}/embed/demo?thread=plain&print=1")
    expect(shown).to_have_text(everything)
    expect(page.get_by_role("link", name="Unanswered")).to_have_count(0)
    page.goto(f"{live.base}/embed/demo?thread=plain&filter=none")
    expect(shown).to_have_count(0)
