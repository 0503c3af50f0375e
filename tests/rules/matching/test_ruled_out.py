"""What is ruled out by a cheap look is what a closer one would not find either."""

import re
from itertools import combinations
from random import Random

import pytest

from moderation_rules import Comment, Facts, compile_policy, default_policy
from moderation_rules.engine import Judge
from moderation_rules.lists.shipped import known_words
from moderation_rules.lists.word_lists import Entry, ListKind, WordList
from moderation_rules.matching import contact_data, links, phone_numbers
from moderation_rules.matching.disguises import Disguises
from moderation_rules.matching.listed.typed_words import Words
from moderation_rules.matching.matcher import Finder
from moderation_rules.rules import contact_bait
from moderation_rules.text.char_table import CharTable
from moderation_rules.text.folding import fold
from moderation_rules.text.piles import piled

WORDS = ["nincompoop", "zounderkite", "snollygoster"]
FACTS = Facts(approved_before=3)
NUMBERS = (
    contact_data._LOCAL,
    contact_data._PHONE,
    phone_numbers._ONE_BY_ONE,
    phone_numbers._DRESSED,
    phone_numbers._WHOLE,
    phone_numbers._DRESSED_WHOLE,
)


@pytest.fixture(scope="module")
def disguises() -> Disguises:
    words = WordList("own", ListKind.BANNED, tuple(map(Entry, WORDS)))
    return Disguises(Finder([words]), known_words())


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("ending", ["", "s", "ing"])
def test_no_torn_word_is_ruled_out(disguises: Disguises, word: str, ending: str) -> None:
    found = 0
    for first, second in combinations(range(1, len(word)), 2):
        for pieces in ([word[:first], word[first:]], [word[:first], word[first:second], word[second:]]):
            text = f"they say {' '.join(pieces)}{ending} of it"
            words = Words(fold(text))
            everywhere = {match.term.key for match in disguises.find(words, [])}
            assert {match.term.key for match in disguises.find(words, [], disguises.signs(words))} == everywhere, text
            found += bool(everywhere)
    assert found > 40


@pytest.mark.parametrize(
    ("text", "caught"),
    [
        ("That is sooooooo good", True),
        ("That is soooooo good", True),
        ("That is sooooo good", False),
        ("Really??????", True),
        ("Really?????", False),
        ("Да нетттттт же", True),
        ("BBBbbb and xx xx xx", False),
        ("……… AAAAAA", True),
    ],
)
def test_letters_in_a_row_are_found_whoever_looks_at_the_words(text: str, caught: bool) -> None:
    alone = compile_policy(default_policy())
    judges: list[Judge] = [alone, Judge([r for r in alone.rules if r.name == "stretched"], alone.thresholds)]  # type: ignore[arg-type]
    for judge in judges:
        found = [finding for finding in judge.judge(Comment(text), FACTS).findings if finding.rule == "stretched"]
        assert bool(found) is caught


def test_marks_are_piled_on_what_stands_in_front_of_them() -> None:
    text = "\u0301\u0301\u0301 a\u0301\u0301\u0301b e\u0301 1\u0301\u0301"
    assert piled(text, {"\u0301"}) == (0, 1, 2, 5, 6, 7, 14, 15)


@pytest.mark.parametrize("kinds", [1, 50, 90, 150, 250, 1500])
def test_a_table_says_the_same_of_few_kinds_and_of_many(kinds: int) -> None:
    table = CharTable(lambda char: char if char.isascii() else "<>" if ord(char) % 3 else "")
    signs = list(map(chr, range(0x400, 0x400 + kinds)))
    text = "".join([f"a{sign}" for sign in signs] * 3) + " end"
    assert table.apply(text) == table.apply(text, set(signs)) == "".join([table[ord(char)] for char in text])


def _mixed(seed: int, pieces: list[str]) -> str:
    random = Random(seed)
    return "".join(random.choices(pieces, k=60))


@pytest.mark.parametrize("seed", range(20))
def test_a_call_begins_where_one_of_its_words_does(seed: int) -> None:
    text = fold(
        _mixed(
            seed, ["Call", "me ", "don't ", "RING", "ſms ", " ", "звони́ ", "电话", "電話番号", "123456789 ", "7", ". "]
        )
    ).text
    found = [match.span() for match in contact_bait._calls(text)]
    assert found == [match.span() for match in contact_bait._CALL.finditer(text)]


def test_calls_are_found_there_at_all() -> None:
    assert sum(1 for _ in contact_bait._calls("call 0123456789, or ring 0123456789")) == 2


@pytest.mark.parametrize("seed", range(20))
def test_no_link_is_ruled_out(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    pieces = [
        "a",
        "WWW.",
        "www.",
        ".com",
        ".CoM ",
        ".de",
        "http://",
        "ſ",
        ".İd ",
        ".oſt ",
        "-",
        ".",
        " ",
        "/x ",
        "。",
        "b@",
    ]
    found = links._find(text := _mixed(seed, pieces))
    monkeypatch.setattr(links, "_HINT", re.compile(""))
    assert found == links._find(text)
    assert found


def test_all_numbers_stand_around_the_digits() -> None:
    chance, found = Random(12), 0
    signs = [
        " ",
        "-",
        ".",
        "/",
        "(",
        ")",
        "+",
        "00",
        "0",
        "7",
        "_",
        "📞",
        ",",
        "a",
        "€",
        "%",
        "\n",
        "12",
        "456",
        "7890",
    ]
    for _ in range(8_000):
        middle = "".join(chance.choices(signs, k=chance.randint(8, 30)))
        text = (
            " said" * chance.randint(0, 3)
            + middle
            + chance.choice(["5", "5%", "5) ", "5th "])
            + chance.choice(["", "so"])
        )
        within = phone_numbers.around_digits(text)
        for pattern in NUMBERS:
            everywhere = [match.span() for match in pattern.finditer(text)]
            assert [match.span() for match in pattern.finditer(text, *within)] == everywhere, text
            found += len(everywhere)
    assert found > 1_000
