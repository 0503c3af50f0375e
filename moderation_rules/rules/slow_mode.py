from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from moderation_rules.rule import Check, Example, Hit, Reading, Rule, Supplies, given
from moderation_rules.values import Comment, Facts, Verdict


def prepare(options: Mapping[str, Any], supplies: Supplies) -> Check:
    seconds = float(options["seconds"])

    def check(reading: Reading) -> Sequence[Hit]:
        since = reading.facts.author_since
        if not seconds or since is None or since >= seconds:
            return ()
        return (Hit(f"{since:.0f} s after the writer's last comment here; slow mode asks for {seconds:g} s"),)

    return check


RULE = Rule(
    name="slow_mode",
    about="Sooner after the writer's last comment in the thread than slow mode allows (0: off).",
    kind="thread",
    prepare=prepare,
    verdict=Verdict.PENDING,
    cannot=None,
    needs=("author_since",),
    options={"seconds": {"type": "number", "minimum": 0, "maximum": 86400, "default": 0}},
    examples=(
        Example(Comment("Again me."), True, Facts(author_since=20.0), {"seconds": 60}),
        Example(Comment("Again me."), False, Facts(author_since=90.0), {"seconds": 60}),
        given(False, author_since=1.0),
    ),
)
