"""Decisions, their fences, leases, undo: batches answered item by item."""

from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace
from sqlalchemy import select

from models import AuditEntry, Comment, Site, Status
from tests.factories import add_moderator, finding

API = "/api/v1/moderation"


def decide(caller, *items):
    answer = caller.post(f"{API}/decisions", json={"decisions": list(items)})
    assert answer.status_code == 200, answer.get_json()
    return answer.get_json()["decisions"]


def status_of(newsroom, comment_id):
    with newsroom.services.read() as session:
        return session.get_one(Comment, comment_id).status


@pytest.mark.parametrize(
    "action, status",
    [("approve", "approved"), ("reject", "rejected"), ("spam", "spam"), ("pending", "pending"), ("keep", "pending")],
)
def test_a_decision(newsroom, program, action, status):
    comment_id = newsroom.comment()
    made = decide(
        program(newsroom.key("moderate")), {"comment_id": comment_id, "action": action, "expected_revision": 1}
    )[0]
    assert made["status"] == status
    assert made["revision"] == 2
    assert made["comment_id"] == comment_id
    assert len(made["decision_id"]) == 26
    assert status_of(newsroom, comment_id) == status


@pytest.mark.parametrize("action", ["approve", "reject", "spam", "pending", "keep"])
@pytest.mark.parametrize("reason", ["He is Ana Roe", "OFF_TOPIC", "off_topic ", "house"])
def test_a_reason_is_a_known_code(newsroom, program, action, reason):
    comment_id = newsroom.comment()
    item = {"comment_id": comment_id, "action": action, "expected_revision": 1, "reason": reason}
    made = decide(program(newsroom.key("moderate")), item)[0]
    assert (made["status"], made["code"]) == (422, "invalid")
    assert made["errors"][0]["field"] == "reason"
    assert "off_topic, insult, hate" in made["errors"][0]["message"]
    assert status_of(newsroom, comment_id) is Status.PENDING


def test_a_sites_own_reasons_are_known_too(newsroom, program):
    with newsroom.services.write() as session:
        site = session.get_one(Site, newsroom.site.id)
        site.settings = replace(site.settings, reasons={"house": "Not in this house."})
    caller = program(newsroom.key("moderate"))
    item = {"comment_id": newsroom.comment(), "action": "reject", "expected_revision": 1}
    assert decide(caller, item | {"reason": "no such"})[0]["errors"][0]["message"] == "A reason is one of: house."
    assert decide(caller, item | {"reason": "house"})[0]["status"] == "rejected"


def test_one_refused_item_does_not_hold_up_the_others(newsroom, elsewhere, browser_of):
    fine, moved, foreign = newsroom.comment(), newsroom.comment(), elsewhere.comment()
    decide(browser_of(newsroom.moderator("Bernd")), {"comment_id": moved, "action": "spam"})
    caller = browser_of(newsroom.moderator("Anna"))
    answers = decide(
        caller,
        {"comment_id": moved, "action": "approve", "expected_revision": 1},
        {"comment_id": foreign, "action": "approve"},
        {"comment_id": "nothing at all", "action": "approve"},
        {"comment_id": fine, "action": "reject", "reason": "insult", "note": "second time"},
    )
    late, not_ours, nothing, made = answers
    assert (late["status"], late["code"], late["comment_id"]) == (409, "decided", moved)
    assert late["decided"]["by"]["name"] == "Bernd"
    assert late["decided"]["action"] == "spam"
    assert datetime.fromisoformat(late["decided"]["at"])
    assert late["current"] == {"status": "spam", "revision": 2}
    assert (not_ours["status"], not_ours["code"]) == (404, "not_found")
    assert {**nothing, "comment_id": foreign} == not_ours
    assert made["status"] == "rejected"
    assert (status_of(newsroom, moved), status_of(newsroom, foreign)) == (Status.SPAM, Status.PENDING)


def test_two_moderators_with_leases(newsroom, browser_of):
    first, second = newsroom.comment(), newsroom.comment()
    anna, bernd = browser_of(newsroom.moderator("Anna")), browser_of(newsroom.moderator("Bernd"))

    def lease(caller, **more):
        answer = caller.post(f"{API}/leases", json={"site": "gazette", "limit": 1} | more)
        assert answer.status_code == 200
        return [(found["comment_id"], datetime.fromisoformat(found["until"])) for found in answer.get_json()["leases"]]

    [(held_by_anna, until)] = lease(anna)
    assert held_by_anna == first
    left = until - datetime.now(until.tzinfo)
    assert timedelta(minutes=4) < left <= timedelta(minutes=5)
    assert [found for found, _ in lease(bernd)] == [second]
    assert lease(bernd, comment_ids=[first]) == []

    item = bernd.get(f"{API}/queue?order=oldest").get_json()["comments"][0]
    assert (item["lease"]["by"], item["lease"]["mine"]) == ("Anna", False)
    refused = decide(bernd, {"comment_id": first, "action": "approve", "expected_revision": 1})[0]
    assert (refused["status"], refused["code"]) == (409, "leased")
    assert status_of(newsroom, first) is Status.PENDING

    assert anna.delete(f"{API}/leases/{first}").status_code == 204
    assert anna.delete(f"{API}/leases/{first}").status_code == 204
    assert decide(bernd, {"comment_id": first, "action": "approve", "expected_revision": 1})[0]["status"] == "approved"
    # Nobody holds this one for Anna; Bernd's own lease does not stop Bernd.
    assert decide(bernd, {"comment_id": second, "action": "spam"})[0]["status"] == "spam"


