from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from moderation_rules.rule import Check, Hit, Reading, Rule, Supplies, catches, passes


def prepare(options: Mapping[str, Any], supplies: Supplies) -> Check:
    least = int(options["letters"])

    def check(reading: Reading) -> Sequence[Hit]:
        text = reading.text
        if len(text) > 40 or not text:
            return ()
        letters = sum(map(str.isalnum, text))
        if letters >= least:
            return ()
        return (Hit(f"{letters} letters or digits, {least} asked for", "text", 0, len(text)),)

    return check


RULE = Rule(
    name="too_short",
    about="Too few letters to say anything.",
    kind="shape",
    prepare=prepare,
    score=0.5,
    options={"letters": {"type": "integer", "minimum": 0, "maximum": 40, "default": 2}},
    examples=(catches("."), catches("???"), passes("No."), passes("好的"), passes("ok", letters=2)),
)
