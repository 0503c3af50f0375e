from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from moderation_rules.matching.links import Link, host_of, links
from moderation_rules.matching.scripts import mixes
from moderation_rules.rule import Check, Hit, Reading, Rule, Supplies, catches, passes
from moderation_rules.text.folding import fold

_NUMBERS = re.compile(r"^(?:\d{1,3}(?:\.\d{1,3}){3}|0x[0-9a-f]+|\d{8,10}|\[[0-9a-f:.]+\])$")
_LOOKS_LIKE_HOST = re.compile(r"^(?:https?://)?(?:[\w-]+\.)+[a-z]{2,}(?:[/:?#].*)?$", re.IGNORECASE)
_MARKUP = re.compile(r"<a\s[^<>]{0,500}?href|\[url[=\]]|\[link[=\]]", re.IGNORECASE)


def prepare(options: Mapping[str, Any], supplies: Supplies) -> Check:
    def check(reading: Reading) -> Sequence[Hit]:
        text, found = reading.text, links(reading)
        marked = "<a" in text or "<A" in text or "[" in text
        if not found and not marked:
            return ()
        hits = [Hit(message, "text", link.start, link.end, code) for link in found for code, message in _faults(link)]
        if marked:
            hits += [
                Hit("a link written for another program", "text", *m.span(), "markup") for m in _MARKUP.finditer(text)
            ]
        return hits[:5]

    return check


def _faults(link: Link) -> Iterator[tuple[str, str]]:
    shown = (link.shown or "").strip()
    if _LOOKS_LIKE_HOST.match(shown) and not _same_site(host_of(shown), link.host):
        yield "mismatch", f"shows {host_of(shown)} and leads to {link.host}"
    authority = link.url.partition("://")[2].partition("/")[0]
    if "@" in authority:
        yield "userinfo", f"leads to {link.host}, whatever stands before the @"
    if _NUMBERS.match(link.host):
        yield "number", "leads to a bare network address"
    label = link.host.partition(".")[0]
    if not link.host.isascii() and (mixes(label) or (fold(label).text.isascii() and not _latin(label))):
        yield "look_alike", f"the host is written in look-alike letters: {fold(link.host).text}"


def _same_site(shown: str, real: str) -> bool:
    return shown == real or real.endswith("." + shown) or shown.endswith("." + real)


def _latin(label: str) -> bool:
    return all(char < "\u0250" for char in label)


RULE = Rule(
    name="hidden_link",
    about="A link that shows one address and leads to another, or hides its host.",
    kind="spam",
    prepare=prepare,
    score=5,
    options={},
    examples=(
        catches("[www.bank.example](https://evil.example/x)", marks="https://evil.example/x"),
        catches("http://bank.example@evil.example/login"),
        catches("http://203.0.113.9/x"),
        catches("https://аррlе.com/"),
        catches('<a href="http://x.example">x</a>', marks="<a href"),
        passes("[the bank](https://bank.example/x)"),
        passes("[bank.example](https://www.bank.example/x)"),
        passes("https://müller.example/"),
    ),
)
