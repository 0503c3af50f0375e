from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from moderation_rules.rule import Check, Hit, Reading, Rule, Supplies, given


def prepare(options: Mapping[str, Any], supplies: Supplies) -> Check:
    said = {"spam": ("spam", 1.0), "discard": ("plain spam", float(options["plain"]))}
    weights = {str(name): float(weight) for name, weight in options["weights"].items()}

    def check(reading: Reading) -> Sequence[Hit]:
        hits = []
        for name, answer, *notes in reading.facts.outside:
            if answer in said:
                what, weight = said[answer]
                message = ": ".join([f"the outside check {name} calls it {what}", *notes])
                hits.append(Hit(message, code=name, weight=weight * weights.get(name, 1.0)))
        return hits

    return check


RULE = Rule(
    name="outside_check",
    about="An outside check (Akismet-compatible, or the site's own) called it spam. Off unless a site turns it on.",
    kind="spam",
    prepare=prepare,
    score=5,
    # A foreign service that is down must not fill the queue.
    cannot=None,
    needs=("outside",),
    enabled=False,
    options={
        "plain": {
            "type": "number",
            "minimum": 0,
            "maximum": 20,
            "default": 2,
            "description": "how many times the score, where the check would have it thrown away unread",
        },
        "weights": {
            "type": "object",
            "additionalProperties": {"type": "number", "minimum": 0, "maximum": 20},
            "default": {},
            "description": "how many times the score, by the name of a check",
        },
    },
    examples=(
        given(True, outside=(("own", "spam"),)),
        given(True, outside=(("own", "ham"), ("akismet", "discard"))),
        given(True, outside=(("own", "spam", "seen in eleven threads"),)),
        given(False, outside=(("own", "ham"),)),
        given(False),
    ),
)
