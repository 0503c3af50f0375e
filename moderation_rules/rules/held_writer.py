from __future__ import annotations

from collections.abc import Sequence

from moderation_rules.rule import Check, Hit, NoOptions, Reading, Rule, Supplies, given
from moderation_rules.values import Verdict


def prepare(options: NoOptions, supplies: Supplies) -> Check:
    def check(reading: Reading) -> Sequence[Hit]:
        if reading.facts.writer_mark != "hold":
            return ()
        return (Hit("a moderator holds all that this writer sends", verdict=Verdict.PENDING),)

    return check


RULE = Rule(
    name="held_writer",
    title="Held writer",
    about="A moderator has put a hold on the writer: whatever they send waits for a person.",
    kind="person",
    options=NoOptions,
    prepare=prepare,
    score=0,
    needs=("writer_mark",),
    examples=(given(True, writer_mark="hold"), given(False, writer_mark="trust"), given(False, writer_mark=None)),
)
