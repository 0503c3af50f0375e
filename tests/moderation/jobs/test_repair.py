"""Repairs: counted first, done in pages, never over what a person has touched, and taken back in one go."""

from itertools import takewhile
from typing import Any

import pytest
from sqlalchemy import func, select

from models import (
    ActorKind,
    Comment,
    Decision,
    Delivery,
    DeliveryKind,
    Job,
    JobState,
    ProofMethod,
    Site,
    Status,
    Thread,
    new_id,
)
from service.accounts.actors import Actor
from service.moderation.decisions import DecisionRequest, apply_decisions
from service.moderation.jobs import repair, runner
from service.moderation.jobs.repair import NoRepair, NotDone, Repair, begin, begin_undo, count
from service.moderation.jobs.repair_scope import Scope
from service.moderation.judging.worker import Worker
from service.queue import backlog
from service.queue.stream import send
from service.queue.wakes import CHANNEL
from service.redis_keys import key
from service.wiring import Services, wire
from tests.factories import add_chain, add_comment, add_policy_version, add_site, add_thread, edit, move_comment
from tests.fixed_clock import FixedClock
from tests.lookups import decisions, seen, seen_thread
from tests.settings import make_settings

STRICT = """format: 1
lists:
  - {name: ours, kind: banned, words: [harbourmaster], verdict: reject}
"""
MILD = "format: 1\n"


@pytest.fixture
def site(services: Services) -> Site:
    return add_site(services, first_comments_held=False)


@pytest.fixture
def thread(services: Services, site: Site) -> Thread:
    return add_thread(services, site)


@pytest.fixture
def ann(site: Site) -> Actor:
    return Actor(ActorKind.MODERATOR, new_id(), "Ann", {site.id: "moderator"})


def judged(services: Services, thread: Thread, *texts: str, **more: Any) -> list[str]:
    made = [add_comment(services, thread, text, **more) for text in texts]
    send(services.slow_redis, [(comment.id, 0) for comment in made])
    Worker(services).drain()
    return [comment.id for comment in made]


def statuses(services: Services, ids: list[str]) -> list[Status]:
    return [seen(services, comment_id).status for comment_id in ids]


def done(services: Services, job: Job) -> dict[str, Any]:
    while runner.run_one(services):
        pass
    with services.read() as session:
        found = session.get_one(Job, job.id)
    assert found.state is JobState.DONE, found.outcome
    return dict(found.tally)


def test_rejudges_what_a_version_did_and_leaves_people_alone(
    services: Services, site: Site, thread: Thread, ann: Actor
) -> None:
    add_policy_version(services, site, STRICT)
    ids = judged(
        services, thread, "The harbourmaster.", "Of the harbourmaster, too.", "A pier.", "My harbourmaster, again."
    )
    assert statuses(services, ids) == [Status.REJECTED, Status.REJECTED, Status.APPROVED, Status.REJECTED]
    # Somebody looked at the second one and agreed; somebody else has the fourth one on the screen.
    apply_decisions(services, [DecisionRequest(ids[1], "reject", ann, "insult")])
    backlog.put(services.redis, site.id, [(ids[3], 0, services.clock.now())])
    backlog.lease(services.redis, site.id, new_id(), [ids[3]], 1)
    add_policy_version(services, site, MILD)
    scope = Scope(policy_version="1", rule="word_list")
    before = [decisions(services, comment_id)[-1].id for comment_id in ids]

    plan = count(services, ann, site, scope, Repair.REJUDGE)
    assert plan.complete
    assert dict(plan.counts) == {"changed": 1, "touched": 1, "leased": 1}
    assert dict(plan.changes) == {"rejected>approved": 1}
    assert [decisions(services, comment_id)[-1].id for comment_id in ids] == before, "a dry run changes nothing"

    tally = done(services, begin(services, ann, site, scope, Repair.REJUDGE))
    assert tally["counts"] == dict(plan.counts)
    assert statuses(services, ids) == [Status.APPROVED, Status.REJECTED, Status.APPROVED, Status.REJECTED]
    last = decisions(services, ids[0])[-1]
    assert (last.actor_kind, last.policy_version, last.action) == (ActorKind.POLICY, "2", "approve")
    assert last.facts == decisions(services, ids[0])[0].facts
    assert seen_thread(services, thread.id).published_count == 2


