from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from moderation_rules.rule import Check, Hit, Reading, Rule, Supplies, given


def prepare(options: Mapping[str, Any], supplies: Supplies) -> Check:
    most = int(options["comments"])

    def check(reading: Reading) -> Sequence[Hit]:
        recent = reading.facts.thread_recent
        if recent is None or recent <= most:
            return ()
        return (Hit(f"a burst: {recent} comments in this thread in ten minutes"),)

    return check


RULE = Rule(
    name="thread_burst",
    about="The thread gets far more comments than usual just now.",
    kind="thread",
    prepare=prepare,
    score=1,
    cannot=None,
    needs=("thread_recent",),
    options={"comments": {"type": "integer", "minimum": 1, "default": 200}},
    examples=(given(True, thread_recent=400), given(False, thread_recent=20), given(False)),
)
