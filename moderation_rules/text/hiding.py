"""Characters that don't show: which of them hide something, and which only came along.

Soft hyphens, joiners, marks and isolates of direction, and variation selectors belong to honest text of many languages
and programs; so do breaks between words. A word is taken apart where nothing shows, into pieces of a few letters; text
is turned around; or a whole message is written in tags.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

# Nothing shows, and no spelling needs it inside a word of letters that spaces keep apart.
BREAKS: Final = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180e\u200b\u2060\u2061\u2062\u2063\u2064\u2800\u3164\ufeff\uffa0"
)
_LEFT, _RIGHT, _END = "\u202d", "\u202e", "\u202c"  # from here on to the left (right); as before
_TURNED = re.compile("([\u202d\u202e])([^\u202c\n]*)")
# Where words stand apart by spaces, and where a break in one is of use to nobody.
_APART = (
    "A-Za-z\u00aa\u00b5\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u036f\u0370-\u0373\u0376-\u03ff"
    "\u0400-\u058f\u1e00-\u1fff"
)
_PIECES = re.compile(f"(?<![{_APART}])[{_APART}]++(?:[{''.join(BREAKS)}\u00ad]++[{_APART}]++)+")
_BREAK = re.compile(f"[{''.join(BREAKS)}]")
_SHORT = 3  # letters of a piece; programs that break lines leave longer ones
_FEWEST = 2  # breaks inside of words
_TAG = re.compile("[\U000e0000-\U000e007f]")
_TAGS: Final = frozenset(map(chr, range(0xE0000, 0xE0080)))
# England, Scotland, Wales: a black flag with invisible letters behind it (UTS 51, emoji tag sequences).
_FLAG = re.compile("\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{2,6}\U000e007f")


def may_hide(char: str) -> bool:
    """Whether `turning`, `tags` or `breaks` may find anything where this character stands."""
    return char in BREAKS or char in (_LEFT, _RIGHT) or char in _TAGS


def turning(text: str, strange: set[str]) -> list[int]:
    """Where text is turned around: overrides of direction that stand before what runs the other way."""
    if _LEFT not in strange and _RIGHT not in strange:
        return []
    # Telephones put overrides around numbers, which run as they would without.
    other = {_LEFT: ("R", "AL"), _RIGHT: ("L",)}
    return [
        match.start()
        for match in _TURNED.finditer(text)
        if any(unicodedata.bidirectional(char) in other[match[1]] for char in match[2])
    ]


def tags(text: str, strange: set[str]) -> list[int]:
    """Where invisible letters stand that make no flag."""
    if _TAGS.isdisjoint(strange):
        return []
    text = _FLAG.sub(lambda flag: "\U0001f3f4" * len(flag[0]), text)
    return [match.start() for match in _TAG.finditer(text)]


def breaks(text: str, strange: set[str]) -> list[int]:
    """Where words are taken apart by what doesn't show."""
    if BREAKS.isdisjoint(strange):
        return []
    found: list[int] = []
    for word in _PIECES.finditer(text):
        sizes = [len(piece) for piece in _BREAK.split(word[0])]
        # One break may stand for the space between two words, of which one may be short.
        if min(sizes) <= _SHORT and (len(sizes) > 2 or max(sizes) <= _SHORT):
            found += [word.start() + match.start() for match in _BREAK.finditer(word[0])]
    return found if len(found) >= _FEWEST else []
