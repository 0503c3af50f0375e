from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta

from moderation_rules.rule import Check, Hit, Reading, Rule, RuleOptions, Supplies, catches, passes
from moderation_rules.text.counting import counted


class Options(RuleOptions, frozen=True):
    letters: Annotated[int, Meta(ge=0, le=40, description="letters and digits that a comment needs")] = 2


def prepare(options: Options, supplies: Supplies) -> Check:
    least = options.letters

    def check(reading: Reading) -> Sequence[Hit]:
        text = reading.text
        if len(text) > 40 or not text:
            return ()
        letters = sum(map(str.isalnum, text))
        if letters >= least:
            return ()
        found = counted(letters, "letter or digit", "letters or digits")
        return (Hit(f"{found}, {least} asked for", "text", 0, len(text)),)

    return check


RULE = Rule(
    name="too_short",
    title="Very short",
    about="Too few letters to say anything.",
    kind="shape",
    options=Options,
    prepare=prepare,
    score=0.5,
    examples=(catches("."), catches("???"), passes("No."), passes("好的"), passes("ok", letters=2)),
)
