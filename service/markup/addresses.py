"""What a link may lead to."""

import ipaddress
import re
from urllib.parse import quote

import idna

_SAFE = "%/?#@!$&'()*+,;=:~[]"
_PARTS = re.compile(r"(https?)://([^/?#@:]+)(?::(\d{0,5}))?([/?#].*)?", re.IGNORECASE | re.DOTALL)
_LABEL = re.compile(r"[A-Za-z0-9_\-]{1,63}")


def href(address: str) -> str | None:
    """What a link to this address leads to, in ASCII; None for what isn't http(s) or what a browser can't open.

    None as well for one with a user part: `https://bank.example@evil.example/` reads as another host than it leads to,
    and nobody needs one in a comment.
    """
    without_scheme = address[:4].lower() == "www."
    if without_scheme:
        address = f"https://{address}"
    parts = _PARTS.fullmatch(address)
    if parts is None:
        return None
    scheme, host, port, rest = parts.groups()
    ascii_host = _ascii_host(host)
    if ascii_host is None or int(port or 0) > 65_535:
        return None
    # "www.news" alone is a slip of the pen, no host.
    if without_scheme and ascii_host.count(".") < 2:
        return None
    after = f":{port}" if port else ""
    return f"{scheme.lower()}://{ascii_host}{after}{quote(rest or '', safe=_SAFE)}"


def _ascii_host(host: str) -> str | None:
    """The host as it is looked up: labels of ASCII, IDNA for others, a whole IPv4 address; else None."""
    try:
        if not host.isascii() or "xn--" in host.lower():
            host = idna.encode(host, uts46=True).decode("ascii")
    except (UnicodeError, ValueError):
        return None
    host = host.removesuffix(".")
    labels = host.split(".")
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        return None
    # A browser takes a last label of digits, or of hexadecimal ones, for the end of an IPv4 address.
    if labels[-1].isdigit() or labels[-1][:2].lower() == "0x":
        try:
            return str(ipaddress.IPv4Address(host))
        except ValueError:
            return None
    return host
