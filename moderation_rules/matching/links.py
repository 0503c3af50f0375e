"""Links in a comment, written out or bare, found once for all rules that look at them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from functools import lru_cache
from html import unescape
from typing import NamedTuple
from urllib.parse import unquote

from moderation_rules.matching.listed.typed_words import words_of
from moderation_rules.matching.shapes import LINKS
from moderation_rules.rule import SEARCHED, Reading
from moderation_rules.text.bare_addresses import bare_address
from moderation_rules.text.hosts import is_sound
from moderation_rules.text.letters import INVISIBLE
from moderation_rules.text.normal_forms import normal

# What hosts end in that are links without a scheme.
_TOP = (
    "com|net|org|info|biz|xyz|online|site|top|club|shop|store|live|link|click|vip|win|bet|fun|icu|pro|app|dev"
    "|io|me|tv|cc|co|us|uk|de|fr|ru|cn|id|in|ly|gl|to|gg|gd|be|asia|website|space|tech|loan|work|casino|poker"
    "|example|sbs|cfd|cyou|bond|quest|monster|buzz|zip|ninja|bingo|lat|mom|lol|pw|tk"
)
# Letters of any alphabet, and what does not show between them.
_LABEL = r"[\w\xad\u200b-\u200d\u2060\ufeff-]+"
_LINK = re.compile(
    rf"""https?://[^\s<>"'“”‘’(){{}}\[\]`]+
    | (?<![a-z0-9@.-])www\.{_LABEL}(?:\.{_LABEL})+[^\s<>"'“”‘’(){{}}\[\]`]*
    | (?<![\w@./-])(?:[a-z0-9](?:[a-z0-9-]{{0,61}}[a-z0-9])?\.){{1,4}}
      (?:{_TOP})
      (?![\w-]|\.\w)(?:/[^\s<>"'“”‘’(){{}}\[\]]*)?""",
    re.IGNORECASE | re.VERBOSE,
)
# Without one of these there is no link: it is found faster that there is none than where one begins.
_HINT = re.compile(rf"://|www\.|\.(?:{_TOP})(?![\w-])", re.IGNORECASE)
_MARKDOWN = re.compile(r"\[([^\[\]\n]{1,300})\]\(\s*<?(https?://[^\s<>()]{1,2000}+)>?[^()\n]{0,200}\)", re.IGNORECASE)
# Markdown reads character references and backslashes in what a link leads to: `[x](https&#58;//spam.example)`.
_ESCAPED = re.compile(r"(?:\[([^\[\]\n]{1,300}))?\]\(\s*<?([^\s<>()]*[&\\][^\s<>()]*)")
_BACKSLASH = re.compile(r"\\([!-/:-@\[-`{-~])")
_HTTP = re.compile(r"https?://", re.IGNORECASE)
_DOTS = "．。｡"  # Browsers take them for a full stop in a host (UTS 46).
_STOPS = str.maketrans(dict.fromkeys(_DOTS, "."))
_HOST = re.compile(r"^(?:https?://)?(?:[^/?#@]*@)?(\[[^\]]*\]|[^/?#:]+)", re.IGNORECASE)
_PLAIN = re.compile(r"[a-z0-9.-]*")
_MANY = 300  # places to look at, above which it is faster to look everywhere
_MOST = 1000  # links; what comes after them changes nothing
# "It is right.In my view": the next sentence began without a space.
_SENTENCE = re.compile(r"[^/]*[a-z]\.(?:In|Me|Us|To|Be|Id|Co|Win|Live|Work|Fun|Best|Top|Click|Link|Store|Shop|Space)")
_TRAILING = ".,;:!?*_~…'\")"
# What turns a host that is only named ("I read it on news.example") into one that somebody is sent to.
_SENDS = re.compile(
    r"(?:\b(?:visit|go\s?to|head (?:over )?to|come to|click(?: on)?|check (?:it )?out(?: at| on)?|join|browse"
    r"|(?:sign(?: ?up)|register|subscribe|order|buy|shop|download|get (?:it|yours))"
    r" (?:now |here |today |it |them |yours )?(?:at|on|via|from|with)"
    r"|besuche[nt]?|klick\w*(?: auf)?|visite[rz]?|allez sur|cliquez sur|visita|entra en|haz clic en|visitate"
    r"|vai su|clicca su|acesse|visite o|clique em|bezoek|ga naar|kunjungi|klik|cek|daftar(?: di)?|main di|buka|login"
    r"|link|посетите|заходи\w* на|переходи\w* на|перейди\w* на|ziyaret et|wejdź na|odwiedź)"
    r"|[➡👉🔗➜→⇒:])[\s\"'“:=>\-–—!.]{0,4}(?:(?:my|our|the|this|my site|our site|site|website|web)\s)?\Z",
    re.IGNORECASE,
)
_BEFORE = 48  # characters in front of a host that may send somebody there


class Link(NamedTuple):
    """One link; `start:end` is where it stands in the text, `shown` the text of a Markdown link.

    `named`: a host without scheme, `www.` or path, to which nobody is sent: "gov.uk and nhs.uk say so".
    """

    url: str
    host: str
    start: int
    end: int
    shown: str | None = None
    named: bool = False


def host_of(url: str) -> str:
    """The host, lower case, without `www.`; empty where there is none."""
    match = _HOST.match(url)
    # No host has more than 253 characters (RFC 1035).
    return _mapped(match[1]).lower().rstrip(".").removeprefix("www.") if match and len(match[1]) <= 255 else ""


def _mapped(host: str) -> str:
    """The host as browsers read it: percent signs decoded, other widths and what does not show made plain.

    One that is none when decoded stays encoded.
    """
    if "%" in host and is_sound(decoded := unquote(host)):
        host = decoded
    if host.isascii():
        return host
    return INVISIBLE.sub("", normal("NFKC", host.translate(_STOPS)))


def links(reading: Reading) -> list[Link]:
    """All links of the text in the order in which they stand; worked out once a comment. A website is one link."""
    found: list[Link] | None = reading.notes.get("links")
    if found is None and reading.field == "website":
        found = reading.notes["links"] = [Link(reading.text, host_of(reading.text), 0, len(reading.text))]
    if found is None:
        found = reading.notes["links"] = _find(reading.text[: reading.searched]) if _may_link(reading) else []
    return found


def given_links(reading: Reading) -> list[Link]:
    """The links without the hosts that are only named."""
    found = links(reading)
    return [link for link in found if not link.named] if found else found


def rendered_span(reading: Reading, link: Link) -> tuple[int, int]:
    """Where the link stands as readers see it, with brackets that are part of it."""
    shown = bare_address(reading.text, link.start, len(reading.text))
    return link.start, link.start + len(shown) if host_of(shown) == link.host else link.end


def _may_link(reading: Reading) -> bool:
    """Whether there is a scheme or a dot inside of a word; most comments have neither."""
    text = reading.text
    if reading.strange or len(text) > SEARCHED:
        return True
    return (":" in text and "://" in text) or ("." in text and not LINKS.isdisjoint(words_of(reading).spots))


def _find(text: str) -> list[Link]:
    marked = {}
    if "](" in text:
        for match in _MARKDOWN.finditer(text):
            marked[match.start(2)] = match[1]
    found: list[Link] = list(_escaped(text)) if "](" in text and ("&" in text or "\\" in text) else []
    known = {link.start for link in found}
    dotted = text
    for dot in () if text.isascii() else _DOTS:
        dotted = dotted.replace(dot, ".")
    for start, end in _places(dotted):
        if _HINT.search(dotted, start, end) is None:
            continue
        for match in _LINK.finditer(dotted, start, end):
            url = _as_rendered(text, match.start(), match[0].rstrip(_TRAILING))
            hosts = [] if match.start() in known or _SENTENCE.fullmatch(url) else _hosts(url)
            for host in hosts:
                if len(found) >= _MOST:
                    return sorted(found, key=lambda link: link.start)
                start = match.start()
                found.append(Link(url, host, start, start + len(url), marked.get(start), _is_named(url, dotted, start)))
    return sorted(found, key=lambda link: link.start) if known else found


def _as_rendered(text: str, start: int, url: str) -> str:
    """The address up to where readers see it end: in Chinese or Japanese, a sentence goes on behind it without a space.

    A host may have other full stops as well, at which it would be cut (`_DOTS`).
    """
    if url.isascii() or _PLAIN.fullmatch(host := host_of(url)):
        return url
    shown = bare_address(text, start, start + len(url))
    return shown if "." in (seen := host_of(shown)) and seen != host else url


def _hosts(url: str) -> list[str]:
    """Where the link leads. Browsers read a backslash as a slash, other programs as a part of what stands before an @:
    of `https://a.example\\@b.example` both count."""
    found = dict.fromkeys((host_of(url.partition("\\")[0]), host_of(url))) if "\\" in url else [host_of(url)]
    return [host for host in found if host and "\\" not in host]


def _is_named(url: str, text: str, start: int) -> bool:
    """Whether it is a host that a sentence names, not a link: readers see no link there, nor does a browser."""
    if "/" in url or url[:4].lower() == "www.":
        return False
    # Who writes nothing but a host means it as a link.
    alone = len(text) < len(url) + _BEFORE and text.strip(f" \n\t{_TRAILING}") == url
    return not alone and not _is_sent_there(text[max(0, start - _BEFORE) : start])


@lru_cache(maxsize=256)
def _is_sent_there(before: str) -> bool:
    """Whether what stands in front of a host sends readers there; lists of hosts have the same before each."""
    return _SENDS.search(before) is not None


def _escaped(text: str) -> Iterator[Link]:
    """What Markdown makes links of although it is not typed as one, or as another."""
    for match in _ESCAPED.finditer(text):
        url = unescape(_BACKSLASH.sub(r"\1", match[2]))
        host = host_of(url) if _HTTP.match(url) else ""
        if host:
            yield Link(url, host, *match.span(2), match[1])


def _places(text: str) -> list[tuple[int, int]]:
    """What has no space in it and may hold links: every link has a dot between letters or a scheme."""
    places: dict[int, int] = {}
    for piece in (".", "://"):
        at = text.find(piece)
        while at >= 0:
            end = at + 1
            if piece != "." or text[end : end + 1].isalnum():
                if len(places) == _MANY:
                    return [(0, len(text))]
                front = text.rfind(" ", 0, at) + 1
                end = text.find(" ", at)
                places[front] = end = end if end >= 0 else len(text)
            at = text.find(piece, end)
    return sorted(places.items())


def under(host: str, domains: Collection[str]) -> str | None:
    """The one of the domains (a set, or a mapping's keys) that the host is or lies under; None where there is none."""
    while host:
        if host in domains:
            return host
        host = host.partition(".")[2]
    return None
