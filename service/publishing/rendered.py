"""A built body with its encodings and ETags, and which of them a request gets."""

import gzip
from dataclasses import dataclass
from hashlib import blake2b

# Below this a gzip header and the extra Vary cost more than they save.
GZIP_FROM = 600
GZIP_LEVEL = 6

Headers = list[tuple[str, str]]
# Status, headers and body, shared by all who get it: nobody changes the list.
Ready = tuple[int, Headers, bytes]

# The headers of a document; the first names its type.
DOCUMENT: Headers = [
    ("Content-Type", "application/json"),
    ("Cache-Control", "no-cache"),
    ("Vary", "Accept-Encoding"),
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Expose-Headers", "ETag, Retry-After"),
    ("X-Content-Type-Options", "nosniff"),
]


def of_type(content_type: str) -> Headers:
    """A document's, for a body of another type."""
    return [("Content-Type", content_type), *DOCUMENT[1:]]


_STATUS_LINES = {200: "200 OK", 304: "304 Not Modified"}


class Rendered:
    """One body, plain and compressed, each with its own strong ETag (RFC 9110, 8.8.3).

    `headers`: those of its own, in place of a document's. `usual`: the variant by the Accept-Encoding headers that are
    usual, and by None for none.
    """

    __slots__ = ("_coded", "_plain", "size", "usual")

    def __init__(self, body: bytes, headers: Headers = DOCUMENT, *, coded: bytes | None = None) -> None:
        digest = blake2b(body, digest_size=12).hexdigest()
        if coded is None and len(body) >= GZIP_FROM:
            coded = gzip.compress(body, GZIP_LEVEL, mtime=0)
        self._plain = _variant(body, f'"{digest}"', headers, None)
        self._coded = None if coded is None else _variant(coded, f'"{digest}-gzip"', headers, "gzip")
        self.usual: dict[str | None, Variant] = {header: self.variant(header) for header in _accepting}
        self.usual[None] = self._plain
        self.size = len(body) + len(coded or b"") + 2000

    def ready(self, accept_encoding: str, if_none_match: str, *, head: bool = False) -> Ready:
        """The answer to one GET or HEAD, made before it was asked for."""
        variant = self.usual.get(accept_encoding) or self.variant(accept_encoding)
        if if_none_match and matches(if_none_match, variant.etag):
            return variant.not_modified
        return variant.head if head else variant.whole

    def variant(self, accept_encoding: str) -> "Variant":
        """The one that is sent to whoever accepts these encodings."""
        return self._coded if self._coded is not None and accepts_gzip(accept_encoding) else self._plain

    def answer(self, method: str, accept_encoding: str, if_none_match: str) -> tuple[str, Headers, bytes]:
        """The same for WSGI: status line, headers of the caller's own, body."""
        status, headers, body = self.ready(accept_encoding, if_none_match, head=method == "HEAD")
        return _STATUS_LINES[status], headers.copy(), body


# Slots are read in fewer steps than a NamedTuple's fields, which readers' answers are made of.
@dataclass(frozen=True, slots=True)
class Variant:
    etag: str
    whole: Ready
    head: Ready
    not_modified: Ready


# RFC 9110, 15.4.5: those of the whole answer that a cache updates what it keeps with.
_NOT_ON_304 = frozenset({"Content-Type", "Content-Length", "Content-Encoding", "X-Content-Type-Options"})


def _variant(body: bytes, etag: str, own: Headers, coding: str | None) -> Variant:
    (content_type, *others) = own
    headers = [content_type, ("Content-Length", str(len(body))), ("ETag", etag), *others]
    if coding is not None:
        headers.append(("Content-Encoding", coding))
    on_304 = [header for header in headers if header[0] not in _NOT_ON_304]
    return Variant(etag, (200, headers, body), (200, headers, b""), (304, on_304, b""))


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
