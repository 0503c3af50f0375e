"""The desk without JavaScript: sign-in, the queue, decisions by plain forms, headers."""

import re

import pytest

from models import Status
from service.accounts.sign_in import make_link
from tests.desk.conftest import CANARY
from tests.factories import edit, finding
from tests.factories.moderator import PASSWORD


def hidden(page, name):
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, name
    return found[1]


@pytest.fixture
def desk(newsroom, browser_of):
    """A moderator's browser without JavaScript; posts forms as the page has them."""
    return browser_of(newsroom.moderator("Anna"), csrf=False)


def page_of(caller, path="/moderate/"):
    answer = caller.get(path)
    assert answer.status_code == 200, answer.headers
    return answer.get_data(as_text=True)


def press(caller, page, decision):
    fields = {name: hidden(page, name) for name in ("csrf", "comment_id", "expected_revision", "following", "tab")}
    return caller.post("/moderate/decide", data=fields | {"decision": decision})


def test_decide_and_undo_by_plain_forms(newsroom, desk):
    first, second = newsroom.comment("First <b>one</b>"), newsroom.comment("Second one")
    page = page_of(desk)
    assert "First &lt;b&gt;one&lt;/b&gt;" in page
    assert hidden(page, "comment_id") == first
    answer = press(desk, page, "reject:insult")
    assert answer.status_code == 303
    page = page_of(desk, answer.headers["Location"])
    assert hidden(page, "comment_id") == second
    assert "Rejected" in page
    answer = desk.post(
        "/moderate/undo", data={"csrf": hidden(page, "csrf"), "decision_id": hidden(page, "decision_id")}
    )
    page = page_of(desk, answer.headers["Location"])
    assert hidden(page, "comment_id") == first
    assert "Taken back" in page
    assert hidden(page, "expected_revision") == "3"


@pytest.mark.parametrize(
    ("page", "own", "said"),
    [("en", "de", True), (None, "de", True), ("de-AT", "de", False), ("en", "und", False), ("en", None, False)],
    ids=["another", "page unknown", "the page's", "undecided", "not looked at"],
)
def test_a_comment_in_another_language_says_so(newsroom, desk, page, own, said):
    newsroom.comment(thread=newsroom.thread(language=page), facts={"language": own} if own else {})
    shown = page_of(desk)
    assert ("in German" in shown) == said
    # For those who listen to it.
    assert ('dir="auto" lang="de"' in shown) == (own == "de")


def test_a_comment_stands_there_as_typed_and_as_readers_will_see_it(newsroom, desk):
    newsroom.comment("A *fine* <b>bridge</b>")
    page = desk.get("/moderate/").get_data(as_text=True)
    assert "A *fine* &lt;b&gt;bridge&lt;/b&gt;</div>" in page
    assert "<p>A <em>fine</em> &lt;b&gt;bridge&lt;/b&gt;</p></div></details>" in page


def test_somebody_was_faster(newsroom, desk, browser_of):
    comment_id = newsroom.comment()
    page = page_of(desk)
    bernd = browser_of(newsroom.moderator("Bernd", "admin"))
    body = {"decisions": [{"comment_id": comment_id, "action": "spam"}]}
    assert bernd.post("/api/v1/moderation/decisions", json=body).status_code == 200
    answer = press(desk, page, "approve")
    page = page_of(desk, answer.headers["Location"])
    assert "somebody has decided this meanwhile" in page
    assert "Marked as spam</b> by Bernd" in page


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"decision": "erase"}, id="no such action"),
        pytest.param({"decision": "undo"}, id="not on this page"),
        pytest.param({"expected_revision": "one"}, id="revision"),
        pytest.param({"expected_revision": "9" * 30}, id="revision too large"),
        pytest.param({"decision": "reject:" + "x" * 41}, id="reason too long"),
    ],
)
def test_a_form_that_is_not_ours(newsroom, desk, change):
    comment_id = newsroom.comment()
    csrf = hidden(page_of(desk), "csrf")
    fields = {"csrf": csrf, "comment_id": comment_id, "expected_revision": "1", "decision": "approve"}
    assert desk.post("/moderate/decide", data=fields | change).status_code == 422
    assert desk.post("/moderate/decide", data=fields | {"csrf": "guess"}).status_code == 403


def test_what_was_decided_stands_on_its_tab(newsroom, desk):
    newsroom.comment("Said well", status=Status.APPROVED)
    page = page_of(desk, "/moderate/?tab=approved")
    assert "Said well" in page
    assert "Approved by the rules" in page
    assert "Nothing here." in page_of(desk, "/moderate/?tab=spam")


