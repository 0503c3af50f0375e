"""Words and names that people use: what is one of them is no disguise of another word."""

from __future__ import annotations

import re
from typing import NamedTuple

_SEARCHED = 400  # letters in which looking for a word is faster than to halve them once more
# The lines that begin with the same two letters, or the one of a single letter; notes have no such front.
_GROUP = re.compile(r"^(?:#.*|(.)$|(..).*(?:\n\2.*)*)", re.MULTILINE)


class PackedWords:
    """Words kept as they stand in their file, cut by their first two letters: a set would take ten times the memory."""

    __slots__ = ("_by_front",)

    def __init__(self, text: str) -> None:
        """`text`: one word a line, by code points; lines with `#` in front are left out."""
        # Cut out of the text: a hundred thousand words by themselves would leave the process megabytes larger.
        self._by_front = {found[1] or found[2]: f"\n{found[0]}\n" for found in _GROUP.finditer(text) if found.lastindex}

    def __contains__(self, word: str) -> bool:
        """Whether the word, which has no line break in it, is one of these."""
        group = self._by_front.get(word[:2], "")
        start, end = 0, len(group)
        while end - start > _SEARCHED:
            middle = group.rfind("\n", start, (start + end) // 2)
            if middle <= start:
                break
            if group[middle + 1 : group.find("\n", middle + 1)] < word:
                start = middle
            else:
                end = group.find("\n", middle + 1) + 1
        return group.find(f"\n{word}\n", start, end) >= 0


class KnownWords(NamedTuple):
    """What people write that is no disguise, all in folded letters but for `own`."""

    common: frozenset[str]  # everyday English words
    words: PackedWords  # English words
    given: PackedWords  # given names
    names: PackedWords  # surnames, and names of places and products
    own: PackedWords  # words of all languages that look as if they came from listed ones, with their accents
    rude_names: PackedWords  # names of people and places that have a rude word in them, or are one

    def is_word(self, word: str) -> bool:
        """Whether it is a word or a name, so that nobody who types it meant to write another one."""
        return word in self.common or word in self.words or word in self.given or word in self.names or word in self.own

    def is_other(self, form: str, key: str) -> bool:
        """Whether a word that looks like an inflection of `key` is a word of its own: spicy is none of spic's."""
        if form in self.own or key in self.words:
            return form in self.own
        return form in self.words or form in self.given or form in self.names