@pytest.mark.parametrize("sites", ["one", "two", "every"])
def test_a_colleagues_lease_is_met_wherever_else_one_decides(newsroom, elsewhere, browser_of, sites):
    held = newsroom.comment()
    anna = browser_of(newsroom.moderator("Anna"))
    given = {"one": [newsroom.site], "two": [newsroom.site, elsewhere.site], "every": []}[sites]
    bernd = browser_of(add_moderator(newsroom.services, "moderator", *given, address="bernd@desk.example").id)
    anna.post(f"{API}/leases", json={"site": "gazette", "comment_ids": [held], "limit": 1})
    wanted = [held] if sites == "one" else [elsewhere.comment(), held]
    answers = decide(bernd, *({"comment_id": comment_id, "action": "spam"} for comment_id in wanted))
    assert [answer.get("code") for answer in answers] == [None] * (len(wanted) - 1) + ["leased"]


def test_one_request_takes_five_hundred_with_their_notes(newsroom, program):
    caller = program(newsroom.key("moderate"))
    items = [{"comment_id": f"{n:026d}", "action": "spam", "note": "x" * 200} for n in range(499)]
    real = {"comment_id": newsroom.comment(), "action": "spam"}
    answers = decide(caller, *items, real)
    assert [answer["status"] for answer in answers] == [404] * 499 + ["spam"]
    one_more = caller.post(f"{API}/decisions", json={"decisions": [*items, real, real]})
    assert one_more.status_code == 422


def test_leases_take_the_queues_filters(newsroom, program):
    newsroom.comment("nothing")
    listed = newsroom.comment("listed", findings=[finding("word_list")])
    caller = program(newsroom.key("moderate"))
    answer = caller.post(f"{API}/leases", json={"site": "gazette", "limit": 10, "rule": "word_list"})
    assert [found["comment_id"] for found in answer.get_json()["leases"]] == [listed]


def test_a_lease_on_another_sites_comment_is_refused_as_a_whole(newsroom, elsewhere, program):
    own, foreign = newsroom.comment(), elsewhere.comment()
    caller = program(newsroom.key("moderate"))
    answer = caller.post(f"{API}/leases", json={"site": "gazette", "comment_ids": [own, foreign]})
    assert answer.status_code == 404
    assert caller.get(f"{API}/queue").get_json()["comments"][0]["lease"] is None


def test_undo(newsroom, browser_of):
    comment_id = newsroom.comment()
    anna, bernd = browser_of(newsroom.moderator("Anna")), browser_of(newsroom.moderator("Bernd"))
    first = decide(anna, {"comment_id": comment_id, "action": "approve", "expected_revision": 1})[0]
    undone = anna.post(f"{API}/decisions/{first['decision_id']}/undo")
    assert undone.status_code == 200
    assert undone.get_json()["status"] == "pending"
    assert undone.get_json()["revision"] == 3
    assert undone.get_json()["comment_id"] == comment_id
    second = decide(anna, {"comment_id": comment_id, "action": "spam"})[0]
    decide(bernd, {"comment_id": comment_id, "action": "approve", "expected_revision": 4})
    late = anna.post(f"{API}/decisions/{second['decision_id']}/undo")
    assert late.status_code == 409
    problem = late.get_json()
    assert (problem["status"], problem["code"]) == (409, "decided")
    assert problem["decided"]["by"]["name"] == "Bernd"


def test_undo_of_another_sites_decision_is_not_there(newsroom, elsewhere, program):
    foreign = elsewhere.comment()
    made = decide(program(elsewhere.key("moderate")), {"comment_id": foreign, "action": "spam"})[0]
    caller = program(newsroom.key("moderate"))
    answer = caller.post(f"{API}/decisions/{made['decision_id']}/undo")
    assert answer.status_code == 404
    assert answer.get_json() == caller.post(f"{API}/decisions/nothing/undo").get_json()
    assert status_of(elsewhere, foreign) is Status.SPAM


def test_decisions_are_in_the_trail(newsroom, browser_of):
    comment_id = newsroom.comment()
    caller = browser_of(newsroom.moderator("Anna"))
    made = decide(caller, {"comment_id": comment_id, "action": "approve", "expected_revision": 1})[0]
    caller.post(f"{API}/decisions/{made['decision_id']}/undo")
    entries = caller.get(f"{API}/audit").get_json()["entries"]
    assert [(entry["action"], entry["by"]["name"], entry["target"]) for entry in entries] == [
        ("comment.undo", "Anna", comment_id),
        ("comment.approve", "Anna", comment_id),
    ]
    first = caller.get(f"{API}/audit?limit=1").get_json()
    rest = caller.get(f"{API}/audit", query_string={"cursor": first["next_cursor"]}).get_json()
    assert [first["entries"][0]["id"], *(entry["id"] for entry in rest["entries"])] == [
        entry["id"] for entry in entries
    ]
    with newsroom.services.read() as session:
        assert len(list(session.scalars(select(AuditEntry).where(AuditEntry.target == comment_id)))) == 2
