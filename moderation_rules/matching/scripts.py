"""What letters look like: styled forms, hidden characters, piles. Looked at once a comment, for several rules."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from itertools import compress
from typing import NamedTuple

from moderation_rules.rule import Reading
from moderation_rules.text.alphabets import NEIGHBOURS, script
from moderation_rules.text.hiding import breaks, may_hide, tags, turning
from moderation_rules.text.letters import LETTERS
from moderation_rules.text.piles import is_attached, piled

_STYLES = ("<font>", "<circle>", "<super>", "<sub>")
_STYLED_NAMES = ("NEGATIVE ", "SQUARED ", "CIRCLED ", "PARENTHESIZED ", "CROSSED ")
_PLAIN = frozenset("ªºℓℹ")  # ordinals, litres, the sign for information
# Small capitals that phonetics and some alphabets have too.
_PHONETIC = frozenset("ɢɪɴʀʏʙʜʟɶʛᴎ")
_CJK_SIGNS = frozenset("、。「」『』・！？，：；（）")
_KINDS = 4000  # of characters, above which only those in the text's beginning are looked at
_ABBREVIATED = 4  # raised letters behind others that may be an ending: Mᵐᵉ, XIXᵉ, Mˡˡᵉˢ


class Odd(NamedTuple):
    """What is odd about a text's characters: positions in the text as typed."""

    styled: tuple[int, ...] = ()
    hidden: tuple[int, ...] = ()
    piled: tuple[int, ...] = ()


_NOTHING = Odd()
_DULL: set[str] = set()  # characters met that are nothing odd, whatever stands around them
_REMEMBERED = 16_384  # a text of so many must not fill the memory


@lru_cache(maxsize=8192)
def oddity(char: str) -> str:
    """`styled`, `raised`, `wide`, `phonetic` or empty."""
    folded = LETTERS[ord(char)]
    if not (folded.isascii() and folded.isalnum()) or char in _PLAIN:
        return ""
    name, apart = unicodedata.name(char, ""), unicodedata.decomposition(char)
    if apart.startswith(("<super>", "<sub>")):
        # Powers are good typing, and so are the signs for trade marks.
        return "raised" if folded.isalpha() and unicodedata.category(char)[0] == "L" else ""
    if apart.startswith(_STYLES) or name.startswith(_STYLED_NAMES):
        # Numbers in circles and brackets count what is listed.
        return "" if folded.isdecimal() and not apart.startswith("<font>") else "styled"
    if apart.startswith("<wide>"):
        return "wide"
    if "SMALL CAPITAL" in name:
        return "phonetic" if char in _PHONETIC else "styled"
    return ""


def odd(reading: Reading) -> Odd:
    """What is odd about the text; worked out once a comment."""
    found: Odd | None = reading.notes.get("odd")
    if found is None:
        found = reading.notes["odd"] = (
            _odd(reading.text[: reading.searched], reading.strange) if reading.strange else _NOTHING
        )
    return found


def _odd(text: str, beyond: set[str]) -> Odd:
    if beyond <= _DULL:
        return _NOTHING
    near = beyond.intersection(text) if len(beyond) > _KINDS else beyond
    telling = near - _DULL
    dull = {char for char in telling if not (oddity(char) or may_hide(char) or is_attached(char))}
    telling -= dull
    if len(_DULL) + len(dull) > _REMEMBERED:
        _DULL.clear()
    _DULL.update(dull)
    if not telling:
        return _NOTHING
    hidden = tuple(sorted([*turning(text, telling), *tags(text, telling), *breaks(text, telling)]))
    found = Odd(_styled(text, telling, near), hidden, piled(text, telling))
    return found if any(found) else _NOTHING


def _styled(text: str, telling: set[str], near: set[str]) -> tuple[int, ...]:
    """Where styled letters stand: some of the characters in `telling`, which are those of `near` that are not dull."""
    strange = {char: kind for char in telling if (kind := oddity(char))}
    if not strange:
        return ()
    kinds: dict[str, list[int]] = {"styled": [], "raised": [], "wide": [], "phonetic": []}
    for position in compress(range(len(text)), map(strange.__contains__, text)):
        kinds[strange[text[position]]].append(position)
    styled = kinds["styled"] + _raised(text, kinds["raised"])
    # Full-width letters are how Japanese and Chinese keyboards type; among plain Latin ones they are a costume.
    if kinds["wide"] and not any(char in _CJK_SIGNS or script(char) in NEIGHBOURS for char in near):
        styled += kinds["wide"]
    if styled:
        styled += kinds["phonetic"]
    return tuple(sorted(styled))


def _raised(text: str, positions: list[int]) -> list[int]:
    """Raised and lowered letters that are neither an ending behind other letters nor a sign of phonetics."""
    words: list[list[int]] = []
    for position in positions:
        if words and words[-1][-1] == position - 1:
            words[-1].append(position)
        else:
            words.append([position])
    costume: list[int] = []
    for word in words:
        front = text[word[0] - 1 : word[0]]
        if len(word) > _ABBREVIATED or (len(word) > 1 and not (front.isalnum() or front == ".")):
            costume += word
    return costume
