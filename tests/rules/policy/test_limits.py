"""How much work a policy can ask of whoever checks it."""

from dataclasses import replace

import pytest

from moderation_rules import PolicyError, load_policy
from moderation_rules.policy import meaning
from moderation_rules.policy.yaml_document import LONGEST_MESSAGE, LONGEST_PATH, MAX_BYTES, MOST_NAMED


def refused(policy: str) -> list[str]:
    with pytest.raises(PolicyError) as caught:
        load_policy(policy)
    return [str(problem) for problem in caught.value.errors]


@pytest.mark.parametrize(
    ("kind", "called"),
    [
        pytest.param("rules", "there is no “r{}” here", id="schema"),
        pytest.param("caps", "there is no rule and no kind “r{}”", id="meaning"),
    ],
)
def test_only_the_first_problems_are_named(kind: str, called: str) -> None:
    found = refused(f"{kind}:\n" + "".join(f"  r{n}: 1\n" for n in range(MOST_NAMED + 7)))
    assert len(found) == MOST_NAMED
    assert called.format(MOST_NAMED - 2) in found[-2]
    assert found[-1].endswith("and 8 further problems")


def test_of_very_many_problems_not_all_are_sought() -> None:
    layers = "".join(f"  s{n}: {{caps: {{a{n}: 1, b{n}: 1}}}}\n" for n in range(400))
    assert refused("sections:\n" + layers)[-1].endswith("and 451 or more further problems")


def layered(number: int) -> str:
    """A policy with this many sections, threads and presets of their own, and a thread that only names a preset."""
    said = {kind: "".join(f"  x{n}: {{}}\n" for n in range(number) if n % 3 == i) for i, kind in enumerate(_LAYERS)}
    return "".join(f"{kind}:\n{layers}" for kind, layers in said.items()) + "  named: x2\n"


_LAYERS = ("sections", "presets", "threads")


def test_there_are_so_many_layers_and_no_more() -> None:
    most = meaning.MOST_LAYERS
    load_policy(layered(most).replace("named: x2", "named: x1"))
    (found,) = refused(layered(most + 1))
    assert f"there are {most + 1} presets, sections and threads with settings; at most {most} together" in found


@pytest.mark.parametrize("option", ["word_list: {banned: [%s]}", "promotion: {phrases: [%s]}"])
def test_a_word_of_a_rule_is_no_longer_than_one_of_a_list(option: str) -> None:
    rules = "rules: {" + option + "}"
    load_policy(rules % ("a" * 200))
    assert "at most 200" in refused(rules % ("a" * 201))[0]


def test_the_same_options_are_tried_once(monkeypatch: pytest.MonkeyPatch) -> None:
    rule = meaning.BY_NAME["promotion"]
    asked = []

    def prepare(*given):
        asked.append(given)
        return rule.prepare(*given)

    monkeypatch.setitem(meaning.BY_NAME, "promotion", replace(rule, prepare=prepare))
    load_policy("sections:\n" + "".join(f"  s{n}: {{rules: {{promotion: {{phrases: [x]}}}}}}\n" for n in range(9)))
    assert len(asked) == 1


def test_options_that_are_refused_are_named_in_every_layer() -> None:
    found = refused("sections:\n" + "".join(f"  s{n}: {{rules: {{word_list: {{banned: ['*']}}}}}}\n" for n in range(3)))
    assert [line.split(":")[0] for line in found] == [f"line {n}, column 37" for n in (2, 3, 4)]


LONG = "k" * 60_000


@pytest.mark.parametrize(
    "policy",
    [
        pytest.param(f"? {LONG}\n:\n" + "  a: 1\n" * 600, id="the same key below a long one"),
        pytest.param(f"? {LONG}\n: 1\n? {LONG}\n: 1\n", id="the same long key"),
        pytest.param(f"caps:\n  ? {LONG}\n  : 1\n", id="a long name that nobody knows"),
        pytest.param(
            f"sections:\n  ? {LONG}\n  :\n" + "".join(f"    a{n}: 1\n" for n in range(900)), id="in a section"
        ),
        pytest.param("presets: {p: {}}\nthreads:\n  t: " + LONG, id="a long preset"),
        pytest.param("composites: [{name: c, all: [" + LONG + "]}]", id="a long rule"),
        pytest.param("a: 1\n" * 1000, id="one key again and again"),
        pytest.param("? [a]\n: 1\n" * 1000, id="keys that are none"),
        pytest.param("x: " + "[" * 100_000, id="deep"),
        pytest.param("x: &a [b]\ny: *a\n", id="an alias"),
        pytest.param("".join(f"k{n}: 1\n" for n in range(2000)), id="very many keys"),
    ],
)
def test_whatever_is_wrong_is_said_shortly(policy: str) -> None:
    assert len(policy) <= MAX_BYTES
    with pytest.raises(PolicyError) as caught:
        load_policy(policy)
    assert len(caught.value.errors) <= MOST_NAMED
    assert all(len(one.path) <= LONGEST_PATH and len(one.message) <= LONGEST_MESSAGE for one in caught.value.errors)
