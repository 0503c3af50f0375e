from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from moderation_rules.matching.links import Link, host_of, links
from moderation_rules.rule import Check, Code, Hit, NoOptions, Reading, Rule, Supplies, catches, passes
from moderation_rules.text.alphabets import foreign_letters
from moderation_rules.text.hosts import as_shown, is_bare_address, look_alike

_LOOKS_LIKE_HOST = re.compile(r"^(?:https?://)?(?:[\w-]+\.)+[a-z]{2,}(?:[/:?#].*)?$", re.IGNORECASE)
_MARKUP = re.compile(r"<a\s[^<>]{0,500}?href|\[url[=\]]|\[link[=\]]", re.IGNORECASE)
_PORT_OF = re.compile(r"^https?://[^/?#]*:0*(\d{1,5})(?=[/?#]|$)", re.IGNORECASE)
_USUAL_PORTS = frozenset((80, 443, 3000, 4000, 5000, 8000, 8008, 8080, 8081, 8443, 8888, 9000))
_MISMATCH = Code("mismatch", "shows one host and leads to another")
_USERINFO = Code("userinfo", "leads to another host than the one before the @")
_NUMBER = Code("number", "leads to a bare network address")
_LOOK_ALIKE = Code("look_alike", "the host is written in look-alike letters")
_PORT = Code("port", "leads to a port that no website is at", weight=0.5)
_WRITTEN = Code("markup", "a link written for another program")


def prepare(options: NoOptions, supplies: Supplies) -> Check:
    def check(reading: Reading) -> Sequence[Hit]:
        text, found = reading.text, links(reading)
        # One sign is found many times faster than two.
        marked = "[" in text or ("<" in text and ("<a" in text or "<A" in text))
        if not found and not marked:
            return ()
        hits = [code.hit("text", link.start, link.end, says=says) for link in found for code, says in _faults(link)]
        if reading.field == "website":
            return hits or [_PORT.hit("text", link.start, link.end) for link in found if _at_odd_port(link)]
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
    if is_bare_address(link.host):
        yield _NUMBER, _NUMBER.says
    elif (plain := look_alike(host := as_shown(link.host))) is not None:
        letters = foreign_letters(host, "LATIN")
        yield _LOOK_ALIKE, f"{_LOOK_ALIKE.says}: {plain}{f'; in “{host}” {letters}' if letters else ''}"


def _at_odd_port(link: Link) -> bool:
    port = _PORT_OF.search(link.url)
    return port is not None and int(port[1]) not in _USUAL_PORTS


def _same_site(shown: str, real: str) -> bool:
    return shown == real or real.endswith("." + shown) or shown.endswith("." + real)


RULE = Rule(
    name="hidden_link",
    title="Hidden link",
    about="A link that shows one address and leads to another, or hides its host.",
    kind="spam",
    options=NoOptions,
    prepare=prepare,
    version=2,
    score=5,
    fields=("text", "website"),
    codes=(_MISMATCH, _USERINFO, _NUMBER, _LOOK_ALIKE, _PORT, _WRITTEN),
    examples=(
        catches("[www.bank.example](https://evil.example/x)", marks="https://evil.example/x"),
        catches("http://bank.example@evil.example/login"),
        catches("http://203.0.113.9/x"),
        catches("https://аррlе.com/"),
        catches("https://xn--80ak6aa92e.com/"),
        catches("http://0x7f.1/"),
        catches(website="http://203.0.113.9/"),
        catches(website="https://[2001:db8::1]/"),
        catches(website="https://login.pаypal.com/"),
        catches(website="https://paypa1.com/"),
        catches(website="https://www.bank.example@evil.example/"),
        catches(website="https://shop.example:31337/"),
        catches(website="https://shop.example:0031337/"),
        catches(website="https://rnicr0soft.com"),
        catches(website="https://paypal-login.example"),
        catches(website="https://paypal.com.evil.example"),
        passes(website="https://shop.example:0443/"),
        passes(website="https://www.paypal.com"),
        passes(website="https://www.amazon.com.au"),
        passes(website="https://apple-pie.example"),
        catches('<a href="http://x.example">x</a>', marks="<a href"),
        passes("[the bank](https://bank.example/x)"),
        passes("[bank.example](https://www.bank.example/x)"),
        passes("https://müller.example/"),
        passes("https://оса.рф/ и https://сор.ru/"),
        passes(website="https://xn--mller-kva.example/"),
        passes(website="https://example.org:8443/~ann"),
    ),
)
