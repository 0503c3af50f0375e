from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta

from moderation_rules.rule import Check, Example, Hit, Reading, Rule, RuleOptions, Supplies
from moderation_rules.values import Comment, Facts

_TEXT = "This is the best offer that I have seen in years, write to me today."


class Options(RuleOptions, frozen=True):
    times: Annotated[int, Meta(ge=1, description="near copies from which it counts")] = 1


def prepare(options: Options, supplies: Supplies) -> Check:
    most = options.times

    def check(reading: Reading) -> Sequence[Hit]:
        copies = reading.facts.near_copies
        if copies is None or copies < most:
            return ()
        cluster = reading.facts.near_copy_cluster or ""
        named = f" (cluster {cluster})" if cluster else ""
        often = f"{copies} times" if copies > 1 else "before"
        message = f"nearly the same text came {often} in the last day{named}"
        return (Hit(message, "text", 0, len(reading.text), cluster, min(copies - most + 1, 4)),)

    return check


RULE = Rule(
    name="near_copies",
    title="Near copies",
    about="Nearly, but not quite, the same text came within a day, whoever sent it; each time weighs, up to four.",
    kind="spam",
    options=Options,
    prepare=prepare,
    score=2.5,
    code_is="the cluster's id",
    cannot=None,
    needs=("near_copies",),
    examples=(
        Example(Comment(_TEXT), True, Facts(near_copies=3, near_copy_cluster="9f3c"), marks=_TEXT),
        Example(Comment(_TEXT), True, Facts(near_copies=1)),
        Example(Comment(_TEXT), False, Facts(near_copies=1), options={"times": 2}),
        Example(Comment(_TEXT), False, Facts(near_copies=0, repeated_text=4)),
        Example(Comment(_TEXT), False),
    ),
)
