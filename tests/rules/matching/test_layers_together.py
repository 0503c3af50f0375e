"""Layers of a policy share one matcher: each finds what it would if there were no others, and nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from moderation_rules import Comment, Facts, Finding, Policy, compile_policy, load_policy
from moderation_rules.matching.listed import matchers
from moderation_rules.rules import word_list


def listed(name: str, *words: str, kind: str = "banned", **more: object) -> dict[str, Any]:
    return {"name": name, "kind": kind, "words": list(words), **more}


POLICY = {
    "lists": [
        listed("ours", "nincompoop", "zounderkite", "wallaby bite"),
        listed("more", "grumfel"),
        listed("harmless", "wamble", kind="allow"),
    ],
    "sections": {
        "sport": {"lists": [listed("sport", "flibbertigibbet", "snollygoster", "*grumf", "👨‍👩", "nicnompoop")]},
        "kitchen": {
            "lists": [
                listed("fine", "zounderkite pie", "plonkel", "grumfels", kind="allow"),
                listed("hands", "👩", "gurmfs"),
                listed("more", "snollygoster", kind="suspect"),
            ]
        },
        "open": {"rules": {"word_list": {"disguised": False, "banned": ["quockerwodger"]}}},
        "strict": {"rules": {"word_list": {"banned": ["wambles", "spoffle"]}}},
        "both": {"lists": [listed("fine", "plonkel", kind="allow"), listed("plural", "plonkels")]},
    },
    "threads": {"t": {"lists": [listed("thread", "widdershins")]}, "named": "calm"},
    "presets": {"calm": {"lists": [listed("calm", "mumpsimus"), listed("ours", "zounderkite")]}},
}
LAYERS = [
    {},
    *({"section": name} for name in POLICY["sections"]),
    {"thread": "t"},
    {"thread": "named"},
    {"section": "kitchen", "thread": "t", "preset": "calm"},
]
TEXTS = [
    "a nincompoop, a n1nc0mp00p, a nincomp**p, nincom poop, n i n c o m p o o p, n.i.n.com.poop, niiincompooop",
    "one nicnompoop, please; nincompop",
    "zounderkite pie; zounderkites and a zoundrekite",
    "a wallaby bite",
    "flibbertigibbet, f1ibbertigibbet, flibber tigibbet, isflibbertigibbet",
    "grumfel and grumfels",
    "snollygoster, snollygosters, sn0llyg0ster",
    "grumfs",
    "w4mbles, wamb les and wamlbes",
    "👨‍👩‍👧 and 👩",
    "plonkel, plonkels, pl0nkels, plonklels",
    "quockerwodger, quockerw0dger",
    "spoffle, sp0ffle, widdershins, widdreshins, mumpsimus, mumpismus",
    " ".join(f"snollygoster snollyg0ster{n}" for n in range(400)) + " nincompoop grumfel gurmfs",
]


def policy(**more: object) -> Policy:
    return load_policy(json.dumps(POLICY | more, ensure_ascii=False))


def found(policy: Policy, layer: dict[str, str]) -> dict[str, list[Finding]]:
    judge = compile_policy(policy, **layer)  # type: ignore[arg-type]
    judged = {text: judge.judge(Comment(text, name="Nincompoop"), Facts()).findings for text in TEXTS}
    return {text: [one for one in findings if one.rule == "word_list"] for text, findings in judged.items()}


def made() -> list[matchers.Matcher]:
    return [one for one in matchers._MATCHERS.values() if any(words.name == "calm" for words in one.finder.lists)]


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: " ".join(layer.values()) or "policy")
def test_a_layer_finds_what_it_would_without_the_others(layer: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    whole = policy()
    judges = [compile_policy(whole, **other) for other in LAYERS]  # type: ignore[arg-type]
    shared = found(whole, layer)
    monkeypatch.setattr(word_list, "MOST_SHARED", 0)
    assert found(policy(), layer) == shared
    assert len(judges) == len(LAYERS)
    assert any(shared.values())


def test_all_layers_share_one_matcher() -> None:
    whole = policy()
    judges = [compile_policy(whole, **layer) for layer in LAYERS]  # type: ignore[arg-type]
    (together,) = {id(one.together): one.together for one in matchers._MATCHERS.values() if one.together}.values()
    assert together is not None
    assert len([one for one in made() if one.together is None]) == 1
    finders = [one.finder for one in matchers._MATCHERS.values() if one.together is together]
    assert {id(finder._automaton) for finder in finders} == {id(together.finder._automaton)}
    assert len(finders) == len(judges)


def test_lists_that_are_too_many_to_be_looked_for_at_once_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(word_list, "MOST_SHARED", 10)
    judge = compile_policy(policy(), preset="calm")
    assert [one.together for one in made()] == [None]
    assert judge.judge(Comment("mumpsimus"), Facts()).findings


def test_words_of_another_layer_do_not_count() -> None:
    whole = policy()
    words = {"sport": "flibbertigibbet", "kitchen": "gurmfs", "open": "quockerwodger", "strict": "spoffle"}
    for section in words:
        judge = compile_policy(whole, section=section)
        marked = {
            name: [one.rule for one in judge.judge(Comment(word), Facts()).findings if one.rule == "word_list"]
            for name, word in words.items()
        }
        assert {name for name, rules in marked.items() if rules} == {section}
