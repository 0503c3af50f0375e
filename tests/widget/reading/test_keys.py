"""A thread's key is any text of up to 512 bytes: in the widget and on the plain page everything works under it."""

import re
from urllib.parse import quote, urlencode

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from models import Comment, Report, SiteSettings, Thread, VoteKinds
from tests.widget.live_server import Live
from tests.widget.parts.test_votes import remember_token
from tests.widget.test_writing import send, waiting, write

pytestmark = pytest.mark.browser

KEYS = {
    "512 bytes of one": "k" * 512,
    "512 bytes of four": "🙈" * 128,
    "directions and marks": "\u202e\u2066e\u0301\ufeff" + "ß" * 240,
    "an address's signs": "../../etc/passwd?x=1&thread=2#3%00+;=\"'<script>",
}


@pytest.fixture
def thread(live: Live, request: pytest.FixtureRequest) -> str:
    """The key of a thread with one comment, on a site that takes votes."""
    key = KEYS[request.param]
    with live.services.write() as session:
        session.merge(live.site).settings = SiteSettings(votes=VoteKinds.UP)
    live.write(key, f"Under {request.param}.", name="Ben")
    return key


@pytest.mark.parametrize("thread", KEYS, indirect=True)
def test_everything_works_under_a_key_of_any_letters(live: Live, page: Page, thread: str) -> None:
    text = f"Mine, {len(thread)}."
    remember_token(live, page, thread)
    page.goto(f"{live.news}/demo/?thread={quote(thread, safe='')}")
    expect(page.get_by_text("Under ")).to_be_visible()
    with page.expect_response(re.compile(r"/votes\?")) as voted:
        page.get_by_role("button", name="Vote for it").click()
    assert voted.value.json()["votes"] == 1
    page.get_by_role("button", name="Report", exact=True).click()
    page.get_by_label("What is wrong with it?").select_option("spam")
    page.get_by_role("button", name="Send report").click()
    expect(page.get_by_role("link", name="What becomes of your report")).to_be_focused()
    write(page, text)
    send(page)
    waiting(page, text)
    comment = live.received(text)
    with live.services.read() as session:
        assert session.get_one(Thread, session.get_one(Comment, comment).thread_id).key == thread
        assert session.scalars(select(Report.comment_id).where(Report.comment_id != comment)).all()
    live.decide(comment, "approve")
    expect(page.locator(f"#comment-{comment}")).to_be_visible(timeout=20_000)
    # The draft, and what this browser sent, are this thread's own.
    page.reload()
    expect(page.get_by_role("button", name="Change or withdraw")).to_be_visible()
    page.goto(f"{live.base}/embed/demo?{urlencode({'thread': thread, 'sort': 'newest'})}")
    expect(page.locator("li[id^=comment-]")).to_have_count(2)
    page.get_by_role("link", name="Reply to Ben").click()
    expect(page.get_by_role("heading", name="Reply to Ben")).to_be_visible()
    assert page.locator("form.write input[name=thread]").input_value() == thread
