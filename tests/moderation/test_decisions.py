from typing import Any

import pytest
from sqlalchemy import select

from models import ActorKind, AuditEntry, Comment, CommentVersion, Delivery, Site, Status, Thread, new_id
from service.accounts.actors import Actor
from service.errors import Forbidden, NotFound
from service.moderation.decisions import (
    AlreadyDecided,
    CommentGone,
    DecisionRequest,
    LeasedElsewhere,
    Outcome,
    apply_decisions,
)
from service.moderation.judging.worker import Worker
from service.moderation.undoing import undo
from service.queue import backlog
from service.queue.stream import send
from service.queue.wakes import CHANNEL
from service.redis_keys import key
from service.wiring import Services, wire
from tests.factories import add_comment, add_site, add_thread, edit
from tests.fixed_clock import FixedClock
from tests.lookups import decisions, seen, seen_thread
from tests.settings import make_settings


def moderator(site: Site | None = None, role: str = "moderator") -> Actor:
    return Actor(ActorKind.MODERATOR, new_id(), "Ann", {site.id if site else "": role})


@pytest.fixture
def ann(site: Site) -> Actor:
    return moderator(site)


@pytest.fixture
def thread(services: Services, site: Site) -> Thread:
    return add_thread(services, site)


@pytest.fixture
def pending(services: Services, thread: Thread) -> Comment:
    return add_comment(services, thread, status=Status.PENDING, revision=1)


def decide(services: Services, actor: Actor, comment: Comment, action: str, **more: Any) -> Outcome:
    """Decides what stands now, unless `expected_revision` says another."""
    more.setdefault("expected_revision", seen(services, comment.id).revision)
    (outcome,) = apply_decisions(services, [DecisionRequest(comment.id, action, actor, **more)])
    return outcome


@pytest.mark.parametrize(
    ("status", "action", "expected", "published"),
    [
        ("pending", "approve", "approved", 1),
        ("pending", "reject", "rejected", None),
        ("pending", "spam", "spam", None),
        ("pending", "pending", "pending", None),
        ("pending", "keep", "pending", None),
        ("received", "approve", "approved", 1),
        ("spam", "approve", "approved", 1),
        ("rejected", "pending", "pending", None),
    ],
)
def test_a_person_decides(
    services: Services, thread: Thread, ann: Actor, status: str, action: str, expected: str, published: int | None
) -> None:
    comment = add_comment(services, thread, status=Status(status), revision=1)
    outcome = decide(services, ann, comment, action, reason="off_topic", note="seen twice", expected_revision=1)
    assert (outcome.problem, outcome.status, outcome.revision) == (None, Status(expected), 2)
    now = seen(services, comment.id)
    assert (now.status, now.published_version, now.reviewed_at) == (Status(expected), published, services.clock.now())
    (decision,) = decisions(services, comment.id)
    assert decision.id == outcome.decision_id
    assert (decision.actor_kind, decision.actor_id, decision.reason) == (ActorKind.MODERATOR, ann.id, "off_topic")
    assert seen_thread(services, thread.id).version == (1 if published else 0)


def test_an_approved_comment_leaves_the_backlog_and_wakes_the_documents(
    services: Services, site: Site, thread: Thread, pending: Comment, ann: Actor
) -> None:
    backlog.put(services.redis, site.id, [(pending.id, 0, pending.created_at)])
    with services.redis.pubsub() as heard:
        heard.subscribe(key(services.redis, CHANNEL))
        heard.get_message(timeout=1)
        decide(services, ann, pending, "approve")
        message: Any = heard.get_message(timeout=5)
    assert thread.id.encode() in message["data"]
    assert backlog.lease(services.redis, site.id, "ann", None, 5) == []


def test_a_moved_revision_says_who_what_and_when(services: Services, pending: Comment, ann: Actor) -> None:
    decide(services, ann, pending, "reject", expected_revision=1)
    outcome = decide(services, moderator(), pending, "approve", expected_revision=1)
    assert isinstance(outcome.problem, AlreadyDecided)
    document = outcome.problem.problem()
    assert (document["status"], document["code"]) == (409, "decided")
    assert document["decided"]["by"]["kind"] == "moderator"
    assert document["decided"]["action"] == "reject"
    assert document["decided"]["at"] == services.clock.now()
    assert seen(services, pending.id).status is Status.REJECTED


