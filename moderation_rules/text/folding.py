"""Text made comparable, with a way back to the characters the reader typed."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from itertools import accumulate, repeat

from moderation_rules.text.char_table import beyond_ascii, without_plain_end
from moderation_rules.text.letters import LETTERS
from moderation_rules.text.words import spaced

_NO_LETTERS = re.compile(r"[\W_]+")  # nor digits, as `str.isalnum` has them
_FEW = 8  # kinds of characters up to which it is faster to look for each than at every character


class Folded:
    """A folded text and the one it came from.

    `text` is what rules compare. `span(start, end)` turns a half-open range of it into one of the original. The map
    is only worked out when asked for: most comments have nothing to show.
    """

    __slots__ = ("_even", "_spaced", "_starts", "_uneven", "original", "strange", "text")

    def __init__(
        self,
        original: str,
        text: str,
        *,
        even: bool = False,
        strange: frozenset[str] = frozenset(),
        uneven: Mapping[str, int] | None = None,
    ) -> None:
        self.original = original
        self.text = text
        self.strange = strange  # the kinds of characters beyond ASCII of `text`
        self._even = even  # each typed character became exactly one
        self._uneven = uneven or {}  # how many those typed characters became that did not become one
        self._starts: list[int] | None = None
        self._spaced: str | None = None

    @property
    def spaced(self) -> str:
        """`text` with a space for everything that is no part of a word; same length."""
        if self._spaced is None:
            self._spaced = spaced(self.text, self.strange)
        return self._spaced

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The typed characters behind `text[start:end]`; what is partly inside is taken whole.

        Raises ValueError for a range outside the text.
        """
        if not 0 <= start <= end <= len(self.text):
            raise ValueError("the range lies outside the folded text")
        if self._even:
            return start, end
        first = self.origin(start)
        return (first, first) if start == end else (first, self.origin(end - 1) + 1)

    def origin(self, position: int) -> int:
        """Index of the typed character that `text[position]` came from; the original's length at the end."""
        if position >= len(self.text):
            return len(self.original)
        if self._even:
            return position
        starts = self._begins()
        if position >= starts[-1]:
            return len(starts) - 1 + position - starts[-1]  # nothing but ASCII from here on, each one character
        # Characters that fold to nothing share a start; the last of them is the one that produced something.
        return bisect_right(starts, position) - 1

    def splits(self, position: int) -> bool:
        """Whether `position` lies inside what one typed character became (half a Hangul syllable, say)."""
        if self._even or not 0 < position < len(self.text):
            return False
        starts = self._begins()
        return position < starts[-1] and starts[bisect_left(starts, position)] != position

    def _begins(self) -> list[int]:
        """Where in the text each typed character begins, and where those end that are not plain to the end."""
        if self._starts is None:
            lengths = _lengths(without_plain_end(self.original), self._uneven)
            self._starts = list(accumulate(lengths, initial=0))
        return self._starts


def _lengths(typed: str, uneven: Mapping[str, int]) -> Iterable[int]:
    """How many folded characters each typed one became."""
    if len(uneven) > _FEW or sum(map(typed.count, uneven)) * 8 > len(typed):
        return map(uneven.get, typed, repeat(1))
    lengths = bytearray(b"\x01") * len(typed)
    for char, length in uneven.items():
        at = typed.find(char)
        while at >= 0:
            lengths[at] = length
            at = typed.find(char, at + 1)
    return lengths


def fold(text: str, strange: set[str] | None = None) -> Folded:
    """Folds case, width, styled letters, look-alikes, accents and invisible characters away.

    Length may change; `Folded.span` leads back. Idempotent: `fold(fold(t).text).text == fold(t).text`.
    `strange`: what `beyond_ascii` says of the text, where that is known.
    """
    if text.isascii():
        return Folded(text, text.lower(), even=True)
    if strange is None:
        strange = beyond_ascii(text)
    changes = LETTERS.changes(strange)
    kinds = frozenset((strange - changes.keys()) | beyond_ascii("".join(changes.values())))
    uneven = {char: len(form) for char, form in changes.items() if len(form) != 1}
    return Folded(text, LETTERS.apply(text, strange, changes), even=not uneven, strange=kinds, uneven=uneven)


def fingerprint(text: str | Folded) -> bytes:
    """16 bytes (BLAKE2b) that are equal for texts that differ only in spelling tricks, case, spaces and punctuation."""
    folded = fold(text) if isinstance(text, str) else text
    letters = folded.spaced.replace(" ", "")
    if not letters.isalnum():
        # Marks are parts of words and no letters; or there is none at all.
        letters = _NO_LETTERS.sub("", letters) or "".join(folded.text.split())
    return blake2b(letters.encode("utf-8", "surrogatepass"), digest_size=16, person=b"rejoinder-text-1").digest()
