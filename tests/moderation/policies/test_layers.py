"""Judges of sections, threads and presets: they share what they say alike, and only so many are kept."""

from datetime import date

import pytest

from models import SiteSettings
from moderation_rules import load_policy
from service.moderation.policies import site_policy
from service.moderation.policies.site_policy import SitePolicy, compile_site

TODAY = date(2026, 11, 26)


def compiled(layers: str) -> SitePolicy:
    policy = load_policy("lists: [{name: ours, kind: banned, words: [zwibbel]}]\nsections:\n" + layers)
    return compile_site("1", policy, SiteSettings(), TODAY)


def checks(found: SitePolicy, section: str | None) -> dict[str, object]:
    judge = found.judge_for(section=section, thread="t", mode=None)
    return {rule.name: rule.check for rule in judge.rules}


def test_a_layer_prepares_only_what_it_says_otherwise() -> None:
    found = compiled(
        "  weighed: {rules: {word_list: {score: 1}}, thresholds: {hold: 2}}\n"
        "  optioned: {rules: {link_count: {allowed: 9}}}\n"
        "  listed: {lists: [{name: more, kind: banned, words: [grumfel]}]}\n"
    )
    base = checks(found, None)
    assert checks(found, "weighed") == base
    optioned = checks(found, "optioned")
    assert [name for name in base if optioned[name] is not base[name]] == ["link_count"]
    assert checks(found, "listed")["word_list"] is not base["word_list"]
    assert len(found.prepared) == len(base)


def test_only_so_many_judges_are_kept_the_last_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(site_policy, "MOST_LAYERED", 3)
    found = compiled("".join(f"  s{n}: {{thresholds: {{hold: {n}}}}}\n" for n in range(5)))
    for n in (0, 1, 2, 0, 3, 4):
        found.judge_for(section=f"s{n}", thread="t", mode=None)
    assert [wanted[0] for wanted in found._layered] == ["s0", "s3", "s4"]


def test_words_that_are_looked_for_together_count_once() -> None:
    own = compiled("  a: {lists: [{name: more, kind: banned, words: [grumfel, plonkel]}]}\n")
    plain = compiled("  a: {thresholds: {hold: 3}}\n")
    assert own.words == plain.words + 2
    assert own.lists != plain.lists
    own.judge_for(section="a", thread="t", mode=None)
    assert own.layered_words == 0


def test_words_of_their_own_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(site_policy, "MOST_SHARED", 0)
    own = "{lists: [{name: more, kind: banned, words: [grumfel, plonkel]}]}"
    found = compiled(f"  a: {own}\n  b: {own}\n  c: {{thresholds: {{hold: 3}}}}\n")
    found.judge_for(section="a", thread="t", mode=None)
    ((_, words),) = found._layered.values()
    monkeypatch.setattr(site_policy, "MOST_LAYERED_WORDS", words)
    for section in "bc":
        found.judge_for(section=section, thread="t", mode=None)
    assert [wanted[0] for wanted in found._layered] == ["b", "c"]
    monkeypatch.setattr(site_policy, "MOST_LAYERED_WORDS", 0)
    found.judge_for(section="a", thread="t", mode=None)
    assert [wanted[0] for wanted in found._layered] == ["a"]