def test_reverts_and_takes_the_repair_back(services: Services, site: Site, thread: Thread, ann: Actor) -> None:
    add_policy_version(services, site, STRICT)
    ids = judged(services, thread, "The harbourmaster.", "Of the harbourmaster, too.", "A harbourmaster.")
    job = begin(services, ann, site, Scope(policy_version="1"), Repair.REVERT)
    with pytest.raises(NotDone):
        begin_undo(services, ann, job.id)
    done(services, job)
    assert statuses(services, ids) == [Status.PENDING] * 3
    assert seen(services, ids[0]).reviewed_at is None, "nobody has read it"
    # Once is enough.
    again = done(services, begin(services, ann, site, Scope(policy_version="1"), Repair.REVERT))
    assert again["counts"] == {"unchanged": 3}
    apply_decisions(
        services, [DecisionRequest(ids[1], "approve", ann, expected_revision=seen(services, ids[1]).revision)]
    )
    tally = done(services, begin_undo(services, ann, job.id))
    assert tally["counts"] == {"changed": 2, "touched": 1}
    assert statuses(services, ids) == [Status.REJECTED, Status.APPROVED, Status.REJECTED]
    with pytest.raises(NoRepair):
        begin_undo(services, ann, job.id)
    # What stands by the policy's word again can be repaired again.
    plan = count(services, ann, site, Scope(policy_version="1"), Repair.REVERT)
    assert dict(plan.counts) == {"changed": 2, "touched": 1}


@pytest.mark.parametrize(
    ("action", "expected"),
    [("approve", Status.APPROVED), ("reject", Status.REJECTED), ("spam", Status.SPAM)],
)
def test_decides_many_alike(
    services: Services, site: Site, thread: Thread, ann: Actor, action: str, expected: Status
) -> None:
    add_policy_version(services, site, STRICT.replace("reject", "pending"))
    ids = judged(services, thread, "The harbourmaster.", "Of the harbourmaster.", "A pier.")
    job = begin(services, ann, site, Scope(status=Status.PENDING), Repair(action), "insult", "all of them", new_id())
    done(services, job)
    assert statuses(services, ids) == [expected, expected, Status.APPROVED]
    last = decisions(services, ids[0])[-1]
    assert (last.actor_id, last.reason, last.note, last.job_id) == (ann.id, "insult", "all of them", job.id)


def test_a_refused_edit_is_repaired_without_taking_the_old_text_down(
    services: Services, site: Site, thread: Thread, ann: Actor
) -> None:
    add_policy_version(services, site, STRICT)
    (comment_id,) = judged(services, thread, "A pier.")
    edit(services, comment_id, "A harbourmaster.")
    send(services.slow_redis, [(comment_id, 2)])
    Worker(services).drain()
    before = seen(services, comment_id)
    assert (before.status, before.published_version) == (Status.APPROVED, 1)
    done(services, begin(services, ann, site, Scope(rule="word_list"), Repair.REVERT))
    held = seen(services, comment_id)
    assert held.published_version == 1
    add_policy_version(services, site, MILD)
    (other,) = judged(services, thread, "Another pier.")
    done(services, begin(services, ann, site, Scope(policy_version="2"), Repair.REJECT))
    assert statuses(services, [other]) == [Status.REJECTED]


def test_what_was_decided_before_an_edit_says_nothing_of_the_new_text(
    services: Services, site: Site, thread: Thread, ann: Actor
) -> None:
    add_policy_version(services, site, STRICT)
    (comment_id,) = judged(services, thread, "A pier.")
    edit(services, comment_id, "A harbourmaster.")
    send(services.slow_redis, [(comment_id, 2)])
    Worker(services).drain()
    done(services, begin(services, ann, site, Scope(rule="word_list"), Repair.REVERT))
    assert statuses(services, [comment_id]) == [Status.PENDING]
    tally = done(services, begin(services, ann, site, Scope(policy_version="1"), Repair.SPAM))
    assert tally["counts"] == {"unchanged": 1}
    assert statuses(services, [comment_id]) == [Status.PENDING]


