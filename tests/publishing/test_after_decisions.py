"""What real decisions do to documents and mails: moderation's own code, this room's answers."""

import dataclasses
from typing import Any

import msgspec
import pytest

from models import ActorKind, Delivery, DeliveryKind, ProofMethod, Status
from service.accounts.actors import Actor
from service.moderation.decisions import DecisionRequest, Outcome, apply_decisions
from service.publishing.documents import Documents
from service.publishing.query import PageQuery
from service.wiring import Services
from tests.factories import Newsroom
from tests.lookups import seen
from tests.publishing.conftest import Ticks, numbers
from tests.waiting import wait_until

READER = "reader.canary@example.net"


@pytest.fixture
def mailing(services: Services, site: Any, tmp_path: Any) -> Newsroom:
    """A newsroom whose service can send mail."""
    settings = msgspec.structs.replace(services.settings, mail_dir=tmp_path / "mails")
    return Newsroom(dataclasses.replace(services, settings=settings), site)


def decide(newsroom: Newsroom, comment_id: str, action: str) -> Outcome:
    actor = Actor(ActorKind.MODERATOR, "0" * 26, "Desk", {newsroom.site.id: "admin"})
    [outcome] = apply_decisions(
        newsroom.services,
        [DecisionRequest(comment_id, action, actor, expected_revision=seen(newsroom.services, comment_id).revision)],
    )
    assert outcome.problem is None
    return outcome


def states(documents: Documents) -> list[str]:
    body = documents.page("gazette", "4711", PageQuery()).answer("GET", "", "")[2]
    return [comment["state"] for comment in msgspec.json.decode(body)["comments"]]


def mails(newsroom: Newsroom) -> list[DeliveryKind]:
    with newsroom.services.read() as session:
        return [row.kind for row in session.query(Delivery).order_by(Delivery.id)]


def test_a_decision_reaches_readers_at_once(newsroom: Newsroom, services: Services) -> None:
    ticks = Ticks()
    documents = Documents(services, ticks)
    try:
        thread = newsroom.thread()
        comment = newsroom.comment(thread=thread, status=Status.PENDING)
        assert states(documents) == []
        documents.listen()
        assert documents._listener is not None
        assert documents._listener.connected.wait(10)
        for action, expected in (("approve", ["published"]), ("reject", []), ("approve", ["published"])):
            ticks.time += 0.01
            assert states(documents) != expected
            ticks.time += 0.01
            decide(newsroom, comment, action)
            wait_until(lambda expected=expected: states(documents) == expected, seconds=5, what=action)
        assert numbers(documents, "4711").counts == {"4711": 1}
    finally:
        documents.close()


CASES = [
    pytest.param({"wants_confirm": True}, "approve", [DeliveryKind.CONFIRM], id="confirm asked"),
    pytest.param({"wants_notify": True}, "approve", [DeliveryKind.CONFIRM], id="news asked, not proven: proof first"),
    pytest.param({"wants_notify": True, "proven": ProofMethod.LINK}, "approve", [DeliveryKind.DECIDED], id="news"),
    pytest.param({"wants_notify": True, "proven": ProofMethod.LINK}, "reject", [], id="no news of a rejection"),
    pytest.param(
        {"wants_replies": True}, "approve", [DeliveryKind.CONFIRM], id="replies asked, not proven: proof first"
    ),
    pytest.param({"wants_confirm": True}, "reject", [], id="rejected"),
    pytest.param({"wants_confirm": True}, "spam", [], id="spam"),
    pytest.param({}, "approve", [], id="nothing asked"),
]


@pytest.mark.parametrize(("asked", "action", "expected"), CASES)
def test_which_mails_a_decision_leaves(
    mailing: Newsroom, asked: dict[str, Any], action: str, expected: list[DeliveryKind]
) -> None:
    comment = mailing.comment(mailing.thread(), status=Status.PENDING, address=READER, **asked)
    decide(mailing, comment, action)
    assert mails(mailing) == expected


def test_news_come_once(mailing: Newsroom) -> None:
    comment = mailing.comment(
        mailing.thread(), status=Status.PENDING, address=READER, wants_notify=True, proven=ProofMethod.RECEIPT
    )
    for action in ("approve", "reject", "approve"):
        decide(mailing, comment, action)
    # The address beside a receipt is asked for first, once as well.
    assert mails(mailing) == [DeliveryKind.CONFIRM, DeliveryKind.DECIDED]