def test_who_decides_past_an_edit_reads_that_its_writer_made_one(newsroom, desk):
    comment_id = newsroom.comment()
    page = page_of(desk)
    edit(newsroom.services, comment_id, "Other words.")
    page = page_of(desk, press(desk, page, "approve").headers["Location"])
    assert "Nothing was changed" in page
    assert "<b>Edited</b> by its writer" in page
    assert 'action="/moderate/undo"' not in page


@pytest.mark.parametrize(
    "path, words",
    [
        pytest.param("/moderate/", "No comment has come in yet", id="nothing ever came"),
        pytest.param("/moderate/?tab=rejected", "Nothing yet", id="nothing decided"),
        pytest.param("/moderate/?q=zebra", "Nothing that you ask for is here", id="nothing found"),
    ],
)
def test_an_empty_desk_says_what_to_do(newsroom, desk, path, words):
    if "q=" in path:
        newsroom.comment()
    assert words in page_of(desk, path)


def test_when_everything_is_decided(newsroom, desk):
    newsroom.comment(status=Status.APPROVED)
    page = page_of(desk)
    assert "Nothing is waiting" in page
    assert "/moderate/?tab=approved" in page


def test_findings_form_and_history_in_words(newsroom, desk):
    newsroom.comment("Before.", chain="mira", status=Status.APPROVED)
    newsroom.comment(
        "Buy cheap pills",
        chain="mira",
        findings=[finding("word_list", "“cheap pills” is on the list", 4, 15), finding("first_comment", "New here")],
        intake_facts={"form_age": 3.0, "form_token": "stale", "honeypot_filled": True},
        address=CANARY,
    )
    page = page_of(desk)
    assert re.search(r'Buy <mark data-notes="note-1"[^>]*>cheap pills</mark>', page)
    for words in (
        "Listed word",
        "First comment",
        "1 approved",
        "open for 3 seconds",
        "people cannot see",
        "Not confirmed",
    ):
        assert words in page
    assert CANARY not in page
    assert "mailbox.example" not in page


def test_what_a_name_or_website_is_held_for_is_marked_there(newsroom, desk):
    newsroom.comment(
        "Fine.",
        name="Utter <Fool>",
        website="https://bit.ly/abc",
        findings=[
            finding("word_list", "“fool” is on the list", 7, 11, field="name"),
            finding("link_shortener", "hides where it leads", 0, 18, field="website"),
        ],
    )
    page = page_of(desk)
    assert re.search(r'<h2[^>]*><bdi>Utter &lt;<mark data-notes="note-1"[^>]*>Fool</mark>', page)
    assert re.search(r'<dd><bdi><mark data-notes="note-2"[^>]*>https://bit.ly/abc</mark>', page)
    assert "<b>Listed word</b> in the name" in page
    assert '<span class="chip">Shortened link in the website</span>' in page
    assert 'aria-label="Utter &lt;Fool&gt;"' in page


def test_what_could_not_be_checked_is_one_quiet_line(newsroom, desk):
    message = "could not find out: unreachable_email"
    newsroom.comment("Fine.", findings=[finding("unreachable_email", message, score=0, could_not_check=True)])
    page = re.sub('<details class="filters">.*?</details>', "", page_of(desk), flags=re.DOTALL)
    assert page.count("Not checked: whether the mailbox can be reached") == 1  # In the detail; no chip in the list.
    assert "Mailbox cannot be reached" not in page
    assert "unreachable_email" not in page
    assert "The rules found nothing" in page


def test_who_waits_because_of_what_could_not_be_checked_has_that_for_a_reason(newsroom, desk):
    newsroom.comment(
        "Fine.",
        findings=[
            finding("banned", "the rule failed", score=0, could_not_check=True, verdict="pending"),
            finding("shouting", "the rule failed", score=0, could_not_check=True),
            finding("link_count", "1 link"),
        ],
    )
    page = page_of(desk)
    assert re.findall(r'class="chip">([^<]*)', page) == ["Links", "Not checked: the rule “Banned”"]
    assert "Not checked: the rule “Banned”; a person decides" in page
    assert "Not checked: the rule “Shouting”</p>" in page
    assert "What the rules found" in page


def test_a_viewer_sees_no_buttons(newsroom, browser_of):
    newsroom.comment()
    page = page_of(browser_of(newsroom.moderator("Vera", "viewer"), csrf=False))
    assert "/moderate/decide" not in page
    assert "not decide it" in page


