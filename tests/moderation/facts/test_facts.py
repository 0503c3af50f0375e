from datetime import timedelta
from typing import Any

import pytest

from models import ActorKind, Comment, Site, Status, Thread, WriterChain, new_id
from moderation_rules import Verdict
from service.accounts.actors import Actor
from service.moderation.decisions import DecisionRequest, apply_decisions
from service.moderation.facts.gather import JudgeInput, gather
from service.moderation.policies.in_force import Policies
from service.moderation.policies.site_policy import default_version
from service.privacy.bans import ban_chain, ban_prefix
from service.wiring import Services
from tests.factories import (
    add_chain,
    add_comment,
    add_policy_version,
    add_site,
    add_thread,
    comment_in_status,
    edit,
    move_comment,
)
from tests.fixed_clock import FixedClock
from tests.lookups import seen


@pytest.fixture
def thread(services: Services, site: Site) -> Thread:
    return add_thread(services, site)


def known(services: Services, *comments: Comment) -> list[dict[str, Any]]:
    """The facts of these comments, gathered as one batch."""
    cases = gathered(services, *comments)
    assert [case.standing.id for case in cases] == sorted(comment.id for comment in comments)
    return [case.known for case in cases]


def gathered(services: Services, *comments: Comment) -> list[JudgeInput]:
    with services.read() as session:
        return gather(session, Policies(), [comment.id for comment in comments], services.clock.now())


def test_the_record_of_a_writer_is_that_of_the_chain(services: Services, site: Site, thread: Thread) -> None:
    chain = add_chain(services, site)
    now = services.clock.now()
    for n in range(3):
        add_comment(services, thread, f"Before {n}", chain=chain, status=Status.APPROVED, proven="receipt")
    add_comment(services, thread, "Off", chain=chain, status=Status.SPAM, decided_at=now - timedelta(days=2))
    add_comment(services, thread, "Long ago", chain=chain, status=Status.REJECTED, decided_at=now - timedelta(days=90))
    mine = add_comment(services, thread, "Now", chain=chain, proven="receipt")
    stranger = add_comment(services, thread, "Stranger")
    facts, theirs = known(services, mine, stranger)
    assert (facts["approved_before"], facts["rejected_before"], facts["proven"]) == (3, 1, True)
    assert (theirs["approved_before"], theirs["rejected_before"]) == (0, 0)
    assert "proven" not in theirs


def test_merged_chains_have_one_record(services: Services, site: Site, thread: Thread) -> None:
    old, new = add_chain(services, site), add_chain(services, site)
    with services.write() as session:
        session.merge(old).merged_into = new.id
    add_comment(services, thread, "Before", chain=old, status=Status.APPROVED, proven="link")
    mine = add_comment(services, thread, "Now", chain=new, proven="receipt")
    assert known(services, mine)[0]["approved_before"] == 1


def test_slow_mode_hears_of_the_writers_last_comment_in_the_thread(
    services: Services, fixed_clock: FixedClock, site: Site, thread: Thread
) -> None:
    old, chain = add_chain(services, site), add_chain(services, site)
    with services.write() as session:
        session.merge(old).merged_into = chain.id
    elsewhere = add_thread(services, site, "article-2")

    def mine(text: str, where: Thread = thread, of: WriterChain = chain) -> Comment:
        return add_comment(services, where, text, chain=of, proven="receipt")

    comments = [mine("First")]
    fixed_clock.advance(seconds=40)
    comments += [mine("Second", of=old), add_comment(services, thread, "A stranger")]
    fixed_clock.advance(seconds=5)
    comments += [mine("Elsewhere", elsewhere), mine("Third")]
    fixed_clock.advance(days=2)
    comments.append(mine("Long after"))
    assert [facts.get("author_since") for facts in known(services, *comments)] == [None, 40, None, None, 5, None]


def test_nobody_looks_for_pauses_without_slow_mode(services: Services, site: Site, thread: Thread) -> None:
    add_policy_version(services, site, "rules: {slow_mode: {enabled: false}}\n")
    chain = add_chain(services, site)
    pair = [add_comment(services, thread, f"Mine {n}", chain=chain, proven="receipt") for n in range(2)]
    assert not any("author_since" in facts for facts in known(services, *pair))


