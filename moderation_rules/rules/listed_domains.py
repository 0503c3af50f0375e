from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from msgspec import Meta

from moderation_rules.matching.links import host_of, links, under
from moderation_rules.rule import Check, Hit, Reading, Rule, RuleOptions, Supplies, Weighed, catches, passes

_DomainName = Annotated[str, Meta(min_length=3, max_length=255)]


class Domain(Weighed, frozen=True, kw_only=True):
    domain: _DomainName


class Options(RuleOptions, frozen=True):
    domains: Annotated[
        tuple[Domain | _DomainName, ...], Meta(max_length=100_000, description="those that are listed")
    ] = ()


def prepare(options: Options, supplies: Supplies) -> Check:
    listed = [Domain(domain=item) if isinstance(item, str) else item for item in options.domains]
    domains = {host_of(item.domain): item for item in listed}
    if not domains:
        return lambda reading: ()

    def check(reading: Reading) -> Sequence[Hit]:
        hits = []
        for link in links(reading):
            domain = under(link.host, domains)
            if domain is not None:
                own = domains[domain]
                message = f"{'names' if link.named else 'links to'} the listed domain {link.host}"
                place = ("text", link.start, link.end, link.host)
                hits.append(Hit(message, *place, 1.0, own.own_score, own.own_verdict, own.observe))
        return hits

    return check


_LISTED: dict[str, Any] = {"domains": ["pills.example"]}
RULE = Rule(
    name="listed_domains",
    title="Listed website",
    about="A link, the website or the name leads to a domain on the newsroom's list, or to one under it.",
    kind="spam",
    options=Options,
    prepare=prepare,
    version=3,
    score=8,
    fields=("text", "name", "website"),
    code_is="the link's host",
    examples=(
        catches("see https://shop.pills.example/x", **_LISTED, marks="shop.pills.example"),
        catches("go to PILLS.example", **_LISTED),
        catches(website="http://pills.example", **_LISTED, marks="pills.example"),
        catches(name="shop.pills.example", **_LISTED, marks="pills.example"),
        catches("see https://pills.example/x", domains=[{"domain": "pills.example", "note": "since May"}]),
        passes("see https://mypills.example/x", **_LISTED),
        passes("see https://pills.example/"),
    ),
)
