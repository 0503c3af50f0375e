"""Phrases with alternatives: how a list of a few lines says what people put in a thousand ways."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import product
from typing import NamedTuple

from moderation_rules.lists.word_lists import ListError
from moderation_rules.text.folding import fold

_PART = re.compile(r"\[([^\[\]]*)\]|([^\[\]]+)")
_LED = re.compile(r"(?:<(\w+)>|(!))\s*")
_ENDS = re.compile(r"([^\W_]+)[\W_]*?(?=[|\]]|\Z)")  # the last words of all alternatives
ORDER = "!"  # the lead of what counts only as an order


class Phrases(NamedTuple):
    """Phrases by what must stand in front of them ("" where nothing must); for each such lead a pattern, and the words
    that may be its last."""

    by_lead: Mapping[str, tuple[str, ...]]
    leads: Mapping[str, re.Pattern[str]]
    lead_ends: Mapping[str, frozenset[str]]


def phrases_from_text(text: str) -> Phrases:
    """What the lines say: `[a|b] c` is "a c" and "b c"; `$x = a|b` is a lead for lines that begin with `<x>`.

    A `!` in front of a line: an order. `#` begins a comment. Leads are patterns for the end of a folded text. Raises
    ListError for a lead that is said twice, or not before the lines that name it.
    """
    found: dict[str, list[str]] = {}
    leads: dict[str, re.Pattern[str]] = {}
    ends: dict[str, frozenset[str]] = {}
    for line in text.splitlines():
        if line.startswith("$"):
            name, _, said = (part.strip() for part in line[1:].partition("="))
            if name in leads:
                raise ListError(f"the lead ${name} is said twice")
            leads[name] = _pattern(said)
            ends[name] = frozenset(_ENDS.findall(fold(said).text))
        elif line.strip() and not line.startswith("#"):
            led = _LED.match(line)
            lead = (led[1] or led[2]) if led else ""
            if lead not in ("", ORDER, *leads):
                raise ListError(f"the lead <{lead}> is not said before: {line}")
            parts = [_alternatives(part) for part in _PART.finditer(line, led.end() if led else 0)]
            found.setdefault(lead, []).extend(" ".join("".join(chosen).split()) for chosen in product(*parts))
    return Phrases({lead: tuple(phrases) for lead, phrases in found.items()}, leads, ends)


def _alternatives(part: re.Match[str]) -> list[str]:
    return [part[2]] if part[1] is None else part[1].split("|")


def _pattern(said: str) -> re.Pattern[str]:
    """The lead as a pattern: between its words may stand what no word has, such as an apostrophe."""
    words = (
        re.escape(fold(said).text)
        .replace(r"\[", "(?:")
        .replace(r"\]", ")")
        .replace(r"\|", "|")
        .replace(r"\ ", r"\W{1,3}")
    )
    return re.compile(rf"(?<!\w)(?:{words})\W{{1,3}}\Z")
