"""Deciding: hard verdicts, sums, modes, and rules that can't run."""

import ctypes
import threading
from collections.abc import Sequence
from dataclasses import replace

import pytest

from moderation_rules import Comment, Facts, Finding, Verdict, compile_policy, default_policy, load_policy
from moderation_rules.engine import CutOff
from moderation_rules.rule import SEARCHED, SEARCHED_OF_LONG, Hit, Reading

JUDGE = compile_policy(default_policy())


def found(score: float = 0.0, verdict: Verdict | None = None, rule: str = "link_count") -> Finding:
    return Finding(rule, 1, score, None, None, None, "x", verdict)


@pytest.mark.parametrize(
    ("findings", "verdict"),
    [
        pytest.param([], "approve", id="nothing found"),
        pytest.param([found(4.9)], "approve", id="below the threshold"),
        pytest.param([found(5)], "pending", id="held"),
        pytest.param([found(15)], "spam", id="refused as spam"),
        pytest.param([found(9), found(9, rule="learned")], "spam", id="half of it spam"),
        pytest.param([found(100, rule="word_list")], "pending", id="abuse is capped"),
        pytest.param([found(0, Verdict.PENDING)], "pending", id="asked to hold"),
        pytest.param([found(0, Verdict.SPAM), found(0, Verdict.PENDING)], "spam", id="spam before hold"),
        pytest.param([found(0, Verdict.SPAM), found(0, Verdict.REJECT)], "reject", id="reject before spam"),
        pytest.param([found(20), found(-16, rule="first_comment")], "approve", id="a good mark helps"),
    ],
)
def test_findings_become_a_verdict(findings: list[Finding], verdict: str) -> None:
    assert JUDGE.decide(findings)[0] == verdict


@pytest.mark.parametrize(
    ("mode", "findings", "verdict"),
    [
        ("automatic", [], "approve"),
        ("assisted", [], "pending"),
        ("assisted", [found(0, Verdict.SPAM)], "spam"),
        ("assisted", [found(0, Verdict.REJECT)], "reject"),
        ("manual", [found(0, Verdict.SPAM)], "pending"),
        ("manual", [], "pending"),
    ],
)
def test_modes_say_how_much_rules_may_do(mode: str, findings: list[Finding], verdict: str) -> None:
    assert replace(JUDGE, mode=mode).decide(findings)[0] == verdict


def test_a_fact_that_could_not_be_found_out_is_said_and_goes_to_a_person() -> None:
    judged = JUDGE.judge(Comment("Fine."), Facts(approved_before=3, could_not=frozenset({"disposable_email"})))
    assert judged.verdict is Verdict.PENDING
    assert [(f.rule, f.could_not_check) for f in judged.findings] == [("disposable_email", True)]


def test_a_silent_name_server_holds_nobody() -> None:
    judged = JUDGE.judge(Comment("Fine."), Facts(could_not=frozenset({"unreachable_email"})))
    assert judged.verdict is Verdict.APPROVE


@pytest.mark.parametrize("cannot", [Verdict.PENDING, Verdict.REJECT, None], ids=str)
def test_a_rule_that_raises_does_what_it_states(cannot: Verdict | None) -> None:
    def broken(reading: Reading) -> Sequence[Hit]:
        raise RuntimeError("jo@mail.example must not be shown")

    rules = [replace(rule, check=broken, cannot=cannot) if rule.name == "link_count" else rule for rule in JUDGE.rules]
    judged = replace(JUDGE, rules=tuple(rules)).judge(Comment("Fine."), Facts())
    (finding,) = judged.findings
    assert finding.could_not_check
    assert finding.code == "RuntimeError"
    assert "jo@" not in finding.message
    assert judged.verdict is (cannot or Verdict.APPROVE)


def test_when_time_is_up_the_rules_that_are_left_say_so() -> None:
    asked = 0

    def late() -> bool:
        nonlocal asked
        asked += 1
        return asked > 2

    judged = JUDGE.judge(Comment("Fine."), Facts(), late)
    assert [f.rule for f in judged.findings] == [rule.name for rule in JUDGE.rules if "text" in rule.fields][2:]
    assert {(f.could_not_check, f.code) for f in judged.findings} == {(True, "late")}
    assert judged.verdict is Verdict.PENDING


def test_a_rule_can_be_cut_off_from_outside() -> None:
    running = threading.Event()

    def endless(reading: Reading) -> Sequence[Hit]:
        running.set()
        while True:
            pass

    rules = [replace(rule, check=endless, cannot=None) if rule.name == "shouting" else rule for rule in JUDGE.rules]
    judge, told = replace(JUDGE, rules=tuple(rules)), []
    thread = threading.Thread(target=lambda: told.append(judge.judge(Comment("You nincompoop"), Facts())))
    thread.start()
    assert running.wait(20)
    ident = ctypes.c_ulong(thread.ident or 0)
    assert ctypes.pythonapi.PyThreadState_SetAsyncExc(ident, ctypes.py_object(CutOff)) == 1
    thread.join(20)
    (judged,) = told
    (finding,) = judged.findings
    assert (finding.rule, finding.could_not_check, finding.code) == ("shouting", True, "cut_off")
    assert judged.verdict is Verdict.APPROVE


def test_composites_are_findings_of_their_own() -> None:
    judge = compile_policy(
        load_policy(
            """
rules: {first_comment: {verdict: null}}
composites:
  - {name: new_with_link, all: [first_comment, link_count], not: [reputation], verdict: pending, message: Look.}
"""
        )
    )
    linked = Comment("See https://a.example/")
    assert judge.judge(linked, Facts(approved_before=0)).findings[-1].rule == "new_with_link"
    assert judge.judge(linked, Facts(approved_before=0)).verdict is Verdict.PENDING
    assert judge.judge(linked, Facts(approved_before=4)).verdict is Verdict.APPROVE


def test_thresholds_may_differ_by_language() -> None:
    judge = compile_policy(load_policy("languages: {de: {hold: 2}}"))
    text = "Siehe https://a.example/"
    assert judge.judge(Comment(text, language="de-AT"), Facts()).verdict is Verdict.PENDING
    assert judge.judge(Comment(text, language="en"), Facts()).verdict is Verdict.APPROVE


def test_where_the_language_is_not_known_a_list_holds_rather_than_rejects() -> None:
    policy = "lists: [{name: de, kind: banned, language: de, words: [dussel], verdict: reject}]"
    judge = compile_policy(load_policy(policy))
    assert judge.judge(Comment("Du Dussel", language="de"), Facts()).verdict is Verdict.REJECT
    assert judge.judge(Comment("Du Dussel"), Facts()).verdict is Verdict.PENDING


def test_what_lies_beyond_the_reach_of_costly_rules_is_said() -> None:
    near, far = (JUDGE.judge(Comment("word " * (SEARCHED // 5) + more), Facts()) for more in ("", "and on"))
    assert "long_text" not in {finding.rule for finding in near.findings}
    (finding,) = [finding for finding in far.findings if finding.rule == "long_text"]
    assert (finding.could_not_check, finding.start, finding.end) == (True, SEARCHED_OF_LONG, SEARCHED + 6)
    assert far.verdict is Verdict.PENDING
