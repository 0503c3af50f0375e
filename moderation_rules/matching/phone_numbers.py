"""Phone numbers as people write them: with digits of any script or in any dress, apart, and everybody's own."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from functools import cache
from typing import Final

from moderation_rules.lists.shipped import spam_signs
from moderation_rules.lists.spam_signs import read_spam_file
from moderation_rules.lists.word_lists import Entry, ListKind, WordList
from moderation_rules.matching.listed.typed_words import words_of
from moderation_rules.matching.matcher import Finder
from moderation_rules.rule import Reading

# Digits one by one, with the same between them: "0 7 7 0 0", "0-7-7-0-0", "0.7.7.0.0", 0📞7📞7.
_ONE_BY_ONE = re.compile(r"(?<![\w.,/-])\+?\d(?:([^\w\n,;:/%$€£]{1,3})\d)(?:\1\d){6,13}(?![\w%])")
# Groups with what no number, date or score has between them: 07📞700📞900123, 07*700*900, 07_700_900.
_DRESSED = re.compile(
    r"(?<![\w.,/$€£%-])(?:\+\d{1,4}|0\d{1,4})(?:([^\w\s.,:;/%$€£()'\"’–—-]{1,3}|_)\d{2,6})(?:\1\d{2,6}){1,5}(?![\w%])"
)
# Eleven digits and a nought in front are a number where nothing sets them apart; shorter ones may be that of a book.
_WHOLE = re.compile(r"(?<![\w.,/$€£%-])0[1-9]\d{9}(?![\w%])")
_DRESSED_WHOLE = re.compile(r"(?<![\w.,/$€£%-])(?:\+|0)\d{8,14}(?![\w%])")
_DIGITS = "0123456789"
_SHORTEST = 9  # digits of a number written apart; what is shorter is a date, a score or a list
_SERVICE_NEAR = 90  # characters between a service and its number
# Calls to these cost nothing, so that they belong to a firm, an authority or a charity, and to no person.
_FREE = re.compile(
    r"(?:00800|0?80[058]|0?500\d{6}|1?8(?:00|33|44|55|66|77|88)|88?00|13(?:00|\d{4}$)|116\d{3}$|900\d{6}$)"
)
_MOBILE = re.compile(r"(?:\+|00)(?!800)|07[1-9]\d{8}$")


def number_text(reading: Reading) -> str:
    """The text up to `searched`, in which every digit is one of 0-9; the places are those of `reading.folded`."""
    text = reading.folded.text[: reading.searched]
    for char in filter(str.isdigit, reading.folded.strange):
        text = text.replace(char, str(unicodedata.digit(char)))
    return text


def typed_span(reading: Reading, start: int, end: int) -> tuple[int, int]:
    """Where `start:end` of `number_text` stands as typed, with the signs around the last digit (a keycap, say)."""
    first, last = reading.folded.span(start, end)
    text = reading.text
    while last < len(text) and text[last] in "\ufe0f\u20e3":
        last += 1
    return first, last


def around_digits(text: str) -> tuple[int, int]:
    """The part of `number_text` in which all its numbers stand, with the sign before and the character behind them; to
    look for numbers elsewhere costs much more than to see that there are none."""
    found = [at for digit in _DIGITS if (at := text.find(digit)) >= 0]
    return max(0, min(found, default=0) - 1), max(map(text.rfind, _DIGITS)) + 2


def numbers_whole(reading: Reading, text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Numbers in `number_text` between its digits without a space; shorter ones too where their digits are typed in
    disguise."""
    yield from (match.span() for match in _WHOLE.finditer(text, start, end))
    strange = reading.strange
    if "\u20e3" in strange or not all(map(str.isdecimal, filter(str.isdigit, strange))):
        yield from (match.span() for match in _DRESSED_WHOLE.finditer(text, start, end))


def numbers_apart(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Numbers in `number_text` between its digits that are written so that no program takes them for one."""
    for pattern in (_ONE_BY_ONE, _DRESSED):
        for match in pattern.finditer(text, start, end):
            digits = digits_of(match[0])
            if len(digits) >= _SHORTEST and not _counts(digits) and (match[0][0] in "+0" or len(digits) > _SHORTEST):
                yield match.span()


def digits_of(number: str) -> str:
    """Its digits, with a plus in front where it has one."""
    return ("+" if number.lstrip(" (").startswith("+") else "") + "".join(filter(str.isdigit, number))


def is_free(number: str) -> bool:
    """Whether to call it costs nothing."""
    return _FREE.match(digits_of(number)) is not None


def is_of_service(reading: Reading, number: str, start: int, end: int) -> bool:
    """Whether the number at `start:end` of the folded text is that of a public service named next to it."""
    if _MOBILE.match(digits_of(number)):
        return False
    starts, ends = _services_in(reading)
    text = reading.folded.text
    before, behind = bisect_right(ends, start), bisect_left(starts, end)
    if before < behind:
        return True  # One of them begins before the number ends, and does not end before it begins.
    # What hides the nearest one from the number hides those beyond it too.
    return (before > 0 and _is_near(text, ends[before - 1], start)) or (
        behind < len(starts) and _is_near(text, end, starts[behind])
    )


def _is_near(text: str, start: int, end: int) -> bool:
    return end - start <= _SERVICE_NEAR and "\n" not in text[start:end]


def _services_in(reading: Reading) -> tuple[list[int], list[int]]:
    """Where public services' names begin, and where they end, each in order; worked out once a comment."""
    found: tuple[list[int], list[int]] | None = reading.notes.get(_SERVICES)
    if found is None:
        matches = _services().find(words_of(reading))
        found = sorted(match.start for match in matches), sorted(match.end for match in matches)
        reading.notes[_SERVICES] = found
    return found


_SERVICES: Final = "services"


@cache
def _services() -> Finder:
    found = read_spam_file(_SERVICES, spam_signs()[_SERVICES].splitlines()).phrases
    entries = tuple(Entry(phrase) for phrases in found.values() for phrase in phrases)
    return Finder([WordList(_SERVICES, ListKind.SUSPECT, entries, disguised=False)])


def _counts(digits: str) -> bool:
    """Whether somebody counts up or down, or says the same digit again."""
    steps = {(int(b) - int(a)) % 10 for a, b in zip(digits.lstrip("+"), digits.lstrip("+")[1:], strict=False)}
    return len(steps) == 1
