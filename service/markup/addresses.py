"""Where a web address in running text begins and ends, and what a link may lead to."""

import ipaddress
import re
import unicodedata
from urllib.parse import quote

import idna

# Never after a letter or digit of ASCII; after one of another script, as scripts without spaces have it.
BEGINS = r"(?<![A-Za-z0-9])(?:https?://|(?<![@./\-])www\.)"
# Full-width and ideographic punctuation, and quotation marks, end an address; a dash or an apostrophe may be its own.
_ENDS = (
    r"\s<>\"`\\\u201c-\u201f\u00ab\u00bb\u2039\u203a"
    r"\u3000-\u3004\u3008-\u3020\u3030\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65"
)
_BARE = re.compile(rf"{BEGINS}[^{_ENDS}]{{1,2000}}", re.IGNORECASE)
# "http://news.example" with Chinese or Japanese going on behind it: no top-level domain has letters of both.
_HOST_THEN_CJK = re.compile(
    r"(?:https?://|www\.)(?:[A-Z0-9\-]+\.)+[A-Z]{2,}(?=[\u3005-\u30ff\u3400-\u9fff\uf900-\ufaff])", re.IGNORECASE
)
_SAFE = "%/?#@!$&'()*+,;=:~[]"
_PARTS = re.compile(r"(https?)://(?:([^/?#@]*)@)?([^/?#@:]+)(?::(\d{0,5}))?([/?#].*)?", re.IGNORECASE | re.DOTALL)
_LABEL = re.compile(r"[A-Za-z0-9_\-]{1,63}")
_TRAILING = ".,;:!?\"'*_~)]"
_OPENED = {")": "(", "]": "["}


def bare_address(text: str, at: int, end: int) -> str:
    """The address that begins at `at`, without the sentence's own punctuation, in linear time; "" if none does."""
    found = _BARE.match(text, at, end)
    if found is None:
        return ""
    # In angle brackets, as in "<https://news.example/x*>", it is said where it ends.
    if text[at - 1 : at] == "<" and text[found.end() : found.end() + 1] == ">":
        return found[0]
    cut = _HOST_THEN_CJK.match(found[0])
    return _without_trailing(_balanced(cut[0] if cut else found[0]))


def href(address: str) -> str | None:
    """What a link to this address leads to, in ASCII; None for what isn't http(s) or what a browser can't open."""
    without_scheme = address[:4].lower() == "www."
    if without_scheme:
        address = f"https://{address}"
    parts = _PARTS.fullmatch(address)
    if parts is None:
        return None
    scheme, user, host, port, rest = parts.groups()
    ascii_host = _ascii_host(host)
    if ascii_host is None or int(port or 0) > 65_535:
        return None
    # "www.news" alone is a slip of the pen, no host.
    if without_scheme and ascii_host.count(".") < 2:
        return None
    before = "" if user is None else quote(user, safe="%:!$&'()*+,;=~") + "@"
    after = f":{port}" if port else ""
    return f"{scheme.lower()}://{before}{ascii_host}{after}{quote(rest or '', safe=_SAFE)}"


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


def _balanced(address: str) -> str:
    """Up to a closing bracket that was opened before the address."""
    opened = {"(": 0, "[": 0}
    for at, character in enumerate(address):
        if character in opened:
            opened[character] += 1
        elif character in _OPENED:
            opened[_OPENED[character]] -= 1
            if opened[_OPENED[character]] < 0:
                return address[:at]
    return address


def _without_trailing(address: str) -> str:
    """Takes off the sentence's punctuation, of any script; a closing bracket was opened inside and stays."""
    end = len(address)
    while end:
        last = address[end - 1]
        if last in ")]" or not (last in _TRAILING or (last > "\x7f" and _is_mark(last))):
            break
        end -= 1
    return address[:end]


def _is_mark(character: str) -> bool:
    return unicodedata.category(character) in {"Po", "Ps", "Pe", "Pi", "Pf", "Cf", "Cc"}
