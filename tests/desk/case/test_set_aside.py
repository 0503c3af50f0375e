"""Held and escalated: out of the list that all share, in lists of their own, and back again."""

from datetime import timedelta

import pytest

from models import AuditEntry, Moderator, SetAside, Status
from models.queries.set_aside import times_aside
from service.moderation.judging.dead_letters import give_up
from service.moderation.judging.worker import Worker
from service.moderation.outbox.rebuild import rebuild_backlog, reconcile_backlogs
from service.moderation.set_aside.due import bring_back
from service.queue import backlog
from tests.desk.conftest import API
from tests.factories import edit, move_comment


def queue(caller, **asked):
    return [item["id"] for item in caller.get(f"{API}/queue", query_string=asked).get_json()["comments"]]


def in_backlog(newsroom):
    redis = newsroom.services.redis
    return {member.decode() for member in redis.zrange(backlog.waiting_key(redis, newsroom.site.id), 0, -1)}


def at(newsroom, **delta):
    return (newsroom.services.clock.now() + timedelta(**delta)).isoformat()


def hold(caller, comment_id, **body):
    return caller.post(f"{API}/comments/{comment_id}/hold", json=body)


def escalate(caller, comment_id, to="legal", note="Is this libel?", **body):
    return caller.post(f"{API}/comments/{comment_id}/escalations", json={"to": to, "note": note, **body})


def answer(caller, comment_id, **body):
    return caller.post(f"{API}/comments/{comment_id}/escalations/answer", json={"answer": "It is not.", **body})


def decide(caller, comment_id, action, **more):
    item = {"comment_id": comment_id, "action": action, **more}
    return caller.post(f"{API}/decisions", json={"decisions": [item]}).get_json()["decisions"][0]


def case(caller, comment_id):
    return caller.get(f"{API}/comments/{comment_id}").get_json()


@pytest.fixture
def waiting(newsroom):
    """Three comments that wait, also in Redis."""
    ids = [newsroom.comment(f"Remark {n} on the bridge.") for n in range(3)]
    rebuild_backlog(newsroom.services, newsroom.site.id)
    return ids


def test_what_is_held_leaves_the_list_for_a_while_and_comes_back(newsroom, anna, waiting, fixed_clock):
    first, second, third = waiting
    held = hold(anna, second, until=at(newsroom, minutes=15), note="Asked the desk in Kiel").get_json()
    assert (held["kind"], held["note"], held["by"]["name"]) == ("held", "Asked the desk in Kiel", "Anna")
    assert queue(anna) == [first, third]
    assert queue(anna, filter="held") == [second]
    assert queue(anna, q="remark") == [first, third]
    assert queue(anna, q="remark", filter="held") == [second]
    assert in_backlog(newsroom) == {first, third}
    assert reconcile_backlogs(newsroom.services) == 0
    assert bring_back(newsroom.services) == 0
    fixed_clock.advance(minutes=15)
    assert bring_back(newsroom.services) == 1
    assert bring_back(newsroom.services) == 0
    assert queue(anna) == waiting
    assert queue(anna, filter="held") == []
    assert in_backlog(newsroom) == set(waiting)
    (time,) = case(anna, second)["times_aside"]
    assert (time["ended"], time["ended_by"]["kind"]) == ("time", "system")


def test_counts_threads_and_the_desk_leave_it_out(newsroom, anna, waiting):
    hold(anna, waiting[0], until=at(newsroom, hours=1))
    assert anna.get(f"{API}/queue").get_json()["total"] == 2
    assert anna.get(f"{API}/queue?filter=held").get_json()["total"] == 1
    threads = anna.get(f"{API}/sites/gazette/threads?sort=pending").get_json()["threads"]
    assert [thread["pending"] for thread in threads] == [2]
    leases = anna.post(f"{API}/leases", json={"site": "gazette", "limit": 9}).get_json()["leases"]
    assert {lease["comment_id"] for lease in leases} == set(waiting[1:])
    page = anna.get("/moderate/", headers={"X-Part": "list"}).get_data(as_text=True)
    assert waiting[0] not in page


def test_what_is_held_for_somebody_is_in_their_list_until_they_let_go(newsroom, anna, browser_of, waiting):
    ben_id = newsroom.moderator("Ben")
    ben = browser_of(ben_id)
    hold(anna, waiting[0], moderator=ben_id)
    assert queue(ben, filter="for_me") == [waiting[0]]
    assert queue(anna, filter="for_me") == []
    item = ben.get(f"{API}/queue?filter=held").get_json()["comments"][0]["set_aside"]
    assert (item["mine"], item["moderator"]) == (True, {"id": ben_id, "name": "Ben"})
    assert ben.delete(f"{API}/comments/{waiting[0]}/hold").status_code == 204
    assert queue(anna) == waiting
    assert in_backlog(newsroom) == set(waiting)
    assert ben.delete(f"{API}/comments/{waiting[0]}/hold").status_code == 404


