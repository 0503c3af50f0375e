"""Unicode's normal forms in time in proportion to the text, whatever it is.

To put marks behind a letter in order takes the square of their number: seconds for the longest run that a request may
hold. No language writes more than a few, so a run ends after 30, as in Stream-Safe Text.
Source: https://www.unicode.org/reports/tr15/#Stream_Safe_Text_Format
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Literal

Form = Literal["NFC", "NFD", "NFKC", "NFKD"]

MOST_MARKS = 30
# Starters by their own class that are nothing but marks once they are taken apart.
_ONLY_MARKS = "\u0f73\u0f75\u0f81\uff9e\uff9f"
_AFTER_ALL_MARKS = 0x1F000


def normal(form: Form, text: str) -> str:
    """The text in the normal form, with at most 30 marks in a row before it and after it. Idempotent."""
    if text.isascii():
        return text
    return without_long_runs(unicodedata.normalize(form, without_long_runs(text)))


def without_long_runs(text: str) -> str:
    """The text without the marks that follow 30 others in a row."""
    # A longer run has a mark at one of these places; in most texts none of them is one.
    if not _marks().search(text[MOST_MARKS::MOST_MARKS]):
        return text
    return _long_runs().sub(r"\1", text)


@cache
def _marks() -> re.Pattern[str]:
    return re.compile(f"[{_kinds()}]")


@cache
def _long_runs() -> re.Pattern[str]:
    return re.compile(f"([{_kinds()}]{{{MOST_MARKS}}})[{_kinds()}]+")


@cache
def _kinds() -> str:
    return _ONLY_MARKS + "".join(
        char for char in map(chr, range(0x300, _AFTER_ALL_MARKS)) if unicodedata.combining(char)
    )
