"""What letters look like: styled forms, scripts, hidden characters. Looked at once a comment, for several rules."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from moderation_rules.rule import SEARCHED, Reading
from moderation_rules.text.letters import LETTERS

_STYLES = ("<font>", "<circle>", "<square>", "<super>", "<sub>")
_STYLED_NAMES = ("NEGATIVE ", "SQUARED ", "CIRCLED ", "PARENTHESIZED ", "CROSSED ")
# Scripts that stand beside Latin letters in honest words of their languages (units, brand names with endings).
_NEIGHBOURS = frozenset({"HANGUL", "HIRAGANA", "KATAKANA", "CJK", "THAI", "ARABIC", "HEBREW", "DEVANAGARI", "BENGALI"})
# Hidden on purpose: nothing shows, and no script or emoji needs them. Joiners (200C, 200D) and marks of direction
# (200E, 200F) belong to Persian, Indic scripts, emoji, Arabic and Hebrew; FEFF comes from careless programs.
_HIDDEN = frozenset("\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180e\u200b\u2060\u2061\u2062\u2063\u2064\u2800\u3164\uffa0")
TURNING = frozenset("\u202d\u202e")  # turn letters around whatever language they are of
_OVERRIDES = frozenset("\u202a\u202b\u202d\u202e\u2066\u2067\u2068")


# England, Scotland, Wales: a black flag with invisible letters behind it (UTS 51, emoji tag sequences).
_FLAG = re.compile("\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{2,6}\U000e007f")
_MARKS = 200  # loose marks looked at
_KINDS = 4000  # of characters, above which only those in the text's beginning are looked at


class Odd(NamedTuple):
    """What is odd about a text's characters: positions in the text as typed."""

    styled: tuple[int, ...] = ()
    hidden: tuple[int, ...] = ()
    piled: tuple[int, ...] = ()


_NOTHING = Odd()


@lru_cache(maxsize=8192)
def oddity(char: str) -> str:
    """`styled`, `hidden`, `mark` or empty."""
    if char in _HIDDEN or char in _OVERRIDES or "\U000e0000" <= char <= "\U000e007f":
        return "hidden"
    if unicodedata.category(char) == "Mn" and unicodedata.name(char, "").startswith("COMBINING "):
        return "mark"
    folded = LETTERS[ord(char)]
    if not (folded.isascii() and folded.isalnum()):
        return ""
    name = unicodedata.name(char, "")
    if unicodedata.decomposition(char).startswith(_STYLES) or name.startswith(_STYLED_NAMES):
        # Ordinals and powers (m², 1ª) are good typing.
        return "" if char in "ªº¹²³" or name.startswith("SUPERSCRIPT") else "styled"
    if unicodedata.decomposition(char).startswith("<wide>"):
        return "wide"
    return "styled" if "SMALL CAPITAL" in name else ""


def odd(reading: Reading) -> Odd:
    """What is odd about the text; worked out once a comment."""
    found: Odd | None = reading.notes.get("odd")
    if found is None:
        found = reading.notes["odd"] = _odd(reading.text[:SEARCHED], reading.strange) if reading.strange else _NOTHING
    return found


def _odd(text: str, beyond: set[str]) -> Odd:
    near = beyond.intersection(text) if len(beyond) > _KINDS else beyond
    strange = {char: kind for char in near if (kind := oddity(char))}
    if not strange:
        return _NOTHING
    kinds: dict[str, list[int]] = {"styled": [], "hidden": [], "mark": [], "wide": []}
    if "\U0001f3f4" in text:
        text = _FLAG.sub(lambda flag: "\U0001f3f4" * len(flag[0]), text)
    for position, char in enumerate(text):
        if char in strange:
            kinds[strange[char]].append(position)
    # Full-width letters are how Japanese and Chinese keyboards type; among plain Latin ones they are a costume.
    wide = kinds["wide"] if not any(script(char) in _NEIGHBOURS for char in set(text) if char.isalpha()) else []
    # An accent typed apart is one mark on one letter; two and more on a letter, or a mark on each of many, is a pile.
    marks = kinds["mark"][:_MARKS]
    piled = [p for p in marks if p and text[p - 1] in strange and strange[text[p - 1]] == "mark"]
    lone = [p for p in marks if p and unicodedata.normalize("NFC", text[p - 1 : p + 1]) == text[p - 1 : p + 1]]
    return Odd(tuple(sorted(kinds["styled"] + wide)), tuple(kinds["hidden"]), tuple(sorted({*piled, *lone})))


@lru_cache(maxsize=16384)
def script(char: str) -> str:
    """First word of the character's Unicode name, which for letters is its script; empty for unnamed ones."""
    return unicodedata.name(char, "").partition(" ")[0] if char.isalpha() else ""


def mixes(word: str) -> bool:
    """Whether Latin letters stand among look-alikes of another script in one word."""
    scripts = {script(char) for char in word} - {"", "FULLWIDTH", "MODIFIER", "MATHEMATICAL", "MICRO", "FEMININE"}
    scripts -= {"MASCULINE", "OHM", "KELVIN", "ANGSTROM", "DOUBLE", "SCRIPT", "BLACK"}
    if len(scripts) < 2:
        return False
    if "LATIN" in scripts:
        return bool(scripts - {"LATIN"} - _NEIGHBOURS)
    return bool(scripts & {"CYRILLIC", "GREEK"})
