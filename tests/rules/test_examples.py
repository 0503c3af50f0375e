"""Every rule says what it is, and does what its own examples say."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import moderation_rules.rules
from moderation_rules.policy.schema import option_schemas
from moderation_rules.registry import BY_NAME, ORDER, RULES
from moderation_rules.rule import KINDS, OF_EVERY_RULE, Example, OptionError, Reading, Rule, Supplies


def _cases() -> Iterator[object]:
    for rule in RULES:
        for number, example in enumerate(rule.examples):
            word = "catches" if example.caught else "passes"
            yield pytest.param(rule, example, id=f"{rule.name}-{word}-{number}")


@pytest.mark.parametrize(("rule", "example"), list(_cases()))
def test_a_rule_does_what_its_examples_say(rule: Rule[Any], example: Example) -> None:
    check = rule.prepare(rule.read(example.options), Supplies())
    hits = check(Reading(example.comment, example.facts))
    assert bool(hits) == example.caught
    fields = {"text": example.comment.text, "name": example.comment.name, "website": example.comment.website or ""}
    codes = {code.name for code in rule.codes}
    for hit in hits:
        assert hit.code in codes if codes else rule.code_is or not hit.code
        assert (hit.field is None) == (hit.start is None) == (hit.end is None)
        if hit.field is not None:
            assert 0 <= hit.start < hit.end <= len(fields[hit.field])
    if example.marks is not None:
        assert any(example.marks in fields[hit.field][hit.start : hit.end] for hit in hits if hit.field)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_says_what_it_is(rule: Rule[Any]) -> None:
    assert rule.title
    assert rule.about.endswith(".")
    assert rule.kind in KINDS
    assert {example.caught for example in rule.examples} == {True, False}
    assert all(schema["description"] and "default" in schema for schema in option_schemas(rule).values())
    assert OF_EVERY_RULE.isdisjoint(rule.options.__struct_fields__)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_knows_no_other_options_than_its_own(rule: Rule[Any]) -> None:
    with pytest.raises(OptionError, match="no_such_option"):
        rule.read({"no_such_option": 1})


def test_names_are_used_once() -> None:
    assert len(BY_NAME) == len(RULES)
    assert len({rule.title for rule in RULES}) == len(RULES)


def test_every_file_of_a_rule_has_its_line() -> None:
    files = {file.stem for folder in moderation_rules.rules.__path__ for file in Path(folder).glob("[!_]*.py")}
    assert set(ORDER) == files
