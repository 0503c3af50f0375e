from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from moderation_rules.rule import Check, Hit, Reading, Rule, Supplies, given

_NOTHING: tuple[Hit, ...] = ()


def prepare(options: Mapping[str, Any], supplies: Supplies) -> Check:
    enough = int(options["approved"])

    def check(reading: Reading) -> Sequence[Hit]:
        before = reading.facts.approved_before
        if before is None or before >= enough:
            return _NOTHING
        if before == 0:
            return (Hit("the writer's first comment here: nothing approved yet"),)
        return (Hit(f"a new writer: {before} of {enough} comments approved"),)

    return check


RULE = Rule(
    name="first_comment",
    about="Nothing (or too little) has been approved in this writer chain before.",
    kind="person",
    prepare=prepare,
    score=1,
    needs=("approved_before",),
    options={"approved": {"type": "integer", "minimum": 1, "maximum": 100, "default": 1}},
    examples=(given(True, approved_before=0), given(False, approved_before=1), given(False, approved_before=None)),
)
