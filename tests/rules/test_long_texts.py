"""What a long text may cost, whatever it is made of; and that what is shared or cut in two finds the same."""

import sys
from itertools import product

import pytest

from benchmarks.rules import bombs, mixtures, texts
from moderation_rules import Comment, Facts, Verdict, compile_policy, default_policy
from moderation_rules.lists.known import PackedWords
from moderation_rules.lists.word_lists import Entry, ListKind, WordList
from moderation_rules.matching.listed.typed_words import Words
from moderation_rules.matching.matcher import Finder
from moderation_rules.rule import SEARCHED, Reading
from moderation_rules.text.folding import fold

LENGTH = 65_536
FACTS = Facts(approved_before=3)
SYLLABLES = ["ka", "ro", "mi", "tu", "ze", "lo", "fa", "ni"]
LISTED = ["".join(word) for word in product(SYLLABLES, repeat=4)][::2]
JUDGE = compile_policy(default_policy().with_words("many", LISTED))
ALL_KINDS = "".join(map(chr, [*range(0x80, 0xD800), *range(0xE000, 0x12880)]))[:LENGTH]
MIXED = mixtures(bombs(LISTED), texts(None))
CALLS = 30_000  # of functions in one judgement; most of them cost less than a tenth of a microsecond


def calls(text: str) -> int:
    """How many functions are called while the text is judged: as good a measure as time, and always the same."""
    count = 0

    def counted(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    JUDGE.judge(Comment(text), FACTS)  # what is remembered between comments is no cost of this one
    before = sys.getprofile()
    sys.setprofile(counted)
    try:
        JUDGE.judge(Comment(text), FACTS)
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.parametrize(
    "piece",
    [
        pytest.param(ALL_KINDS, id="all kinds of characters"),
        pytest.param("".join(map(chr, range(0x80, 0x80 + 990))), id="as many kinds as are read"),
        pytest.param("a*", id="stars"),
        pytest.param("a@b.cc,", id="mails"),
        pytest.param("a.com ", id="hosts"),
        pytest.param(MIXED["mixture 24 (0% comments)"], id="pieces of many kinds"),
        pytest.param(MIXED["mixture 34 (50% comments)"], id="pieces of many kinds between comments"),
        pytest.param("аa", id="two alphabets"),
        pytest.param("$a1!", id="signs for letters"),
        pytest.param("\ufdfa", id="one sign for eighteen"),
        pytest.param("1\ufe0f\u20e3", id="keycaps"),
        pytest.param(" ".join(LISTED) + " ", id="listed words"),
        pytest.param(" ".join(f"{word[:3]} {word[3:]}" for word in LISTED) + " ", id="torn words"),
        pytest.param(" ".join(f"{word[:2]}**{word[4:]}" for word in LISTED) + " ", id="masked words"),
        pytest.param(" ".join(f"{word[0]}{word[2]}{word[1]}{word[3:]}" for word in LISTED) + " ", id="slips"),
    ],
)
def test_no_text_is_much_work(piece: str) -> None:
    text = (piece * (LENGTH // len(piece) + 1))[:LENGTH]
    assert calls(text) < CALLS


@pytest.mark.parametrize("piece", ["死ね", "Dick", "かす死ね", "ahole", "a死ね"])
@pytest.mark.parametrize("length", [SEARCHED, LENGTH])
def test_listed_words_without_spaces_between_them_are_not_much_work(piece: str, length: int) -> None:
    """Pages without a space are usual in some scripts: nobody looks for a name in all of one for each word in it."""
    # Of the shorter text twice as much is read closely.
    assert calls((piece * length)[:length]) < 2 * CALLS


def test_a_long_text_does_not_fill_the_tables_of_characters() -> None:
    reading = Reading(Comment(ALL_KINDS), Facts())
    assert len(reading.text) == LENGTH
    assert len(reading.strange) <= 1000


def test_plain_words_are_found_wherever_they_stand() -> None:
    at = 60_000
    text = ("Ж " * SEARCHED * 8)[:at] + f"so {LISTED[0]} ж" * 2
    judgement = JUDGE.judge(Comment(text), FACTS)
    (finding,) = [finding for finding in judgement.findings if finding.rule == "word_list"][:1]
    assert (finding.start, finding.end) == (at + 3, at + 3 + len(LISTED[0]))
    assert judgement.verdict is Verdict.PENDING


@pytest.mark.parametrize("text", ["you shall die, my dear", "my dear die-hard 💣💀", "a deary is no dear", "nothing"])
def test_a_part_finds_what_a_finder_of_its_lists_alone_finds(text: str) -> None:
    lists = [
        WordList("banned", ListKind.BANNED, tuple(map(Entry, ["die", "shall die", "💣"]))),
        WordList("allowed", ListKind.ALLOW, (Entry("die-hard"),)),
        WordList("others", ListKind.SUSPECT, tuple(map(Entry, ["dear", "die", "💀"])), disguised=False),
    ]
    words = Words(fold(text))
    whole = Finder(lists)
    for mine in (lists[:2], lists[2:]):
        part, alone = whole.part(mine), Finder(mine)
        assert part.find(words) == alone.find(words)
        assert part.inside("shalldiedear") == alone.inside("shalldiedear")
        assert [term.key for term in part.terms()] == [term.key for term in alone.terms()]


def test_packed_words_are_those_of_the_file() -> None:
    words = sorted({*LISTED, *(f"ka{word}" for word in LISTED), "k", "ka", "kaéa", "zz"})
    packed = PackedWords("# a note\n" + "\n".join(words))
    assert all(word in packed for word in words)
    others = {word + "a" for word in words} | {word[:-1] for word in words} | {"m" + word for word in words} | {"kaz"}
    assert not any(word in packed for word in others - set(words) if word)


def test_of_a_long_text_less_is_looked_at_closely() -> None:
    disguised = f"{LISTED[0][:2]}**{LISTED[0][4:]} "
    near, far = ("word " * (at // 5) + disguised + "word " * (LENGTH // 5) for at in (1000, 5000))
    found = [{finding.rule for finding in JUDGE.judge(Comment(text), FACTS).findings} for text in (near, far)]
    assert found == [{"word_list", "long_text"}, {"long_text"}]


@pytest.mark.parametrize("end", ["", "z", " plain to the end"])
def test_places_behind_the_last_sign_beyond_ascii_are_found(end: str) -> None:
    folded = fold(f"a\u200bb\ufdfa씨ｃ{end}")
    typed = [folded.origin(position) for position in range(len(folded.text) + 1)]
    assert folded.origin(len(folded.text)) == len(folded.original)
    assert typed == sorted(typed)
    assert [folded.original[folded.origin(folded.text.rindex(char))] for char in ("a", "b", *end)] == ["a", "b", *end]
