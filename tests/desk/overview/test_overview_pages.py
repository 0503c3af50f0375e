"""The pages around the queue, without JavaScript: who may open them, what they say, what their forms do."""

import html
import re

import pytest
from sqlalchemy import select

from models import Job, OutsideCheck, Status, ThreadState
from service.desk.queue.types import THREADS_MOST
from service.moderation.jobs import runner
from tests.factories import add_site, finding, move_comment
from tests.factories.moderator import add_moderator
from tests.lookups import seen, seen_thread

HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture
def browser(newsroom, browser_of):
    """A moderator's browser."""
    return browser_of(newsroom.moderator("Anna"))


def page_of(caller, path):
    answer = caller.get(path)
    assert answer.status_code == 200, answer.get_data(as_text=True)[:400]
    return answer.get_data(as_text=True)


def text_of(page):
    """What a page says, without its markup and with one space between words."""
    main = page.partition("<main")[2]
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", "<" + main)).split())


def fields_of(page, form):
    """The hidden fields of the form that has this text in it."""
    (found,) = [one for one in re.findall(r"<form.*?</form>", page, re.DOTALL) if form in one]
    return dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', found))


@pytest.mark.parametrize(
    ("role", "paths"),
    [
        ("viewer", {"threads": 200, "investigate": 200, "settings": 200, "audit": 403}),
        ("moderator", {"audit": 200, "sites/gazette/checks": 403}),
        (
            "admin",
            {
                "sites/gazette/checks": 200,
                "sites/herald/checks": 404,
                "threads?site=herald": 404,
                "investigate?site=herald": 404,
                "audit?site=herald": 404,
            },
        ),
    ],
)
def test_who_may(newsroom, elsewhere, browser_of, role, paths):
    del elsewhere
    caller = browser_of(newsroom.moderator("Vera", role))
    assert {path: caller.get(f"/moderate/{path}").status_code for path in paths} == paths


def test_threads_are_told_with_their_counts_and_lead_to_their_queue(newsroom, came, browser):
    bridge = newsroom.thread("bridge", title=HOSTILE, section="Local")
    came(2, thread=bridge)
    came(3, thread=bridge, status=Status.APPROVED)
    page = page_of(browser, "/moderate/threads")
    assert HOSTILE not in page
    said = text_of(page)
    assert HOSTILE in said
    assert "2 minutes ago" in said
    assert 'href="/moderate/?site=gazette&amp;thread=bridge"' in page
    came(4, thread=newsroom.thread("other"), name="Somebody Else")
    queue = page_of(browser, "/moderate/?site=gazette&thread=bridge")
    assert queue.count('class="item"') == 1
    assert f"under “{HOSTILE}”" in text_of(queue)


def test_several_threads_are_watched_at_once(newsroom, came, browser):
    threads = [newsroom.thread(key) for key in ("one", "two", "three")]
    for minutes, thread in enumerate(threads):
        came(minutes, thread=thread)
    answer = browser.post("/moderate/threads", data={"t": threads[:2], "step": "watch"})
    assert answer.headers["Location"] == "/moderate/?site=gazette&thread=one&thread=two"
    assert page_of(browser, answer.headers["Location"]).count('class="item"') == 2
    many = [newsroom.thread(str(n)) for n in range(THREADS_MOST + 1)]
    answer = browser.post("/moderate/threads", data={"t": many, "step": "watch"})
    assert "At most 20 threads" in page_of(browser, answer.headers["Location"])


@pytest.mark.parametrize(
    ("asked", "queue"),
    [
        ("q=x&thread=one&thread=two&period=7d", "q=x&thread=one&thread=two"),
        ("writer={0}&status=approved", "tab=approved&writer={0}"),
        ("status=pending&rule=links&section=Local", "section=Local&rule=links"),
    ],
)
def test_what_is_investigated_is_a_list_of_the_queue(newsroom, came, browser, asked, queue):
    one = came(1, thread=newsroom.thread("one"))
    page = page_of(browser, f"/moderate/investigate?{asked.format(one)}")
    assert f'href="/moderate/?{html.escape(queue.format(one))}"' in page


def test_several_threads_are_closed_at_once(newsroom, browser):
    threads = [newsroom.thread(key) for key in ("one", "two")]
    answer = browser.post("/moderate/threads", data={"t": threads, "step": "close", "sort": "newest", "q": "o"})
    assert answer.status_code == 303
    assert "2 threads are closed." in page_of(browser, answer.headers["Location"])
    assert [seen_thread(newsroom.services, one).state for one in threads] == [ThreadState.CLOSED] * 2


def test_threads_elsewhere_are_neither_closed_nor_watched(newsroom, elsewhere, browser):
    theirs = elsewhere.thread("theirs")
    for step in ("close", "open", "watch"):
        answer = browser.post(
            "/moderate/threads", data={"t": [newsroom.thread() if step == "close" else theirs, theirs], "step": step}
        )
        assert answer.status_code == 404
    assert seen_thread(newsroom.services, theirs).state is ThreadState.OPEN
    assert "theirs" not in page_of(browser, "/moderate/threads?sort=newest")


