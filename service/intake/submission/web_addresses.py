"""Web addresses a reader's request may name: the page it stands on and the reader's own website. None is fetched."""

import re
from collections.abc import Collection
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import SplitResult, unquote, urlsplit

import idna

MAX_LENGTH = 2000
# Characters of a host's name, decoded and in ASCII (RFC 1035, 2.3.4), and of one as it may be typed.
_NAME_MAX, _TYPED_MAX, _LABEL_MAX = 253, 255, 63
# Source: https://url.spec.whatwg.org/#forbidden-domain-code-point; and halves of characters.
_NOT_IN_HOST = re.compile("[\x00-\x20\x7f-\xa0#/:<>?@\\[\\\\\\]^|%\\s\ud800-\udfff]")

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
    if not may_be_host(host):
        return None
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
    # To encode a long one takes the square of its length, and it is none.
    if host.isascii() or len(host) > _TYPED_MAX:
        return host
    # Browsers take more than IDNA 2008 does, such as symbols: these go by the rules of 2003, in which they were named.
    for encode in (_by_uts46, _by_idna_2003):
        try:
            return encode(host)
        except UnicodeError:
            continue
    return host


def may_be_host(host: str) -> bool:
    """Whether a browser would take it for a host: of a name that is decoded, or of an IPv6 address without brackets."""
    if ":" in host:
        return _is_ip(IPv6Address, host) and "%" not in host
    return 0 < len(host) <= _TYPED_MAX and _NOT_IN_HOST.search(host) is None


def leads_somewhere(host: str) -> bool:
    """Whether a host, as it is typed into a link, has an address or a name that may stand in the DNS."""
    if host.startswith("[") and host.endswith("]"):
        return ":" in host and may_be_host(host[1:-1])
    host = ascii_host(unquote(host)).rstrip(".")
    labels = host.split(".")
    if labels[-1].isdecimal():
        return _is_ip(IPv4Address, host)
    return (
        ":" not in host
        and may_be_host(host)
        and len(host) <= _NAME_MAX
        and all(len(label) <= _LABEL_MAX and label.strip("-_") for label in labels)
    )


def _is_ip(kind: type[IPv4Address | IPv6Address], host: str) -> bool:
    try:
        kind(host)
    except ValueError:
        return False
    return True


def _by_uts46(host: str) -> str:
    return idna.encode(host, uts46=True).decode("ascii")


def _by_idna_2003(host: str) -> str:
    return host.encode("idna").decode("ascii")
