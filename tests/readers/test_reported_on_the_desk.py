"""What moderators see of reports: the filter, the pane, and nothing of who reported."""

import pytest
from sqlalchemy import select

from models import AuditEntry, Report
from service.accounts.sessions import session_actor
from service.moderation.editorial.messages import message_writer
from service.moderation.editorial.redaction import redact
from tests.factories import edit

API = "/api/v1/moderation"
ILLEGAL = {
    "reason": "illegal",
    "text": "It <i>calls</i> for violence.",
    "law": "Penal code, section 111",
    "name": "Canary Rosa",
    "email": "canary.rosa@mailbox.example",
}


@pytest.fixture
def desk_of(app, services, newsroom):
    def make(name="Anna", role="moderator"):
        token = newsroom.session(newsroom.moderator(name, role))
        client = app.test_client()
        client.set_cookie(newsroom.cookie, token, domain="localhost")
        client.environ_base["HTTP_X_CSRF_TOKEN"] = session_actor(services, token).csrf
        return client

    return make


def listed(desk, **query):
    answer = desk.get(f"{API}/queue", query_string={"filter": "reported"} | query)
    assert answer.status_code == 200, answer.text
    found = answer.get_json()
    return [item["id"] for item in found["comments"]], found


@pytest.fixture
def reported(readers, newsroom):
    """Three comments, the third one most; and what nobody reported."""
    newsroom.published("Fine.")
    comments = [newsroom.published(f"Remark {n}.") for n in range(3)]
    for comment, networks in zip(comments, (1, 1, 3), strict=True):
        for network in range(1, networks + 1):
            readers.reported(comment, network)
    return comments


def test_the_filter_has_what_is_open_the_most_urgent_first(desk_of, reported, decide, actor_of):
    first, second, third = reported
    desk = desk_of()
    ids, found = listed(desk)
    assert (ids, found["total"]) == ([third, first, second], 3)
    assert found["comments"][0]["reported"] == {"reports": 3, "networks": 3}
    page, rest = listed(desk, limit=2)
    assert listed(desk, limit=2, cursor=rest["next_cursor"])[0] == [second]
    assert page == [third, first]
    for query, expected in (
        ({"order": "oldest"}, [first, second, third]),
        ({"order": "newest"}, [third, second, first]),
        ({"order": "decided"}, [third, second, first]),
        ({"status": "approved"}, [third, first, second]),
        ({"status": "pending"}, []),
        ({"q": "remark", "order": "oldest"}, [first, second, third]),
        ({"thread": "4711"}, [third, first, second]),
        ({"younger": "1d"}, [third, first, second]),
    ):
        assert listed(desk, **query)[0] == expected, query
    decide(actor_of("Bert"), third, "keep")
    assert listed(desk)[0] == [first, second]


def test_the_pane_shows_what_was_said_of_which_text_and_nobody(desk_of, readers, newsroom, services):
    comment = newsroom.published("The first text.")
    readers.reported(comment, 1, **ILLEGAL)
    readers.reported(comment, 1, reason="other", text="Rude.")
    readers.reported(comment, 2)
    edit(services, comment, "The second text.")
    desk, boss = desk_of(), desk_of("Boss", "admin")
    case = desk.get(f"{API}/comments/{comment}")
    reports = case.get_json()["reports"]
    assert [(report["reason"], report["network"], report["version"], report["signed"]) for report in reports] == [
        ("insult", 1, 1, False),
        ("other", 2, 1, False),
        ("illegal", 2, 1, True),
    ]
    assert case.get_json()["reported"] == {"reports": 3, "networks": 2}
    pages = [client.get(f"/moderate/?tab=reported&at={comment}").text for client in (desk, boss)]
    for page in (*pages, case.text):
        assert "anary" not in page
    assert "Reported by 3 readers, 2 networks" in pages[0]
    assert "It &lt;i&gt;calls&lt;/i&gt; for violence." in pages[0]
    assert "The first text." in pages[0]
    assert ("See who sent it" in pages[0], "See who sent it" in pages[1]) == (False, True)


