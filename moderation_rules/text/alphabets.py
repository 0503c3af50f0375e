"""Which script a letter is of, and whether a word takes letters of another script for their looks.

Scripts also meet in honest words: units and symbols (5μg, Ωmega, NFκB), a Latin name with an ending of the language
around it (Facebookом), letters that a keyboard lacks (Kabyle ε, Ossetian æ). What remains is a Latin word, some of
whose letters were swapped for their doubles, or the other way round.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from typing import Final, NamedTuple

from moderation_rules.text.letters import LETTERS

# Scripts that stand beside Latin letters in honest words of their languages and lend no look-alikes.
NEIGHBOURS: Final = frozenset(
    {"HANGUL", "HIRAGANA", "KATAKANA", "CJK", "THAI", "ARABIC", "HEBREW", "DEVANAGARI", "BENGALI"}
)
# Small letters that are folded as if they were Latin, but that nobody takes for it where there are several.
_ROUGHLY = frozenset("тнвмпгиɛπωμσγδβθφψλχ")
_DOUBLES = frozenset("aceikopxyABCEHIKMOPTXY")  # Latin letters with Cyrillic doubles
_WORD = re.compile(r"[^\W\d_]+")
# Signs that are named after no script, and letters for phonetics.
_NO_SCRIPT = frozenset(
    {"FULLWIDTH", "MODIFIER", "MATHEMATICAL", "MICRO", "FEMININE", "MASCULINE"}
    | {"OHM", "KELVIN", "ANGSTROM", "DOUBLE", "SCRIPT", "BLACK"}
)
# Units of resistivity (kΩm, mΩcm), two symbols and an index or sign (ΔΔG, αβT), functions of angles (sinθcosφ).
_MATHS = re.compile("[kMGTmnpμµ]?[ΩΩ](?:[cm]?m)?|[α-ωΔΣΓΛΘΠΦΨΩ]{2}[A-Za-z]|(?:(?:sin|cos|tan|cot|log|ln|exp)[α-ω])+")
_FIRST_SIGN = 0x100
_SAME = re.compile(r"(.)\1*", re.DOTALL)
_LONGEST = 30  # letters of a word that is remembered
_TOLD = 4  # letters of a script that are told
_LONG_PREFIX = 3  # letters in front of a Latin name that make a prefix: антиNATO


class _Run(NamedTuple):
    script: str
    letters: str


@lru_cache(maxsize=16384)
def script(char: str) -> str:
    """First word of the character's Unicode name, which for letters is its script; empty for unnamed ones."""
    return unicodedata.name(char, "").partition(" ")[0] if char.isalpha() else ""


def letters_by_script(text: str) -> dict[str, int]:
    """How many letters of each script stand in words of one script only."""
    found: dict[str, int] = {}
    for word in _WORD.findall(text):
        scripts = {script(char) for char in word} - {""}
        if len(scripts) == 1:
            (name,) = scripts
            found[name] = found.get(name, 0) + len(word)
    return found


def has_foreign(word: str) -> bool:
    """Whether Latin letters stand among those of a lending script, whatever for: a host's name has no good reason."""
    return _met_foreign(word) if len(word) <= _LONGEST else _look_foreign(word)


def _look_foreign(word: str) -> bool:
    scripts = {name for char in set(word) if (name := script(char)) and name not in _NO_SCRIPT}
    foreign = scripts - {"LATIN"} - NEIGHBOURS
    return len(scripts) > 1 and bool(foreign) and ("LATIN" in scripts or bool(foreign & {"CYRILLIC", "GREEK"}))


_met_foreign = lru_cache(maxsize=8192)(_look_foreign)


def mixes(word: str, around: Callable[[], str] = str) -> bool:
    """Whether letters of another script stand in the word for their looks; `around`: the script of the other words."""
    if not has_foreign(word):
        return False
    runs = _runs(word)
    foreign = {run.script for run in runs} - {"LATIN"} - NEIGHBOURS
    if len(foreign) > 1:
        # Greek symbols beside Cyrillic letters are as honest as beside Latin ones.
        return not (foreign == {"CYRILLIC", "GREEK"} and _are_symbols(runs))
    latin = [run.letters for run in runs if run.script == "LATIN"]
    if not latin or not any(map(str.isascii, "".join(latin))):
        return False  # letters that the language's own keyboard lacks, as Ossetian æ
    return not (_are_symbols(runs) or _is_inflected(runs, latin, around) or _is_alphabet(runs, latin))


