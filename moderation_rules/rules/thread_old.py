from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from moderation_rules.rule import Check, Hit, Reading, Rule, Supplies, given


def prepare(options: Mapping[str, Any], supplies: Supplies) -> Check:
    most = float(options["days"])

    def check(reading: Reading) -> Sequence[Hit]:
        age = reading.facts.thread_age_days
        if age is None or age <= most:
            return ()
        return (Hit(f"the thread is {age:.0f} days old; few people still read it"),)

    return check


RULE = Rule(
    name="thread_old",
    about="The thread is old: spam likes to go where nobody looks.",
    kind="thread",
    prepare=prepare,
    score=2,
    cannot=None,
    needs=("thread_age_days",),
    options={"days": {"type": "number", "minimum": 0, "default": 60}},
    examples=(given(True, thread_age_days=300.0), given(False, thread_age_days=2.0), given(False)),
)
