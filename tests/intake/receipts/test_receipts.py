"""What the writer of a comment sees and takes back, by the receipt alone."""

import pytest
from sqlalchemy import select

from models import (
    ActorKind,
    Decision,
    ReasonDetails,
    Receipt,
    SiteSettings,
    Status,
    new_id,
)
from service.accounts.actors import Actor
from service.accounts.receipt_administration import revoke_receipt
from service.moderation.decisions import DecisionRequest, apply_decisions
from service.privacy.sealing import Keyring
from service.queue import backlog
from tests.intake.receipts.receipt_view import NOW, WAITING, delete, patch, seen
from tests.settings import TEST_SECRET


def settings(services, site, **changes) -> None:
    with services.write() as session:
        session.merge(site).settings = SiteSettings(**changes)


@pytest.mark.parametrize(
    ("to", "kind", "reason", "view"),
    [
        pytest.param(None, None, None, WAITING, id="received"),
        pytest.param(Status.PENDING, ActorKind.POLICY, None, WAITING, id="pending"),
        pytest.param(
            Status.APPROVED,
            ActorKind.MODERATOR,
            None,
            {"status": "published", "decided_at": NOW, "reason": None},
            id="approved",
        ),
        pytest.param(
            Status.REJECTED,
            ActorKind.MODERATOR,
            "off_topic",
            {
                "status": "rejected",
                "decided_at": NOW,
                "reason": {"code": "off_topic", "text": "It does not belong to this article.", "automated": False},
            },
            id="rejected-with-reason",
        ),
        pytest.param(
            Status.REJECTED,
            ActorKind.POLICY,
            "word_list",
            {
                "status": "rejected",
                "decided_at": NOW,
                "reason": {"code": "rejected", "text": "It goes against the rules of this site.", "automated": True},
            },
            id="rejected-by-machine-names-no-rule",
        ),
        pytest.param(
            Status.SPAM,
            ActorKind.MODERATOR,
            None,
            {
                "status": "rejected",
                "decided_at": NOW,
                "reason": {"code": "spam", "text": "It goes against the rules of this site.", "automated": False},
            },
            id="spam-by-person",
        ),
        pytest.param(Status.SPAM, ActorKind.POLICY, None, WAITING, id="spam-by-machine"),
    ],
)
def test_what_the_writer_sees(reader, to, kind, reason, view):
    answer = reader.posted()
    if to is not None:
        reader.decide(answer["id"], to, kind=kind, reason=reason)
    assert seen(reader, answer) == view


def test_spam_by_machine_is_told_later(reader, fixed_clock):
    answer = reader.posted()
    reader.decide(answer["id"], Status.SPAM, kind=ActorKind.POLICY)
    fixed_clock.advance(seconds=86_399)
    assert seen(reader, answer) == WAITING
    fixed_clock.advance(seconds=1)
    assert seen(reader, answer)["status"] == "rejected"


def test_the_reason_is_in_the_writers_language(reader, services, site):
    answer = reader.posted()
    reader.decide(answer["id"], Status.REJECTED, reason="house")
    details = {"house": ReasonDetails(words={"de": "Nicht in diesem Haus."}, clause="§ 3")}
    settings(services, site, language="de", reasons={"house": "Not in this house."}, reason_details=details)
    # The comment's own is not known, nor the page's.
    said = seen(reader, answer)["reason"]
    assert said == {"code": "house", "text": "Nicht in diesem Haus. (§ 3)", "automated": False}
    settings(services, site, reasons={"house": "Not in this house."}, reason_details=details)
    assert seen(reader, answer)["reason"]["text"] == "Not in this house. (§ 3)"


def test_the_reason_is_in_the_sites_words(reader, services, site):
    answer = reader.posted()
    reader.decide(answer["id"], Status.REJECTED, reason="house")
    settings(services, site, reasons={"house": "Not in this house."})
    assert seen(reader, answer)["reason"] == {"code": "house", "text": "Not in this house.", "automated": False}


@pytest.mark.parametrize("action", [Status.REJECTED, Status.SPAM])
def test_free_text_of_an_older_decision_is_no_code(reader, action):
    answer = reader.posted()
    reader.decide(answer["id"], action, reason="He is Ana Roe of 5 Mill Lane")
    said = seen(reader, answer)["reason"]
    assert said == {"code": action.value, "text": "It goes against the rules of this site.", "automated": False}


