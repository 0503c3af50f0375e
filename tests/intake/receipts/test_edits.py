"""The writer changes a comment, by the receipt alone."""

import pytest
from sqlalchemy import select

from models import (
    ActorKind,
    CommentVersion,
    Decision,
    Status,
    Thread,
    ThreadState,
    new_id,
)
from service.accounts.actors import Actor
from service.intake.receipts import MOST_VERSIONS
from service.moderation.decisions import DecisionRequest, apply_decisions
from service.moderation.undoing import undo
from service.queue import backlog
from service.queue.stream import STREAM
from service.redis_keys import key
from service.settings import Rate
from tests.intake.reader import codes
from tests.intake.receipts.receipt_view import WAITING, delete, patch, seen
from tests.waiting import wait_until


def test_editing_takes_it_from_the_desk(reader, services, site):
    answer = reader.posted()
    reader.decide(answer["id"], Status.PENDING, kind=ActorKind.POLICY)
    comment = reader.comment(answer["id"])
    backlog.put(services.redis, site.id, [(comment.id, 0, comment.created_at)])
    patch(reader, answer)
    assert services.redis.zcard(backlog.waiting_key(services.redis, site.id)) == 0


def test_an_edit_is_judged_anew_and_inherits_nothing(reader, services, fixed_clock):
    answer = reader.posted()
    reader.decide(answer["id"], Status.APPROVED)
    before = reader.comment(answer["id"])
    fixed_clock.advance(minutes=5)
    response = patch(reader, answer, " *Better*\r\nwords. ")
    assert (response.status_code, response.get_json()["status"]) == (200, "waiting")
    comment = reader.comment(answer["id"])
    assert (comment.status, comment.current_version, comment.published_version) == (Status.RECEIVED, 2, 1)
    assert comment.revision == before.revision + 1
    assert comment.fingerprint != before.fingerprint
    assert comment.edited_at == comment.sent_at == fixed_clock.now()
    with services.read() as session:
        version = session.get_one(CommentVersion, (comment.id, 2))
        last = session.scalars(select(Decision).order_by(Decision.revision.desc())).first()
    assert (version.text, version.status) == ("*Better*\nwords.", Status.RECEIVED)
    assert "<em>Better</em>" in version.html
    assert (last.action, last.actor_kind, last.revision) == ("edit", ActorKind.AUTHOR, comment.revision)
    assert (last.from_status, last.to_status, last.version_n) == (Status.APPROVED, Status.RECEIVED, 2)
    sent = wait_until(lambda: services.redis.xrange(key(services.redis, STREAM))[1:], what="the second message")
    assert sent[0][1][b"r"] == str(comment.revision).encode()


def test_a_refused_edit_leaves_the_old_text_up(reader):
    answer = reader.posted()
    reader.decide(answer["id"], Status.APPROVED)
    patch(reader, answer)
    reader.decide(answer["id"], Status.REJECTED, reason="insult")
    view = seen(reader, answer)
    assert (view["status"], view["reason"]["code"]) == ("published", "insult")
    patch(reader, answer, "Other words.")
    assert seen(reader, answer) == WAITING
    reader.decide(answer["id"], Status.SPAM, kind=ActorKind.POLICY)
    assert seen(reader, answer) == WAITING
    patch(reader, answer, "Good words.")
    reader.decide(answer["id"], Status.APPROVED)
    assert seen(reader, answer)["status"] == "published"


@pytest.mark.parametrize(
    ("to", "kind", "status"),
    [
        pytest.param(None, None, 200, id="received"),
        pytest.param(Status.PENDING, ActorKind.POLICY, 200, id="pending"),
        pytest.param(Status.APPROVED, ActorKind.POLICY, 200, id="approved"),
        pytest.param(Status.REJECTED, ActorKind.MODERATOR, 409, id="rejected"),
        pytest.param(Status.SPAM, ActorKind.MODERATOR, 409, id="spam-by-person"),
        pytest.param(Status.SPAM, ActorKind.POLICY, 200, id="spam-that-reads-waiting"),
    ],
)
def test_what_may_be_edited(reader, to, kind, status):
    answer = reader.posted()
    if to is not None:
        reader.decide(answer["id"], to, kind=kind)
    response = patch(reader, answer)
    assert response.status_code == status
    if status == 409:
        assert response.get_json()["code"] == "decided"


def test_a_person_who_confirms_spam_has_refused_it(reader, services, site):
    ann = Actor(ActorKind.MODERATOR, new_id(), "Ann", {site.id: "moderator"})
    answer = reader.posted()
    reader.decide(answer["id"], Status.SPAM, kind=ActorKind.POLICY)
    (kept,) = apply_decisions(services, [DecisionRequest(answer["id"], "keep", ann)])
    view = seen(reader, answer)
    assert (view["status"], view["reason"]["code"], view["reason"]["automated"]) == ("rejected", "spam", False)
    assert patch(reader, answer).get_json()["code"] == "decided"
    # Taken back, it is the machine's word again.
    undo(services, kept.decision_id, ann)
    assert seen(reader, answer) == WAITING
    assert patch(reader, answer).status_code == 200