def test_what_is_held_for_somebody_who_is_gone_comes_back(newsroom, elsewhere, anna, stranger, waiting):
    # What another site's people hold for each other changes nothing here.
    hold(stranger, elsewhere.comment(), moderator=elsewhere.moderator("Hal"))
    ben_id = newsroom.moderator("Ben")
    hold(anna, waiting[0], moderator=ben_id)
    assert bring_back(newsroom.services) == 0
    with newsroom.services.write() as session:
        session.get_one(Moderator, ben_id).disabled_at = newsroom.services.clock.now()
    assert bring_back(newsroom.services) == 1
    assert queue(anna) == waiting


@pytest.mark.parametrize("action", ["approve", "reject", "spam", "pending"])
def test_a_decision_counts_as_ever_and_undo_holds_it_again(newsroom, anna, waiting, action):
    hold(anna, waiting[0], until=at(newsroom, hours=1), note="Wait")
    made = decide(anna, waiting[0], action, expected_revision=case(anna, waiting[0])["revision"])
    assert queue(anna, filter="held") == []
    assert in_backlog(newsroom) == set(waiting if action == "pending" else waiting[1:])
    assert case(anna, waiting[0])["times_aside"][0]["ended"] == "decided"
    assert anna.post(f"{API}/decisions/{made['decision_id']}/undo").status_code == 200
    assert queue(anna, filter="held") == [waiting[0]]
    assert (case(anna, waiting[0])["status"], case(anna, waiting[0])["set_aside"]["note"]) == ("pending", "Wait")
    assert in_backlog(newsroom) == set(waiting[1:])


def test_who_only_looks_leaves_it_held(newsroom, anna, waiting):
    hold(anna, waiting[0], until=at(newsroom, hours=1))
    decide(anna, waiting[0], "keep")
    assert queue(anna, filter="held") == [waiting[0]]
    assert in_backlog(newsroom) == set(waiting[1:])


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "until"),
        ({"until": "2026-03-14T11:00:00Z"}, "until"),
        ({"until": "2030-03-14T11:00:00Z"}, "until"),
        ({"until": "2026-03-14T13:00:00"}, "until"),
        ({"moderator": "01ARZ3NDEKTSV4RRFFQ69G5FAV"}, "moderator"),
        ({"moderator": "nobody"}, "moderator"),
        ({"note": "x" * 1001, "until": "2026-03-14T13:00:00Z"}, "note"),
    ],
)
def test_what_makes_no_sense_is_refused(anna, waiting, body, field):
    refused = hold(anna, waiting[0], **body)
    assert (refused.status_code, refused.get_json()["errors"][0]["field"]) == (422, field)


def test_only_people_of_the_site_can_be_named(newsroom, elsewhere, anna, reader, waiting):
    strangers = [elsewhere.moderator("Hera"), newsroom.moderator("Vic", "viewer")]
    assert [hold(anna, waiting[0], moderator=one).status_code for one in strangers] == [422, 422]
    known = anna.get(f"{API}/sites/gazette/moderators").get_json()["moderators"]
    assert [person["name"] for person in known] == ["Anna"]
    assert reader.get(f"{API}/sites/gazette/moderators").status_code == 403


def test_other_sites_and_viewers_set_nothing_aside(newsroom, stranger, reader, waiting):
    until = at(newsroom, hours=1)
    for caller, status in ((stranger, 404), (reader, 403)):
        url = f"{API}/comments/{waiting[0]}"
        assert hold(caller, waiting[0], until=until).status_code == status
        assert escalate(caller, waiting[0]).status_code == status
        assert answer(caller, waiting[0]).status_code == status
        assert caller.delete(f"{url}/hold").status_code == status
        assert caller.delete(f"{url}/escalations").status_code == status
    assert stranger.get(f"{API}/sites/gazette/moderators").status_code == 404
    assert queue(stranger, filter="held") == []


def test_only_what_waits_can_be_set_aside(newsroom, anna):
    up = newsroom.published()
    for refused in (hold(anna, up, until=at(newsroom, hours=1)), escalate(anna, up)):
        assert (refused.status_code, refused.get_json()["code"]) == (409, "not_waiting")


def test_a_colleague_who_looks_at_it_or_moved_it_comes_first(newsroom, anna, browser_of, waiting):
    ben = browser_of(newsroom.moderator("Ben"))
    ben.post(f"{API}/leases", json={"site": "gazette", "comment_ids": [waiting[0]]})
    assert hold(anna, waiting[0], until=at(newsroom, hours=1)).get_json()["code"] == "leased"
    assert escalate(anna, waiting[0]).get_json()["code"] == "leased"
    assert hold(anna, waiting[1], until=at(newsroom, hours=1), expected_revision=7).get_json()["code"] == "decided"


