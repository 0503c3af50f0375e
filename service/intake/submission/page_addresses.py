"""The address of the page a comment stands on: no reader types it, so what is odd in it is repaired, not refused.

Read as browsers read addresses (https://url.spec.whatwg.org/#concept-basic-url-parser), and kept on one of the site's
own origins, whatever was sent: what is kept never leads elsewhere.
"""

import re
from collections.abc import Collection
from contextlib import suppress
from itertools import accumulate
from urllib.parse import parse_qsl, quote, unquote, urlencode, urljoin, urlsplit

from models.site import own_origin
from service.intake.submission.hidden_addresses import holds_address
from service.intake.submission.web_addresses import MAX_LENGTH, ascii_host, may_be_host, origin_of, parse_http

_BOTH_ENDS = "".join(map(chr, range(0x21))) + "\xa0\u200b\u2028\u2029\ufeff"
_LEFT_OUT = str.maketrans("", "", "\t\n\r")
_SCHEME = re.compile(r"(https?):[/\\]*", re.IGNORECASE)
_ANY_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_AUTHORITY = re.compile(r"[^/\\?#]*")
_HOST_AND_PORT = re.compile(r"(?P<host>\[[0-9a-f:.]+\]|[^:\[\]]+)(?::(?P<port>[0-9]{0,9}))?", re.IGNORECASE)
# What stays as it is; a lone % does too, as it does in browsers.
_IN_PATH = "/%:@!$&'()*+,;=-._~[]"
_IN_QUERY = "/%:@!$&()*+,;=-._~[]?"
_TRACKING = re.compile(r"^(utm_.*|fbclid|gclid|dclid|msclkid|mc_cid|mc_eid|_hsenc|_hsmi|mkt_tok)$", re.IGNORECASE)
# Of any width, as in a name.
_AT = re.compile("[@＠﹫]")

# Pages that were right as they came, which most are, and the same for all who write under an article.
_clean_pages: set[tuple[str, tuple[str, ...]]] = set()
_CLEAN_PAGES_KEPT, _REMEMBERED = 4096, 300


def own_page(text: str, origins: Collection[str], base: str | None = None) -> str | None:
    """The page as it is kept: an address on one of `origins`, at most 2,000 characters; None for any other page.

    The site's name with or without `www.`, by http or https, counts as the site's own. `base`: a page of the site
    that a relative address starts from.
    """
    known = text, tuple(origins)
    if known in _clean_pages:
        return text
    url = _own_page(text, origins, base)
    if url == text and len(text) <= _REMEMBERED:
        if len(_clean_pages) >= _CLEAN_PAGES_KEPT:
            _clean_pages.clear()
        _clean_pages.add(known)
    return url


def _own_page(text: str, origins: Collection[str], base: str | None) -> str | None:
    for meant in _readings(text.strip(_BOTH_ENDS).translate(_LEFT_OUT), base):
        parts = _split(meant)
        origin = None if parts is None else _own_origin(parts[0], origins)
        if parts is not None and origin is not None:
            return _kept(origin, parts[1])
    return None


def is_web_address(text: str) -> bool:
    """Whether a browser would make an http(s) address of the text."""
    return _split(text.strip(_BOTH_ENDS).translate(_LEFT_OUT)) is not None


def _readings(text: str, base: str | None) -> list[str]:
    """What the text may mean, likeliest first."""
    if _SCHEME.match(text):
        return [text]
    readings = []
    if text and not text.startswith(("/", "\\")):
        # `news.example/story`: only as long as it names the site.
        readings.append(f"https://{text}")
    if base is not None and not _ANY_SCHEME.match(text):
        with suppress(ValueError):  # A broken IPv6 literal.
            readings.append(urljoin(base, text.replace("\\", "/")))
    return readings


