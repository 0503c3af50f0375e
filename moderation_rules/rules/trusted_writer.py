from __future__ import annotations

from collections.abc import Sequence

from moderation_rules.rule import Check, Hit, NoOptions, Reading, Rule, Supplies, given
from moderation_rules.values import Verdict


def prepare(options: NoOptions, supplies: Supplies) -> Check:
    def check(reading: Reading) -> Sequence[Hit]:
        if reading.facts.writer_mark != "trust":
            return ()
        # It weighs nothing: whatever else is found counts as it would of anybody.
        return (Hit("a moderator trusts this writer", verdict=Verdict.APPROVE),)

    return check


RULE = Rule(
    name="trusted_writer",
    title="Trusted writer",
    about="A moderator trusts the writer: a site that approves nothing by itself (`assisted`) publishes what nothing "
    "else is found in. What other rules find counts as ever, and `manual` leaves everything to people.",
    kind="person",
    options=NoOptions,
    prepare=prepare,
    score=0,
    needs=("writer_mark",),
    examples=(given(True, writer_mark="trust"), given(False, writer_mark="hold"), given(False, writer_mark=None)),
)