@pytest.mark.parametrize("receipt", ["x" * 22, "short", "x" * 400, "a%00b", "%F0%9F%98%80", "' OR 1=1 --"])
def test_an_unknown_receipt(reader, receipt):
    for method in ("get", "delete", "patch"):
        refused = getattr(reader.client, method)(f"/api/v1/receipts/{receipt}", json={"body": "Words."})
        assert (refused.status_code, refused.get_json()["code"]) == (404, "unknown_receipt")


def test_a_revoked_receipt_opens_nothing(reader, services):
    answer = reader.posted()
    revoke_receipt(services, None, comment_id=answer["id"], reason="it was shown in a picture")
    for method in ("get", "patch", "delete"):
        refused = getattr(reader.client, method)(f"/api/v1/receipts/{answer['receipt']}", json={"body": "Words."})
        assert (refused.status_code, refused.get_json()["code"]) == (404, "unknown_receipt")
    assert reader.comment(answer["id"]).status is Status.RECEIVED


def test_a_receipt_outlives_a_new_secret(reader, limited):
    answer = reader.posted()
    later = limited(keyring=Keyring.from_secrets(["another secret that is long enough, and newer", TEST_SECRET]))
    assert seen(later, answer) == WAITING


def test_a_look_changes_nothing(reader):
    answer = reader.posted()
    before = reader.comment(answer["id"]).revision
    response = reader.client.get(f"/api/v1/receipts/{answer['receipt']}")
    assert response.headers["Cache-Control"] == "no-store"
    assert reader.comment(answer["id"]).revision == before


@pytest.mark.parametrize("to", [None, Status.PENDING, Status.APPROVED, Status.REJECTED, Status.SPAM])
def test_withdrawing(reader, services, to):
    answer = reader.posted()
    if to is not None:
        reader.decide(answer["id"], to, kind=ActorKind.POLICY)
    thread = reader.thread().version
    response = delete(reader, answer)
    assert (response.status_code, response.get_json()) == (
        200,
        {
            "id": answer["id"],
            "status": "withdrawn",
            "decided_at": NOW,
            "reason": None,
            "redacted": False,
            "messages": [],
            "text": None,
            "html": None,
            "version": None,
            "shown": False,
            "editable": False,
            "notify_replies": False,
            "appeal": None,
            "appealable": False,
            "appeal_to_the_same": False,
        },
    )
    comment = reader.comment(answer["id"])
    assert (comment.status, comment.published_version) == (Status.WITHDRAWN, None)
    # Only what could be seen changes the page.
    assert reader.thread().version == thread + (to is Status.APPROVED)
    with services.read() as session:
        last = session.scalars(select(Decision).order_by(Decision.revision.desc())).first()
    assert (last.action, last.actor_kind, last.to_status) == ("withdraw", ActorKind.AUTHOR, Status.WITHDRAWN)
    # Once more is no fault, and no further decision.
    assert delete(reader, answer).get_json()["status"] == "withdrawn"
    assert reader.comment(answer["id"]).revision == comment.revision
    assert patch(reader, answer).status_code == 409


def test_withdrawing_takes_it_from_the_desk(reader, services, site):
    answer = reader.posted()
    reader.decide(answer["id"], Status.PENDING, kind=ActorKind.POLICY)
    comment = reader.comment(answer["id"])
    backlog.put(services.redis, site.id, [(comment.id, 0, comment.created_at)])
    delete(reader, answer)
    assert services.redis.zcard(backlog.waiting_key(services.redis, site.id)) == 0


def test_confirming_a_refusal_keeps_its_reason(reader, services, site):
    ann = Actor(ActorKind.MODERATOR, new_id(), "Ann", {site.id: "moderator"})
    answer = reader.posted()
    reader.decide(answer["id"], Status.REJECTED, reason="insult")
    apply_decisions(services, [DecisionRequest(answer["id"], "keep", ann)])
    assert seen(reader, answer)["reason"]["code"] == "insult"


def test_the_receipt_is_kept_sealed(reader, services):
    answer = reader.posted()
    with services.read() as session:
        row = session.scalars(select(Receipt)).one()
    assert services.keyring.open("receipt", row.site_id, row.comment_id, row.sealed) == answer["receipt"]
    assert services.keyring.index("receipt", answer["receipt"])[1] == row.lookup
