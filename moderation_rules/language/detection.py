"""In which language a comment is written: found out offline, or not at all.

The detector is CLD2, which the extra `lang` installs with all its tables; nothing is fetched. Readers write little,
quote others and name people of every country, so a text says nothing here unless enough words of the reader's own are
left when quotations, links, handles and capitalised words are taken out.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import Any

from moderation_rules.language.tags import main

# The language of a text (BCP 47, without region), or None where it can't be told.
Detect = Callable[[str], str | None]

_LOOKED_AT = 1000  # characters; a language shows long before
_LETTERS = 12  # of the reader's own words, the least that says anything
_SHARE = 70  # percent of the letters that must be of one language
# Of these scripts a letter says about three times as much: they have more of them, or are one language's own.
_DENSE = "\u0900"

_NOT_OWN = re.compile(
    r"^[ \t]*>.*$"  # a quoted line
    r"|[„“”\"][^„“”\"\n]{1,400}[“”\"]|«[^«»\n]{1,400}»|»[^«»\n]{1,400}«"  # a quotation
    r"|\bhttps?://\S+|\bwww\.\S+|[^\s@]{1,64}@\S+|[@#]\w+",
    re.MULTILINE,
)
# Without one of these `_NOT_OWN` finds nothing: most comments have none.
_SIGNS = (*'>"„“”«»@#', "://", "www.")
# Control characters and non-characters, which CLD2 does not take for text, and half characters.
_NO_TEXT = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef"
    + "".join(f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0, 0x110000, 0x10000))
    + "]"
)
_WORD = re.compile(r"[^\W\d_]+")
# Names of scripts that nobody has said the language of, and jests.
_NO_LANGUAGE = frozenset({"un", "xxx", "tlh", "zzb", "zze", "zzh", "zzp"})


def load_detector() -> Detect | None:
    """The detector, or None where the extra `lang` is not installed. Loading takes a few milliseconds."""
    try:
        import pycld2
    except ImportError:
        return None
    cld2: Any = pycld2

    def detect(text: str) -> str | None:
        # Letters and accents typed apart are the same words, but not to the detector.
        own = unicodedata.normalize("NFC", _own_words(text))
        if not _enough(own):
            return None
        try:
            reliable, _, found = cld2.detect(own, isPlainText=True)
        except (cld2.error, ValueError):
            return None
        _, code, share, _ = found[0]
        if not reliable or share < _SHARE or code in _NO_LANGUAGE or code.startswith("xx-"):
            return None
        return "en" if code == "sco" else main(code)  # English that is short or hurried looks like Scots

    return detect


def _own_words(text: str) -> str:
    """What the reader says in words of their own."""
    text = text[:_LOOKED_AT]
    if not text.replace("\n", " ").isprintable():
        text = _NO_TEXT.sub(" ", text)
    for sign in _SIGNS:
        if sign in text:
            return _NOT_OWN.sub(" ", text)
    return text


def _enough(text: str) -> bool:
    """Whether there are letters enough outside of capitalised words, which may be names in any language."""
    shouted = text.isupper()
    letters = 0
    for match in _WORD.finditer(text):
        word = match[0]
        if shouted or not word[0].isupper():
            letters += len(word) * 3 if word[0] >= _DENSE else len(word)
            if letters >= _LETTERS:
                return True
    return False