def test_an_odd_request_is_answered(browser):
    for path in (
        "threads?sort=x&q=%00",
        "investigate?period=x&until=0001-01-01&status=x&thread=&thread=%00",
        "audit?cursor=x",
        "threads?cursor=x",
    ):
        page_of(browser, f"/moderate/{path}")
    assert browser.post("/moderate/threads", data={"step": "x"}).status_code == 422
    assert "Nothing can match this" in page_of(browser, "/moderate/investigate?thread=nowhere")
    assert browser.get("/moderate/investigate?writer=01JZ0000000000000000000000").status_code == 404


def test_what_is_found_over_time_and_most(newsroom, came, browser):
    bridge = newsroom.thread("bridge", title=HOSTILE, section="Local")
    chain = newsroom.chain("busy")
    for minutes in (5, 6, 90):
        came(minutes, thread=bridge, chain="busy", prefix_hash=b"n" * 16, findings=[finding("links")])
    came(26 * 60, thread=bridge, chain="busy", prefix_hash=b"n" * 16)
    came(5 * 24 * 60)
    page = page_of(browser, "/moderate/investigate?q=bridge")
    said = text_of(page)
    assert "3 comments" in said
    assert "1 in the period before." in said
    assert HOSTILE not in page
    assert f"{HOSTILE} 3 1 3.0 times" in said
    assert "Local 3 1 3.0 times" in said
    assert "Network A 3 1 3.0 times" in said
    assert "Links 3 0 new" in said
    # Neither the writer's chain nor anything of the network.
    assert chain not in page
    assert (b"n" * 16).hex() not in page
    writer = re.search(r"writer=([0-9A-Z]{26})", page)
    assert "3 comments" in text_of(page_of(browser, f"/moderate/investigate?writer={writer[1]}"))
    # Drawn once for wide windows and once for phones.
    assert [drawn.count("<rect") for drawn in page.split("<svg")[1:] if "<rect" in drawn] == [2, 2]


def test_all_that_match_are_counted_rejected_and_brought_back(newsroom, came, browser):
    services = newsroom.services
    bridge, tunnel = newsroom.thread("bridge"), newsroom.thread("tunnel")
    hit = [came(5, thread=bridge, text="Buy cheap watches"), came(6, thread=tunnel, text="Buy watches")]
    decided = came(7, thread=bridge, text="Buy more watches")
    move_comment(services, decided, Status.APPROVED, kind="moderator")
    spared = [came(5, thread=bridge), came(3 * 24 * 60, thread=bridge, text="Buy watches")]
    where = "/moderate/investigate?q=watches&thread=bridge&thread=tunnel"
    page = page_of(browser, where)
    fields = fields_of(page, 'name="action"')
    data = [(name, value) for name, value in fields.items() if name != "thread"]
    given = {**dict(data), "thread": ["bridge", "tunnel"], "action": "reject"}
    counted = browser.post("/moderate/investigate", data=given).get_data(as_text=True)
    assert "2 comments would change." in text_of(counted)
    assert "1 that a person has decided stays as it is." in text_of(counted)
    assert seen(services, hit[0]).status is Status.PENDING
    go = {**given, "as_of": fields_of(counted, 'name="go"')["as_of"], "go": "1", "reason": "advertising"}
    answer = browser.post("/moderate/investigate", data=go)
    assert answer.status_code == 303, answer.get_data(as_text=True)
    job = answer.headers["Location"]
    assert re.fullmatch(r"/moderate/sites/gazette/jobs/\w{26}", job)
    assert "0 of 3 comments" in text_of(page_of(browser, job))
    # It is no repair of a policy's work, and the policy's page of it leads here.
    page = text_of(page_of(browser, job))
    assert "Deciding many comments at once" in page
    assert "Repair" not in page
    assert browser.get(job.replace("/jobs", "/policy/jobs")).headers["Location"] == job
    part = browser.get(job, headers={"X-Part": "progress"}).get_data(as_text=True)
    assert "<html" not in part
    assert "data-ended" not in part
    while runner.run_one(services):
        pass
    assert "data-ended" in browser.get(job, headers={"X-Part": "progress"}).get_data(as_text=True)
    assert [seen(services, one).status for one in hit] == [Status.REJECTED] * 2
    assert seen(services, decided).status is Status.APPROVED
    assert [seen(services, one).status for one in spared] == [Status.PENDING] * 2
    undone = browser.post(f"{job}/undo").headers["Location"]
    assert "Taking back what was decided at once" in page_of(browser, undone)
    assert undone.startswith("/moderate/sites/gazette/jobs/")
    while runner.run_one(services):
        pass
    assert [seen(services, one).status for one in hit] == [Status.PENDING] * 2


