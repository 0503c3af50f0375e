from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from moderation_rules.rule import Check, Hit, Reading, Rule, Supplies, given


def prepare(options: Mapping[str, Any], supplies: Supplies) -> Check:
    author, prefix = int(options["author"]), int(options["prefix"])

    def check(reading: Reading) -> Sequence[Hit]:
        facts = reading.facts
        hits = []
        if facts.author_recent is not None and facts.author_recent > author:
            hits.append(Hit(f"{facts.author_recent} comments by this writer in ten minutes", code="author"))
        if facts.prefix_recent is not None and facts.prefix_recent > prefix:
            hits.append(Hit(f"{facts.prefix_recent} comments from this network in ten minutes", code="prefix"))
        return hits

    return check


RULE = Rule(
    name="flood",
    about="Many comments in ten minutes by one writer or from one network.",
    kind="person",
    prepare=prepare,
    score=5,
    needs=("author_recent", "prefix_recent"),
    options={
        "author": {"type": "integer", "minimum": 1, "default": 8},
        "prefix": {"type": "integer", "minimum": 1, "default": 30},
    },
    examples=(
        given(True, author_recent=12),
        given(True, prefix_recent=45),
        given(False, author_recent=2, prefix_recent=5),
        given(False),
    ),
)
