"""What no worker could judge is given back to the rules: one comment or all, by program and by form."""

import pytest

from models import Comment, Status
from service.moderation.judging import judge_again as verb
from service.moderation.judging.dead_letters import give_up
from service.moderation.judging.worker import Worker
from service.moderation.watchdog import suspects
from tests.desk.conftest import API
from tests.lookups import decisions, seen


@pytest.fixture
def dead(services, newsroom):
    """A dead letter of this newsroom, or of another."""

    def make(at=newsroom, **columns):
        comment_id = at.comment(status=Status.RECEIVED, **columns)
        suspects.save(services.redis, comment_id, "link_count")
        give_up(services, comment_id, "ValueError")
        return comment_id

    return make


def again(caller, comment_id):
    return caller.post(f"{API}/comments/{comment_id}/judge-again")


def all_again(caller, **body):
    return caller.post(f"{API}/dead-letters/judge-again", json=body)


def test_one_is_judged_as_on_its_first_day(services, dead, anna):
    comment_id = dead()
    assert seen(services, comment_id).dead_at is not None
    answer = again(anna, comment_id)
    assert answer.status_code == 202
    said = answer.get_json()
    assert (said["status"], said["revision"]) == ("received", 2)
    assert suspects.load(services.redis, comment_id) == ()
    assert anna.get(f"{API}/queue?filter=dead").get_json()["comments"] == []
    assert Worker(services).drain() == 1
    now = seen(services, comment_id)
    assert (now.status, now.dead_at, now.solo_failures) == (Status.PENDING, None, 0)
    made = decisions(services, comment_id)
    assert [one.action for one in made] == ["pending", "rejudge", "pending"]
    assert [found["rule"] for found in made[-1].findings] == ["first_comment"]
    assert anna.get(f"{API}/comments/{comment_id}").get_json()["decisions"][1]["by"]["name"] == "Anna"


def test_it_can_be_taken_back_before_the_rules_come_to_it(services, dead, anna):
    comment_id = dead()
    decision_id = again(anna, comment_id).get_json()["decision_id"]
    assert anna.post(f"{API}/decisions/{decision_id}/undo").get_json()["status"] == "pending"
    Worker(services).drain()
    assert [one.action for one in decisions(services, comment_id)] == ["pending", "rejudge", "undo"]


def test_only_what_could_not_be_judged(newsroom, dead, anna, reader, stranger, services):
    judged, fresh = newsroom.comment(), newsroom.comment(status=Status.RECEIVED)
    for comment_id in (judged, fresh):
        assert again(anna, comment_id).get_json()["code"] == "no_dead_letter"
    comment_id = dead()
    assert again(reader, comment_id).status_code == 403
    assert again(stranger, comment_id).status_code == 404
    assert again(anna, "0" * 26).status_code == 404
    assert again(anna, comment_id).status_code == 202
    assert again(anna, comment_id).get_json()["code"] == "no_dead_letter", "twice"
    assert [one.action for one in decisions(services, comment_id)] == ["pending", "rejudge"]


def test_what_a_colleague_looks_at_stays(newsroom, dead, anna, browser_of):
    held, free = dead(), dead()
    browser_of(newsroom.moderator("Bernd")).post(f"{API}/leases", json={"comment_ids": [held]})
    assert again(anna, held).get_json()["code"] == "leased"
    assert all_again(anna).get_json() == {"queued": 1, "leased": 1, "more": False}
    assert seen(newsroom.services, held).status is Status.PENDING
    assert seen(newsroom.services, free).status is Status.RECEIVED
    boss = browser_of(newsroom.moderator("Boss", "admin"))
    assert all_again(boss).get_json() == {"queued": 1, "leased": 0, "more": False}


def test_all_of_what_is_reached_in_pieces(services, newsroom, elsewhere, dead, anna, stranger, reader, monkeypatch):
    monkeypatch.setattr(verb, "AT_ONCE", 2)
    mine, theirs = [dead() for _ in range(5)], dead(elsewhere)
    waits = newsroom.comment()
    assert all_again(anna, site="herald").status_code == 404
    assert all_again(reader, site="gazette").status_code == 403
    assert all_again(reader).status_code == 403
    some = verb.judge_all_again(services, actor_of(services, newsroom), [newsroom.site.id], most=3)
    assert (some.queued, some.more) == (3, True)
    assert all_again(anna).get_json() == {"queued": 2, "leased": 0, "more": False}
    assert Worker(services).drain() == 5
    assert {seen(services, one).dead_at for one in mine} == {None}
    assert (seen(services, theirs).status, seen(services, waits).revision) == (Status.PENDING, 1)


def actor_of(services, newsroom):
    from service.accounts.sessions import session_actor

    actor = session_actor(services, newsroom.session(newsroom.moderator("Carla")))
    assert actor is not None
    return actor


def test_without_redis_the_row_is_the_outbox(services, dead, anna, monkeypatch):
    """Nothing was put on the stream: the comment waits as one that was never sent."""
    comment_id = dead()
    monkeypatch.setattr("service.queue.stream.send", lambda *_: False)
    sent_before = seen(services, comment_id).sent_at
    assert again(anna, comment_id).status_code == 202
    now: Comment = seen(services, comment_id)
    assert (now.status, now.sent_at > sent_before) == (Status.RECEIVED, True)


def test_the_plain_forms(services, dead, anna):
    one, other = dead(), dead()
    page = anna.get(f"/moderate/?at={one}").get_data(as_text=True)
    assert f'action="/moderate/comments/{one}/judge-again"' in page
    answer = anna.post(f"/moderate/comments/{one}/judge-again", data={"tab": "waiting"})
    assert answer.status_code == 303
    assert "said=judged_again" in answer.location
    pane = anna.post(f"/moderate/comments/{other}/judge-again", headers={"X-Part": "case"})
    assert "Not judged yet" in pane.get_data(as_text=True)
    assert "said=judged_again_none" in anna.post("/moderate/dead-letters/judge-again").location
    dead()
    assert 'action="/moderate/dead-letters/judge-again"' in anna.get("/moderate/?tab=dead").get_data(as_text=True)
    answer = anna.post("/moderate/dead-letters/judge-again", data={"tab": "dead"})
    assert answer.location == "/moderate/?tab=dead&said=judged_again_all"
    # What the rules did judge has no such form.
    Worker(services).drain()
    assert "judge-again" not in anna.get(f"/moderate/?at={one}").get_data(as_text=True)