def test_nobody_acts_on_all_sites_at_once_or_elsewhere(newsroom, elsewhere, browser_of):
    services = newsroom.services
    both = add_moderator(services, "moderator", newsroom.site, elsewhere.site, address="b@desk.example", name="Both")
    caller = browser_of(both.id)
    assert "To decide them all at once, choose one site." not in page_of(caller, "/moderate/investigate")
    newsroom.comment()
    assert caller.post("/moderate/investigate", data={"action": "spam"}).status_code == 422
    anna = browser_of(newsroom.moderator("Anna"))
    assert anna.post("/moderate/investigate", data={"action": "spam", "site": "herald"}).status_code == 404
    theirs = elsewhere.comment()
    assert anna.post("/moderate/investigate", data={"action": "spam", "writer": theirs}).status_code == 404
    with services.read() as session:
        assert session.scalar(select(Job.id)) is None


def test_the_trail_by_person_action_and_comment(newsroom, elsewhere, browser, boss):
    services = newsroom.services
    first, second = newsroom.comment(), newsroom.comment()
    for comment, caller in ((first, browser), (second, boss)):
        item = {"comment_id": comment, "action": "approve", "expected_revision": 1}
        assert caller.post("/api/v1/moderation/decisions", json={"decisions": [item]}).status_code == 200
    boss.post(f"/api/v1/moderation/comments/{first}/reveal-email", json={"reason": "a threat"})
    theirs = elsewhere.comment()
    move_comment(services, theirs, Status.APPROVED)
    page = page_of(browser, "/moderate/audit")
    anna = re.search(r'<option value="([0-9A-Z]{26})">Anna', page)[1]

    def rows(asked):
        return page_of(browser, f"/moderate/audit?{asked}").count('<th scope="row">')

    assert rows("action=comment.approve") == 2
    assert rows(f"person={anna}") == rows(f"person={anna}&action=comment.approve") == 1
    assert rows(f"comment={second}") == 1
    assert rows(f"comment={second}&person={anna}") == 0
    assert rows(f"comment={theirs}") == 0
    assert rows("action=policy.change") == 0


def test_an_outside_check_is_set_up_changed_and_removed(newsroom, boss):
    here = "/moderate/sites/gazette/checks"
    canary = "canary-api-key-4711"
    given = {
        "name": "akismet",
        "kind": "akismet",
        "url": "https://rest.akismet.com",
        "secret": canary,
        "timeout": "2.0",
    }
    answer = boss.post(here, data=given)
    assert answer.status_code == 303, answer.get_data(as_text=True)
    page = page_of(boss, answer.headers["Location"])
    assert "The check is set up." in page
    assert canary not in page
    wrong = boss.post(here, data={**given, "name": "own", "timeout": "99"})
    assert (wrong.status_code, "From 0.2 to 5.0 seconds." in wrong.get_data(as_text=True)) == (422, True)
    assert canary not in wrong.get_data(as_text=True)
    # What was typed is still there, in the form that it was typed into; the secret is not.
    wrong = boss.post(
        here,
        data={**given, "name": "own", "kind": "own", "url": "https://checks.gazette.example/x", "timeout": "99"},
    ).get_data(as_text=True)
    assert re.search(r'value="own" selected.*value="https://checks.gazette.example/x".*value="99"', wrong, re.DOTALL)
    changed = boss.post(here, data={**given, "url": "http://10.0.0.1/", "sends_address": "1", "secret": ""}).get_data(
        as_text=True
    )
    of_akismet = changed.partition("<details open>")[2].partition("</form>")[0]
    assert 'value="http://10.0.0.1/"' in of_akismet
    assert "checked" in of_akismet
    assert "http://10.0.0.1/" not in changed.partition('id="add"')[2]
    answer = boss.post(here, data={**given, "secret": "", "sends_address": "1"})
    assert "The check is changed." in page_of(boss, answer.headers["Location"])
    with newsroom.services.read() as session:
        assert session.scalar(select(OutsideCheck.sends_address)) is True
    answer = boss.post(f"{here}/akismet/remove")
    assert "None is set up." in page_of(boss, answer.headers["Location"])


@pytest.mark.parametrize(
    ("role", "pages"),
    [
        ("viewer", ["policy", "classifier"]),
        ("moderator", ["policy", "classifier", "bans", "writers"]),
        ("admin", ["policy", "classifier", "bans", "writers", "readers", "reasons", "form", "people", "checks"]),
    ],
)
def test_the_menu_has_a_sites_pages_by_role(newsroom, browser_of, role, pages):
    caller = browser_of(newsroom.moderator("Vera", role))
    for path in ("/moderate/", "/moderate/threads", "/moderate/sites/gazette/policy"):
        menu = page_of(caller, path).partition('<nav class="ways"')[2].partition("</nav>")[0]
        assert re.findall(r'href="/moderate/sites/gazette/(\w+)"', menu) == pages
        assert ("/moderate/audit?site=gazette" in menu) == (role != "viewer")


def test_more_sites_than_a_menu_holds_have_a_page(newsroom, browser_of):
    for n in range(5):
        add_site(newsroom.services, f"site-{n}")
    caller = browser_of(newsroom.moderator("Boss", "admin", everywhere=True))
    assert 'href="/moderate/settings"' in page_of(caller, "/moderate/")
    page = page_of(caller, "/moderate/settings")
    assert all(f"/moderate/sites/site-{n}/people" in page for n in range(5))
