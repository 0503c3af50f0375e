from __future__ import annotations

from collections.abc import Sequence

from moderation_rules.rule import Check, Hit, NoOptions, Reading, Rule, Supplies, given


def prepare(options: NoOptions, supplies: Supplies) -> Check:
    def check(reading: Reading) -> Sequence[Hit]:
        return (Hit("no mail can reach the domain of the address"),) if reading.facts.unreachable_email else ()

    return check


RULE = Rule(
    name="unreachable_email",
    title="Mailbox cannot be reached",
    about="The domain of the e-mail address takes no mail.",
    kind="person",
    options=NoOptions,
    prepare=prepare,
    score=2,
    # A name server that doesn't answer says nothing about the writer.
    cannot=None,
    needs=("unreachable_email",),
    examples=(given(True, unreachable_email=True), given(False, unreachable_email=False), given(False)),
)
