from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from moderation_rules.matching.links import links
from moderation_rules.rule import Check, Hit, Reading, Rule, Supplies, catches, passes


def prepare(options: Mapping[str, Any], supplies: Supplies) -> Check:
    allowed = int(options["allowed"])

    def check(reading: Reading) -> Sequence[Hit]:
        found = links(reading)
        if len(found) <= allowed:
            return ()
        first = found[allowed]
        message = f"{len(found)} {'link' if len(found) == 1 else 'links'}, {allowed or 'none'} allowed"
        return (Hit(message, "text", first.start, first.end, "links", min(len(found) - allowed, 5)),)

    return check


RULE = Rule(
    name="link_count",
    about="More links than the site allows; each one more weighs again, up to five times.",
    kind="spam",
    prepare=prepare,
    score=2.5,
    options={"allowed": {"type": "integer", "minimum": 0, "maximum": 100, "default": 0}},
    examples=(
        catches("See https://a.example/x and http://b.example/y", allowed=1, marks="http://b.example/y"),
        catches("Go to www.pills.example now", allowed=0),
        passes("See https://a.example/x for the numbers.", allowed=1),
        passes("No links, e.g. this.That one", allowed=0),
    ),
)
