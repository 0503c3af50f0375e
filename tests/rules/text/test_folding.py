"""Folding: what becomes alike, and the way back to what was typed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation_rules import fingerprint, fold

ANY = st.text(max_size=80) | st.text(alphabet="aA4ß𝓐Ａа\u0301\u200b①씨ﬃĳ½İ ", max_size=40)


@pytest.mark.parametrize(
    ("typed", "folded"),
    [
        pytest.param("Hello", "hello", id="case"),
        pytest.param("𝓗𝓮𝓵𝓵𝓸", "hello", id="styled"),
        pytest.param("ｈｅｌｌｏ", "hello", id="full width"),
        pytest.param("🅷🅴🅻🅻🅾", "hello", id="enclosed"),
        pytest.param("ʜᴇʟʟᴏ", "hello", id="small capitals"),
        pytest.param("h\u200bel\u00adlo", "hello", id="invisible"),
        pytest.param("h\u0336e\u0301llo", "hello", id="marks"),
        pytest.param("hеllо", "hello", id="cyrillic look-alikes"),
        pytest.param("Straße", "strasse", id="sharp s"),
        pytest.param("０１２", "012", id="digits"),
    ],
)
def test_tricks_are_folded_away(typed: str, folded: str) -> None:
    assert fold(typed).text == folded


def test_a_piece_leads_back_to_what_was_typed() -> None:
    folded = fold("a\u200b𝓕ß x")
    assert folded.text == "afss x"
    assert folded.span(1, 4) == (2, 4)
    assert folded.span(4, 6) == (4, 6)


@given(ANY)
def test_folding_twice_changes_nothing(text: str) -> None:
    once = fold(text).text
    assert fold(once).text == once


@given(ANY, st.data())
def test_every_piece_lies_in_the_text(text: str, data: st.DataObject) -> None:
    folded = fold(text)
    start = data.draw(st.integers(0, len(folded.text)))
    end = data.draw(st.integers(start, len(folded.text)))
    first, last = folded.span(start, end)
    assert 0 <= first <= last <= len(text)
    # What was typed there has the folded piece in it.
    assert folded.text[start:end] in fold(text[first:last]).text


@given(st.text(st.sampled_from("aﷺ한é\u200bﬀ b"), max_size=12))
def test_what_one_character_became_is_split_inside_alone(text: str) -> None:
    folded = fold(text)
    inside = [at for at in range(1, len(folded.text)) if folded.origin(at) == folded.origin(at - 1)]
    assert [at for at in range(-1, len(folded.text) + 2) if folded.splits(at)] == inside


def test_pieces_outside_are_refused() -> None:
    with pytest.raises(ValueError, match="outside"):
        fold("abc").span(2, 9)


def test_fingerprints_see_through_spelling() -> None:
    assert fingerprint("Buy now, friends!") == fingerprint("B\u200bUY  nоw friends")
    assert fingerprint("Buy now") != fingerprint("Buy later")
    assert fingerprint("!!!") != fingerprint("???")
    assert len(fingerprint("")) == 16
