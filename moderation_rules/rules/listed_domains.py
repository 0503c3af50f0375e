from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from moderation_rules.links import host_of, links, under
from moderation_rules.rule import Check, Example, Hit, Reading, Rule, Supplies, catches, passes
from moderation_rules.values import Comment


def prepare(options: Mapping[str, Any], supplies: Supplies) -> Check:
    domains = frozenset(host_of(domain) for domain in options["domains"])
    if not domains:
        return lambda reading: ()

    def check(reading: Reading) -> Sequence[Hit]:
        hits = [
            Hit(f"links to the listed domain {link.host}", "text", link.start, link.end, link.host)
            for link in links(reading)
            if under(link.host, domains)
        ]
        website = reading.comment.website
        if website and under(host_of(website), domains):
            hits.append(Hit(f"gives the listed domain {host_of(website)} as website", "website", 0, len(website)))
        return hits

    return check


_LISTED: dict[str, Any] = {"domains": ["pills.example"]}
RULE = Rule(
    name="listed_domains",
    about="A link or the website leads to a domain on the newsroom's list, or to one under it.",
    kind="spam",
    prepare=prepare,
    score=8,
    options={
        "domains": {"type": "array", "items": {"type": "string", "minLength": 3}, "default": [], "maxItems": 100000}
    },
    examples=(
        catches("see https://shop.pills.example/x", **_LISTED, marks="shop.pills.example"),
        catches("go to PILLS.example", **_LISTED),
        Example(Comment("Hello", website="http://pills.example"), True, options=_LISTED, marks="pills.example"),
        passes("see https://mypills.example/x", **_LISTED),
        passes("see https://pills.example/"),
    ),
)
