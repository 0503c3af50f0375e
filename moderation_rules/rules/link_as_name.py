from __future__ import annotations

import re
from collections.abc import Sequence

from moderation_rules.matching.links import Link, links
from moderation_rules.rule import Check, Code, Hit, NoOptions, Reading, Rule, Supplies, catches, passes, read_field

_LINK = Code("link", "a web address stands where the name belongs")
_PERHAPS = Code("perhaps", "the name may be a web address", weight=0.5)
# Two words with a stop between them are somebody's user name as often as a host in a small country: ann.me, peter.in.
_TWO_WORDS = re.compile(r"[^\W\d_]+\.[a-z]{2}", re.IGNORECASE)
# How people write an address that programs should not see: hxxp://, pills(.)com, pills[dot]com, pills․com.
_BROKEN = re.compile(r"\bh(?:xx|tx|xt)p(?=s?://)|\s?[(\[{<]\s?(?:\.|dot|punkt|punto)\s?[)\]}>]\s?|․", re.IGNORECASE)


def prepare(options: NoOptions, supplies: Supplies) -> Check:
    def check(reading: Reading) -> Sequence[Hit]:
        found = [_code(link).hit("text", link.start, link.end) for link in links(reading)[:1]]
        if not found and _BROKEN.search(reading.text):
            plain = read_field("name", _BROKEN.sub(lambda part: "http" if part[0][0] in "hH" else ".", reading.text))
            found = [_LINK.hit("text", 0, len(reading.text)) for _ in links(plain)[:1]]
        return found

    return check


def _code(link: Link) -> Code:
    return _PERHAPS if _TWO_WORDS.fullmatch(link.url) else _LINK


RULE = Rule(
    name="link_as_name",
    title="Web address as name",
    about="A name that is or holds a web address: it is read as an advert above every comment.",
    kind="spam",
    options=NoOptions,
    prepare=prepare,
    score=5,
    fields=("name",),
    codes=(_LINK, _PERHAPS),
    examples=(
        catches(name="cheap-pills.example", marks="cheap-pills.example"),
        catches(name="Ann www.pills.example", marks="www.pills.example"),
        catches(name="https://pills.example/x", marks="https://pills.example/x"),
        catches(name="ann.me"),
        catches(name="hxxp://pills.com"),
        catches(name="pills(.)com"),
        catches(name="pills [dot] com"),
        catches(name="pills․com"),
        passes(name="Ann (dot matrix)"),
        passes(name="J.R.R. Tolkien"),
        passes(name="will.i.am"),
        passes(name="Dr. Seuss, M.D."),
        passes(name="jo.bloggs"),
        passes("See https://pills.example/x", name="Ann"),
    ),
)
