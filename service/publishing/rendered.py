"""A built body with its encodings and ETags, and which of them a request gets."""

import gzip
from dataclasses import dataclass
from hashlib import blake2b
from typing import Literal

try:
    import brotli as _brotli
except ImportError:  # Only where it comes ready-made: anywhere else it would need a C compiler, and gzip does.
    _brotli = None

# Below this what compression adds costs more than it saves.
CODED_FROM = 600
GZIP_LEVEL = 6
# A document is compressed anew after each approval: with 20 comments this costs as much as gzip, with 100 half of it,
# and makes 1 to 2 per cent less. What never changes is worth the most there is.
BROTLI_QUALITY, BROTLI_BEST = 4, 11

Coding = Literal["", "gzip", "br"]

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

    It is compressed when somebody first asks for that coding: nearly all browsers ask for the same one.

    `headers`: those of its own, in place of a document's. `gzipped`: the body so compressed, where it is known.
    `usual`: the variant by the Accept-Encoding headers that are usual, and by None for none, as far as it is made.
    """

    __slots__ = ("_body", "_codes", "_digest", "_headers", "_made", "_quality", "size", "usual")

    def __init__(
        self, body: bytes, headers: Headers = DOCUMENT, *, gzipped: bytes | None = None, quality: int = BROTLI_QUALITY
    ) -> None:
        self._body, self._headers, self._quality = body, headers, quality
        self._digest = blake2b(body, digest_size=12).hexdigest()
        self._codes = gzipped is not None or len(body) >= CODED_FROM
        self._made: dict[Coding, Variant] = {}
        self.usual: dict[str | None, Variant] = {}
        self.usual[None] = self._keep("", body)
        if gzipped is not None:
            self._keep("gzip", gzipped)
        # Both codings together take about half of the body.
        self.size = len(body) * 3 // 2 + 2000

    def ready(self, accept_encoding: str, if_none_match: str, *, head: bool = False) -> Ready:
        """The answer to one GET or HEAD, made before it was asked for."""
        variant = self.usual.get(accept_encoding) or self.variant(accept_encoding)
        if if_none_match and matches(if_none_match, variant.etag):
            return variant.not_modified
        return variant.head if head else variant.whole

    def variant(self, accept_encoding: str) -> "Variant":
        """The one that is sent to whoever accepts these encodings. The first one who does waits for it to be made."""
        coding = self._coding(accept_encoding)
        made = self._made.get(coding)
        if made is None:
            if coding == "br":
                coded = _brotli.compress(self._body, quality=self._quality)
            else:
                coded = gzip.compress(self._body, GZIP_LEVEL, mtime=0)
            made = self._keep(coding, coded)
        return made

    def made(self, accept_encoding: str) -> "Variant | None":
        """The same, if it is made already."""
        return self._made.get(self._coding(accept_encoding))

    def _coding(self, accept_encoding: str) -> Coding:
        return coding_of(accept_encoding) if self._codes else ""

    def _keep(self, coding: Coding, coded: bytes) -> "Variant":
        etag = f'"{self._digest}-{coding}"' if coding else f'"{self._digest}"'
        made = self._made[coding] = _variant(coded, etag, self._headers, coding or None)
        self.usual.update((header, made) for header in _USUAL if self._coding(header) == coding)
        return made

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


def coding_of(header: str) -> Coding:
    """How to send to whoever sent this Accept-Encoding (RFC 9110, 12.5.3): as they like better, else the smaller."""
    known = _USUAL.get(header)
    return _read_coding(header) if known is None else known


def _read_coding(header: str) -> Coding:
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
    gzipped = next((weights[name] for name in ("gzip", "x-gzip", "*") if name in weights), 0.0)
    smaller = weights.get("br", 0.0) if _brotli is not None else 0.0
    if smaller > 0 and smaller >= gzipped:
        return "br"
    return "gzip" if gzipped > 0 else ""


# What browsers, proxies and most programs send.
_USUAL: dict[str, Coding] = {
    header: _read_coding(header)
    for header in ("", "gzip", "gzip, deflate", "gzip, deflate, br", "gzip, deflate, br, zstd")
}


def matches(if_none_match: str, etag: str) -> bool:
    """Weak comparison, as If-None-Match asks for: a proxy may have marked our tag as weak."""
    if if_none_match == etag:
        return True
    if if_none_match.strip() == "*":
        return True
    return any(tag.strip().removeprefix("W/") == etag for tag in if_none_match.split(","))
