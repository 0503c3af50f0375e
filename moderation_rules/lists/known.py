"""Words and names that people use: what is one of them is no disguise of another word."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from typing import NamedTuple


class SortedWords:
    """Words in order, found by halving the text that they stand in: a set would take ten times the memory."""

    __slots__ = ("_ends", "_text")

    def __init__(self, text: str) -> None:
        """`text`: one word a line in the order of code points; lines with `#` in front are left out."""
        words = [line for line in text.splitlines() if line and not line.startswith("#")]
        self._text = "\n".join(words)
        ends = array("I")
        end = -1
        for word in words:
            end += len(word) + 1
            ends.append(end)
        self._ends = ends

    def __len__(self) -> int:
        return len(self._ends)

    def __contains__(self, word: str) -> bool:
        at = bisect_left(range(len(self)), word, key=self._word)
        return at < len(self) and self._word(at) == word

    def _word(self, index: int) -> str:
        return self._text[self._ends[index - 1] + 1 if index else 0 : self._ends[index]]


class KnownWords(NamedTuple):
    """What people write that is no disguise, all in folded letters but for `own`."""

    common: frozenset[str]  # everyday English words
    words: SortedWords  # English words
    given: SortedWords  # given names
    names: SortedWords  # surnames, and names of places and products
    own: SortedWords  # words of all languages that look as if they came from listed ones, with their accents
    rude_names: SortedWords  # names of people and places that have a rude word in them, or are one

    def is_word(self, word: str) -> bool:
        """Whether it is a word or a name, so that nobody who types it meant to write another one."""
        return word in self.common or word in self.words or word in self.given or word in self.names or word in self.own

    def is_other(self, form: str, key: str) -> bool:
        """Whether a word that looks like an inflection of `key` is a word of its own: spicy is none of spic's."""
        if form in self.own or key in self.words:
            return form in self.own
        return form in self.words or form in self.given or form in self.names
