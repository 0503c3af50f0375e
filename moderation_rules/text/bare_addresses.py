"""Where a web address in running text begins and ends, as pages make links of it and rules mark it."""

import re
import unicodedata

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