def test_other_sites_are_not_on_the_desk(newsroom, elsewhere, desk):
    foreign = elsewhere.comment("Words of another site")
    assert "Words of another site" not in page_of(desk)
    for path in (f"/moderate/?at={foreign}", f"/moderate/case/{foreign}", "/moderate/?site=herald"):
        answer = desk.get(path, headers={"X-Part": "case"})
        assert answer.status_code == 404
        assert "Words of another site" not in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    "path", ["/moderate/", "/moderate/sign-in", "/moderate/sign-in/nothing", "/moderate/?at=nothing"]
)
def test_headers(newsroom, desk, client, path):
    for caller in (desk, client):
        headers = caller.get(path).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "require-trusted-types-for 'script'; trusted-types rejoinder-part" in policy
        assert "unsafe" not in policy
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"


def test_no_script_or_style_stands_in_a_page(newsroom, desk):
    newsroom.comment("x", findings=[finding("word_list", "m", 0, 1)])
    for path in ("/moderate/", "/moderate/sign-in", "/moderate/?tab=approved"):
        page = page_of(desk, path) if path != "/moderate/sign-in" else desk.get(path).get_data(as_text=True)
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)", page)


def test_nobody_is_sent_to_the_sign_in_and_back(client, newsroom):
    newsroom.moderator("Anna", password=PASSWORD)
    answer = client.get("/moderate/?tab=spam")
    assert answer.status_code == 303
    where = answer.headers["Location"]
    assert where.startswith("/moderate/sign-in?next=")
    page = client.get(where).get_data(as_text=True)
    assert hidden(page, "next") == "/moderate/?tab=spam"
    wrong = client.post("/moderate/sign-in", data={"address": "anna@desk.example", "password": "not this one"})
    assert wrong.status_code == 401
    assert "do not match" in wrong.get_data(as_text=True)
    answer = client.post(
        "/moderate/sign-in",
        data={"address": "Anna@desk.example", "password": PASSWORD, "next": "/moderate/?tab=spam"},
    )
    assert (answer.status_code, answer.headers["Location"]) == (303, "/moderate/?tab=spam")
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    page = client.get("/moderate/").get_data(as_text=True)
    assert client.post("/moderate/sign-out", data={"csrf": "guess"}).status_code == 403
    assert client.post("/moderate/sign-out", data={"csrf": hidden(page, "csrf")}).status_code == 303
    assert client.get("/moderate/").status_code == 303


def test_guessing_is_throttled(client, newsroom):
    newsroom.moderator("Anna", password=PASSWORD)
    for _ in range(10):
        client.post("/moderate/sign-in", data={"address": "anna@desk.example", "password": "guess"})
    answer = client.post("/moderate/sign-in", data={"address": "anna@desk.example", "password": PASSWORD})
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    assert "Try again in" in answer.get_data(as_text=True)


def test_a_link_signs_in_once_and_only_by_its_button(client, newsroom, services):
    moderator_id = newsroom.moderator("Anna")
    with services.write() as session:
        token = make_link(session, moderator_id=moderator_id, now=services.clock.now())
    for _ in range(2):
        assert client.get(f"/moderate/sign-in/{token}").status_code == 200
        assert client.get("/moderate/").status_code == 303
    foreign = {"Origin": "http://news.test"}
    assert client.post(f"/moderate/sign-in/{token}", headers=foreign).status_code == 403
    assert client.post(f"/moderate/sign-in/{token}").headers["Location"] == "/moderate/"
    assert client.get("/moderate/").status_code == 200
    assert client.post(f"/moderate/sign-in/{token}").status_code == 410
    assert client.get(f"/moderate/sign-in/{token}").status_code == 410


@pytest.mark.parametrize(
    "wanted",
    ["https://evil.example/", "//evil.example/", "/moderate/\\evil", "javascript:alert(1)", "/moderate/\r\nX: y"],
)
def test_signing_in_leads_nowhere_else(client, newsroom, wanted):
    newsroom.moderator("Anna", password=PASSWORD)
    answer = client.post(
        "/moderate/sign-in", data={"address": "anna@desk.example", "password": PASSWORD, "next": wanted}
    )
    assert answer.headers["Location"] == "/moderate/"


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "http://news.test"}, {"Origin": "null"}, {"Origin": "http://["}, {"Sec-Fetch-Site": "cross-site"}],
)
def test_no_other_page_signs_anybody_in(client, newsroom, headers):
    newsroom.moderator("Anna", password=PASSWORD)
    answer = client.post(
        "/moderate/sign-in", data={"address": "anna@desk.example", "password": PASSWORD}, headers=headers
    )
    assert answer.status_code == 403


def test_a_part_of_a_page_is_refused_not_redirected(client):
    assert client.get("/moderate/", headers={"X-Part": "list"}).status_code == 401


def test_static_files_are_these_and_no_others(client):
    assert client.get("/moderate/static/desk.js").headers["Content-Type"].startswith("text/javascript")
    assert client.get("/moderate/static/..%2fpages.py").status_code == 404
    assert client.get("/moderate/static/nothing.js").status_code == 404
