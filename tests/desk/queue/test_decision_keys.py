"""A request for decisions that comes twice is decided once; several taken back together are answered one by one."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from models import Decision, DecisionKey
from service.moderation.decision_keys import forget_old
from tests.desk.conftest import API

KEY = "a-key-of-a-desk-0001"


def decide(caller, *items, key=KEY):
    return caller.post(
        f"{API}/decisions", json={"decisions": list(items)}, headers={"Idempotency-Key": key} if key else {}
    )


def reject(comment_id, **more):
    return {"comment_id": comment_id, "action": "reject", "expected_revision": 1} | more


def decisions_on(newsroom, comment_id):
    with newsroom.services.read() as session:
        return session.scalar(
            select(func.count()).where(Decision.comment_id == comment_id, Decision.actor_kind == "moderator")
        )


def test_a_repeated_request_gets_the_first_answer(newsroom, anna):
    first, second = newsroom.comment(), newsroom.comment()
    items = [reject(first), reject(second, expected_revision=7), reject("no-such-comment")]
    once = decide(anna, *items)
    assert [item["status"] for item in once.get_json()["decisions"]] == ["rejected", 409, 404]
    assert decide(anna, *items).get_json() == once.get_json()
    assert decisions_on(newsroom, first) == 1
    other = decide(anna, *items, key="another-key-of-a-desk")
    assert [item["status"] for item in other.get_json()["decisions"]] == [409, 409, 404]
    assert decide(anna, *items, key=None).get_json()["decisions"][0]["status"] == 409


def test_what_was_only_refused_may_be_tried_again(newsroom, anna, browser_of):
    comment_id = newsroom.comment()
    bernd = browser_of(newsroom.moderator("Bernd"))
    bernd.post(f"{API}/leases", json={"site": "gazette", "comment_ids": [comment_id]})
    assert decide(anna, reject(comment_id)).get_json()["decisions"][0]["code"] == "leased"
    bernd.post(f"{API}/leases/release", json={"comment_ids": [comment_id]})
    assert decide(anna, reject(comment_id)).get_json()["decisions"][0]["status"] == "rejected"


def test_a_key_stands_for_one_body_and_one_caller(newsroom, anna, browser_of):
    comment_id, other = newsroom.comment(), newsroom.comment()
    decide(anna, reject(comment_id))
    reused = decide(anna, reject(other))
    assert (reused.status_code, reused.get_json()["code"]) == (422, "decision_key_reused")
    assert decide(browser_of(newsroom.moderator("Bernd")), reject(other)).status_code == 200
    with newsroom.services.read() as session:
        assert session.scalar(select(func.count()).select_from(DecisionKey)) == 2


@pytest.mark.parametrize("key", ["short", "x" * 256, "with\ttabs-in-the-middle", "ümlauts-are-not-ascii"])
def test_what_is_no_key(newsroom, anna, key):
    answer = decide(anna, reject(newsroom.comment()), key=key.encode().decode("latin-1"))
    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["field"] == "Idempotency-Key"


def test_keys_are_forgotten_after_a_day(newsroom, browser_of, fixed_clock):
    anna = newsroom.moderator("Anna")
    decide(browser_of(anna), reject(newsroom.comment()))
    fixed_clock.advance(seconds=timedelta(hours=25).total_seconds())
    comment_id = newsroom.comment()
    assert decide(browser_of(anna), reject(comment_id), key="a-second-key-of-a-desk").status_code == 200
    with newsroom.services.read() as session:
        assert session.scalar(select(func.count()).select_from(DecisionKey)) == 1


def test_keys_of_an_account_that_is_closed_are_forgotten_too(newsroom, browser_of, fixed_clock):
    services = newsroom.services
    for name in ("Carla", "Dora"):
        decide(browser_of(newsroom.moderator(name)), reject(newsroom.comment()))
    fixed_clock.advance(hours=23)
    decide(browser_of(newsroom.moderator("Emil")), reject(newsroom.comment()))
    assert forget_old(services) == 0
    fixed_clock.advance(hours=1)
    assert forget_old(services) == 2
    with services.read() as session:
        assert session.scalar(select(func.count()).select_from(DecisionKey)) == 1


def test_decisions_are_taken_back_together(newsroom, elsewhere, anna, boss):
    ids = [newsroom.comment() for _ in range(3)]
    made = [item["decision_id"] for item in decide(anna, *map(reject, ids)).get_json()["decisions"]]
    boss.post(f"{API}/decisions", json={"decisions": [{"comment_id": ids[1], "action": "spam"}]})

    def take_back():
        answer = anna.post(f"{API}/decisions/undo", json={"decisions": [*made, "no-such-decision"]})
        return answer.get_json()["decisions"]

    first = take_back()
    assert [item["status"] for item in first] == ["pending", 409, "pending", 404]
    assert [item["undoes"] for item in first[:3]] == made
    assert first[1]["decided"]["by"]["name"] == "Boss"
    assert take_back() == first, "again after a lost answer"
    assert decisions_on(newsroom, ids[0]) == 2


def test_of_one_comments_two_decisions_only_the_last_is_taken_back(newsroom, anna):
    comment_id = newsroom.comment()
    both = reject(comment_id), reject(comment_id, action="spam", expected_revision=2)
    made = [item["decision_id"] for item in decide(anna, *both).get_json()["decisions"]]
    answer = anna.post(f"{API}/decisions/undo", json={"decisions": [made[1], made[0], made[1]]}).get_json()
    assert [item["status"] for item in answer["decisions"]] == ["rejected", 409]
    assert decisions_on(newsroom, comment_id) == 3


def test_nobody_takes_back_elsewhere(newsroom, anna, stranger):
    comment_id = newsroom.comment()
    made = decide(anna, reject(comment_id)).get_json()["decisions"][0]["decision_id"]
    answer = stranger.post(f"{API}/decisions/undo", json={"decisions": [made, "no-such-decision"]}).get_json()
    elsewhere, unknown = answer["decisions"]
    assert {**elsewhere, "undoes": ""} == {**unknown, "undoes": ""}
    assert decisions_on(newsroom, comment_id) == 1
