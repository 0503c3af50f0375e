from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta

from moderation_rules.rule import Check, Code, Example, Hit, Reading, Rule, RuleOptions, Supplies
from moderation_rules.values import Comment, Facts

_LONG = "I have said it before and shall say it again: the harbour needs a second crane."

_SAME = Code("same", "the same text was sent in the last day")


class Options(RuleOptions, frozen=True):
    times: Annotated[int, Meta(ge=1, le=1000, description="earlier comments from which it counts")] = 1
    shortest: Annotated[int, Meta(ge=0, description="shorter texts may recur")] = 25


def prepare(options: Options, supplies: Supplies) -> Check:
    most, shortest = options.times, options.shortest

    def check(reading: Reading) -> Sequence[Hit]:
        times = reading.facts.repeated_text
        if times is None or times < most or len(reading.text) < shortest:
            return ()
        authors = reading.facts.repeated_text_authors
        by = f" by {authors} writers" if authors is not None and authors > 1 else ""
        often = "before" if times == 1 else f"{times:,} times"
        message = f"the same text was sent {often} in the last day{by}"
        return (Hit(message, "text", 0, len(reading.text), _SAME.name, min(times - most + 1, 5)),)

    return check


RULE = Rule(
    name="repeated_text",
    title="Same text again",
    about="The same text, but for spelling tricks, was sent before within a day; each time weighs, up to five times.",
    kind="spam",
    options=Options,
    prepare=prepare,
    score=3,
    codes=(_SAME,),
    needs=("repeated_text",),
    examples=(
        Example(Comment(_LONG), True, Facts(repeated_text=2), marks=_LONG),
        Example(Comment("Well said!"), False, Facts(repeated_text=2)),
        Example(Comment(_LONG), False, Facts(repeated_text=0)),
    ),
)
