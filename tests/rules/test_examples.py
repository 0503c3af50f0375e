"""Every rule's own examples, judged as a policy would."""

from collections.abc import Iterator

import pytest

from moderation_rules.registry import BY_NAME, RULES
from moderation_rules.rule import Example, Reading, Rule, Supplies


def _cases() -> Iterator[object]:
    for rule in RULES:
        for number, example in enumerate(rule.examples):
            word = "catches" if example.caught else "passes"
            yield pytest.param(rule, example, id=f"{rule.name}-{word}-{number}")


@pytest.mark.parametrize(("rule", "example"), list(_cases()))
def test_a_rule_does_what_its_examples_say(rule: Rule, example: Example) -> None:
    check = rule.prepare({**rule.defaults, **example.options}, Supplies())
    hits = check(Reading(example.comment, example.facts))
    assert bool(hits) == example.caught
    fields = {"text": example.comment.text, "name": example.comment.name, "website": example.comment.website or ""}
    for hit in hits:
        assert (hit.field is None) == (hit.start is None) == (hit.end is None)
        if hit.field is not None:
            assert 0 <= hit.start < hit.end <= len(fields[hit.field])
    if example.marks is not None:
        assert any(example.marks in fields[hit.field][hit.start : hit.end] for hit in hits if hit.field)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_says_what_it_is(rule: Rule) -> None:
    assert rule.about.endswith(".")
    assert rule.kind in {"spam", "abuse", "shape", "person", "form", "thread", "learned"}
    assert {example.caught for example in rule.examples} == {True, False}
    assert all("default" in schema for schema in rule.options.values())


def test_names_are_used_once() -> None:
    assert len(BY_NAME) == len(RULES)
