"""Where the words of a text stand, found out block by block: most of what is asked for stands near each other."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import Final

from moderation_rules.text.words import starts

BLOCK: Final = 1024  # characters, and the rest of the word that stands there


class WordPlaces:
    """The words of `spaced`, a text with a space for everything that is no part of a word, and of `line`, the same
    words with one space between and around them. `at`: where the text begins in a longer one; all places in the text
    are counted from there."""

    __slots__ = ("_at", "_first", "_fronts", "_in_line", "_line", "_spaced", "_starts")

    def __init__(self, spaced: str, line: str, at: int) -> None:
        self._spaced = spaced
        self._line = line
        self._at = at
        # Of each block so far: where it begins in the text, its first word, and where that begins in the line.
        self._fronts, self._first, self._in_line = [0], [0], [1]
        self._starts: dict[int, list[int]] = {}

    def start(self, index: int) -> int:
        """Where this word begins in the text."""
        block = self._block(self._first, index)
        return self._starts_in(block)[index - self._first[block]]

    def of_line(self, position: int) -> int:
        """Where in the text a letter of the words stands that is at `line[position]`."""
        front = self._line.rfind(" ", 0, position) + 1
        block = self._block(self._in_line, front)
        word = self._line.count(" ", self._in_line[block], front)
        return self._starts_in(block)[word] + position - front

    def index_in_line(self, position: int) -> int:
        """Which word `line[position]` belongs to."""
        block = self._block(self._in_line, position)
        return self._first[block] + self._line.count(" ", self._in_line[block], position)

    def index_from(self, place: int) -> int:
        """The first word that begins at this place of the text or behind it."""
        block = self._block(self._fronts, place - self._at)
        return self._first[block] + bisect_left(self._starts_in(block), place)

    def _block(self, begins: list[int], value: int) -> int:
        """The block in which this value lies, of one of the lists."""
        while begins[-1] <= value and self._add():
            pass
        return max(bisect_right(begins, value) - 1, 0)

    def _add(self) -> bool:
        """Cuts the next block off the last one; False where nothing is left."""
        text, begin = self._spaced, self._fronts[-1]
        end = text.find(" ", begin + BLOCK)
        if end < 0:
            return False
        words = len(text[begin:end].split())
        self._fronts.append(end)
        self._first.append(self._first[-1] + words)
        self._in_line.append(self._in_line[-1] + end - begin - text.count(" ", begin, end) + words)
        return True

    def _starts_in(self, block: int) -> list[int]:
        found = self._starts.get(block)
        if found is None:
            ends = self._fronts[block + 1 : block + 2] or [len(self._spaced)]
            begin = self._fronts[block]
            found = self._starts[block] = starts(self._spaced[begin : ends[0]], self._at + begin)
        return found
