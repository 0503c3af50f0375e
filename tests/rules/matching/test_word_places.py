"""Where words stand is found out block by block, and is the same as found out at once."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation_rules.matching.listed import word_places
from moderation_rules.matching.listed.word_places import BLOCK, WordPlaces

SPACED = st.lists(st.sampled_from(["a", "word", "b" * 7, " ", "  ", " " * 40, "c" * 40]), max_size=60).map("".join)
AT = 7


def places(spaced: str) -> tuple[WordPlaces, list[re.Match[str]], str]:
    line = f" {' '.join(spaced.split())} "
    return WordPlaces(spaced, line, AT), list(re.finditer(r"[^ ]+", spaced)), line


@given(spaced=SPACED)
def test_every_word_is_found_where_it_stands(spaced: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(word_places, "BLOCK", 16)
        found, words, line = places(spaced)
        in_line = list(re.finditer(r"[^ ]+", line))
        # From the end, so that every block is cut for the first question.
        for index in reversed(range(len(words))):
            begin, in_line_at = words[index].start() + AT, in_line[index].start()
            assert found.start(index) == begin
            assert found.index_in_line(in_line_at) == index
            assert found.of_line(in_line[index].end() - 1) == words[index].end() - 1 + AT
            assert found.index_from(begin) == index
            assert found.index_from(begin + 1) == index + 1


def test_what_stands_in_front_costs_nothing_of_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at: list[int] = []
    real = word_places.starts
    monkeypatch.setattr(word_places, "starts", lambda text, at: looked_at.append(len(text)) or real(text, at))
    found, words, line = places("some words " * 6000)
    for index in (3, 5, 20, 3):
        assert found.start(index) == words[index].start() + AT
        assert found.of_line(line.index(" ", 30) - 1) > 0
    assert sum(looked_at) <= BLOCK + len("words")