def test_a_live_lease_of_another_refuses_and_ones_own_does_not(
    services: Services, site: Site, pending: Comment, ann: Actor
) -> None:
    backlog.lease(services.redis, site.id, ann.id, [pending.id], 1)
    outcome = decide(services, moderator(site), pending, "approve")
    assert isinstance(outcome.problem, LeasedElsewhere)
    assert outcome.problem.code == "leased"
    assert decide(services, ann, pending, "approve").status is Status.APPROVED


def test_items_are_answered_one_by_one(services: Services, thread: Thread, pending: Comment, ann: Actor) -> None:
    other_site = add_site(services, "other")
    foreign = add_comment(services, add_thread(services, other_site), status=Status.PENDING)
    withdrawn = add_comment(services, thread, status=Status.WITHDRAWN)
    second = add_comment(services, thread, status=Status.PENDING)
    wanted = [
        DecisionRequest(foreign.id, "approve", ann),
        DecisionRequest(new_id(), "approve", ann),
        DecisionRequest(pending.id, "approve", ann, expected_revision=1),
        DecisionRequest(withdrawn.id, "approve", ann),
        DecisionRequest(second.id, "publish", ann),
        DecisionRequest(second.id, "reject", ann),
        DecisionRequest(pending.id, "reject", ann, expected_revision=1),
        DecisionRequest(pending.id, "reject", ann, expected_revision=2),
    ]
    outcomes = apply_decisions(services, wanted)
    assert [outcome.comment_id for outcome in outcomes] == [item.comment_id for item in wanted]
    assert isinstance(outcomes[0].problem, NotFound)
    assert isinstance(outcomes[1].problem, NotFound)
    assert outcomes[2].status is Status.APPROVED
    assert isinstance(outcomes[3].problem, CommentGone)
    assert outcomes[4].problem is not None
    assert outcomes[4].problem.status == 422
    assert outcomes[5].status is Status.REJECTED
    assert isinstance(outcomes[6].problem, AlreadyDecided)
    assert outcomes[7].status is Status.REJECTED
    assert seen(services, foreign.id).status is Status.PENDING
    assert [decision.action for decision in decisions(services, pending.id)] == ["approve", "reject"]
    after = seen_thread(services, thread.id)
    assert (after.version, after.published_count) == (2, 0)


def test_a_viewer_may_not_decide(services: Services, site: Site, pending: Comment) -> None:
    outcome = decide(services, moderator(site, "viewer"), pending, "approve")
    assert isinstance(outcome.problem, Forbidden)


def test_every_decision_is_in_the_audit_trail(services: Services, pending: Comment, ann: Actor) -> None:
    outcome = decide(services, ann, pending, "spam")
    with services.read() as session:
        (entry,) = session.scalars(select(AuditEntry))
    assert (entry.action, entry.target, entry.actor_id) == ("comment.spam", pending.id, ann.id)
    assert entry.details["decision"] == outcome.decision_id


@pytest.mark.parametrize("action", ["approve", "reject", "spam", "pending", "keep"])
@pytest.mark.parametrize("status", ["pending", "approved", "rejected", "spam"])
def test_an_undo_restores_what_was(services: Services, thread: Thread, ann: Actor, status: str, action: str) -> None:
    up = 1 if status == "approved" else None
    comment = add_comment(services, thread, status=Status(status), revision=1, published_version=up)
    outcome = decide(services, ann, comment, action)
    assert outcome.decision_id
    taken_back = undo(services, outcome.decision_id, ann)
    assert (taken_back.status, taken_back.revision) == (Status(status), 3)
    now = seen(services, comment.id)
    assert (now.published_version, now.reviewed_at) == (up, None)
    assert decisions(services, comment.id)[-1].undoes == outcome.decision_id
    with services.read() as session:
        assert session.get_one(CommentVersion, (comment.id, 1)).status is Status(status)
    assert seen_thread(services, thread.id).published_count == 0


def test_an_undone_comment_waits_in_the_backlog_again(
    services: Services, site: Site, pending: Comment, ann: Actor
) -> None:
    outcome = decide(services, ann, pending, "approve")
    assert outcome.decision_id
    undo(services, outcome.decision_id, ann)
    assert [lease.comment_id for lease in backlog.lease(services.redis, site.id, "ann", None, 5)] == [pending.id]


def test_undo_is_refused_once_somebody_decided_again(services: Services, pending: Comment, ann: Actor) -> None:
    first = decide(services, ann, pending, "approve")
    decide(services, ann, pending, "reject")
    assert first.decision_id
    with pytest.raises(AlreadyDecided):
        undo(services, first.decision_id, ann)
    with pytest.raises(NotFound):
        undo(services, new_id(), ann)


