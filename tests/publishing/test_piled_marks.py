"""Marks on letters as far as languages go: the rest is not published, and letters and digits stay."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.markup import render
from service.markup.marks import MOST_MARKS, may_have_piles, without_piles

ACUTE, STROKE, JOINER = "\u0301", "\u0336", "\u200d"

AS_TYPED = [
    pytest.param("Tiếng Việt, Yorùbá, Ọ̀rẹ́, Diné bizaad ą́ą́", id="latin"),
    pytest.param("བརྒྱུད་སྒྲོལ། ཧཱུྃ ཨོཾ་མ་ཎི་པདྨེ་ཧཱུྃ", id="tibetan"),
    pytest.param("ကျွန်ုပ်တို့၏ မြန်မာဘာသာ", id="burmese"),
    pytest.param("בְּרֵאשִׁ֖ית בָּרָ֣א אֱלֹהִ֑ים", id="hebrew"),
    pytest.param("بِسْمِ ٱللَّٰهِ ٱلرَّحْمَٰنِ", id="arabic"),
    pytest.param("क्ष्म्य र्त्स्न्य ನ್ಸ್ಟ್ರ ก็ที่น้ำ ភ្នំពេញ", id="indic and thai"),
    pytest.param("👨🏽‍👩🏽‍👧🏽‍👦🏽 ❤️‍🔥 1️⃣ 葛󠄀飾", id="emoji and variants"),
    pytest.param(
        "훈민정음 나랏〮말〯ᄊᆞ미〮 ᄡᆞᆯ 듀ᇰ귁〮에〮 달아〮 ᄏᄏᄏᄏᄏᄏᄏᄏᄏᄏᄏᄏ ㅠㅠㅠㅠㅠㅠㅠㅠㅠㅠㅠㅠ", id="korean, old and new"
    ),
    pytest.param("🏴󠁧󠁢󠁥󠁮󠁧󠁿🏴󠁧󠁢󠁳󠁣󠁴󠁿🏴󠁧󠁢󠁷󠁬󠁳󠁿 👨‍👩‍👧‍👦👩‍❤️‍💋‍👨 می‌خواهم श्री क्‍ष", id="flags, families and joiners"),
    pytest.param("x" + ACUTE * MOST_MARKS, id="as many as there may be"),
]


@pytest.mark.parametrize("text", AS_TYPED)
def test_no_language_loses_a_mark(text):
    assert without_piles(text) == text
    assert without_piles(unicodedata.normalize("NFD", text)) == unicodedata.normalize("NFD", text)


@pytest.mark.parametrize(
    ("text", "published"),
    [
        pytest.param("a" + ACUTE * 4000 + "b", "a" + ACUTE * 8 + "b", id="a tower"),
        pytest.param(f"{ACUTE}{STROKE}" * 2000 + "b", f"{ACUTE}{STROKE}" * 4 + "b", id="on nothing"),
        pytest.param("a" + (ACUTE + JOINER) * 20, "a" + (ACUTE + JOINER) * 8, id="over joiners"),
        pytest.param("한" + "\u1161" * 36 + "b", "한" + "\u1161" * 8 + "b", id="vowels of Hangul"),
        pytest.param("\u1112" + "\u1161\u11ab" * 18, "\u1112" + "\u1161\u11ab" * 4, id="vowels and finals"),
        pytest.param("글" + "\ud7cb" * 30, "글" + "\ud7cb" * 8, id="old finals"),
        pytest.param("🏴" + "\U000e0061" * 900, "🏴" + "\U000e0061" * 8, id="tags"),
        pytest.param("a" + "\u2066\u2069" * 900, "a" + "\u2066\u2069" * 4, id="signs of direction"),
        pytest.param("7" + "\u20e3" * 30, "7" + "\u20e3" * 8, id="round a digit"),
        pytest.param("ด" + "้็" * 300, "ด" + "้็" * 4, id="thai"),
        pytest.param("\u0bb0" + "\u0bc1" * 99, "\u0bb0" + "\u0bc1" * 8, id="spacing ones"),
    ],
)
def test_a_pile_is_cut(text, published):
    assert without_piles(text) == published
    assert render(text)[0] == f"<p>{published}</p>"


def test_every_kind_of_mark_is_seen_to_pile_up():
    for char in map(chr, range(0x110000)):
        if unicodedata.category(char) in {"Mn", "Mc", "Me", "Cf"} or "\u1160" <= char <= "\u11ff":
            assert may_have_piles("a" + char * (MOST_MARKS + 1))
    assert not may_have_piles("Tiếng Việt 👍🏽 ก็ที่น้ำ ❤️‍🔥 한국어")


def _stays(char: str) -> bool:
    """Letters and digits, but what is drawn into the syllable before it."""
    return char.isalnum() and not ("\u1160" <= char <= "\u11ff" or "\ud7b0" <= char <= "\ud7fb")


@given(st.text(alphabet=st.one_of(st.sampled_from("aé7 *`\n" + ACUTE + STROKE + JOINER), st.characters()), max_size=60))
@settings(max_examples=200, deadline=None)
def test_letters_and_digits_stay_and_twice_is_once(text):
    once = without_piles(text)
    assert [char for char in once if _stays(char)] == [char for char in text if _stays(char)]
    assert without_piles(once) == once


def test_names_and_titles_are_cut_too(newsroom, app):
    newsroom.thread(title="Bridge" + ACUTE * 100)
    newsroom.published("Fine.", name="Ada" + ACUTE * 500)
    page = app.test_client().get("/api/v1/sites/gazette/comments?thread=4711").get_json()
    assert page["thread"]["title"] == "Bridge" + ACUTE * 8
    assert page["comments"][0]["author"]["name"] == "Ada" + ACUTE * 8