@pytest.mark.parametrize(
    "layer",
    [
        "presets: {breaking: {rules: {slow_mode: {enabled: true, seconds: 60}}}}",
        "sections: {sport: {rules: {slow_mode: {enabled: true, seconds: 60}}}}",
        'threads: {"article-1": {rules: {slow_mode: {enabled: true, seconds: 60}}}}',
    ],
    ids=["preset", "section", "thread"],
)
def test_a_rule_that_only_a_layer_switches_on_gets_its_facts(services: Services, site: Site, layer: str) -> None:
    add_policy_version(services, site, f"rules: {{slow_mode: {{enabled: false}}}}\n{layer}\n")
    thread = add_thread(services, site, mode="breaking", section="sport")
    chain = add_chain(services, site)
    pair = [add_comment(services, thread, f"Mine {n}", chain=chain, proven="receipt") for n in range(2)]
    with services.read() as session:
        _, second = gather(session, Policies(), [comment.id for comment in pair], services.clock.now())
    assert second.known["author_since"] == 0
    found = second.judge.judge(second.typed, second.facts).findings
    assert "slow_mode" in {finding.rule for finding in found}


def test_the_same_text_counts_for_a_day_and_inside_the_batch(
    services: Services, fixed_clock: FixedClock, thread: Thread
) -> None:
    add_comment(services, thread, "Buy my lamps", status=Status.SPAM, created_at=fixed_clock.now() - timedelta(days=2))
    add_comment(services, thread, "Buy my lamps", status=Status.SPAM)
    batch = [
        add_comment(services, thread, text) for text in ("Buy my lamps", "BUY MY LAMPS", "Nice lamps", "Buy my lamps")
    ]
    found = [(facts["repeated_text"], facts["repeated_text_authors"]) for facts in known(services, *batch)]
    assert found == [(1, 1), (2, 2), (0, 0), (3, 3)]


def test_another_sites_texts_do_not_count(services: Services, thread: Thread) -> None:
    elsewhere = add_thread(services, add_site(services, "other"))
    add_comment(services, elsewhere, "Hello there", status=Status.APPROVED)
    own, foreign = add_comment(services, thread, "Hello there"), add_comment(services, elsewhere, "Hello there")
    assert [facts["repeated_text"] for facts in known(services, own, foreign)] == [0, 1]


@pytest.mark.parametrize("kind", ["chain", "ip"])
def test_what_a_ban_holds(services: Services, site: Site, thread: Thread, kind: str) -> None:
    prefix = b"p" * 16
    bad = add_comment(services, thread, "Bad", prefix_hash=prefix)
    good = add_comment(services, thread, "Good", prefix_hash=b"q" * 16)
    with services.write() as session:
        now = services.clock.now()
        if kind == "chain":
            ban_chain(session, site_id=site.id, chain_id=bad.chain_id, now=now)
        else:
            ban_prefix(session, site_id=site.id, prefix_hash=prefix, now=now)
    first, second = known(services, bad, good)
    assert first["banned"] == kind
    assert "banned" not in second


def test_intakes_facts_come_through_and_nothing_else_of_it(services: Services, thread: Thread) -> None:
    stored = {"honeypot_filled": True, "form_age": 2.5, "form_token": "valid", "disposable_email": None, "bans": []}
    comment = add_comment(services, thread, intake_facts=stored | {"something": "else"})
    (facts,) = known(services, comment)
    assert (facts["honeypot_filled"], facts["form_age"], facts["form_token"]) == (True, 2.5, "valid")
    assert not {"disposable_email", "bans", "something"} & facts.keys()


def test_only_what_waits_for_a_judge_becomes_a_case(services: Services, thread: Thread) -> None:
    waiting = add_comment(services, thread)
    judged = add_comment(services, thread, status=Status.PENDING)
    with services.read() as session:
        ids = [waiting.id, judged.id, new_id()]
        cases = gather(session, Policies(), ids, services.clock.now())
    assert [case.standing.id for case in cases] == [waiting.id]