def test_an_escalation_is_answered_and_given_back(newsroom, anna, boss, waiting, fixed_clock):
    asked = escalate(anna, waiting[0], due_at=at(newsroom, hours=2))
    assert (asked.status_code, asked.get_json()["to"]) == (201, "legal")
    assert queue(anna) == waiting[1:]
    assert queue(anna, filter="escalated") == [waiting[0]]
    assert in_backlog(newsroom) == set(waiting[1:])
    assert hold(anna, waiting[0], until=at(newsroom, hours=1)).get_json()["code"] == "escalated"
    fixed_clock.advance(hours=2)
    assert bring_back(newsroom.services) == 0, "nobody has answered"
    assert case(anna, waiting[0])["set_aside"]["overdue"] is True
    assert answer(anna, waiting[0]).get_json()["code"] == "not_asked"
    assert answer(boss, waiting[0]).status_code == 200
    assert queue(anna) == waiting
    assert in_backlog(newsroom) == set(waiting)
    (time,) = case(anna, waiting[0])["times_aside"]
    assert (time["ended"], time["answer"], time["ended_by"]["name"]) == ("answered", "It is not.", "Boss")


def test_an_answer_decides_and_undo_asks_again(newsroom, anna, boss, waiting):
    escalate(anna, waiting[0])
    assert answer(boss, waiting[0], action="approve").status_code == 428
    assert case(anna, waiting[0])["set_aside"]["answer"] is None, "refused as a whole"
    revision = case(anna, waiting[0])["revision"]
    assert answer(boss, waiting[0], action="approve", expected_revision=revision).get_json()["ended"] == "answered"
    found = case(anna, waiting[0])
    assert (found["status"], found["decisions"][-1]["note"]) == ("approved", "It is not.")
    assert anna.post(f"{API}/decisions/{found['decisions'][-1]['id']}/undo").status_code == 200
    assert queue(anna, filter="escalated") == [waiting[0]]
    assert case(anna, waiting[0])["set_aside"]["answer"] is None


def test_whoever_is_named_answers(newsroom, anna, browser_of, waiting):
    ben_id = newsroom.moderator("Ben")
    escalate(anna, waiting[0], moderator=ben_id)
    ben = browser_of(ben_id)
    assert queue(ben, filter="for_me") == [waiting[0]]
    assert answer(ben, waiting[0], action="reject", reason=None).status_code == 200
    assert case(anna, waiting[0])["status"] == "rejected"


def test_an_escalation_is_taken_back_by_who_asked(newsroom, anna, browser_of, waiting):
    escalate(anna, waiting[0])
    url = f"{API}/comments/{waiting[0]}/escalations"
    assert browser_of(newsroom.moderator("Ben")).delete(url).status_code == 403
    assert anna.delete(url).status_code == 204
    assert case(anna, waiting[0])["times_aside"][0]["ended"] == "taken_back"
    assert in_backlog(newsroom) == set(waiting)


def test_what_is_due_first_stands_first_page_by_page(newsroom, anna):
    ids = [newsroom.comment(f"Remark {n}") for n in range(7)]
    for n, comment_id in enumerate(ids):
        escalate(anna, comment_id, due_at=at(newsroom, hours=9 - n))
    for order, wanted in (("priority", ids[::-1]), ("oldest", ids), ("newest", ids[::-1])):
        seen, cursor = [], ""
        while True:
            page = anna.get(
                f"{API}/queue", query_string={"filter": "escalated", "order": order, "limit": 3, "cursor": cursor}
            ).get_json()
            seen += [item["id"] for item in page["comments"]]
            assert page["total"] == 7
            if not (cursor := page["next_cursor"]):
                break
        assert seen == wanted


def test_escalating_ends_a_hold_and_all_of_it_is_audited(newsroom, anna, boss, waiting):
    hold(anna, waiting[0], until=at(newsroom, hours=1))
    escalate(anna, waiting[0])
    answer(boss, waiting[0])
    with newsroom.services.read() as session:
        said = [entry.action for entry in session.query(AuditEntry).filter_by(target=waiting[0])]
        rows = session.scalars(times_aside(waiting[0], 9)).all()
    assert said == ["comment.hold", "comment.escalate", "comment.answer"]
    assert [row.kind for row in rows] == ["escalated", "held"]
    assert all(isinstance(row, SetAside) and row.ended_at is not None for row in rows)


def test_what_the_rules_try_again_stays_set_aside(newsroom, anna):
    dead = newsroom.comment("Nobody could judge this.", status=Status.RECEIVED)
    give_up(newsroom.services, dead, "ValueError")
    escalate(anna, dead)
    assert anna.post(f"{API}/comments/{dead}/judge-again").status_code == 202
    assert Worker(newsroom.services).drain() == 1
    assert queue(anna, filter="escalated") == [dead]
    assert "held_before" in {finding["rule"] for finding in case(anna, dead)["findings"]}
    assert (queue(anna), in_backlog(newsroom)) == ([], set())


def test_an_edit_or_a_judgement_of_it_leaves_the_question_open(newsroom, anna, waiting):
    escalate(anna, waiting[0])
    edit(newsroom.services, waiting[0], "A milder text.")
    assert queue(anna, filter="escalated") == [], "no person can look at it yet"
    move_comment(newsroom.services, waiting[0], Status.PENDING)
    assert queue(anna, filter="escalated") == [waiting[0]]
    assert queue(anna) == waiting[1:]
