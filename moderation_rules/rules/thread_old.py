from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta

from moderation_rules.rule import Check, Hit, Reading, Rule, RuleOptions, Supplies, given
from moderation_rules.text.counting import counted


class Options(RuleOptions, frozen=True):
    days: Annotated[float, Meta(ge=0, description="after which a thread is old")] = 60


def prepare(options: Options, supplies: Supplies) -> Check:
    most = options.days

    def check(reading: Reading) -> Sequence[Hit]:
        age = reading.facts.thread_age_days
        if age is None or age <= most:
            return ()
        return (Hit(f"the thread is {counted(round(age), 'day')} old; few people still read it"),)

    return check


RULE = Rule(
    name="thread_old",
    title="Old article",
    about="The thread is old: spam likes to go where nobody looks.",
    kind="thread",
    options=Options,
    prepare=prepare,
    score=2,
    cannot=None,
    needs=("thread_age_days",),
    examples=(given(True, thread_age_days=300.0), given(False, thread_age_days=2.0), given(False)),
)
