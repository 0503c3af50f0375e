"""What one character stands for when words are compared: a table that is filled as characters turn up.

A character's fold depends on nothing but itself, so that every folded character points back to exactly one typed one,
and folding twice changes nothing. Sources: Unicode's own data (NFKD, case folding, names, decimal values) and the
confusables of Unicode Technical Standard 39 as the package `confusable-homoglyphs` ships them.
"""

from __future__ import annotations

import json
import re
import unicodedata
from functools import cache
from typing import Final

from moderation_rules.lists.shipped import confusables
from moderation_rules.text.char_table import CharTable

# Marks that readers of these scripts don't need to tell words apart and that are piled up to hide words: Latin,
# Greek and Cyrillic accents, Hebrew points, Arabic vowel signs. Vowel signs of Indic scripts are letters to us.
_MARKS = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670"
    "\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f\u302a-\u302f\u3099\u309a]"
)
# Characters that show nothing and may stand between letters.
INVISIBLE: Final = re.compile(
    "[\u00ad\u034f\u061c\u0640\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_NAMED_LETTER = re.compile(
    r"^(?:(?:NEGATIVE |CROSSED )?(?:SQUARED|CIRCLED|PARENTHESIZED) |MODIFIER LETTER |REGIONAL INDICATOR SYMBOL "
    r"|RAISED )*"
    r"(?:LATIN )?(?:(?:CAPITAL|SMALL) )?LETTER (?:SMALL CAPITAL |SMALL |CAPITAL |TURNED |REVERSED |OPEN |SCRIPT |"
    r"DOTLESS |SIDEWAYS |BARRED |INVERTED |LONG |INSULAR )*([A-Z])(?: WITH .*)?$"
)
# Look-alikes in common use that the published data leaves out or gives to other letters.
_ALSO: Final = dict(zip("ктнвмᴛᗩᗷᑕᗪᗴᖴᕼᒍᒪᗰᑎᑭᖇᔕᑌᐯᗯ", "kthbmtabcdefhjlmnprsuvw", strict=True))
# Scripts whose letters are borrowed as look-alikes; the others keep theirs.
_LENDERS = ("LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC", "LISU", "CANADIAN", "GOTHIC", "DESERET")


@cache
def _look_alikes() -> dict[str, str]:
    """Character to the ASCII letters it looks like, from the kept package's data."""
    table: dict[str, str] = {}
    for char, others in json.loads(confusables()).items():
        if len(char) != 1 or char.isascii():
            continue
        if not unicodedata.name(char, "").startswith(_LENDERS):
            continue
        for other in others:
            target = other["c"]
            if len(target) <= 2 and target.isascii() and target.isalpha():
                table[char] = target.lower()
                break
            if len(target) == 1 and _NAMED_LETTER.match(unicodedata.name(target, "")):
                table.setdefault(char, target)
    return table


def _once(char: str) -> str:
    if char.isascii():
        return char.lower()
    if INVISIBLE.match(char) or _MARKS.match(char):
        return ""
    digit = unicodedata.decimal(char, None)
    if digit is not None:
        return str(digit)
    apart = unicodedata.normalize("NFKD", char)
    if apart != char:
        return apart
    small = char.casefold()
    if small != char:
        return small
    alike = _ALSO.get(char) or _look_alikes().get(char)
    if alike is not None:
        return alike
    named = _NAMED_LETTER.match(unicodedata.name(char, ""))
    return named[1].lower() if named else char


def fold_letter(char: str) -> str:
    """The fold of one character: what is left when repeating it changes nothing; empty for what shows nothing."""
    text = char
    for _ in range(8):
        folded = "".join(map(_once, text))
        if folded == text:
            return folded
        text = folded
    # A cycle among look-alikes: the smallest of its forms is as good as any, and the same from every entrance.
    return min(text, "".join(map(_once, text)))


# A replacement costs more where letters become several, as those of Hangul do, which have most kinds.
LETTERS: Final = CharTable(fold_letter, few=30)