def test_a_comment_has_a_limited_number_of_texts(reader):
    answer = reader.posted()
    statuses = [patch(reader, answer, f"Text {n}.").status_code for n in range(2, MOST_VERSIONS + 1)]
    assert statuses == [200] * (MOST_VERSIONS - 1)
    refused = patch(reader, answer, "One more.")
    assert (refused.status_code, refused.get_json()["code"]) == (409, "too_many_edits")
    assert reader.comment(answer["id"]).current_version == MOST_VERSIONS
    # What it says already is no edit, and it can still be taken back.
    assert patch(reader, answer, f"Text {MOST_VERSIONS}.").status_code == 200
    assert delete(reader, answer).status_code == 200


def test_an_edit_has_the_bodys_rules(reader):
    answer = reader.posted()
    assert codes(patch(reader, answer, "x")) == {"body": "too_short"}
    assert codes(patch(reader, answer, "\x00\ufeff ")) == {"body": "required"}
    assert codes(patch(reader, answer, None)) == {"body": "required"}
    refused = reader.client.patch(f"/api/v1/receipts/{answer['receipt']}", data=b"x", content_type="text/plain")
    assert refused.status_code == 415
    assert reader.comment(answer["id"]).current_version == 1


def test_the_same_text_is_no_edit(reader):
    answer = reader.posted()
    assert patch(reader, answer, "A thoughtful remark.\n").status_code == 200
    assert reader.comment(answer["id"]).current_version == 1


def stands(reader, answer) -> tuple:
    view = reader.receipt(answer["receipt"])
    return view["status"], view["text"], view["version"], view["shown"], view["editable"]


def test_the_receipt_says_what_can_be_changed(reader, services):
    answer = reader.posted()
    assert stands(reader, answer) == ("waiting", "A thoughtful remark.", 1, False, True)
    reader.decide(answer["id"], Status.APPROVED)
    assert stands(reader, answer) == ("published", "A thoughtful remark.", 1, True, True)
    patch(reader, answer, "Better words.")
    assert stands(reader, answer) == ("waiting", "Better words.", 2, True, True)
    with services.write() as session:
        session.scalars(select(Thread)).one().state = ThreadState.CLOSED
    assert stands(reader, answer) == ("waiting", "Better words.", 2, True, False)


@pytest.mark.parametrize(
    ("to", "kind", "editable"),
    [
        pytest.param(Status.REJECTED, ActorKind.POLICY, False, id="rejected"),
        pytest.param(Status.SPAM, ActorKind.POLICY, True, id="spam that reads waiting"),
    ],
)
def test_what_reads_waiting_reads_editable(reader, to, kind, editable):
    answer = reader.posted()
    reader.decide(answer["id"], to, kind=kind)
    assert reader.receipt(answer["receipt"])["editable"] is editable


@pytest.mark.parametrize(
    ("version", "status"),
    [(2, 200), ("2", 200), ("", 200), (None, 200), (1, 409), (3, 409), (-1, 409), (True, 422), ("two", 422), ([2], 422),
     ("9" * 5000, 422), (10**30, 409)],
)  # fmt: skip
def test_an_edit_of_a_text_that_was_changed_meanwhile(reader, version, status):
    answer = reader.posted()
    patch(reader, answer, "From this window.")
    sent = {"body": "From the other window.", "version": version}
    response = reader.client.patch(f"/api/v1/receipts/{answer['receipt']}", json=sent)
    assert response.status_code == status
    assert {409: "text_changed", 422: "invalid"}.get(status) == response.get_json().get("code")
    # What it says already is no conflict, whoever saved it.
    sent["body"] = reader.receipt(answer["receipt"])["text"]
    again = reader.client.patch(f"/api/v1/receipts/{answer['receipt']}", json=sent)
    assert again.status_code == (422 if status == 422 else 200)


def test_the_same_edit_twice_counts_once(limited):
    reader = limited(Rate(2, 60.0))
    answer = reader.posted()
    assert [patch(reader, answer, "Better words.").status_code for _ in range(3)] == [200] * 3


def test_a_closed_thread_takes_no_edits(reader, services):
    answer = reader.posted()
    with services.write() as session:
        session.scalars(select(Thread)).one().state = ThreadState.CLOSED
    assert patch(reader, answer).get_json()["code"] == "thread_closed"
    assert delete(reader, answer).status_code == 200


def test_edits_count_like_comments(limited):
    reader = limited(Rate(2, 60.0))
    answer = reader.posted()
    assert [patch(reader, answer, f"Words {n}.").status_code for n in range(2)] == [200, 429]
    assert "Retry-After" in patch(reader, answer).headers