def foreign_letters(word: str, own: str = "") -> str:
    """Which letters of the word are of another script than `own`: "“а” and “о” are Cyrillic"; empty where none is.

    The first four of each script. Where nobody says which script is the word's own, it is that of most letters, and
    among equals the Latin one.
    """
    by_script: dict[str, list[str]] = {}
    for run in _runs(word):
        by_script.setdefault(run.script, []).extend(run.letters)
    if not by_script:
        return ""
    own = own or max(by_script, key=lambda name: (len(by_script[name]), name == "LATIN"))
    told = []
    for name, letters in by_script.items():
        if name != own:
            *others, last = [f"“{letter}”" for letter in dict.fromkeys(letters)][:_TOLD]
            said = f"{', '.join(others)} and {last} are" if others else f"{last} is"
            told.append(f"{said} {name.capitalize()}")
    return ", ".join(told)


def _runs(word: str) -> list[_Run]:
    """The word cut where its script changes."""
    named = {char: name for char in set(word) if (name := script(char)) and name not in _NO_SCRIPT}
    letters = "".join(filter(named.get, word))
    # One sign a script: a pattern finds runs of it many times faster than a look at each letter.
    names = list(dict.fromkeys(named.values()))
    signs = letters.translate({ord(char): chr(_FIRST_SIGN + names.index(name)) for char, name in named.items()})
    spans = [run.span() for run in _SAME.finditer(signs)]
    return [_Run(names[ord(signs[start]) - _FIRST_SIGN], letters[start:end]) for start, end in spans]


def _are_symbols(runs: list[_Run]) -> bool:
    """Whether each Greek letter is a symbol: alone, and not to be taken for the Latin letter that would fit there."""
    greek = [index for index, run in enumerate(runs) if run.script == "GREEK"]
    if greek and _MATHS.fullmatch("".join(run.letters for run in runs)):
        return True
    if not greek or any(len(runs[index].letters) > 1 for index in greek):
        return False
    others = "".join(run.letters for run in runs if run.script != "GREEK")
    for index in greek:
        char = runs[index].letters
        beside = (runs[index - 1].letters[-1:] if index else "") + (
            runs[index + 1].letters[:1] if index + 1 < len(runs) else ""
        )
        # Among capitals, some Greek ones are drawn for A, E and O: ΛLEXIS.
        drawn = char in "ΛΣΞΠΘ" and beside.isupper()
        unlike = not _is_double(char) and not drawn and index in (0, len(runs) - 1)  # πr, Ωmega
        capitals = char.islower() and beside.isupper()  # TNFα, NFκB
        small = index == 0 and len(others) <= 2  # ρgh
        if not (unlike or capitals or small):
            return False
    return True


def _is_inflected(runs: list[_Run], latin: list[str], around: Callable[[], str]) -> bool:
    """Whether it is one whole Latin word with an ending, a prefix, or both, of a language in another script."""
    if len(latin) > 1 or len(latin[0]) < 2:
        return False
    stem = latin[0]
    at = next(index for index, run in enumerate(runs) if run.script == "LATIN")
    before, after = runs[:at], runs[at + 1 :]
    whole = not _DOUBLES.issuperset(stem) or (stem.isupper() and bool(after) and after[0].letters.islower())
    if not whole:
        return False
    if before and (len(before[0].letters) < _LONG_PREFIX or all(map(_is_double, before[0].letters))):
        return False
    if not after or _is_ending(after[0].letters):
        return True
    if stem.isupper() and after[0].letters.islower() and len(after[0].letters) > 1:  # SMSка
        return True
    return after[0].script == around()


def _is_ending(letters: str) -> bool:
    """Whether these can't be Latin letters in disguise."""
    if any(not LETTERS[ord(char)].isascii() and char not in _ROUGHLY and not _is_double(char) for char in letters):
        return True
    return len(letters) > 1 and any(not _is_double(char) for char in letters)


def _is_alphabet(runs: list[_Run], latin: list[str]) -> bool:
    """Whether one letter, unlike all Latin ones, fills a gap of a Latin alphabet: Kabyle ε and γ, Azeri ә."""
    if len("".join(latin)) < 2:
        return False
    foreign = {char for run in runs if run.script != "LATIN" for char in run.letters}
    return len(foreign) <= 2 and foreign <= frozenset("εγβθχәӘђσδ")


@lru_cache(maxsize=4096)
def _is_double(char: str) -> bool:
    """Whether it looks like a Latin letter, or like one with a hook or stroke."""
    plain, hook, _ = unicodedata.name(char, "").partition(" WITH ")
    if hook and not unicodedata.decomposition(char):
        try:
            char = unicodedata.lookup(plain)
        except KeyError:
            return False
    return LETTERS[ord(char)].isascii() and char not in _ROUGHLY
