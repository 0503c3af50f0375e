"""All patterns of a policy share one budget, in every layer: more of them are no more work for whoever compiles it."""

import itertools
from collections.abc import Iterable

import pytest
import re2

from moderation_rules import Policy, PolicyError, compile_policy, load_policy
from moderation_rules.rule import PatternBudget

LARGE = r"\pL{40}"  # about 50,000 instructions
REFUSED = r"\pL{1000}"


def ruled(found: Iterable[str], before: str = "") -> str:
    lines = [f"{before}    - {{name: p{n}, pattern: '{one}'}}" for n, one in enumerate(found)]
    return "\n".join([f"{before}rules:", f"{before}  patterns:", f"{before}   patterns:", *lines, ""])


def layered(found: Iterable[str]) -> str:
    return "sections:\n" + "".join(f"  s{n}:\n{ruled([one], '    ')}" for n, one in enumerate(found))


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every pattern that was given to RE2."""
    asked: list[str] = []
    compile_ = re2.compile

    def counted(pattern: str, options: re2.Options) -> object:
        if pattern not in asked:
            asked.append(pattern)
        return compile_(pattern, options)

    monkeypatch.setattr(re2, "compile", counted)
    return asked


def said(policy: str, **more: PatternBudget) -> list[str]:
    with pytest.raises(PolicyError) as caught:
        load_policy(policy, **more)
    return [f"{problem.path}: {problem.message}" for problem in caught.value.errors]


def test_the_pattern_that_is_too_much_is_named(compiled: list[str]) -> None:
    (found,) = said(ruled(f"{LARGE}z{n}" for n in range(100)), patterns=PatternBudget(100_000))
    assert found.startswith("rules.patterns.patterns[2].pattern: with this pattern all patterns of the policy are too")
    assert len(compiled) == 3


@pytest.mark.parametrize("one", [pytest.param(LARGE, id="large"), pytest.param(REFUSED, id="refused")])
def test_layers_share_the_budget(one: str, compiled: list[str]) -> None:
    found = said(layered(f"{one}z{n}" for n in range(40)), patterns=PatternBudget(100_000))
    assert len(compiled) <= 3
    assert len(found) >= 37
    assert "sections.s39.rules.patterns.patterns[0].pattern: with this pattern all patterns" in found[-1]


def test_many_plain_patterns_fit() -> None:
    budget = PatternBudget()
    load_policy(ruled(rf"\bQX-{n}\d+\b" for n in range(1000)), patterns=budget)
    assert budget.instructions > 900_000
    assert budget.memory > 0


def test_time_that_is_over_is_said_of_the_pattern_it_was_spent_on() -> None:
    asked = itertools.count()
    # Each pattern is asked about before it is compiled and after.
    budget = PatternBudget(is_late=lambda: next(asked) >= 5)
    (found,) = said(ruled(f"a{n}" for n in range(9)), patterns=budget)
    assert found == (
        "rules.patterns.patterns[2].pattern: with this pattern all patterns of the policy take too long to compile"
    )


def test_a_stored_policy_is_compiled_within_the_same_budget() -> None:
    kept = Policy(
        {"rules": {"patterns": {"patterns": [{"name": f"p{n}", "pattern": rf"[\pL\pN]{{300}}{n}"} for n in range(9)]}}}
    )
    with pytest.raises(PolicyError, match="too large together"):
        compile_policy(kept)


def test_nothing_is_kept_of_what_was_checked() -> None:
    load_policy(ruled(["abc", r"\pLxyz"]))
    assert re2._Regexp._make.cache_info().currsize == 0
