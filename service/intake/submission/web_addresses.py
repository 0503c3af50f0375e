"""Web addresses a reader's request may name: the page it stands on and the reader's own website. None is fetched."""

import re
from collections.abc import Collection
from urllib.parse import SplitResult, urlsplit

import idna

MAX_LENGTH = 2000

# What no http(s) address may hold unescaped, and what would make it read otherwise than it leads.
NOT_IN_URL = re.compile('[\\s\x00-\x20<>"\\\\^`{|}\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069\ufeff]')
_PORTS = {"http": 80, "https": 443}


def parse_http(url: str) -> SplitResult | None:
    """The parts of an absolute http(s) address without a user in it; None for anything else."""
    if len(url) > MAX_LENGTH or NOT_IN_URL.search(url):
        return None
    try:
        parts = urlsplit(url)
        if parts.scheme not in _PORTS or not parts.hostname or "@" in parts.netloc or parts.port == 0:
            return None
    except ValueError:  # A port beyond 65535, a broken IPv6 literal.
        return None
    return parts


def origin_of(url: str) -> str | None:
    """`https://news.example/a` -> `https://news.example`; the port only where it is not the scheme's own.

    Source: RFC 6454, section 6.2.
    """
    parts = parse_http(url)
    if parts is None or parts.hostname is None:
        return None
    host = ascii_host(parts.hostname)
    host = f"[{host}]" if ":" in host else host
    port = "" if parts.port in {None, _PORTS[parts.scheme]} else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}"


def is_origin_of(url: str, origins: Collection[str]) -> bool:
    origin = origin_of(url)
    return origin is not None and origin in {origin_of(known) for known in origins}


def ascii_host(host: str) -> str:
    """A host's name in lower case and in ASCII, as browsers send it; as it is where no name can be made of it.

    Names come as people read them (`münchen.example`), in Punycode, in full-width letters and with ideographic dots.
    """
    host = host.lower()
    if host.isascii():
        return host
    # Browsers take more than IDNA 2008 does, such as symbols: these go by the rules of 2003, in which they were named.
    for encode in (_by_uts46, _by_idna_2003):
        try:
            return encode(host)
        except UnicodeError:
            continue
    return host


def _by_uts46(host: str) -> str:
    return idna.encode(host, uts46=True).decode("ascii")


def _by_idna_2003(host: str) -> str:
    return host.encode("idna").decode("ascii")
