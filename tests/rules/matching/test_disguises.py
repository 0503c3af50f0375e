"""Disguised spellings: what is seen through, where it is marked, and what stays innocent."""

import pytest

from moderation_rules import Comment, Facts, Finding, compile_policy, default_policy, fold
from moderation_rules.lists.shipped import known_words
from moderation_rules.lists.word_lists import Entries, Entry, ListKind, WordList
from moderation_rules.matching.listed.typed_words import Words
from moderation_rules.matching.matcher import Finder
from moderation_rules.matching.typos import Typos, typos
from moderation_rules.matching.vocabulary import Vocabulary
from moderation_rules.text.char_table import CharTable, beyond_ascii

WORDS = ["nincompoop", "numpty", "twerp", "daft fool"]
JUDGE = compile_policy(default_policy().with_words("own", WORDS))


def found(text: str) -> list[Finding]:
    return [finding for finding in JUDGE.judge(Comment(text), Facts()).findings if finding.rule == "word_list"]


@pytest.mark.parametrize(
    ("text", "marked", "how"),
    [
        pytest.param("you nincmopoop there", "nincmopoop", "swapped or left out", id="swapped"),
        pytest.param("you nincompop there", "nincompop", "swapped or left out", id="left out"),
        pytest.param("what nincompoops!", "nincompoops", "", id="with an ending"),
        pytest.param("you niiincompoop", "niiincompoop", "stretched", id="stretched"),
        pytest.param("nuuumptyyyy", "nuuumptyyyy", "stretched", id="stretched at the end"),
        pytest.param("you ninco mpoop there", "ninco mpoop", "torn apart", id="torn apart"),
        pytest.param("a tw erp is here", "tw erp", "torn apart", id="a short one torn apart"),
        pytest.param("whatanincompoopheis", "nincompoop", "run together", id="run together"),
        pytest.param("younumptygo", "numpty", "run together", id="a short one run together"),
        pytest.param("you n1ncompoop", "n1ncompoop", "with signs for letters", id="leet"),
        pytest.param("f00l that you are, a daft f00l", "daft f00l", "with signs for letters", id="a phrase in leet"),
        pytest.param("you nin-com-poop", "nin-com-poop", "broken up", id="broken up"),
        pytest.param("you nincomp**p", "nincomp**p", "masked", id="masked"),
        pytest.param("t w e r p, you", "t w e r p", "spaced out", id="spaced out"),
        pytest.param("“so” a tw\u200berp…", "tw\u200berp", "look-alike", id="among signs beyond ASCII"),
    ],
)
def test_a_disguise_is_seen_through_and_marked(text: str, marked: str, how: str) -> None:
    assert any(text[f.start : f.end] == marked and how in f.message for f in found(text))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("A twelve year old.", id="another word"),
        pytest.param("The tw. Erp is a town.", id="two sentences"),
        pytest.param("There were 12 erps and 2nd twos, 5pm.", id="numbers"),
        pytest.param("Antwerp is a city.", id="inside a name"),
        pytest.param("co-operation, well-known, e.g. the U.K.", id="hyphens and stops"),
    ],
)
def test_innocent_words_stay_innocent(text: str) -> None:
    assert found(text) == []


def test_a_table_of_letters_goes_on_remembering_when_it_is_full() -> None:
    table = CharTable(str.lower)
    table.apply("".join(map(chr, range(0x80, 0xD800))) + "".join(map(chr, range(0xE000, 0x12880))))
    table.apply("𠀀")
    assert ord("𠀀") in table


def test_a_wall_of_listed_words_is_marked_in_part() -> None:
    assert 0 < len(found("nincompoop numpty twerp " * 2000)) <= 20


def test_what_is_remembered_of_other_comments_changes_nothing() -> None:
    judge = compile_policy(default_policy().with_words("own", WORDS))
    texts = ["you nincmopoop", "a harmless blurb", "you nincmopoop", "niiincompoop", "a harmless blurb", "niiincompoop"]
    verdicts = [judge.judge(Comment(text), Facts()).verdict for text in texts]
    assert verdicts == ["pending", "approve", "pending", "pending", "approve", "pending"]


def test_no_word_longer_than_all_listed_ones_is_taken_for_a_slip() -> None:
    table = Typos(WORDS[:3], WORDS[:3], WORDS[:3].__contains__)
    table._table = b"\xff" * len(table._table)  # as where a word is marked by chance
    longest = max(map(len, WORDS[:3]))
    assert table.among(["x" * longest, "x" * (longest + 1)]) == ["x" * longest]


def test_every_slip_leads_back_to_a_word() -> None:
    table = Typos(WORDS[:3], WORDS[:3], WORDS[:3].__contains__)
    for word in WORDS[:3]:
        for form in typos(word):
            assert table.among([form]) == [form]
            assert form in typos(table.origin(form) or "")
    assert table.origin("harbour") is None


@pytest.mark.parametrize("kinds", [1, 12, 300, 2000], ids=str)
def test_few_and_many_kinds_of_characters_fold_alike(kinds: int) -> None:
    text = "".join(f"A{chr(0x4E00 + n)}ß{chr(0xAC00 + n)}" for n in range(kinds)) + "\u200bÉnd"
    folded = fold(text)
    assert folded.text == "".join(fold(char).text for char in text)
    assert beyond_ascii(text) == {char for char in text if char > "\x7f"}
    at = folded.text.index("end")
    assert text[slice(*folded.span(at, at + 3))] == "Énd"


def test_words_of_a_list_are_made_ready_when_they_are_met() -> None:
    words = WordList("own", ListKind.BANNED, Entries([Entry("nincompoop"), Entry("numpty", 2), Entry("*numpty")]))
    finder = Finder([words, WordList("more", ListKind.SUSPECT, Entries([Entry("numpty")]))])
    listed = Vocabulary(finder, known_words())
    assert not finder.groups
    assert [(term.entry, term.list.name) for term in listed.terms("numpty")] == [
        (Entry("numpty", 2), "own"),
        (Entry("*numpty"), "own"),
        (Entry("numpty"), "more"),
    ]
    assert finder.find(Words(fold("what a nincompoop")))
    assert [group[0].key for group in finder.groups.values()] == ["nincompoop"]
