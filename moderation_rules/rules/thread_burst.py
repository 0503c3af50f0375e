from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta

from moderation_rules.rule import Check, Hit, Reading, Rule, RuleOptions, Supplies, given
from moderation_rules.text.counting import counted


class Options(RuleOptions, frozen=True):
    comments: Annotated[int, Meta(ge=1, description="comments in ten minutes that are usual")] = 200


def prepare(options: Options, supplies: Supplies) -> Check:
    most = options.comments

    def check(reading: Reading) -> Sequence[Hit]:
        recent = reading.facts.thread_recent
        if recent is None or recent <= most:
            return ()
        return (Hit(f"a burst: {counted(recent, 'comment')} in this thread in ten minutes"),)

    return check


RULE = Rule(
    name="thread_burst",
    title="Sudden burst here",
    about="The thread gets far more comments than usual just now.",
    kind="thread",
    options=Options,
    prepare=prepare,
    score=1,
    cannot=None,
    needs=("thread_recent",),
    examples=(given(True, thread_recent=400), given(False, thread_recent=20), given(False)),
)
