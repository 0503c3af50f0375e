from __future__ import annotations

from collections.abc import Sequence

from moderation_rules.rule import Check, Hit, NoOptions, Reading, Rule, Supplies, given
from moderation_rules.values import Verdict

MESSAGE = "the owner of the e-mail address says that this comment is not theirs"


def prepare(options: NoOptions, supplies: Supplies) -> Check:
    def check(reading: Reading) -> Sequence[Hit]:
        # Held and no more: a mistyped address is a stranger's, too.
        return (Hit(MESSAGE, verdict=Verdict.PENDING),) if reading.facts.disowned else ()

    return check


RULE = Rule(
    name="disowned",
    title="Disowned",
    about="It came with an e-mail address whose owner, asked by mail, says that the comment is not theirs.",
    kind="person",
    options=NoOptions,
    prepare=prepare,
    score=1,
    needs=("disowned",),
    examples=(given(True, disowned=True), given(False, disowned=None)),
)
