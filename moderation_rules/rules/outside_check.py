from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from moderation_rules.rule import Check, Hit, Reading, Rule, Supplies, given


def prepare(options: Mapping[str, Any], supplies: Supplies) -> Check:
    def check(reading: Reading) -> Sequence[Hit]:
        return [
            Hit(f"the outside check {name} calls it spam", code=name)
            for name, answer in reading.facts.outside
            if answer == "spam"
        ]

    return check


RULE = Rule(
    name="outside_check",
    about="An outside check (Akismet-compatible, or the site's own) called it spam. Off unless a site turns it on.",
    kind="spam",
    prepare=prepare,
    score=5,
    # A foreign service that is down must not fill the queue.
    cannot=None,
    needs=("outside",),
    enabled=False,
    examples=(given(True, outside=(("own", "spam"),)), given(False, outside=(("own", "ham"),)), given(False)),
)
