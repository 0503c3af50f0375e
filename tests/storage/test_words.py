"""Texts as words, and what is typed into a search field as what it asks for."""

import pytest

from models.database.words import ASKED_MOST, WORD_MOST, Asked, asked_for, words_of


@pytest.mark.parametrize(
    "text, words",
    [
        pytest.param("The BRIDGE, the bridge!", "the bridge", id="each once, whatever the case"),
        pytest.param("Müller Ångström naïve", "muller angstrom naive", id="without accents"),
        pytest.param("Mu\u0308ller", "muller", id="accents apart"),
        pytest.param("Straße STRASSE", "strasse", id="sharp s"),
        pytest.param("Ørsted Łódź İzmir ılık œuvre", "orsted lodz izmir ilik oeuvre", id="letters that look marked"),
        pytest.param("ﬁne Ｗｉｄｅ 𝐛𝐨𝐥𝐝", "fine wide bold", id="letters in disguise"),
        pytest.param("100% of https://a.example/b_c?d=1", "100 of https a example b c d 1", id="punctuation is none"),
        pytest.param("O'Neill o\u2019neill", "o neill", id="apostrophes"),
        pytest.param("so\u00adft ze\u200bro", "soft zero", id="nothing to be seen"),
        pytest.param("gut 👍🏽 € 5", "gut 👍 € 5", id="pictures and currencies"),
        pytest.param("हिन्दी की", "हिन्दी की", id="vowel signs stay"),
        pytest.param("مُحَمَّد", "محمد", id="Arabic without points"),
        pytest.param("Καλημέρα ΚΑΛΗΜΈΡΑΣ", "καλημερα καλημερασ", id="Greek"),
        pytest.param("한국어 댓글", "한국어 댓글", id="Korean has spaces"),
        pytest.param("東京タワー", "東京 京タ タワ ワー ー", id="pairs where there are no spaces"),
        pytest.param("abc東京", "abc 東京 京", id="two scripts in one"),
        pytest.param("!?… __ ", "", id="no word"),
        pytest.param("x" * 100, "x" * WORD_MOST, id="a word too long to be typed"),
    ],
)
def test_words_of_a_text(text: str, words: str) -> None:
    assert words_of(text) == words.split()


@pytest.mark.parametrize(
    "q, asked",
    [
        pytest.param("Brid", [("brid", True)], id="a beginning"),
        pytest.param("is it über", [("is", False), ("it", False), ("uber", True)], id="short words as they are"),
        pytest.param("東京タ", [("東京", False), ("京タ", False)], id="pairs"),
        pytest.param("東", [("東", True)], id="one letter of a script without spaces"),
        pytest.param("%_'\"*", [], id="no word"),
        pytest.param("x" * 100, [("x" * WORD_MOST, True)], id="long"),
    ],
)
def test_what_is_asked_for(q: str, asked: list[tuple[str, bool]]) -> None:
    assert asked_for(q) == [Asked(*one) for one in asked]


def test_so_many_words_are_enough() -> None:
    assert len(asked_for(" ".join(f"word{n}" for n in range(50)))) == ASKED_MOST


@pytest.mark.parametrize("text", ["Über 東京 100% 👍", "ﬀ ŉ ß", "\u0345 ΐ", "x" * 80 + " é"])
def test_every_word_of_a_text_is_asked_for_as_it_is_kept(text: str) -> None:
    kept = words_of(text)
    for asked in asked_for(text):
        assert any(word.startswith(asked.word) if asked.begins else word == asked.word for word in kept)
