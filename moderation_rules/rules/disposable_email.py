from __future__ import annotations

from collections.abc import Sequence

from moderation_rules.rule import Check, Hit, NoOptions, Reading, Rule, Supplies, given


def prepare(options: NoOptions, supplies: Supplies) -> Check:
    def check(reading: Reading) -> Sequence[Hit]:
        return (Hit("the e-mail address is of a throw-away kind"),) if reading.facts.disposable_email else ()

    return check


RULE = Rule(
    name="disposable_email",
    title="Throw-away mailbox",
    about="The e-mail address belongs to a service for throw-away addresses.",
    kind="person",
    options=NoOptions,
    prepare=prepare,
    score=2,
    needs=("disposable_email",),
    examples=(given(True, disposable_email=True), given(False, disposable_email=False), given(False)),
)
