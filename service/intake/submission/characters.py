"""Which characters may come in, field by field; nothing here knows what a field is for."""

import re
import unicodedata

_NEWLINES = re.compile(r"\r\n?")
# NUL and the other controls (C0 but tab and newline, DEL, C1), and halves of surrogate pairs, which no UTF-8 can hold.
_REFUSED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
# Embeddings, overrides and isolates turn the text around them: in a name, the line it stands in.
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")
_SPACES = re.compile(r"\s+")
# Letters and symbols by their category, and yet nothing to see: Hangul fillers, the empty Braille cell.
_BLANKS = frozenset("\u115f\u1160\u2800\u3164\uffa0")


def one_newline(text: str) -> str:
    """CR LF and CR become LF."""
    return _NEWLINES.sub("\n", text)


def refused(text: str) -> bool:
    """Whether the text holds a control (but tab and newline) or half a surrogate pair."""
    return _REFUSED.search(text) is not None


def turns_direction(text: str) -> bool:
    """Whether the text holds an explicit bidirectional control (Unicode TR 9: embeddings, overrides, isolates)."""
    return _BIDI.search(text) is not None


def visible(text: str) -> int:
    """How many characters can be seen: marks, format characters, spaces and blanks are not counted."""
    return sum(1 for c in text if unicodedata.category(c)[0] not in "ZCM" and c not in _BLANKS)


def pictures(text: str) -> int:
    """How many emoji and other pictures there are: a lone one is a comment, so each says as much as two letters."""
    return sum(1 for c in text if unicodedata.category(c) == "So" and c not in _BLANKS)


def one_line(text: str) -> str:
    """NFC, on one line, single spaces, ends trimmed: how names and titles are kept."""
    return _SPACES.sub(" ", unicodedata.normalize("NFC", text)).strip()
