"""Marks on letters, as many as languages put there.

A letter of Tibetan, Burmese or pointed Hebrew carries five or six. Thousands on one letter are drawn far over whatever
stands above and below, and nobody reads them.
"""

import re
import unicodedata
from functools import cache

MOST_MARKS = 8  # behind one character; and as many signs that are not drawn, joiners and tags

_CATEGORIES = frozenset({"Mn", "Mc", "Me", "Cf"})
# Vowels and finals of Hangul are letters, and drawn into the syllable before them, however many there are.
_JOINING = (range(0x1160, 0x1200), range(0xD7B0, 0xD7FC))


# Where those beyond the first 65,536 characters stand, and few others: emoji and styled letters do not.
_BEYOND = "\U00010000-\U0001d3ff\U0001d800-\U0001efff\U000e0000-\U000e0fff"


def may_have_piles(text: str) -> bool:
    """Whether more marks and undrawn signs stand in a row than may be kept of either: in hardly any text."""
    if text.isascii() or len(text) <= MOST_MARKS:
        return False
    one, row = _patterns()
    # Such a row has one at one of these places.
    return one.search(text[MOST_MARKS :: MOST_MARKS + 1]) is not None and row.search(text) is not None


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """One mark or undrawn sign, and a row that is longer than may be."""
    chars = map(chr, range(0x80, 0x10000))
    kinds = "".join(char for char in chars if unicodedata.category(char) in _CATEGORIES or _joins(char))
    return re.compile(f"[{kinds}{_BEYOND}]"), re.compile(f"[{kinds}{_BEYOND}]{{{MOST_MARKS + 1}}}")


def without_piles(text: str) -> str:
    """The text with at most `MOST_MARKS` marks, and as many undrawn signs, behind each other character.

    The first ones stay. What is not drawn (joiners, signs of direction, tags) begins no new letter. A syllable of old
    Korean has six parts, an emoji of a region's flag seven tags.
    """
    if not may_have_piles(text):
        return text
    categories = {char: unicodedata.category(char) for char in set(text)}
    marks = {char for char, category in categories.items() if category[0] == "M" or _joins(char)}
    unseen = {char for char, category in categories.items() if category == "Cf"}
    if not (marks or unseen):
        return text
    kept: list[str] = []
    seen = hidden = 0
    for char in text:
        if char in marks:
            seen += 1
            if seen > MOST_MARKS:
                continue
        elif char in unseen:
            hidden += 1
            if hidden > MOST_MARKS:
                continue
        else:
            seen = hidden = 0
        kept.append(char)
    return "".join(kept)


def _joins(char: str) -> bool:
    code = ord(char)
    return code >= 0x1160 and any(code in part for part in _JOINING)
