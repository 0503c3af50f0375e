from __future__ import annotations

from collections.abc import Sequence

from moderation_rules.rule import Check, Hit, NoOptions, Reading, Rule, Supplies, given
from moderation_rules.values import Verdict


def prepare(options: NoOptions, supplies: Supplies) -> Check:
    def check(reading: Reading) -> Sequence[Hit]:
        if not reading.facts.held_before:
            return ()
        # An edit must not get past the person who stopped the text before it.
        return (Hit("edited after a person held or refused it", verdict=Verdict.PENDING),)

    return check


RULE = Rule(
    name="held_before",
    title="Held before",
    about="An edit of a comment whose earlier text a person held or refused.",
    kind="person",
    options=NoOptions,
    prepare=prepare,
    score=1,
    needs=("held_before",),
    examples=(given(True, held_before=True), given(False, held_before=None)),
)
