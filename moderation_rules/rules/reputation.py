from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from moderation_rules.rule import Check, Hit, Reading, Rule, Supplies, given


def prepare(options: Mapping[str, Any], supplies: Supplies) -> Check:
    least, share = int(options["decisions"]), float(options["share"])

    def check(reading: Reading) -> Sequence[Hit]:
        against, approved = reading.facts.rejected_before, reading.facts.approved_before
        if against is None or approved is None:
            return ()
        all_of_them = against + approved
        if all_of_them < least or against < share * all_of_them:
            return ()
        return (Hit(f"{against} of this writer's last {all_of_them} comments were not published"),)

    return check


RULE = Rule(
    name="reputation",
    about="A good share of recent decisions went against this writer.",
    kind="person",
    prepare=prepare,
    score=5,
    needs=("rejected_before", "approved_before"),
    options={
        "decisions": {"type": "integer", "minimum": 1, "default": 3, "description": "fewer say nothing"},
        "share": {"type": "number", "minimum": 0, "maximum": 1, "default": 0.4},
    },
    examples=(
        given(True, rejected_before=2, approved_before=1),
        given(False, rejected_before=1, approved_before=20),
        given(False, rejected_before=1, approved_before=0),
        given(False, rejected_before=None, approved_before=3),
    ),
)
