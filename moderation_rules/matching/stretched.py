"""Words with letters repeated, as in `sooo`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from copy import copy
from functools import lru_cache
from itertools import groupby
from string import ascii_lowercase
from typing import Final

from ahocorasick_rs import AhoCorasick, Implementation

from moderation_rules.matching.vocabulary import ENDINGS, Vocabulary
from moderation_rules.text.words import is_agglutinated

_DOUBLED = 6  # letters from which a letter twice in a row is a disguise; in shorter words it makes others: looser
RUN: Final = 6  # times that a letter stands in a row, from which nobody takes it for a slip
_LONG_RUN = re.compile(rf"([^\W\d_])\1{{{RUN - 1}}}")
_RUN = re.compile(r"([^\W\d_])\1+")
_DOUBLES = AhoCorasick([letter * 2 for letter in ascii_lowercase], implementation=Implementation.DFA)


class StretchedWords:
    """Listed words by what is left of them when runs of a letter are made one."""

    def __init__(self, listed: Vocabulary) -> None:
        self._listed = listed
        self._doubled: dict[str, list[str]] = {}
        for key in listed.words:
            if _RUN.search(key):
                short = _RUN.sub(r"\1", key)  # not `collapse`, which would remember every word of the list
                self._doubled.setdefault(short, []).append(key)

    def part(self, listed: Vocabulary) -> StretchedWords:
        """The same for some of the listed words; others are found too, which no list has here."""
        made = copy(self)
        made._listed = listed
        return made

    def among(self, words: Iterable[str]) -> Iterator[tuple[str, str]]:
        """The stretched words with the listed words that they are."""
        line = f" {' '.join(words)} "
        if not line.isascii():
            candidates: Iterable[str] = [word for word in words if _RUN.search(word)]
        else:
            candidates = _with_runs(line)
        for word in candidates:
            for key in self.keys(word):
                yield word, key

    def keys(self, word: str) -> list[str]:
        """The listed words of which this is one, stretched; with or without an ending."""
        short = collapse(word)
        if short == word:
            return []
        found = [key for key in self._of(short) if stretches(word, key)]
        if short.endswith(ENDINGS):
            for ending in ENDINGS:
                if short.endswith(ending):
                    stems = [key for key in self._of(short[: -len(ending)]) if self._listed.takes(key, ending)]
                    found += [key for key in stems if stretches(word, key + ending)]
        return [] if found and self._listed.known.is_word(word) else found

    def _of(self, short: str) -> list[str]:
        found = self._doubled.get(short, [])
        if short in self._listed.words and short.isalpha() and not is_agglutinated(short):
            return [short, *found]
        return found


def _with_runs(line: str) -> Iterator[str]:
    """Those of the line's words in which a letter stands twice in a row."""
    front = 0
    for _, start, end in _DOUBLES.find_matches_as_indexes(line):
        if start > front:
            front = line.find(" ", end)
            yield line[line.rfind(" ", 0, start) + 1 : front]


def has_double(word: str) -> bool:
    """Whether a letter stands in it twice in a row: no other word is stretched."""
    return _RUN.search(word) is not None


def has_run(word: str) -> bool:
    """Whether a letter stands in it `RUN` times in a row."""
    return _LONG_RUN.search(word) is not None


@lru_cache(maxsize=16_384)
def collapse(word: str) -> str:
    """The word with each run of a letter made one: `sooo` and `so` are `so`."""
    return _RUN.sub(r"\1", word)


def stretches(word: str, key: str) -> bool:
    """Whether `word` is `key` with letters repeated: three times or more, or twice in a word of six letters."""
    typed_runs, meant_runs = _runs(word), _runs(key)
    if word == key or len(typed_runs) != len(meant_runs):
        return False
    longest = 1
    for (letter, typed), (meant_letter, meant) in zip(typed_runs, meant_runs, strict=True):
        if typed < meant or letter != meant_letter:
            return False
        if typed > meant:
            longest = max(longest, typed)
    return longest >= 3 or (longest == 2 and len(key) >= _DOUBLED)


def _runs(word: str) -> list[tuple[str, int]]:
    return [(letter, len(list(run))) for letter, run in groupby(word)]