def test_only_an_administrator_sees_who_reported_and_it_is_kept(desk_of, readers, newsroom, services):
    comment = newsroom.published()
    readers.reported(comment, **ILLEGAL)
    with services.read() as session:
        report = session.scalars(select(Report.id)).one()
    path, why = f"{API}/reports/{report}/reveal-reporter", {"reason": "The police asks."}
    assert desk_of().post(path, json=why).status_code == 403
    boss = desk_of("Boss", "admin")
    assert boss.post(path, json={"reason": ""}).status_code == 422
    shown = boss.post(path, json=why)
    assert shown.get_json() == {"report_id": report, "name": "Canary Rosa", "email": "canary.rosa@mailbox.example"}
    page = boss.post("/moderate/reveal-reporter", data={"report_id": report, "reason": "The police asks."})
    assert "canary.rosa@mailbox.example" in page.text
    with services.read() as session:
        trail = session.scalars(select(AuditEntry).where(AuditEntry.action == "report.reveal_email")).all()
    assert [entry.details for entry in trail] == [{"report": report, "reason": "The police asks."}] * 2
    assert boss.post(path.replace(report, "0" * 26), json=why).status_code == 404


def test_whose_reports_are_mostly_unfounded_is_said_in_words(desk_of, readers, newsroom, actor_of, decide):
    anna = actor_of("Ann")
    for _ in range(4):
        fine = newsroom.published()
        readers.reported(fine)
        decide(anna, fine, "keep")
    comment = newsroom.published()
    readers.reported(comment)
    said = desk_of().get(f"/moderate/?tab=reported&at={comment}").text
    assert "Counts less: most of what this network reported before was left up." in said


def test_many_are_kept_at_once(desk_of, reported):
    desk = desk_of()
    _, found = listed(desk)
    decisions = [
        {"comment_id": item["id"], "action": "keep", "expected_revision": item["revision"]}
        for item in found["comments"]
    ]
    outcomes = desk.post(f"{API}/decisions", json={"decisions": decisions}).get_json()["decisions"]
    assert listed(desk)[1]["total"] == 0
    ids = [outcome["decision_id"] for outcome in outcomes]
    assert desk.post(f"{API}/decisions/undo", json={"decisions": ids}).status_code == 200
    assert listed(desk)[1]["total"] == 3


SECRET = "555 1234"


def test_what_the_editors_removed_is_not_read_in_what_was_said_of_it(
    desk_of, readers, newsroom, services, actor_of, decide
):
    """Reports, appeals, messages and notes quote: whoever only looks reads of them what they read of the text."""
    anna = actor_of()
    comment = newsroom.comment(f"Call {SECRET} now.")
    receipt = readers.receipt(comment)
    decide(anna, comment, "reject", note=f"has {SECRET}")
    said = {"text": f"{SECRET} is my own"}
    assert readers.client.post(f"/api/v1/receipts/{receipt}/appeal", json=said).status_code == 202
    decide(actor_of("Bert"), comment, "approve")
    readers.reported(comment, reason="other", text=f"Who is {SECRET}?")
    readers.reported(comment, **(ILLEGAL | {"law": f"section {SECRET}"}))
    message_writer(services, anna, comment, f"May {SECRET} stay?")
    viewer, moderator = desk_of("Vera", "viewer"), desk_of("Dora")
    paths = [
        f"{API}/comments/{comment}",
        f"/moderate/?tab=reported&at={comment}",
        f"/moderate/?tab=approved&at={comment}",
    ]
    assert all(SECRET in viewer.get(path).text for path in paths)
    revision = readers.comment(comment).revision
    redact(services, anna, comment, version=1, start=5, end=5 + len(SECRET), expected_revision=revision)
    for path in paths:
        assert SECRET not in viewer.get(path).text, path
    case = viewer.get(paths[0]).get_json()
    assert [one["withheld"] for one in (*case["reports"], *case["appeals"], *case["messages"])] == [True] * 4
    assert "only moderators read it as it was" in viewer.get(paths[2]).text
    # Who may decide reads all of it.
    assert moderator.get(paths[0]).text.count(SECRET) >= 6
