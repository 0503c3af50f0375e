"""Marks piled on letters, told from the marks that languages put there.

A letter with its marks is one cluster, in composed and decomposed spelling alike. Tibetan and Burmese letters carry
five marks, Hebrew ones a point, a vowel and an accent, Yoruba and Navajo ones two: what no language does is one mark
over and over on a letter, a tower of them, or a stroke through each letter of a word.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from moderation_rules.text.normal_forms import normal

_LOOKED_AT = 400  # marks; the rest of a longer pile is no news
_TOWER = 4  # marks of no script of their own on one letter, from which it is a pile
_SCRIPTS_TOWER = 9  # of any marks
_STACK = 2  # of them on what is no letter
_SAME = 3  # times the same mark on one letter
_STRUCK = 3  # letters of a word struck through
_ROW = 5  # letters in a row that all have a mark that isn't part of a letter
_DOUBLE_ROW = 3  # letters in a row that all have two of them
# Strokes, and circles and squares around a letter.
_STROKES = frozenset(
    "\u0334\u0335\u0336\u0337\u0338\u20d2\u20d3\u20d8\u20d9\u20da\u20dd\u20de\u20df\u20e0\u20e2\u20e3\u20e4\u20e5\u20e6\u20ea\u20eb\u0488\u0489"
)


@lru_cache(maxsize=8192)
def is_loose(char: str) -> bool:
    """Whether it is a mark that belongs to no script of its own, such as an accent."""
    return unicodedata.category(char) in ("Mn", "Me") and unicodedata.name(char, "").startswith("COMBINING ")


@lru_cache(maxsize=8192)
def is_attached(char: str) -> bool:
    """Whether it belongs to the letter before it: an accent, a vowel sign, a tone. Variation selectors show nothing."""
    return unicodedata.category(char)[0] == "M" and not unicodedata.name(char, "").startswith(
        ("VARIATION SELECTOR", "MONGOLIAN FREE VARIATION", "COMBINING GRAPHEME JOINER")
    )


def piled(text: str, strange: set[str]) -> tuple[int, ...]:
    """Positions of the marks that are piled up. `strange`: the kinds of characters beyond ASCII."""
    marks_there = "".join(sorted(filter(is_attached, strange)))
    if not marks_there:
        return ()
    # Marks of scripts have to be many to be a pile; most texts with marks have no others.
    clusters = _clusters(marks_there, 1 if any(map(is_loose, marks_there)) else _SAME)
    found: list[int] = []
    struck: list[int] = []
    row: list[list[int]] = []
    last, looked_at = -1, 0
    for first, end in map(re.Match.span, clusters.finditer(text)):
        # What stands in front of all the marks in a row is what they are on.
        start = max(0, first - 1)
        cluster = text[start:end]
        marks = list(range(start + (not is_attached(cluster[0])), end))
        looked_at += len(marks)
        if start != last:
            found += _row(row)
            row = []
        last = end
        if not cluster[0].isalpha():
            # No digit or sign has accents.
            if _is_tower(cluster) or sum(map(is_loose, cluster)) >= _STACK:
                found += marks
            continue
        # Where a letter is also to be had with its mark in one, the mark is part of the letter.
        rest = [char for char in normal("NFC", cluster)[1:] if is_loose(char)]
        if _is_tower(cluster):
            found += marks
        elif rest:
            struck += marks if not _STROKES.isdisjoint(rest) else []
            row.append(marks if len(rest) == 1 else [*marks, *marks])
        if not rest:
            found += _row(row)
            row = []
        if looked_at > _LOOKED_AT:
            break
    found += _row(row)
    if len(struck) >= _STRUCK:
        found += struck
    return tuple(sorted(set(found)))


@lru_cache(maxsize=1024)
def _clusters(marks: str, least: int) -> re.Pattern[str]:
    """Finds at least so many of these marks in a row, as many as there are."""
    kinds = re.escape(marks)
    return re.compile(f"[{kinds}]{{{least},}}")


@lru_cache(maxsize=1024)
def _is_tower(cluster: str) -> bool:
    marks = [char for char in normal("NFD", cluster) if is_attached(char)]
    if len(marks) >= _SCRIPTS_TOWER or sum(map(is_loose, marks)) >= _TOWER:
        return True
    return len(marks) >= _SAME and any(marks.count(mark) >= _SAME for mark in set(marks))


def _row(row: list[list[int]]) -> list[int]:
    """The marks of letters in a row, if no language marks letters so."""
    doubled = all(len(marks) > 1 for marks in row)
    if len(row) >= _ROW or (doubled and len(row) >= _DOUBLE_ROW):
        return [position for marks in row for position in marks]
    return []
