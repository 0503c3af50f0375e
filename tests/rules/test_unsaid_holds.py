"""Every hold says why: also one that no rule asks for."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation_rules import Comment, Facts, Verdict, compile_policy, default_policy, load_policy
from moderation_rules.engine import Judge, Thresholds
from moderation_rules.policy.switches import switched
from moderation_rules.rule import Hit
from moderation_rules.unsaid_holds import explained

JUDGE = compile_policy(default_policy())
KNOWN = Facts(approved_before=3)


def why(judge: Judge, text: str = "A plain remark.", facts: Facts = KNOWN) -> list[tuple[str, str]]:
    judged = judge.judge(Comment(text), facts)
    assert judged.verdict is Verdict.PENDING
    return [(found.rule, found.message) for found in judged.findings]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"mode": "manual"}, "every comment waits for a person: the policy’s mode is set to “manual”"),
        pytest.param(
            {"mode": "assisted", "mode_said_by": "the site’s mode"},
            "nothing is published by the rules alone: the site’s mode is set to “assisted”",
        ),
        pytest.param({"mode": "manual", "to_people": "nobody can read it"}, "nobody can read it"),
    ],
)
def test_a_mode_says_what_it_holds(changes: dict[str, str], message: str) -> None:
    assert why(replace(JUDGE, **changes)) == [("mode", message)]


def test_a_mode_says_nothing_where_a_rule_holds_in_any_case() -> None:
    assert [rule for rule, _ in why(replace(JUDGE, mode="manual"), facts=Facts(approved_before=0))] == ["first_comment"]


def test_a_mode_says_that_it_keeps_rules_from_refusing() -> None:
    refused = Facts(approved_before=3, honeypot_filled=True)
    assert JUDGE.judge(Comment("Hello there."), refused).verdict is Verdict.SPAM
    assert [rule for rule, _ in why(replace(JUDGE, mode="manual"), facts=refused)] == ["honeypot", "mode"]


def test_what_switched_a_preset_on_is_said_of_its_mode_alone() -> None:
    facts = Facts(approved_before=3, thread_switch="tags burst")
    preset = replace(JUDGE, mode="manual", mode_said_by="the preset “calm”", mode_of_preset=True)
    ((_, message),) = why(preset, facts=facts)
    assert message.endswith("the preset “calm” is set to “manual”, switched on by its tags and a burst of comments")
    assert "switched" not in why(replace(JUDGE, mode="manual"), facts=facts)[0][1]


@pytest.mark.parametrize(
    ("switch", "by"),
    [
        ("{preset: breaking, tags: [live]}", "tags"),
        ("{preset: breaking, burst: 5}", "burst"),
        ("{preset: breaking, hours: '22:00-06:00', burst: 5}", "hours burst"),
    ],
)
def test_a_switch_says_by_what(switch: str, by: str) -> None:
    policy = load_policy(f"switches: [{switch}]")
    night = datetime(2026, 11, 22, 23, tzinfo=UTC)
    assert switched(policy.settings, now=night, tags=["Live"], recent=9) == ("breaking", by)


FACTS = st.builds(
    Facts,
    approved_before=st.sampled_from([None, 0, 3]),
    honeypot_filled=st.sampled_from([None, True]),
    thread_mode=st.sampled_from([None, "needs_approval"]),
    thread_switch=st.sampled_from([None, "burst"]),
    banned=st.sampled_from([None, "ip"]),
    held_before=st.sampled_from([None, True]),
    could_not=st.sets(st.sampled_from(["disposable_email", "unreachable_email"])).map(frozenset),
)
LIMITS = st.none() | st.integers(-3, 9)


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(["automatic", "assisted", "manual"]),
    st.builds(Thresholds, LIMITS, st.none() | st.integers(9, 30)),
    FACTS,
    st.sampled_from(["", "Fine.", "LOOK AT THIS NOW!!!", "buy at http://a.example http://b.example now", "x" * 9000]),
    st.booleans(),
)
def test_every_hold_has_a_finding_that_explains_it(
    mode: str, thresholds: Thresholds, facts: Facts, text: str, late: bool
) -> None:
    judge = replace(JUDGE, mode=mode, thresholds=thresholds)
    judged = judge.judge(Comment(text), facts, (lambda: True) if late else None)
    if judged.verdict is not Verdict.PENDING:
        return
    counted = [found for found in judged.findings if not found.observe]
    unsaid = [found for found in counted if found.rule in ("mode", "threshold")]
    assert explained(counted) or unsaid
    assert all(found.message for found in judged.findings)
    assert [(f.score, f.field, f.start, f.end, f.verdict) for f in unsaid] == [(0, None, None, None, None)] * len(
        unsaid
    )
    # Told again, they decide the same.
    assert judge.decide(judged.findings) == (judged.verdict, judged.score)


def test_a_sum_that_is_held_with_nothing_against_it_says_so() -> None:
    (rule,) = (rule for rule in JUDGE.rules if rule.name == "link_count")
    good = replace(rule, check=lambda reading: [Hit("x", score=-2.0)])
    judge = replace(JUDGE, rules=(good,), thresholds=Thresholds(-3, None))
    assert why(judge)[-1] == ("threshold", "comments are held here from a sum of -3; this one has -2")