def test_undo_of_another_sites_decision_is_not_found(services: Services, pending: Comment, ann: Actor) -> None:
    outcome = decide(services, ann, pending, "approve")
    stranger = moderator(add_site(services, "other"))
    assert outcome.decision_id
    with pytest.raises(NotFound):
        undo(services, outcome.decision_id, stranger)


def test_undoing_the_machine_leads_to_a_person(services: Services, site: Site, thread: Thread, ann: Actor) -> None:
    comment = add_comment(services, thread, "free casino free casino http://casino.test http://b.test http://c.test")
    send(services.redis, [(comment.id, 0)])
    Worker(services, consumer="w").drain()
    (decision,) = decisions(services, comment.id)
    assert undo(services, decision.id, ann).status is Status.PENDING
    assert seen(services, comment.id).published_version is None


def test_an_edit_waits_while_the_approved_text_stays_up(services: Services, thread: Thread, ann: Actor) -> None:
    comment = add_comment(services, thread, status=Status.PENDING, revision=1)
    decide(services, ann, comment, "approve")
    edit(services, comment.id, "Something else.")
    refused = decide(services, ann, comment, "reject")
    now = seen(services, comment.id)
    assert (now.status, now.published_version, now.current_version) == (Status.APPROVED, 1, 2)
    assert seen_thread(services, thread.id).version == 1
    assert refused.decision_id
    undo(services, refused.decision_id, ann)
    assert (seen(services, comment.id).status, seen(services, comment.id).published_version) == (Status.PENDING, 1)
    decide(services, ann, comment, "approve")
    assert seen(services, comment.id).published_version == 2
    decide(services, ann, comment, "spam")
    now = seen(services, comment.id)
    assert (now.status, now.published_version, now.was_published) == (Status.SPAM, None, True)
    after = seen_thread(services, thread.id)
    assert (after.version, after.published_count) == (3, 0)


def test_without_redis_people_still_decide(services: Services, pending: Comment, ann: Actor) -> None:
    cut = wire(make_settings(str(services.engine.url), "unix:///nonexistent/socket"), services.clock)
    assert decide(cut, ann, pending, "approve").status is Status.APPROVED
    cut.close()


def deliveries(services: Services) -> list[str]:
    with services.read() as session:
        return list(session.scalars(select(Delivery.comment_id)))


@pytest.mark.parametrize(
    ("wish", "actions", "mails"),
    [
        ({"wants_confirm": True}, ["approve"], 1),
        ({"wants_notify": True}, ["pending", "approve"], 1),
        ({"wants_notify": True}, ["spam"], 0),
        ({"wants_notify": True}, ["reject", "approve"], 1),
        ({"wants_confirm": True, "proven": "receipt"}, ["approve"], 0),
        ({}, ["approve"], 0),
    ],
    ids=["asked", "asked, once", "spam", "rejected first", "already proven", "not asked"],
)
def test_a_mail_is_written_with_the_decision_for_those_who_asked(
    services: Services, tmp_path: Any, fixed_clock: FixedClock, wish: dict[str, Any], actions: list[str], mails: int
) -> None:
    settings = make_settings(str(services.engine.url), services.settings.redis_url, REJOINDER_MAIL_DIR=str(tmp_path))
    mailing = wire(settings, fixed_clock.clock())
    site = add_site(mailing)
    comment = add_comment(mailing, add_thread(mailing, site), **wish)
    for action in actions:
        decide(mailing, moderator(site), comment, action)
    assert deliveries(mailing) == [comment.id] * mails
    mailing.close()


def test_without_a_way_to_send_no_mail_is_written(services: Services, site: Site, ann: Actor) -> None:
    comment = add_comment(services, add_thread(services, site), wants_confirm=True)
    decide(services, ann, comment, "approve")
    assert deliveries(services) == []


def test_keeping_an_edit_says_nothing_of_the_text_that_is_up(services: Services, thread: Thread, ann: Actor) -> None:
    comment = add_comment(services, thread, status=Status.PENDING, revision=1)
    decide(services, ann, comment, "approve")
    edit(services, comment.id, "Another wording.")
    decide(services, ann, comment, "pending")
    decide(services, ann, comment, "keep")
    with services.read() as session:
        versions = session.execute(
            select(CommentVersion.n, CommentVersion.status)
            .where(CommentVersion.comment_id == comment.id)
            .order_by(CommentVersion.n)
        ).all()
    assert [tuple(row) for row in versions] == [(1, Status.APPROVED), (2, Status.PENDING)]
