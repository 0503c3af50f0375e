from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta

from moderation_rules.rule import Check, Example, Hit, Reading, Rule, RuleOptions, Supplies, given
from moderation_rules.values import Comment, Facts, Verdict


class Options(RuleOptions, frozen=True):
    seconds: Annotated[float, Meta(ge=0, le=86400, description="between two comments of one writer in the thread")] = 0


def prepare(options: Options, supplies: Supplies) -> Check:
    seconds = options.seconds

    def check(reading: Reading) -> Sequence[Hit]:
        since = reading.facts.author_since
        if not seconds or since is None or since >= seconds:
            return ()
        return (Hit(f"{since:.0f} s after the writer's last comment here; slow mode asks for {seconds:g} s"),)

    return check


RULE = Rule(
    name="slow_mode",
    title="Slow mode",
    about="Sooner after the writer's last comment in the thread than slow mode allows (0: off).",
    kind="thread",
    options=Options,
    prepare=prepare,
    verdict=Verdict.PENDING,
    cannot=None,
    needs=("author_since",),
    examples=(
        Example(Comment("Again me."), True, Facts(author_since=20.0), {"seconds": 60}),
        Example(Comment("Again me."), False, Facts(author_since=90.0), {"seconds": 60}),
        given(False, author_since=1.0),
    ),
)
