"""Slips of the pen that hide a word from a list: which words of a comment may be slips, and of which listed word.

Ten thousand words have about 150,000 such forms. Kept as strings they take 200 bytes each; here they only leave marks
in a table of bits (a Bloom filter of two probes), and what is marked is taken back to the word that it came from.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Iterable, Iterator
from copy import copy

_VOWELS = "aeiou"
_LETTERS = "etaoinshrdlucmfwypvbgkjqxz"
_SWAPPED = 5  # letters from which two may be swapped
_DROPPED = 7  # letters from which one of several vowels may be left out; the only one may be of any: fck
_LONG = 8  # letters from which any inner letter may be left out, not only a vowel
_BITS_A_LETTER = 32  # of the words, or up to twice as many: at worst one word in a hundred is looked at for nothing
_MOST_BITS = 1 << 26


class Typos:
    """The slips of some words; `is_one` tells which of `listed` they are, so that they are not kept once more."""

    def __init__(self, words: Collection[str], listed: Container[str], is_one: Callable[[str], bool]) -> None:
        self._listed = listed
        self._is_one = is_one
        self._longest = max(map(len, words), default=0)  # no slip has more letters than its word
        size = 1 << 10
        while size < min(_BITS_A_LETTER * sum(map(len, words)), _MOST_BITS):
            size *= 2
        self._mask = mask = size - 1
        table = bytearray(size >> 3)
        for word in words:
            for form in typos(word):
                mark = hash(form)
                one, two = mark & mask, mark >> 32 & mask
                table[one >> 3] |= 1 << (one & 7)
                table[two >> 3] |= 1 << (two & 7)
        self._table = bytes(table)

    def part(self, listed: Container[str], is_one: Callable[[str], bool]) -> Typos:
        """The slips of some of the words: the same marks, taken back to those alone."""
        made = copy(self)
        made._listed, made._is_one = listed, is_one
        return made

    def among(self, words: Iterable[str]) -> list[str]:
        """Those of the words that may be slips."""
        # A word without end that is marked by chance would be written anew for each of its letters and the alphabet's.
        longest = self._longest
        return [word for word in words if len(word) <= longest and self._is_marked(hash(word))]

    def may_be(self, word: str) -> bool:
        """Whether the word is one of `among`."""
        return len(word) <= self._longest and self._is_marked(hash(word))

    def _is_marked(self, mark: int) -> bool:
        table, one, two = self._table, mark & self._mask, mark >> 32 & self._mask
        return bool(table[one >> 3] >> (one & 7) & 1 and table[two >> 3] >> (two & 7) & 1)

    def origin(self, word: str) -> str | None:
        """The listed word of which this is a slip, or None."""
        for key in filter(self._listed.__contains__, _before(word)):
            if self._is_one(key) and word in typos(key):
                return key
        return None


def typos(key: str) -> Iterator[str]:
    """Two inner letters swapped, an inner letter left out; of short words only such forms as no language is full of."""
    size = len(key)
    if size >= _SWAPPED:
        for i in range(1, size - 2):
            if key[i] != key[i + 1]:
                yield f"{key[:i]}{key[i + 1]}{key[i]}{key[i + 2 :]}"
    for i in range(1, size - 1):
        left = key[:i] + key[i + 1 :]
        if key[i] in _VOWELS:
            if size >= _DROPPED or not any(vowel in left for vowel in _VOWELS):
                yield left
        elif size >= _LONG and key[i] not in (key[i - 1], key[i + 1]):
            yield left


def _before(word: str) -> Iterator[str]:
    """What the word may have been before the slip."""
    for i in range(1, len(word) - 2):
        yield f"{word[:i]}{word[i + 1]}{word[i]}{word[i + 2 :]}"
    for letter in _LETTERS if len(word) + 1 >= _LONG else _VOWELS:
        for i in range(1, len(word)):
            yield f"{word[:i]}{letter}{word[i:]}"
