from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from moderation_rules.rule import Check, Example, Hit, Reading, Rule, Supplies
from moderation_rules.values import Comment, Facts

_LONG = "I have said it before and shall say it again: the harbour needs a second crane."


def prepare(options: Mapping[str, Any], supplies: Supplies) -> Check:
    most, shortest = int(options["times"]), int(options["shortest"])

    def check(reading: Reading) -> Sequence[Hit]:
        times = reading.facts.repeated_text
        if times is None or times < most or len(reading.text) < shortest:
            return ()
        authors = reading.facts.repeated_text_authors
        by = f" by {authors} writers" if authors is not None and authors > 1 else ""
        message = f"the same text was sent {times} times in the last day{by}"
        return (Hit(message, "text", 0, len(reading.text), "same", min(times - most + 1, 5)),)

    return check


RULE = Rule(
    name="repeated_text",
    about="The same text, but for spelling tricks, was sent before within a day; each time weighs, up to five times.",
    kind="spam",
    prepare=prepare,
    score=3,
    needs=("repeated_text",),
    options={
        "times": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 1},
        "shortest": {"type": "integer", "minimum": 0, "default": 25, "description": "shorter texts may recur"},
    },
    examples=(
        Example(Comment(_LONG), True, Facts(repeated_text=2), marks=_LONG),
        Example(Comment("Well said!"), False, Facts(repeated_text=2)),
        Example(Comment(_LONG), False, Facts(repeated_text=0)),
    ),
)
