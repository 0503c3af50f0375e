"""Web addresses a reader's request may name: the page it stands on and the reader's own website. None is fetched."""

import re
from collections.abc import Collection
from urllib.parse import SplitResult, parse_qsl, unquote, urlencode, urlsplit

MAX_LENGTH = 2000

# What no http(s) address may hold unescaped, and what would make it read otherwise than it leads.
_NOT_IN_URL = re.compile('[\\s\x00-\x20<>"\\\\^`{|}\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069\ufeff]')
_PORTS = {"http": 80, "https": 443}
_TRACKING = re.compile(r"^(utm_.*|fbclid|gclid|dclid|msclkid|mc_cid|mc_eid|_hsenc|_hsmi|mkt_tok)$", re.IGNORECASE)


def parse_http(url: str) -> SplitResult | None:
    """The parts of an absolute http(s) address without a user in it; None for anything else."""
    if len(url) > MAX_LENGTH or _NOT_IN_URL.search(url):
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
    host = _ascii_host(parts.hostname)
    host = f"[{host}]" if ":" in host else host
    port = "" if parts.port in {None, _PORTS[parts.scheme]} else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}"


def is_origin_of(url: str, origins: Collection[str]) -> bool:
    origin = origin_of(url)
    return origin is not None and origin in {origin_of(known) for known in origins}


def kept_page_url(url: str) -> str:
    """The page's address as it is kept: without fragment, tracking, and whatever holds an e-mail address.

    Links in newsletters carry the address of the one they were sent to, and a thread's address becomes public. A
    query loses such fields; a path ends before such a part.
    """
    parts = urlsplit(url)
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    kept = [(n, v) for n, v in pairs if not _TRACKING.match(n) and "@" not in unquote(n) and "@" not in unquote(v)]
    query = parts.query if len(kept) == len(pairs) else urlencode(kept)
    return parts._replace(path=_without_address(parts.path), query=query, fragment="").geturl()


def _without_address(path: str) -> str:
    """The path up to the part that is an e-mail address; `/@name` is none."""
    parts = path.split("/")
    for n, part in enumerate(parts):
        local, at, host = unquote(unquote(part)).partition("@")
        if at and local and "." in host:
            return "/".join([*parts[:n], ""])
    return path


def _ascii_host(host: str) -> str:
    """Browsers send names in Punycode; a site may have been set up with the name as people read it."""
    host = host.lower()
    if host.isascii():
        return host
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        return host
