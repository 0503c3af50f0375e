from __future__ import annotations

from collections.abc import Mapping, Sequence
from string import ascii_lowercase, ascii_uppercase
from typing import Any

from moderation_rules.rule import Check, Hit, Reading, Rule, Supplies, catches, passes

_UPPER, _LOWER = ascii_uppercase.encode("ascii"), ascii_lowercase.encode("ascii")
_FEW = 20  # kinds of letters up to which it is faster to look for each than at every character


def prepare(options: Mapping[str, Any], supplies: Supplies) -> Check:
    share, shortest = float(options["share"]), int(options["letters"])

    def check(reading: Reading) -> Sequence[Hit]:
        text = reading.text
        if len(text) < shortest:
            return ()
        upper = _count(text, _UPPER, [char for char in reading.strange if char.isupper()])
        if upper < shortest:
            return ()
        cased = upper + _count(text, _LOWER, [char for char in reading.strange if char.islower()])
        if upper < share * cased:
            return ()
        start = next(i for i, char in enumerate(text) if char.isupper())
        end = len(text) - next(i for i, char in enumerate(reversed(text)) if char.isupper())
        return (Hit(f"{upper} of {cased} letters are capitals", "text", start, end),)

    return check


def _count(text: str, plain: bytes, strange: Sequence[str]) -> int:
    # Leaving out bytes is many times faster than asking each character.
    raw = text.encode("utf-8", "surrogatepass")
    few = len(strange) <= _FEW
    return (
        len(raw)
        - len(raw.translate(None, plain))
        + (sum(map(text.count, strange)) if few else sum(map(frozenset(strange).__contains__, text)))
    )


RULE = Rule(
    name="shouting",
    about="Most letters are capitals.",
    kind="shape",
    prepare=prepare,
    score=1,
    options={
        "share": {"type": "number", "minimum": 0.1, "maximum": 1, "default": 0.7},
        "letters": {"type": "integer", "minimum": 1, "maximum": 5000, "default": 20, "description": "at least so many"},
    },
    examples=(
        catches("THEY NEVER LISTEN TO ANY OF US!!", marks="NEVER"),
        passes("NATO and the EU disagree."),
        passes("We went to see it and it was GREAT."),
    ),
)
