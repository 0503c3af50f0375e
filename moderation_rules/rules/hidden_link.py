from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from moderation_rules.matching.links import Link, host_of, links
from moderation_rules.rule import Check, Code, Hit, NoOptions, Reading, Rule, Supplies, catches, passes
from moderation_rules.text.alphabets import has_foreign
from moderation_rules.text.folding import fold

_NUMBERS = re.compile(r"^(?:\d{1,3}(?:\.\d{1,3}){3}|0x[0-9a-f]+|\d{8,10}|\[[0-9a-f:.]+\])$")
_LOOKS_LIKE_HOST = re.compile(r"^(?:https?://)?(?:[\w-]+\.)+[a-z]{2,}(?:[/:?#].*)?$", re.IGNORECASE)
_MARKUP = re.compile(r"<a\s[^<>]{0,500}?href|\[url[=\]]|\[link[=\]]", re.IGNORECASE)
_MISMATCH = Code("mismatch", "shows one host and leads to another")
_USERINFO = Code("userinfo", "leads to another host than the one before the @")
_NUMBER = Code("number", "leads to a bare network address")
_LOOK_ALIKE = Code("look_alike", "the host is written in look-alike letters")
_WRITTEN = Code("markup", "a link written for another program")


def prepare(options: NoOptions, supplies: Supplies) -> Check:
    def check(reading: Reading) -> Sequence[Hit]:
        text, found = reading.text, links(reading)
        marked = "<a" in text or "<A" in text or "[" in text
        if not found and not marked:
            return ()
        hits = [code.hit("text", link.start, link.end, says=says) for link in found for code, says in _faults(link)]
        if marked:
            hits += [_WRITTEN.hit("text", *markup.span()) for markup in _MARKUP.finditer(text)]
        return hits[:5]

    return check


def _faults(link: Link) -> Iterator[tuple[Code, str]]:
    shown = (link.shown or "").strip()
    if _LOOKS_LIKE_HOST.match(shown) and not _same_site(host_of(shown), link.host):
        yield _MISMATCH, f"shows {host_of(shown)} and leads to {link.host}"
    authority = link.url.partition("://")[2].partition("/")[0]
    if "@" in authority:
        yield _USERINFO, f"leads to {link.host}, whatever stands before the @"
    if _NUMBERS.match(link.host):
        yield _NUMBER, _NUMBER.says
    label = link.host.partition(".")[0]
    if not link.host.isascii() and (has_foreign(label) or (fold(label).text.isascii() and not _latin(label))):
        yield _LOOK_ALIKE, f"{_LOOK_ALIKE.says}: {fold(link.host).text}"


def _same_site(shown: str, real: str) -> bool:
    return shown == real or real.endswith("." + shown) or shown.endswith("." + real)


def _latin(label: str) -> bool:
    return all(char < "\u0250" for char in label)


RULE = Rule(
    name="hidden_link",
    title="Hidden link",
    about="A link that shows one address and leads to another, or hides its host.",
    kind="spam",
    options=NoOptions,
    prepare=prepare,
    score=5,
    codes=(_MISMATCH, _USERINFO, _NUMBER, _LOOK_ALIKE, _WRITTEN),
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
