"""Words of a folded text: where they begin and end, in scripts with and without spaces."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Set
from functools import lru_cache
from itertools import accumulate, compress

from moderation_rules.text.char_table import CharTable
from moderation_rules.text.normal_forms import normal

# Scripts written without spaces: a word may begin and end anywhere.
UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u1950-\u19df\u1a20-\u1aaf\ua980-\ua9ff\uaa60-\uaa7f\u3040-\u30ff\u3100-\u312f\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf"
    "\u4e00-\u9fff\uf900-\ufaff\U0001b000-\U0001b16f\U00020000-\U0003ffff]"
)
# Little words of Arabic and Hebrew ("and", "the", "to", "in") are written as one with the word that follows.
_GLUING = re.compile("[\u05d0-\u05ea\u0620-\u064a]")
_LITTLE_WORDS = re.compile(r"(?<!\w)(?:[وف]?(?:[بكسل]?(?:ال)?|لل)|[והבכלמש]{1,4})\Z")
_LONG_ENOUGH = 3  # letters; shorter words turn up behind a little word by chance
# What Korean puts behind a noun.
_PARTICLES = frozenset(
    unicodedata.normalize("NFKD", particle)
    for particle in (
        ["", *"은는이가을를의에도만야아과와로들다요나랑라인임네냐니죠"]
        + [
            "이다",
            "이야",
            "이요",
            "이나",
            "이랑",
            "이라",
            "이네",
            "이지",
            "으로",
            "들이",
            "들은",
            "들을",
            "들의",
            "들아",
        ]
        + [
            "에게",
            "한테",
            "에서",
            "까지",
            "부터",
            "마다",
            "보다",
            "처럼",
            "같은",
            "같이",
            "입니다",
            "이에요",
            "인데",
            "지만",
        ]
    )
)
_LONGEST_PARTICLE = 16  # letters and more: a piece of that length is none
_REST = re.compile(r"\w*")
_JAMO = re.compile("[\u1100-\u11ff\ua960-\ua97f\ud7b0-\ud7ff]")


def is_mark(char: str) -> bool:
    """Whether it belongs to the letter before it: a vowel sign, a tone."""
    return unicodedata.category(char)[0] == "M"


def _space(char: str) -> str:
    """Letters, digits and vowel signs stay, everything else becomes a space."""
    return char if char.isalnum() or is_mark(char) else " "


def _shape(char: str) -> str:
    """`a` for a letter, `0` a digit, `.` a stop, `!` a mark, `*` another sign; `'` is part of words."""
    if char.isalnum() or is_mark(char):
        return "0" if char.isdecimal() else "a"
    if char.isspace():
        return " "
    if char in "'’/":
        return "'"
    if char in ".,;:-_":
        return "."
    return "!" if char in '!?()[]"“”„«»…–—' else "*"


def _letter(char: str) -> str:
    """A mark becomes an apostrophe that is a letter, which no word is looked for by."""
    return "ʼ" if is_mark(char) else char


_LETTERS = CharTable(_letter)
_SPACES = CharTable(_space)
_SHAPES = CharTable(_shape)


def spaced(folded: str, strange: Set[str] | None = None) -> str:
    """The text with a space for everything that is no part of a word; same length."""
    return _SPACES.apply(folded, strange)


def shapes(text: str, strange: Set[str] | None = None) -> str:
    """What kind of sign each character is (`_shape`); same length."""
    return _SHAPES.apply(text, strange)


def marks_as_letters(folded: str) -> str:
    """The text with a letter in the place of each mark: what patterns take for a gap is then one; same length."""
    return _LETTERS.apply(folded)


def is_unspaced(text: str) -> bool:
    """Whether words of this script stand without spaces, so that boundaries say nothing."""
    return UNSPACED.search(text) is not None


def is_glued(text: str) -> bool:
    """Whether little words may be written as one with this one (Arabic, Hebrew), in front of it."""
    return len(text) >= _LONG_ENOUGH and _GLUING.match(text) is not None


def begins(folded: str, start: int) -> bool:
    """Whether a word begins at `start`, or only little words are written as one with it."""
    return _LITTLE_WORDS.search(folded, max(0, start - 8), start) is not None


def is_noun(folded: str, end: int) -> bool:
    """Whether a Korean word that ends at `end` is a whole one: nothing but a particle follows."""
    rest = _REST.match(folded, end, end + _LONGEST_PARTICLE)
    return rest is not None and rest[0] in _PARTICLES


@lru_cache(maxsize=4096)
def is_agglutinated(folded: str) -> bool:
    """Whether endings are glued to words of this script (Hangul), so that only the front has a boundary."""
    return _JAMO.search(folded) is not None


def syllables(folded: str) -> int:
    """Length in typed characters of folded Hangul."""
    return len(normal("NFC", folded))


def starts(spaced_text: str, at: int = 0) -> list[int]:
    """Where the words of a spaced text begin, in order; the text itself begins at `at`."""
    pieces = spaced_text.split(" ")
    return list(compress(accumulate(map((1).__add__, map(len, pieces)), initial=at), pieces))
