"""What is remembered of words, and shared between policies, makes judging faster and changes no judgement."""

from __future__ import annotations

import pytest

from moderation_rules import Comment, Facts, Judgement, compile_policy, default_policy, load_policy
from moderation_rules.matching.listed import matchers
from moderation_rules.text import memo
from moderation_rules.text.memo import UNKNOWN, Memo

WORDS = ["nincompoop", "flibbertigibbet", "zounderkite", "daft old fool", "*snollygoster*"]
TEXTS = [
    "Nothing is wrong with this one, and nothing with that.",
    "You utter nincompoop!",
    "You utter n1nc0mp00p, and a nincomp**p too",
    "nin com poop is torn apart, and so is flibber tigibbet",
    "n i n c o m p o o p",
    "nin.com.poop and zounder-kite",
    "a real niiincompooop",
    "nicnompoop",
    "such a daft old fool; d4ft old fool",
    "unsnollygosterly",
    "theznouderkite iszounderkite",
    "k1ll yourself, and k*ll yourself; I know where you live",
    "https://example.com/zounderkite is well-known, isn't it?",
]
FACTS = Facts(approved_before=3)


def judged(texts: list[str]) -> dict[str, Judgement]:
    judge = compile_policy(default_policy().with_words("own", WORDS))
    return {text: judge.judge(Comment(text), FACTS) for text in texts}


def test_the_order_of_comments_and_repeats_make_no_difference() -> None:
    alone = {text: judged([text])[text] for text in TEXTS}
    assert judged([*TEXTS, *TEXTS]) == judged([*reversed(TEXTS)]) == alone
    assert sum(any(finding.rule == "word_list" for finding in found.findings) for found in alone.values()) >= 9


def test_too_many_new_words_are_looked_at_as_a_whole() -> None:
    words = Memo(lambda word: word == "odd")
    assert words.signs({"odd", "plain"}) == 1
    assert words.signs({"plain"}) == 0
    assert words.telling({"odd", "plain"}) == [("odd", 1)]
    new = {f"new{n}" for n in range(1000)}
    assert words.signs(new) == UNKNOWN
    assert words.telling(new) is None
    filler = " ".join(f"w{n}x" for n in range(400))
    hidden = f"{filler} nincomp**p {filler} flibber tigibbet {filler}"[:7000]
    found = judged([hidden])[hidden].findings
    assert {hidden[finding.start : finding.end] for finding in found if finding.rule == "word_list"} == {
        "nincomp**p",
        "flibber tigibbet",
    }


def test_words_that_are_still_met_are_kept_when_the_rest_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memo, "_REMEMBERED", 10)
    asked: list[str] = []
    kept = Memo(lambda word: bool(asked.append(word)))
    for n in range(100):
        assert kept.signs({"often", f"once{n}", f"{10_000 + n}"}) == 0
    assert asked.count("often") == 1
    assert len(kept.not_plain({f"once{n}" for n in range(100)})) >= 80
    # A long number hardly comes again: it takes no place, and is looked at anew.
    assert kept.signs({"10099", "once0"}) == 0
    assert (asked.count("10099"), asked.count("once0")) == (2, 2)


SHARING = """
lists:
  - {name: own, kind: banned, words: [quockerwodger]}
sections:
  sport: {rules: {word_list: {suspect_score: 2, score: 9}}}
presets:
  strict: {thresholds: {hold: 1}}
"""


@pytest.mark.parametrize("layer", [{}, {"section": "sport"}, {"preset": "strict"}])
def test_policies_and_layers_with_the_same_lists_share_one_matcher(layer: dict[str, str]) -> None:
    policy = load_policy(SHARING)
    judges = [compile_policy(policy), compile_policy(load_policy(SHARING), **layer)]  # type: ignore[arg-type]
    made = [key for key in matchers._MATCHERS if any(own.entries[0].text == "quockerwodger" for own in key[0])]
    assert len(made) == 1
    for judge in judges:
        assert any(finding.rule == "word_list" for finding in judge.judge(Comment("A quockerwodger."), FACTS).findings)


def test_letters_mixed_far_inside_of_a_long_word_are_found() -> None:
    text = "привет" * 200 + "пaypal"
    found = compile_policy(default_policy()).judge(Comment(text), FACTS).findings
    assert any(finding.rule == "mixed_scripts" for finding in found)