def test_goes_on_after_a_killed_worker(
    services: Services,
    site: Site,
    thread: Thread,
    ann: Actor,
    fixed_clock: FixedClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    add_policy_version(services, site, STRICT)
    ids = judged(services, thread, *(f"Harbourmaster number {n}." for n in range(5)))
    monkeypatch.setattr(repair, "CHUNK", 2)
    job = begin(services, ann, site, Scope(policy_version="1"), Repair.APPROVE, as_of=new_id())
    lost = runner.take(services)
    assert lost is not None
    assert runner.run_chunk(services, lost)
    assert statuses(services, ids).count(Status.APPROVED) == 2
    fixed_clock.advance(minutes=3)
    tally = done(services, job)
    assert tally["counts"] == {"changed": 5}
    assert statuses(services, ids) == [Status.APPROVED] * 5
    with services.read() as session:
        made = session.scalar(select(func.count(Decision.id)).where(Decision.job_id == job.id))
    assert made == 5, "each one once"


def test_stays_on_its_own_site(services: Services, site: Site, thread: Thread, ann: Actor) -> None:
    other = add_site(services, "herald", first_comments_held=False)
    add_policy_version(services, site, STRICT)
    add_policy_version(services, other, STRICT)
    ids = judged(services, thread, "The harbourmaster.")
    theirs = judged(services, add_thread(services, other), "The harbourmaster.")
    done(services, begin(services, ann, site, Scope(policy_version="1"), Repair.APPROVE, as_of=new_id()))
    assert statuses(services, ids + theirs) == [Status.APPROVED, Status.REJECTED]


def test_one_mail_a_writer_who_asked_and_has_proven(
    services: Services, site: Site, thread: Thread, ann: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailing = wire(
        make_settings(
            str(services.engine.url.render_as_string(False)), services.settings.redis_url, SMTP_URL="smtp://localhost:1"
        ),
        services.clock,
    )
    add_policy_version(services, site, STRICT)
    chain = add_chain(services, site)
    proven = {"proven": ProofMethod.LINK, "wants_notify": True}
    mine = judged(services, thread, *(f"Harbourmaster {n}." for n in range(3)), chain=chain, **proven)
    judged(services, thread, "Harbourmaster, unproven.", wants_notify=True, wants_confirm=True)
    judged(services, thread, "Harbourmaster, unasked.", proven=ProofMethod.LINK)
    monkeypatch.setattr(repair, "CHUNK", 2)
    heard = services.redis.pubsub()
    heard.subscribe(key(services.redis, CHANNEL))
    begin(mailing, ann, site, Scope(policy_version="1"), Repair.APPROVE, as_of=new_id())
    while runner.run_one(mailing):
        pass
    services.redis.publish(key(services.redis, CHANNEL), b"end")
    said = list(takewhile(lambda data: data != b"end", (message["data"] for message in heard.listen())))
    heard.close()
    with services.read() as session:
        mails = session.execute(select(Delivery.comment_id, Delivery.kind)).all()
        approved = session.scalar(select(func.count(Comment.id)).where(Comment.status == Status.APPROVED))
    mailing.close()
    assert approved == 5
    assert [tuple(mail) for mail in mails] == [(mine[0], DeliveryKind.DECIDED)]
    # The sender is woken for the one page with a mail. What is heard first confirms the subscription.
    assert sum(b"deliveries" in data for data in said[1:]) == 1


@pytest.mark.parametrize(
    ("action", "edited"),
    [
        pytest.param(Repair.REVERT, False, id="taken-back"),
        pytest.param(Repair.REJECT, True, id="a-waiting-edit-refused"),
    ],
)
def test_what_a_person_had_a_job_take_down_no_edit_brings_back(
    services: Services, site: Site, thread: Thread, ann: Actor, action: Repair, edited: bool
) -> None:
    (comment_id,) = judged(services, thread, "A walk along the pier.")
    if edited:
        edit(services, comment_id, "A walk along the harbour.")
        move_comment(services, comment_id, Status.PENDING, kind=ActorKind.POLICY)
    tally = done(services, begin(services, ann, site, Scope(), action))
    assert tally["counts"]["changed"] == 1
    assert judged_again(services, comment_id, "A walk along the harbour!") is Status.PENDING


@pytest.mark.parametrize("language", ["de", "DE"])
def test_a_language_is_the_same_in_any_case(services: Services, site: Site, ann: Actor, language: str) -> None:
    judged(services, add_thread(services, site, "german", language="de"), "A pier.")
    plan = count(services, ann, site, Scope(language=language), Repair.REJECT)
    assert dict(plan.counts) == {"changed": 1}


def test_what_a_job_took_down_and_gave_back_is_not_held(
    services: Services, site: Site, thread: Thread, ann: Actor
) -> None:
    (comment_id,) = judged(services, thread, "A walk along the pier.")
    job = begin(services, ann, site, Scope(), Repair.REJECT)
    done(services, job)
    done(services, begin_undo(services, ann, job.id))
    assert judged_again(services, comment_id, "A walk along the pier!") is Status.APPROVED


def judged_again(services: Services, comment_id: str, text: str) -> Status:
    """Its status once its writer has edited it and the rules have judged that."""
    edit(services, comment_id, text)
    send(services.slow_redis, [(comment_id, seen(services, comment_id).revision)])
    Worker(services).drain()
    return seen(services, comment_id).status
