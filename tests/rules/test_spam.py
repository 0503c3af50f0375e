"""Spam is held for what it sells, asks and promises together; who only speaks of such things is heard."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from moderation_rules import Comment, Facts, Verdict, compile_policy, default_policy
from moderation_rules.lists.shipped import spam_signs
from moderation_rules.lists.spam_signs import SpamFile, read_spam_file
from moderation_rules.lists.word_lists import ListError
from moderation_rules.values import Judgement

FILES = {name: read_spam_file(name, text.split("\n")) for name, text in sorted(spam_signs().items())}
CASES = read_spam_file("cases", Path(__file__).with_name("spam_cases.txt").read_text("utf-8").split("\n"))
JUDGE = compile_policy(default_policy())


def judge(text: str, name: str = "") -> Judgement:
    return JUDGE.judge(Comment(text, name), Facts(approved_before=3, form_token="valid", form_age=60))


def held(text: str, name: str = "") -> bool:
    return judge(text, name).verdict is not Verdict.APPROVE


def said(text: str) -> list[tuple[str, str]]:
    return [(finding.rule, finding.code) for finding in judge(text).findings]


def examples() -> Iterator[object]:
    for name, file in [*FILES.items(), ("cases", CASES)]:
        for text, expected in file.examples:
            yield pytest.param(text, expected, id=f"{name}-{'held' if expected else 'passes'}-{text[:40]}")


@pytest.mark.parametrize(("text", "expected"), list(examples()))
def test_examples_are_judged_as_they_say(text: str, expected: bool) -> None:
    assert held(text) is expected, [(f.rule, f.code, f.message) for f in judge(text).findings]


@pytest.mark.parametrize("file", FILES.values(), ids=FILES)
def test_a_file_has_an_owner_and_no_phrase_of_one_letter(file: SpamFile) -> None:
    assert file.owner
    for (role, family), phrases in file.phrases.items():
        assert not [phrase for phrase in phrases if phrase.isascii() and len(phrase.strip("*")) < 2], (role, family)


@pytest.mark.parametrize("name", ["gambling", "health", "money", "recovery", "adult", "papers", "goods", "search"])
def test_what_is_sold_has_examples_of_both_kinds_and_many_languages(name: str) -> None:
    file = FILES[name]
    assert {expected for _, expected in file.examples} == {True, False}
    assert sum(not expected for _, expected in file.examples) >= 3
    assert len(file.languages) >= 15


@pytest.mark.parametrize(
    ("line", "why"),
    [
        pytest.param("[tpoic en]\ncasino", "the head of a section", id="no such role"),
        pytest.param("[topic]\ncasino", "the head of a section", id="no language"),
        pytest.param("casino", "an example begins", id="no section"),
    ],
)
def test_what_is_no_such_file_is_refused(line: str, why: str) -> None:
    with pytest.raises(ListError, match=why):
        read_spam_file("x", line.split("\n"))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        pytest.param("The online casino is open.", None, id="what is sold alone"),
        pytest.param("The online casino has a bonus and real money.", None, id="with praise of it"),
        pytest.param("Online casino, register now", "pitch", id="with a call"),
        pytest.param("Register now", None, id="a call alone"),
        pytest.param("“Online casino, register now” is what my son was sent, and he is ten.", None, id="quoted"),
        pytest.param("“Online casino, register now”", "pitch", id="nothing but a quotation"),
        pytest.param("Online casino." + " So it was." * 40 + " Register now", None, id="far from each other"),
    ],
)
def test_only_what_belongs_together_is_a_pitch(text: str, code: str | None) -> None:
    assert said(text) == ([("promotion", code)] if code else [])


@pytest.mark.parametrize(
    ("text", "weak"),
    [
        pytest.param("WhatsApp and Telegram were blocked in Tehran.", 1, id="two messengers"),
        pytest.param("A jackpot here, a jackpot there.", 1, id="the same word twice"),
        pytest.param("The rapper's playlist was read out.", 1, id="one family"),
        pytest.param("The rapper's jackpot was read out.", 2, id="two families"),
    ],
)
def test_weak_words_of_one_family_count_once(text: str, weak: int) -> None:
    assert said(text) == [("promotion", "weak")] * weak


def test_a_span_counts_once() -> None:
    assert said("Please subscribe to my channel, check out my new song") == [("promotion", "pitch")]


@pytest.mark.parametrize(
    ("text", "score"),
    [
        pytest.param("please call 020 7946 0123 now", 5, id="one number, seen by two rules"),
        pytest.param("WhatsApp: +1 555 010 9999", 5, id="one number of a messenger"),
        pytest.param("please call 020 7946 0123 now, or +49 30 901820", 10, id="two numbers"),
    ],
)
def test_a_number_counts_once(text: str, score: float) -> None:
    judged = judge(text)
    assert {f.rule for f in judged.findings} >= {"contact_bait", "personal_data"}
    assert sum(f.score for f in judged.findings if f.rule == "promotion") + score == judged.score


@pytest.mark.parametrize(
    "name",
    ["Best Casino 2026", "Cheap SEO Services", "Buy Viagra Online", "Онлайн казино", "娛樂城推薦", "คาสิโนออนไลน์"]
    + [
        "카지노사이트",
        "كازينو اون لاين",
        "Canlı bahis siteleri",
        "Backlinks",
        "Crypto Recovery Expert",
        "купить диплом",
    ],
)
def test_a_name_that_sells_is_held(name: str) -> None:
    assert held("A remark on this.", name)


@pytest.mark.parametrize(
    "name",
    ["Bet Lynch", "Rich Loan", "Loan", "Poker Pete", "Robert Casino", "Soma Patel", "Jackpot Jim", "Georgie Best"]
    + ["Bitcoin Skeptic", "Cheap Trick", "Магомед Казиев", "Homework Hater", "Real Madrid fan", "Cover Girl"],
)
def test_a_name_is_no_advert_for_a_word_in_it(name: str) -> None:
    assert not held("A remark on this.", name)


@pytest.mark.parametrize(
    "text",
    ["ring 0️⃣7️⃣7️⃣0️⃣0️⃣ 9️⃣0️⃣0️⃣1️⃣2️⃣3️⃣ now", "ring ⓪⑦⑦⓪⓪⑨⓪⓪①②③ now", "ring 0.7.7.0.0.9.0.0.1.2.3 now", "ring ٠٧٧٠٠٩٠٠١٢٣ now"],
)
def test_the_mark_covers_the_number_as_typed(text: str) -> None:
    found = [f for f in judge(text).findings if f.code == "phone"]
    assert {f.rule for f in found} == {"contact_bait", "personal_data"}
    number = text.removeprefix("ring ").removesuffix(" now")
    assert all(f.start is not None and f.end is not None and number in text[f.start : f.end] for f in found)
