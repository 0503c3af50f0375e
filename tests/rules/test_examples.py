"""Every rule says what it is, and does what its own examples say."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import moderation_rules.rules
from moderation_rules.engine import ConfiguredRule, Judge, Thresholds
from moderation_rules.policy.schema import option_schemas
from moderation_rules.registry import BY_NAME, ORDER, RULES
from moderation_rules.rule import KINDS, OF_EVERY_RULE, Example, OptionError, Rule, Supplies


def _cases() -> Iterator[object]:
    for rule in RULES:
        for number, example in enumerate(rule.examples):
            word = "catches" if example.caught else "passes"
            yield pytest.param(rule, example, id=f"{rule.name}-{word}-{number}")


def _alone(rule: Rule[Any], example: Example) -> Judge:
    """A judge that has only this rule."""
    check, needs = rule.prepare(rule.read(example.options), Supplies()), frozenset(rule.needs)
    own = (rule.name, rule.version, rule.kind, check, rule.score, rule.verdict, rule.cannot, needs, False, rule.fields)
    return Judge(rules=(ConfiguredRule(*own),), thresholds=Thresholds(hold=None, refuse=None))


@pytest.mark.parametrize(("rule", "example"), list(_cases()))
def test_a_rule_does_what_its_examples_say(rule: Rule[Any], example: Example) -> None:
    comment = example.comment
    found = _alone(rule, example).judge(comment, example.facts).findings
    assert bool(found) == example.caught
    fields = {"text": comment.text, "name": comment.name, "website": comment.website or ""}
    codes = {code.name for code in rule.codes}
    for finding in found:
        assert not finding.could_not_check
        assert finding.code in codes if codes else rule.code_is or not finding.code
        assert (finding.field is None) == (finding.start is None) == (finding.end is None)
        if finding.field is not None:
            assert 0 <= finding.start < finding.end <= len(fields[finding.field])
    if example.marks is not None:
        assert any(example.marks in fields[f.field][f.start : f.end] for f in found if f.field)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_says_what_it_is(rule: Rule[Any]) -> None:
    assert rule.title
    assert rule.about.endswith(".")
    assert rule.kind in KINDS
    assert {example.caught for example in rule.examples} == {True, False}
    assert all(schema["description"] and "default" in schema for schema in option_schemas(rule).values())
    assert OF_EVERY_RULE.isdisjoint(rule.options.__struct_fields__)
    # Beside the text nothing is known but what was typed.
    assert rule.fields == ("text",) or not rule.needs
    fields = [field for example in rule.examples for field in ("name", "website") if getattr(example.comment, field)]
    assert set(rule.fields) - {"text"} <= set(fields)


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