def _split(url: str) -> tuple[str, str] | None:
    """An absolute http(s) address -> its origin, and what follows; None where a browser would find no host."""
    scheme = _SCHEME.match(url)
    if scheme is None:
        return None
    authority = _AUTHORITY.match(url, scheme.end())
    assert authority is not None
    # A user's name and password are no part of the page; neither is there a host in them.
    found = _HOST_AND_PORT.fullmatch(authority[0].rpartition("@")[2])
    if found is None:
        return None
    host = ascii_host(unquote(found["host"])).rstrip(".")
    # Decoded, it may hold what ends a host or begins another.
    if not may_be_host(host.strip("[]")):
        return None
    port = f":{int(found['port'])}" if found["port"] else ""
    origin = origin_of(f"{scheme[1].lower()}://{host}{port}")
    return None if origin is None else (origin, url[authority.end() :])


def _own_origin(origin: str, origins: Collection[str]) -> str | None:
    """The one of the site's origins that is meant by `origin`."""
    known = [own for own in map(origin_of, origins) if own is not None]
    return origin if origin in known else own_origin(origin, known)


def _kept(origin: str, rest: str) -> str:
    """Without fragment, tracking, and whatever holds an e-mail address; encoded, and cut where it is too long."""
    path, mark, query = rest.partition("#")[0].partition("?")
    path = _encoded(path.replace("\\", "/"), _IN_PATH) or "/"
    query = _encoded(query, _IN_QUERY)
    # The form that programs may check and store: nothing of this may be left to be misread.
    url = without_addresses(f"{origin}{path}{mark}{query}")
    if len(url) > MAX_LENGTH:
        page, _, query = url.partition("?")
        url = f"{origin}/" if len(page) > MAX_LENGTH else _with_first_fields(page, query)
    return url if parse_http(url) is not None else f"{origin}/"


def _encoded(text: str, unreserved: str) -> str:
    return quote(text, safe=unreserved, errors="ignore")


def _with_first_fields(page: str, query: str) -> str:
    """The page with as many whole fields of the query as there is space for."""
    url, mark = page, "?"
    for field in query.split("&"):
        if len(url) + 1 + len(field) > MAX_LENGTH:
            break
        url, mark = f"{url}{mark}{field}", "&"
    return url


def without_addresses(url: str) -> str:
    """An http(s) address without fragment, tracking, and whatever holds an e-mail address.

    Links in newsletters carry the address of the one they were sent to, and a thread's address becomes public. A
    query loses such fields; a path ends before such a part; what is left is asked once more as a whole.
    """
    parts = urlsplit(url)
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    told = [(n, v) for n, v in pairs if not _TRACKING.match(n)]
    looked_at = _first_of(told, 2 * MAX_LENGTH)
    kept = [(n, v) for n, v in looked_at if not (_names_address(n) or _names_address(v))]
    query = parts.query if len(kept) == len(pairs) else urlencode(kept)
    # What is longer than any page's address is not looked through.
    path = _path_to_address(parts.path) if len(parts.path) <= MAX_LENGTH else "/"
    cleaned = parts._replace(path=path, query=query, fragment="")
    if holds_address(cleaned._replace(scheme="", netloc="").geturl()):
        cleaned = cleaned._replace(path="/", query="")
    return cleaned.geturl()


def _first_of(fields: list[tuple[str, str]], most: int) -> list[tuple[str, str]]:
    """The first fields of a query that have `most` characters together, whole."""
    lengths = accumulate(len(name) + len(value) for name, value in fields)
    return [field for field, length in zip(fields, lengths, strict=True) if length <= most]


def _names_address(text: str) -> bool:
    return _AT.search(unquote(text)) is not None or holds_address(text)


def _path_to_address(path: str) -> str:
    """The path up to the part that is an e-mail address; `/@name` is none."""
    parts = path.split("/")
    for n, part in enumerate(parts):
        local, *host = _AT.split(unquote(unquote(part)), maxsplit=1)
        if (host and local and "." in host[0]) or holds_address(part):
            return "/".join([*parts[:n], ""])
    return path
