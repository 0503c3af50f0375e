"""Words spelt letter by letter: marked without the words of one letter beside them."""

from itertools import product

import pytest

from moderation_rules import Comment, Facts, compile_policy, default_policy

WORDS = ["nincompoop", "*twerp*", "*dolt", "blockhead*", "idler", "болван", "βλάκας", "zopenco"]
JUDGE = compile_policy(default_policy().with_words("own", WORDS))
RULES = ("word_list", "spaced_letters")
SPELT = {
    "Latin": (["nincompoop", "nincompoops", "twerp", "twerping", "TWERPERS", "dolt", "blockheads", "zopenco"], "aIu"),
    "Cyrillic": (["болван"], "яИв"),
    "Greek": (["βλάκας"], "ηή"),
}


def marked(text: str) -> tuple[list[str], list[str]]:
    """What is marked as a listed word, and as letters set apart."""
    findings = JUDGE.judge(Comment(text), Facts()).findings
    listed, apart = ([text[f.start : f.end] for f in findings if f.rule == rule] for rule in RULES)
    return listed, apart


@pytest.mark.parametrize("gap", [" ", ".", "-", "*"])
@pytest.mark.parametrize("script", SPELT)
def test_neighbours_of_a_spelt_word_are_not_marked(script: str, gap: str) -> None:
    words, little = SPELT[script]
    for word, before, after, beside in product(words, ["", *little], ["", *little], {" ", gap}):
        spelt = gap.join(word)
        text = beside.join(filter(None, (before, spelt, after)))
        listed, apart = marked(f"so {text}, you")
        assert listed == [spelt], text
        assert apart in ([], [spelt]), text


@pytest.mark.parametrize(
    ("text", "listed", "apart"),
    [
        pytest.param("a t w e r p i n g a fool", "t w e r p i n g", "t w e r p i n g", id="an ending"),
        pytest.param("t w e r p i n g f o o l", "t w e r p i n g", "t w e r p i n g f o o l", id="an ending, a word"),
        pytest.param("t w e r p y o u", "t w e r p", "t w e r p y o u", id="no ending but a word"),
        pytest.param("t w e r p i n s i d e", "t w e r p", "t w e r p i n s i d e", id="a word like an ending"),
        pytest.param("i d l e r", "i d l e r", "i d l e r", id="listed with the letter in front"),
        pytest.param("I a t.w.e.r.p", "t.w.e.r.p", "t.w.e.r.p", id="two words in front"),
        pytest.param("s o a t w e r p", "t w e r p", "s o a t w e r p", id="more than one word in front"),
        pytest.param("a g r e a t t w e r p", "t w e r p", "g r e a t t w e r p", id="a word in between"),
        pytest.param("a b o u t t w e r p", "t w e r p", "a b o u t t w e r p", id="a word from the first letter on"),
    ],
)
def test_what_stands_beside_a_listed_word(text: str, listed: str, apart: str) -> None:
    assert marked(text) == ([listed], [apart])


@pytest.mark.parametrize(
    ("text", "apart"),
    [
        pytest.param("i c a s i n o", "c a s i n o", id="a known word"),
        pytest.param("a c a s i n o i", "c a s i n o", id="between two"),
        pytest.param("a b o u t", "a b o u t", id="known with the letter in front"),
        pytest.param("I s l a m a", "I s l a m", id="a name with the letter in front"),
        pytest.param("a g r a n d l o t", "a g r a n d l o t", id="nothing known"),
        pytest.param("y c r a t a", "y c r a t a", id="too short to be told from chance"),
        pytest.param("f.u.n n.y g", "f.u.n n.y g", id="signs and spaces in turn"),
        pytest.param("a b c d t.w.e.r", "a b c d t.w.e.r", id="as much beside it as in it"),
    ],
)
def test_what_no_list_has_is_marked_from_word_to_word(text: str, apart: str) -> None:
    assert marked(text) == ([], [apart])


@pytest.mark.parametrize("text", ["Vitamins A, B, C, D, E and K.", "Plan a b c d o l t s"], ids=str)
def test_letters_that_happen_to_stand_together_are_no_listed_word(text: str) -> None:
    listed, _ = marked(text)
    assert listed == []
