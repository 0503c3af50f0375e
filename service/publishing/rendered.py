"""A built body with its encodings and ETags, and which of them a request gets."""

import gzip
from hashlib import blake2b
from typing import NamedTuple

# Below this a gzip header and the extra Vary cost more than they save.
GZIP_FROM = 600
GZIP_LEVEL = 6
JSON = "application/json"

Headers = list[tuple[str, str]]
# Status, headers and body, shared by all who get it: nobody changes the list.
Ready = tuple[int, Headers, bytes]

_STATUS_LINES = {200: "200 OK", 304: "304 Not Modified"}


class Rendered:
    """One body, plain and compressed, each with its own strong ETag (RFC 9110, 8.8.3)."""

    __slots__ = ("_coded", "_plain", "_usual", "size")

    def __init__(self, body: bytes, content_type: str = JSON) -> None:
        digest = blake2b(body, digest_size=12).hexdigest()
        coded = gzip.compress(body, GZIP_LEVEL, mtime=0) if len(body) >= GZIP_FROM else None
        self._plain = _variant(body, f'"{digest}"', content_type, None)
        self._coded = None if coded is None else _variant(coded, f'"{digest}-gzip"', content_type, "gzip")
        self._usual = {header: self._variant_for(header) for header in _accepting}
        self.size = len(body) + len(coded or b"") + 2000

    def ready(self, accept_encoding: str, if_none_match: str, *, head: bool = False) -> Ready:
        """The answer to one GET or HEAD, made before it was asked for."""
        variant = self._usual.get(accept_encoding) or self._variant_for(accept_encoding)
        if if_none_match and matches(if_none_match, variant.etag):
            return variant.not_modified
        return variant.head if head else variant.whole

    def _variant_for(self, accept_encoding: str) -> "_Variant":
        return self._coded if self._coded is not None and accepts_gzip(accept_encoding) else self._plain

    def answer(self, method: str, accept_encoding: str, if_none_match: str) -> tuple[str, Headers, bytes]:
        """The same for WSGI: status line, headers of the caller's own, body."""
        status, headers, body = self.ready(accept_encoding, if_none_match, head=method == "HEAD")
        return _STATUS_LINES[status], headers.copy(), body


class _Variant(NamedTuple):
    etag: str
    whole: Ready
    head: Ready
    not_modified: Ready


_ON_304 = frozenset({"ETag", "Cache-Control", "Vary", "Access-Control-Allow-Origin", "Access-Control-Expose-Headers"})


def _variant(body: bytes, etag: str, content_type: str, coding: str | None) -> _Variant:
    headers = [
        ("Content-Type", content_type),
        ("Content-Length", str(len(body))),
        ("ETag", etag),
        ("Cache-Control", "no-cache"),
        ("Vary", "Accept-Encoding"),
        ("Access-Control-Allow-Origin", "*"),
        ("Access-Control-Expose-Headers", "ETag, Retry-After"),
        ("X-Content-Type-Options", "nosniff"),
    ]
    if coding is not None:
        headers.append(("Content-Encoding", coding))
    on_304 = [header for header in headers if header[0] in _ON_304]
    return _Variant(etag, (200, headers, body), (200, headers, b""), (304, on_304, b""))


# What browsers, proxies and most programs send.
_accepting: dict[str, bool] = {
    "": False,
    "gzip": True,
    "gzip, deflate": True,
    "gzip, deflate, br": True,
    "gzip, deflate, br, zstd": True,
}


def accepts_gzip(header: str) -> bool:
    """Whether an Accept-Encoding takes gzip (RFC 9110, 12.5.3)."""
    known = _accepting.get(header)
    return _takes_gzip(header) if known is None else known


def _takes_gzip(header: str) -> bool:
    weights: dict[str, float] = {}
    for part in header.lower().split(","):
        name, _, rest = part.partition(";")
        weight = 1.0
        label, _, value = rest.partition("=")
        if label.strip() == "q":
            try:
                weight = float(value)
            except ValueError:
                weight = 0.0
        weights[name.strip()] = weight
    for name in ("gzip", "x-gzip", "*"):
        if name in weights:
            return weights[name] > 0
    return False


def matches(if_none_match: str, etag: str) -> bool:
    """Weak comparison, as If-None-Match asks for: a proxy may have marked our tag as weak."""
    if if_none_match == etag:
        return True
    if if_none_match.strip() == "*":
        return True
    return any(tag.strip().removeprefix("W/") == etag for tag in if_none_match.split(","))
