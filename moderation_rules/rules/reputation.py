from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta

from moderation_rules.rule import Check, Hit, Reading, Rule, RuleOptions, Supplies, given


class Options(RuleOptions, frozen=True):
    decisions: Annotated[int, Meta(ge=1, description="fewer say nothing")] = 3
    share: Annotated[float, Meta(ge=0, le=1, description="of the decisions, from which it counts")] = 0.4


def prepare(options: Options, supplies: Supplies) -> Check:
    least, share = options.decisions, options.share

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
    title="Often refused before",
    about="A good share of recent decisions went against this writer.",
    kind="person",
    options=Options,
    prepare=prepare,
    score=5,
    needs=("rejected_before", "approved_before"),
    examples=(
        given(True, rejected_before=2, approved_before=1),
        given(False, rejected_before=1, approved_before=20),
        given(False, rejected_before=1, approved_before=0),
        given(False, rejected_before=None, approved_before=3),
    ),
)
