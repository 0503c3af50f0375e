"""What a host's name hides: a bare network address, or letters that make it look like another's."""

from __future__ import annotations

import re
from typing import Final

from moderation_rules.text.alphabets import has_foreign, script
from moderation_rules.text.folding import fold

# Names that are borrowed most often to lure people, by their owners' own spelling.
_NAMES = (
    "adobe airbnb aliexpress amazon apple binance blockchain booking coinbase dropbox ebay facebook fedex github gmail "
    "google icloud instagram linkedin mastercard metamask microsoft netflix office365 outlook paypal revolut spotify "
    "steamcommunity telegram tiktok twitter whatsapp wikipedia yahoo youtube"
)
_BORROWED: Final = frozenset(_NAMES.split())
# Digits and pairs of letters that are read as another letter.
_SWAPS = (("rn", "m"), ("vv", "w"), ("cl", "d"), ("0", "o"), ("1", "l"), ("i", "l"), ("3", "e"), ("5", "s"))
# What a page that wants a password says of itself.
_LURING = "login signin logon secure security verify verification account accounts update billing wallet unlock confirm"
_LURES: Final = frozenset(_LURING.split())
# Registries that take names in these alphabets under two Latin letters: a whole name in it is nobody's double there.
_AT_HOME: Final = {
    "CYRILLIC": frozenset(("ru", "su", "ua", "by", "bg", "rs", "me", "mk", "kz", "kg", "mn", "tj", "uz", "md", "ba")),
    "GREEK": frozenset(("gr", "cy", "eu")),
    "ARMENIAN": frozenset(("am",)),
}
_ADDRESS = re.compile(r"\d+|0x[0-9a-f]*")
# Control characters, lone surrogates and spaces: no host has them (WHATWG URL), and some cannot be stored.
_NO_HOST = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\s]")


def is_sound(host: str) -> bool:
    """Whether a decoded host, or a label of it, has nothing that only its encoded form may be shown or stored with."""
    return _NO_HOST.search(host) is None


def as_shown(host: str) -> str:
    """The host as people read it, its labels out of Punycode (RFC 3492) where they can be decoded."""
    return ".".join(map(_decoded, host.split("."))) if "xn--" in host else host


def is_bare_address(host: str) -> bool:
    """Whether browsers read it as a network address: in brackets, or with a number at the end (WHATWG URL)."""
    return host.startswith("[") or _ADDRESS.fullmatch(host.rpartition(".")[2]) is not None


def look_alike(host: str) -> str | None:
    """What the host, as shown, is dressed up to look like; None for what looks like itself."""
    *labels, top = host.split(".")
    for at, label in enumerate(labels[:-2]):
        # Another's whole host in front of one's own; behind a borrowed "com" a country's two letters may stand.
        if label in _BORROWED and labels[at + 1] in ("com", "net", "org"):
            return f"{label}.{labels[at + 1]}"
    for label in labels:
        plain = _undressed(label, top)
        if plain is not None:
            return ".".join([fold(own).text if own != label else plain for own in labels] + [top])
    return None


def _decoded(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    try:
        decoded = label[4:].encode("ascii").decode("punycode")
    except UnicodeError:
        return label
    return decoded if is_sound(decoded) else label


def _undressed(label: str, top: str) -> str | None:
    if label.isascii():
        return _meant(label)
    plain = fold(label).text
    if has_foreign(label) or plain in _BORROWED:
        return plain
    scripts = {name for char in label if (name := script(char))}
    if len(scripts) != 1 or "LATIN" in scripts or not plain.isascii() or not top.isascii():
        return None
    (name,) = scripts
    return None if top in _AT_HOME.get(name, ()) or top.startswith("xn--") else plain


def _meant(label: str) -> str | None:
    """The borrowed name that a label in plain letters is typed to look like, or leans on: rnicr0soft, paypal-login."""
    if label in _BORROWED:
        return None
    first, *rest = label.split("-")
    if first in _BORROWED and not _LURES.isdisjoint(rest):
        return first
    return _BY_LOOKS.get(_looks(label))


def _looks(label: str) -> str:
    """The label with all that is read alike made the same."""
    for typed, read in _SWAPS:
        label = label.replace(typed, read)
    return label


_BY_LOOKS: Final = {_looks(name): name for name in _BORROWED}
