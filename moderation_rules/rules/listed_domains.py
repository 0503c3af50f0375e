from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from moderation_rules.matching.links import host_of, links, under
from moderation_rules.rule import NOTES, Check, Example, Hit, Reading, Rule, Supplies, catches, passes
from moderation_rules.values import Comment, Verdict


def prepare(options: Mapping[str, Any], supplies: Supplies) -> Check:
    listed = [item if isinstance(item, Mapping) else {"domain": item} for item in options["domains"]]
    domains = {host_of(item["domain"]): item for item in listed}
    if not domains:
        return lambda reading: ()

    def check(reading: Reading) -> Sequence[Hit]:
        hits = []
        for link in links(reading):
            domain = under(link.host, domains)
            if domain is not None:
                message = f"links to the listed domain {link.host}"
                hits.append(_hit(message, "text", link.start, link.end, link.host, domains[domain]))
        website = reading.comment.website or ""
        host = host_of(website) if website else ""
        domain = under(host, domains)
        if domain is not None:
            message = f"gives the listed domain {host} as website"
            hits.append(_hit(message, "website", 0, len(website), "", domains[domain]))
        return hits

    return check


def _hit(message: str, field: str, start: int, end: int, code: str, own: Mapping[str, Any]) -> Hit:
    verdict = own.get("verdict")
    return Hit(
        message, field, start, end, code, 1.0, own.get("score"), verdict and Verdict(verdict), own.get("observe", False)
    )


_LISTED: dict[str, Any] = {"domains": ["pills.example"]}
RULE = Rule(
    name="listed_domains",
    about="A link or the website leads to a domain on the newsroom's list, or to one under it.",
    kind="spam",
    prepare=prepare,
    score=8,
    options={
        "domains": {
            "type": "array",
            "items": {
                "if": {"type": "object"},
                "then": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["domain"],
                    "properties": {
                        "domain": {"type": "string", "minLength": 3, "maxLength": 255},
                        "score": {"type": "number", "minimum": -100, "maximum": 100},
                        "verdict": {"enum": ["pending", "reject", "spam", None]},
                        **NOTES,
                    },
                },
                "else": {"type": "string", "minLength": 3, "maxLength": 255},
            },
            "default": [],
            "maxItems": 100000,
        }
    },
    examples=(
        catches("see https://shop.pills.example/x", **_LISTED, marks="shop.pills.example"),
        catches("go to PILLS.example", **_LISTED),
        Example(Comment("Hello", website="http://pills.example"), True, options=_LISTED, marks="pills.example"),
        catches("see https://pills.example/x", domains=[{"domain": "pills.example", "note": "since May"}]),
        passes("see https://mypills.example/x", **_LISTED),
        passes("see https://pills.example/"),
    ),
)
