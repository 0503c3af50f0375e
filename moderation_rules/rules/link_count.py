from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta

from moderation_rules.matching.links import given_links, rendered_span
from moderation_rules.rule import Check, Code, Hit, Reading, Rule, RuleOptions, Supplies, catches, passes

_LINKS = Code("links", "a link too many")


class Options(RuleOptions, frozen=True):
    allowed: Annotated[int, Meta(ge=0, le=100, description="links that are let through")] = 0


def prepare(options: Options, supplies: Supplies) -> Check:
    allowed = options.allowed

    def check(reading: Reading) -> Sequence[Hit]:
        found = given_links(reading)
        if len(found) <= allowed:
            return ()
        first = found[allowed]
        message = f"{len(found)} {'link' if len(found) == 1 else 'links'}, {allowed or 'none'} allowed"
        start, end = rendered_span(reading, first)
        return (Hit(message, "text", start, end, _LINKS.name, min(len(found) - allowed, 5)),)

    return check


RULE = Rule(
    name="link_count",
    title="Links",
    about="More links than the site allows; each one more weighs again, up to five times. A host that a sentence only "
    "names is no link.",
    kind="spam",
    options=Options,
    prepare=prepare,
    version=2,
    score=2.5,
    codes=(_LINKS,),
    examples=(
        catches("See https://a.example/x and http://b.example/y", allowed=1, marks="http://b.example/y"),
        catches("It is in (https://a.example/wiki/Foo_(bar)), see", marks="https://a.example/wiki/Foo_(bar)"),
        catches("Go to www.pills.example now", allowed=0),
        passes("See https://a.example/x for the numbers.", allowed=1),
        catches("cheap-pills.example", allowed=0),
        catches("Visit cheap-pills.example now", allowed=0, marks="cheap-pills.example"),
        passes("No links, e.g. this.That one", allowed=0),
        passes("On gov.uk and nhs.uk it says so.", allowed=0),
        passes("Amazon.com and Booking.com are taxed elsewhere.", allowed=0),
    ),
)
