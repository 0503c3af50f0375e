"""What a person decided holds for copies to come: which texts are copies, whose word counts, and how it ends."""

from typing import Any

import pytest
from sqlalchemy import select

from models import Action, ActorKind, AuditEntry, Comment, Site, StandingDecision, Status, Thread, new_id
from moderation_rules import fingerprint, sketch
from service.accounts.actors import Actor
from service.errors import Invalid, NotFound
from service.moderation.jobs.repair import Repair, begin, count
from service.moderation.jobs.repair_scope import Scope
from service.moderation.judging.worker import Worker
from service.moderation.near_copies import standing_decisions
from service.moderation.near_copies.standing_decisions import NotInForce, Standing, TooManyStanding, end, hashes_of
from service.queue.stream import send
from service.wiring import Services
from tests.factories import (
    add_comment,
    add_moderator,
    add_policy_version,
    add_site,
    add_thread,
    comment_in_status,
    edit,
    finding,
)
from tests.fixed_clock import FixedClock
from tests.lookups import decisions, seen

LAMPS = "These lamps changed my whole living room, ask {} for the price before they are gone."
OTHER = "The council meets on Thursday, and the ferry comes first on the list."


@pytest.fixture
def site(services: Services) -> Site:
    return add_site(services, first_comments_held=False)


@pytest.fixture
def thread(services: Services, site: Site) -> Thread:
    return add_thread(services, site)


@pytest.fixture
def ann(services: Services, site: Site) -> Actor:
    made = add_moderator(services, "moderator", site, name="Ann")
    return Actor(ActorKind.MODERATOR, made.id, "Ann", {site.id: "moderator"})


def stands(
    services: Services, actor: Actor, site: Site, comment_id: str, action: str, reason: str | None = None
) -> StandingDecision:
    with services.write() as session:
        return standing_decisions.let_stand(
            session,
            actor,
            site_id=site.id,
            first_id=comment_id,
            comment_id=comment_id,
            action=action,
            reason=reason,
            now=services.clock.now(),
        )


def came(services: Services, thread: Thread, text: str, **columns: Any) -> Comment:
    made = add_comment(services, thread, text, **columns)
    send(services.slow_redis, [(made.id, 0)])
    Worker(services).drain()
    return seen(services, made.id)


def made_of(text: str, action: Action) -> Standing:
    hashes = hashes_of(sketch(text))
    return Standing("S", "F", fingerprint(text), hashes, action, None, "A", "Ann", FixedClock().now())


@pytest.mark.parametrize(
    ("action", "text", "cluster", "holds"),
    [
        pytest.param(Action.REJECT, LAMPS.format("Ann"), None, True, id="the same text"),
        pytest.param(Action.REJECT, LAMPS.format("Ann").upper(), None, True, id="the same in capitals"),
        pytest.param(Action.SPAM, LAMPS.format("Bernd"), None, True, id="nearly the same"),
        pytest.param(Action.SPAM, OTHER, "F", True, id="of the cluster, as the worker knows it"),
        pytest.param(Action.REJECT, OTHER, "G", False, id="another text"),
        pytest.param(Action.REJECT, "Lamps!", None, False, id="too short to tell"),
        pytest.param(Action.APPROVE, LAMPS.format("Ann"), None, True, id="approved: the same text"),
        pytest.param(Action.APPROVE, LAMPS.format("Bernd"), "F", False, id="approved: a word is another one"),
    ],
)
def test_what_a_copy_is(action: Action, text: str, cluster: str | None, holds: bool) -> None:
    made = made_of(LAMPS.format("Ann"), action)
    assert made.holds_for(fingerprint(text), hashes_of(sketch(text)), cluster) is holds


def test_a_short_text_has_copies_of_its_very_words() -> None:
    made = made_of("Buy lamps", Action.SPAM)
    assert made.hashes == frozenset()
    assert made.holds_for(fingerprint("buy  LAMPS!"), frozenset(), None)
    assert not made.holds_for(fingerprint("buy ships"), frozenset(), None)


@pytest.mark.parametrize(
    ("action", "verdict", "found", "decides"),
    [
        (Action.REJECT, Status.APPROVED, [], True),
        (Action.REJECT, Status.PENDING, [finding("links")], True),
        (Action.REJECT, Status.SPAM, [], False),
        (Action.SPAM, Status.REJECTED, [], False),
        (Action.APPROVE, Status.APPROVED, [], False),
        (Action.APPROVE, Status.PENDING, [finding("word_list", "", 0, 4)], True),
        (Action.APPROVE, Status.PENDING, [finding("first_comment")], True),
        (Action.APPROVE, Status.REJECTED, [finding("word_list", "", 0, 4)], False),
        (Action.APPROVE, Status.PENDING, [finding("word_list", "", 0, 4, field="name")], False),
        (Action.APPROVE, Status.PENDING, [finding("word_list", "", 0, 4, field="name", observe=True)], True),
        (Action.APPROVE, Status.PENDING, [finding("banned", verdict="pending")], False),
        (Action.APPROVE, Status.PENDING, [finding("held_before", score=0.0, verdict="pending")], False),
        (Action.APPROVE, Status.PENDING, [finding("disowned", score=0.0)], True),
    ],
)
def test_whose_word_goes_over_whose(
    action: Action, verdict: Status, found: list[dict[str, Any]], decides: bool
) -> None:
    assert made_of(LAMPS, action).decides(verdict, found) is decides


