"""Every published field is judged: what stands in a name or website is found there, and counts once."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from moderation_rules import Comment, Facts, Finding, Verdict, compile_policy, load_policy
from moderation_rules.rule import Hit, Reading
from moderation_rules.values import Judgement

OWN = compile_policy(
    load_policy("rules: {first_comment: {enabled: false}, word_list: {banned: [nincompoop], suspect: [dolt]}}")
)


def test_a_listed_word_weighs_in_a_name_what_the_policy_says_at_least():
    policy = "format: 1\nrules:\n  word_list: {score: 2, banned: [nincompoop], name_score: 10}\n"
    found = compile_policy(load_policy(policy)).judge(Comment("Nincompoop", name="Nincompoop"), Facts()).findings
    assert {(f.field, f.score) for f in found if f.rule == "word_list"} == {("text", 2), ("name", 10)}


def judge(text: str = "A remark.", name: str = "", website: str | None = None) -> Judgement:
    return OWN.judge(Comment(text, name, website), Facts(approved_before=3))


def places(found: Sequence[Finding]) -> list[tuple[str, str | None, int | None, int | None]]:
    return [(f.rule, f.field, f.start, f.end) for f in found]


def test_a_finding_says_which_field_it_is_in() -> None:
    judged = judge("You nincompoop", "Old Nincompoop", "https://nincompoop.example/")
    assert places(judged.findings) == [
        ("word_list", "text", 4, 14),
        ("word_list", "name", 4, 14),
        ("word_list", "website", 8, 18),
    ]


@pytest.mark.parametrize(
    ("text", "name", "score"),
    [
        pytest.param("You nincompoop", "Ann", 5, id="text alone"),
        pytest.param("Well", "Nincompoop", 5, id="name alone"),
        pytest.param("You nincompoop", "Nincompoop", 5, id="said twice"),
        pytest.param("You nincompoop, nincompoop", "Nincompoop", 10, id="as the worse of the two"),
        pytest.param("𝓦𝓮𝓵𝓵", "Nincompoop", 10, id="two rules"),
    ],
)
def test_what_one_rule_finds_in_several_fields_weighs_once(text: str, name: str, score: float) -> None:
    judged = judge(text, name)
    assert judged.score == score
    assert judged.verdict is Verdict.PENDING


def test_a_name_is_judged_alike_whatever_it_was_before() -> None:
    for _ in range(2):
        assert places(judge(name="https://a.example", website="https://a.example").findings) == places(
            judge(name="https://a.example").findings
        )
        assert judge(name="Old Nincompoop").verdict is Verdict.PENDING
        assert not judge(name="Ann").findings


def test_a_name_is_held_in_whatever_language_the_comment_is() -> None:
    policy = "lists: [{name: own, kind: banned, language: de, words: [dussel], verdict: reject}]"
    judged = compile_policy(load_policy(policy)).judge(Comment("Bonsoir", "Dussel", language="fr"), Facts())
    assert (judged.verdict, judged.findings[0].field) == (Verdict.PENDING, "name")


def test_a_rule_that_cannot_run_says_so_once() -> None:
    def broken(reading: Reading) -> Sequence[Hit]:
        raise RuntimeError

    rules = tuple(replace(rule, check=broken) if rule.name == "word_list" else rule for rule in OWN.rules)
    mended = replace(OWN, rules=rules)
    judged = mended.judge(Comment("Well", "Ann", "https://ann.example/"), Facts())
    assert [(f.rule, f.code) for f in judged.findings] == [("word_list", "RuntimeError")]


def test_a_rule_sees_nothing_of_a_comment_but_the_field() -> None:
    seen: list[tuple[str, str, Comment, Facts, str | None]] = []

    def look(reading: Reading) -> Sequence[Hit]:
        seen.append((reading.field, reading.text, reading.comment, reading.facts, reading.language))
        return ()

    rules = tuple(replace(rule, check=look) for rule in OWN.rules if rule.name == "word_list")
    comment = Comment("Well said, indeed", "Ann", "https://ann.example/", language="en")
    replace(OWN, rules=rules).judge(comment, Facts(approved_before=3))
    assert [(field, text) for field, text, *_ in seen] == [
        ("text", "Well said, indeed"),
        ("name", "Ann"),
        ("website", "https://ann.example/"),
    ]
    assert [(own.text, own.name, facts, language) for _, _, own, facts, language in seen[1:]] == [
        ("Ann", "", Facts(), None),
        ("https://ann.example/", "", Facts(), None),
    ]
