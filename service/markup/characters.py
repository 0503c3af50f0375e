"""How characters that nobody can see are mended, field by field; nothing here knows what a field is for.

A reader cannot find what he cannot see: it is taken out or given the meaning it had where it came from, and refused
nowhere.
"""

import re
import unicodedata
from collections.abc import Iterable
from itertools import islice

from moderation_rules.text.normal_forms import normal
from moderation_rules.text.unseen import needless

_LINE_ENDS = re.compile("\r\n?|[\x0b\x0c\u2028\u2029]")
_NEXT_LINE = "\x85"
_OTHER_C1 = re.compile("[\x80-\x84\x86-\x9f]")
_SPACES = re.compile(r"\s+")
# What input methods of East Asia leave in an address: ASCII in full width, and the dots beside it.
_ASCII_WIDTH = str.maketrans(
    {chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
    | {"﹫": "@", "﹒": ".", "。": ".", "｡": ".", "\u3000": " "}
)
# Letters and symbols by their category, and yet nothing to see: Hangul fillers, the empty Braille cell.
_BLANKS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
# The same without the two that old Hangul syllables are written with.
_BLANK_TO_SPACE = str.maketrans(dict.fromkeys("\u2800\u3164\uffa0", " "))


def _meanings() -> dict[int, str | None]:
    """What becomes of code points that stand for no character: their meaning, a space, or nothing."""
    table: dict[int, str | None] = dict.fromkeys([*range(0x09), *range(0x0E, 0x1C), 0x7F])
    table |= dict.fromkeys(range(0x1C, 0x20), " ")  # Separators of fields and records.
    # C1 comes of Windows-1252 that was taken for Latin-1: browsers read these numbers as such too.
    # Source: https://html.spec.whatwg.org/#numeric-character-reference-end-state
    table |= {code: bytes([code]).decode("cp1252", "ignore") or None for code in range(0x80, 0xA0)}
    table |= dict.fromkeys(range(0xD800, 0xE000))  # Halves of surrogate pairs, which no UTF-8 can hold.
    # Noncharacters, of which two may not stand in XML either.
    table |= dict.fromkeys(range(0xFDD0, 0xFDF0))
    table |= dict.fromkeys(plane * 0x10000 + last for plane in range(17) for last in (0xFFFE, 0xFFFF))
    return table


_MEANINGS = _meanings()
# Where they may stand; all planes above the first, for a set of ranges is searched fast. To look up every letter of a
# comment takes ten times as long.
_LOOKED_UP = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff\U00010000-\U0010ffff]")


def mended(text: str) -> str:
    """The text with one kind of line end (LF), and without what stands for no character. Idempotent.

    CR, VT, FF, U+0085 and U+2028/2029 end lines; C1 controls become what they mean in Windows-1252; other controls,
    halves of surrogate pairs and noncharacters go. Format characters stay: scripts and emoji are written with them.
    """
    if text.replace("\n", "").isprintable():
        return text  # As most texts are: nothing of what is looked for below is printable.
    if _NEXT_LINE in text and not _OTHER_C1.search(text):
        # No sign of Windows-1252, where this would be an ellipsis.
        text = text.replace(_NEXT_LINE, "\n")
    return _LOOKED_UP.sub(_meaning, _LINE_ENDS.sub("\n", text))


def _meaning(found: re.Match[str]) -> str:
    return _MEANINGS.get(ord(found[0]), found[0]) or ""


def one_line(text: str) -> str:
    """Mended, NFC, on one line, single spaces, ends trimmed: how names and titles are kept. Idempotent.

    What shows nothing or turns the text around it is left out: controls of direction, zero-width spaces, soft
    hyphens, byte order marks. Joiners stay where scripts and emoji are written with them, marks of direction where
    anything is written from right to left.
    """
    if text.isascii() and text.isprintable():
        return " ".join(text.split())  # As most are: nothing of it needs mending but its spaces.
    text = normal("NFC", without_unseen(mended(text).translate(_BLANK_TO_SPACE), directed=True))
    return _SPACES.sub(" ", text).strip()


def title(text: str, most: int) -> str:
    """`one_line`, of at most `most` characters, of which the last says so where it was cut.

    A joiner or a space that the cut left at the end goes too.
    """
    line = one_line(text)
    return line if len(line) <= most else f"{one_line(line[: most - 1])}…"


def ascii_width(text: str) -> str:
    """The text with ASCII letters, signs and dots of full width in their plain form."""
    return text.translate(_ASCII_WIDTH)


def without_unseen(text: str, *, directed: bool = False) -> str:
    """The text without format characters, but for those that a script or an emoji needs where they stand.

    `directed`: marks of direction stay where anything is written from right to left. An address has none.
    """
    if text.isascii():
        return text
    unneeded = frozenset(needless(text, directed=directed))
    return "".join(letter for n, letter in enumerate(text) if n not in unneeded) if unneeded else text


def visible(text: str, most: int) -> int:
    """How many characters can be seen, counted up to `most`: marks, format characters, spaces and blanks are not."""
    beginning = text[:most]
    if beginning.isascii() and beginning.isalnum():
        return len(beginning)
    return _count((c for c in text if unicodedata.category(c)[0] not in "ZCM" and c not in _BLANKS), most)


def pictures(text: str, most: int) -> int:
    """How many emoji and other pictures there are, counted up to `most`.

    A lone one is a comment, so each says as much as two letters.
    """
    return _count((c for c in text if unicodedata.category(c) == "So" and c not in _BLANKS), most)


def _count(found: Iterable[str], most: int) -> int:
    # Nearly every text has enough within its first letters: the rest of it is not looked at.
    return sum(1 for _ in islice(found, most))