def test_a_near_copy_is_decided_by_name_and_for_a_day(
    services: Services, fixed_clock: FixedClock, site: Site, thread: Thread, ann: Actor
) -> None:
    add_policy_version(services, site, "format: 1\n")
    first = comment_in_status(services, thread, LAMPS.format("Ann"))
    stands(services, ann, site, first.id, "reject", "advertising")
    elsewhere = add_thread(services, add_site(services, "herald", first_comments_held=False))
    copy = came(services, thread, LAMPS.format("Bernd"))
    other = came(services, thread, OTHER)
    abroad = came(services, elsewhere, LAMPS.format("Bernd"))
    assert [copy.status, other.status, abroad.status] == [Status.REJECTED, Status.APPROVED, Status.APPROVED]
    (made,) = decisions(services, copy.id)
    assert (made.actor_kind, made.actor_id, made.reason) == (ActorKind.POLICY, ann.id, "advertising")
    assert made.policy_version == "1"
    said = made.findings[-1]
    assert said["message"] == f"a copy of what Ann rejected at {fixed_clock.now():%H:%M} UTC"
    assert (said["rule"], said["verdict"]) == ("standing_decision", "reject")
    fixed_clock.advance(hours=24)
    assert came(services, thread, LAMPS.format("Clara")).status is not Status.REJECTED


def test_the_same_text_is_approved_where_it_would_have_waited(
    services: Services, site: Site, thread: Thread, ann: Actor
) -> None:
    add_policy_version(services, site, "format: 1\nmode: manual\n")
    first = comment_in_status(services, thread, LAMPS.format("Ann"))
    stands(services, ann, site, first.id, "approve")
    assert came(services, thread, LAMPS.format("ann!")).status is Status.APPROVED
    assert came(services, thread, LAMPS.format("Bernd")).status is Status.PENDING


def test_a_persons_word_is_no_work_of_the_policys(services: Services, site: Site, thread: Thread, ann: Actor) -> None:
    add_policy_version(services, site, "format: 1\n")
    first = comment_in_status(services, thread, LAMPS.format("Ann"))
    stands(services, ann, site, first.id, "reject")
    copy = came(services, thread, LAMPS.format("Bernd"))
    version = decisions(services, copy.id)[0].policy_version
    for action in (Repair.REVERT, Repair.REJUDGE):
        assert count(services, ann, site, Scope(policy_version=version), action).counts == {"touched": 1}
    assert begin(services, ann, site, Scope(policy_version=version), Repair.REVERT).total == 1


def test_one_for_each_cluster_ended_by_hand_and_written_down(
    services: Services, site: Site, thread: Thread, ann: Actor
) -> None:
    first = comment_in_status(services, thread, LAMPS.format("Ann"))
    other = comment_in_status(services, thread, OTHER)
    stands(services, ann, site, first.id, "reject")
    again = stands(services, ann, site, first.id, "spam")
    with services.read() as session:
        in_force = standing_decisions.in_force(session, [site.id], services.clock.now())[site.id]
        assert [(made.id, made.action) for made in in_force] == [(again.id, Action.SPAM)]
    with pytest.raises(Invalid):
        stands(services, ann, site, first.id, "pending")
    with pytest.raises(NotFound):
        stands(services, ann, site, new_id(), "spam")
    with pytest.raises(NotInForce):
        end(services, ann, new_id(), again.id)
    end(services, ann, site.id, again.id)
    with pytest.raises(NotInForce):
        end(services, ann, site.id, again.id)
    stands(services, ann, site, other.id, "spam")
    with services.read() as session:
        said = list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))
        kept = list(session.scalars(select(StandingDecision).order_by(StandingDecision.id)))
    assert said == ["standing_decision.set"] * 2 + ["standing_decision.end", "standing_decision.set"]
    assert [row.sketch is None for row in kept] == [True, True, False]


def test_the_worker_compares_with_so_many_and_no_more(
    services: Services,
    fixed_clock: FixedClock,
    site: Site,
    thread: Thread,
    ann: Actor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(standing_decisions, "MOST_IN_FORCE", 1)
    first = comment_in_status(services, thread, LAMPS.format("Ann"))
    other = comment_in_status(services, thread, OTHER)
    stands(services, ann, site, first.id, "reject")
    stands(services, ann, site, first.id, "spam")
    with pytest.raises(TooManyStanding):
        stands(services, ann, site, other.id, "spam")
    fixed_clock.advance(seconds=24 * 3600)
    stands(services, ann, site, other.id, "spam")


def test_nobody_approves_in_advance_what_they_have_not_read(
    services: Services, site: Site, thread: Thread, ann: Actor
) -> None:
    read = came(services, thread, LAMPS.format("Ann"))
    other = came(services, thread, OTHER)

    def approve(comment_id: str, version: int) -> StandingDecision:
        with services.write() as session:
            return standing_decisions.let_stand(
                session,
                ann,
                site_id=site.id,
                first_id=read.id,
                comment_id=comment_id,
                version=version,
                action="approve",
                reason=None,
                now=services.clock.now(),
            )

    with pytest.raises(NotFound):
        approve(other.id, 1)
    edit(services, read.id, "Buy these pills, and tell everybody that it was the newsroom who has said so.")
    with pytest.raises(standing_decisions.TextChanged):
        approve(read.id, 1)
    assert approve(read.id, 2).action == "approve"
