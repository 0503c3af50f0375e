from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta

from moderation_rules.matching.links import given_links, under
from moderation_rules.rule import Check, Hit, Reading, Rule, RuleOptions, Supplies, catches, passes

_SHORTENERS = (
    "adf.ly bit.do bit.ly bl.ink buff.ly clck.ru cutt.ly goo.gl gg.gg is.gd j.mp linktr.ee ow.ly qr.ae rb.gy "
    "rebrand.ly s.id shorte.st shorturl.at soo.gd t.co t.ly t.me tiny.cc tinyurl.com u.to v.gd wa.me x.co"
)


# Where people have a page of their own, which a writer may well give as website.
_PAGES = frozenset(("linktr.ee",))
_Domain = Annotated[str, Meta(min_length=3, max_length=255)]


class Options(RuleOptions, frozen=True):
    more: Annotated[
        tuple[_Domain, ...],
        Meta(description="shorteners besides the known ones"),
    ] = ()


def prepare(options: Options, supplies: Supplies) -> Check:
    domains = frozenset((*_SHORTENERS.split(), *options.more))

    def check(reading: Reading) -> Sequence[Hit]:
        found = given_links(reading)
        if not found:
            return ()
        return [
            Hit(f"{link.host} hides where the link leads", "text", link.start, link.end, link.host, weight)
            for link in found
            if (domain := under(link.host, domains))
            for weight in (2.0 if reading.field == "website" and domain not in _PAGES else 1.0,)
        ]

    return check


RULE = Rule(
    name="link_shortener",
    title="Shortened link",
    about="A link by a shortener: nobody sees where it leads. As a website, where nobody needs one, it weighs twice.",
    kind="spam",
    options=Options,
    prepare=prepare,
    version=3,
    score=2.5,
    fields=("text", "website"),
    code_is="the link's host",
    examples=(
        catches("Look: https://bit.ly/3abc", marks="bit.ly/3abc"),
        catches("tinyurl.com/abc is it"),
        catches(website="https://bit.ly/abc", marks="bit.ly/abc"),
        passes(website="https://habit.ly.example/"),
        passes("Look: https://habit.ly.example/3"),
        passes("A bit.lying there"),
        passes("Shorteners such as bit.ly and t.co rot."),
    ),
)