def test_a_new_policy_counts_from_the_next_batch(services: Services, site: Site) -> None:
    policies = Policies()
    today = services.clock.now().date()

    def version() -> str:
        with services.read() as session:
            return policies.of(session, [site.id], today)[site.id].version

    assert version() == default_version()
    add_policy_version(services, site, "mode: automatic\n")
    assert version() == "1"
    add_policy_version(services, site, "mode: manual\n")
    assert version() == "2"


def test_a_policy_that_cannot_be_read_any_more_leaves_it_to_people(services: Services, site: Site) -> None:
    add_policy_version(services, site, "rules: {no_such_rule: {score: 3}}\n")
    with services.read() as session:
        policy = Policies().of(session, [site.id], services.clock.now().date())[site.id]
    assert (policy.version, policy.judge.mode) == ("1-unreadable", "manual")


def test_a_site_may_let_first_comments_pass(services: Services) -> None:
    open_site = add_site(services, "open", first_comments_held=False)
    held_site = add_site(services, "held", first_comments_held=True)
    with services.read() as session:
        policies = Policies().of(session, [open_site.id, held_site.id], services.clock.now().date())
    names = [{rule.name for rule in policies[site.id].judge.rules} for site in (open_site, held_site)]
    assert names[1] - names[0] == {"first_comment"}


@pytest.mark.parametrize(
    ("actions", "held_before"),
    [
        pytest.param([], None, id="nobody"),
        pytest.param(["approve"], None, id="approved"),
        pytest.param(["pending"], True, id="held"),
        pytest.param(["approve", "pending"], True, id="held-later"),
        pytest.param(["pending", "approve"], None, id="held-then-approved"),
        pytest.param(["pending", "keep"], True, id="seen-again"),
        pytest.param(["reject", "pending"], True, id="refused-then-held"),
    ],
)
def test_an_edit_is_known_by_what_a_person_last_did(
    services: Services, site: Site, thread: Thread, actions: list[str], held_before: bool | None
) -> None:
    ann = Actor(ActorKind.MODERATOR, new_id(), "Ann", {site.id: "moderator"})
    comment = comment_in_status(services, thread)
    for action in actions:
        revision = seen(services, comment.id).revision
        apply_decisions(services, [DecisionRequest(comment.id, action, ann, expected_revision=revision)])
    edit(services, comment.id, "Another wording.")
    assert known(services, comment)[0].get("held_before") is held_before


@pytest.mark.parametrize(
    ("status", "held_before"),
    [
        pytest.param(Status.SPAM, True, id="spam-confirmed"),
        pytest.param(Status.PENDING, None, id="still-to-be-decided"),
        pytest.param(Status.APPROVED, None, id="approval-confirmed"),
    ],
)
def test_who_keeps_what_a_machine_refused_has_refused_it(
    services: Services, site: Site, thread: Thread, status: Status, held_before: bool | None
) -> None:
    ann = Actor(ActorKind.MODERATOR, new_id(), "Ann", {site.id: "moderator"})
    comment = add_comment(services, thread, "Buy cheap pills.")
    move_comment(services, comment.id, status, kind=ActorKind.POLICY)
    apply_decisions(services, [DecisionRequest(comment.id, "keep", ann)])
    edit(services, comment.id, "A plain remark.")
    assert known(services, comment)[0].get("held_before") is held_before


def test_refusing_an_edit_holds_the_next_one(services: Services, site: Site, thread: Thread) -> None:
    ann = Actor(ActorKind.MODERATOR, new_id(), "Ann", {site.id: "moderator"})
    comment = comment_in_status(services, thread, status=Status.APPROVED)
    edit(services, comment.id, "Another wording.")
    apply_decisions(services, [DecisionRequest(comment.id, "reject", ann)])
    edit(services, comment.id, "A third wording.")
    facts = known(services, comment)[0]
    assert facts["held_before"] is True
    (case,) = gathered(services, comment)
    assert case.judge.judge(case.typed, case.facts).verdict is Verdict.PENDING
