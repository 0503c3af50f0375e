from __future__ import annotations

from collections.abc import Sequence

from moderation_rules.rule import Check, Hit, NoOptions, Reading, Rule, Supplies, given
from moderation_rules.values import Verdict


def prepare(options: NoOptions, supplies: Supplies) -> Check:
    def check(reading: Reading) -> Sequence[Hit]:
        return (Hit("a field that people can't see was filled in"),) if reading.facts.honeypot_filled else ()

    return check


RULE = Rule(
    name="honeypot",
    title="Hidden field filled in",
    about="The form's hidden field was filled in: a program did it.",
    kind="form",
    options=NoOptions,
    prepare=prepare,
    verdict=Verdict.SPAM,
    score=10,
    needs=("honeypot_filled",),
    examples=(given(True, honeypot_filled=True), given(False, honeypot_filled=False), given(False)),
)
