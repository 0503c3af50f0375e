"""Format characters that nothing around them needs: nobody sees them, and no script or emoji is written with them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import Final

_MARKS_OF_DIRECTION = frozenset("\u200e\u200f\u061c")
_NON_JOINER, _JOINER, _FLAG = "\u200c", "\u200d", "\U0001f3f4"
_VIRAMA = 9
_TAGS = frozenset(map(chr, range(0xE0020, 0xE0080)))
# Of Mongolian: it shapes the letter before it.
_VOWEL_SEPARATOR = "\u180e"
# Format characters by their category that are drawn: Arabic, Syriac and Kaithi signs around numbers.
_DRAWN: Final = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd")


def needless(text: str, *, directed: bool = False) -> Iterator[int]:
    """Where a format character stands that no script and no emoji needs there.

    `directed`: marks of direction are needed where anything is written from right to left.
    """
    if text.isascii():
        return
    directed = directed and any(
        unicodedata.bidirectional(letter) in ("R", "AL") for letter in text if letter not in _MARKS_OF_DIRECTION
    )
    # The last that is needed or seen, and the last of it that is no mark upon another.
    last = base = ""
    for n, letter in enumerate(text):
        kind = unicodedata.category(letter)
        if kind == "Cf" and letter not in _DRAWN:
            after = text[n + 1 : n + 2]
            if not (directed if letter in _MARKS_OF_DIRECTION else _needed(letter, last, base, after)):
                yield n
                continue
        last, base = letter, base if kind == "Mn" else letter


def joins(letter: str, before: str) -> bool:
    """Whether `letter` is a joiner that the script of `before`, the character in front of it, is written with.

    Persian and Indic words are (RFC 5892, A.1 and A.2).
    """
    if letter not in (_NON_JOINER, _JOINER) or not before:
        return False
    return unicodedata.combining(before) == _VIRAMA or (
        letter == _NON_JOINER and unicodedata.bidirectional(before) == "AL"
    )


def _needed(letter: str, last: str, base: str, after: str) -> bool:
    """Whether a format character makes something of what stands beside it."""
    if not last:
        return False
    if joins(letter, last) or joins(letter, base):
        return True
    if letter == _JOINER:
        # Emoji are joined behind a skin tone or a variation selector too; Arabic letters keep their shape before it.
        emoji = last == "\ufe0f" or unicodedata.category(last) in ("So", "Sk")
        return (emoji and unicodedata.category(after or " ") == "So") or unicodedata.bidirectional(base or " ") == "AL"
    if letter == _VOWEL_SEPARATOR:
        return "\u1820" <= last <= "\u18aa"
    # The flags of countries in a country are spelt in invisible tags.
    return letter in _TAGS and (last == _FLAG or last in _TAGS)
