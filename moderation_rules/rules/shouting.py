from __future__ import annotations

from collections.abc import Mapping, Sequence
from string import ascii_uppercase
from typing import Any

from moderation_rules.rule import Check, Hit, Reading, Rule, Supplies, catches, passes

_UPPER = ascii_uppercase.encode("ascii")


def prepare(options: Mapping[str, Any], supplies: Supplies) -> Check:
    share, shortest = float(options["share"]), int(options["letters"])

    def check(reading: Reading) -> Sequence[Hit]:
        text = reading.text
        # Cheap first: a text that is mostly lower case changes when it is raised.
        if text.islower() or len(text) < shortest:
            return ()
        upper = _capitals(text)
        if upper < shortest:
            return ()
        cased = upper + sum(map(str.islower, text))
        if upper < share * cased:
            return ()
        start = next(i for i, char in enumerate(text) if char.isupper())
        end = len(text) - next(i for i, char in enumerate(reversed(text)) if char.isupper())
        return (Hit(f"{upper} of {cased} letters are capitals", "text", start, end),)

    return check


def _capitals(text: str) -> int:
    if text.isascii():
        # Leaving out bytes is many times faster than asking each character.
        raw = text.encode("ascii")
        return len(raw) - len(raw.translate(None, _UPPER))
    return sum(map(str.isupper, text))


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
