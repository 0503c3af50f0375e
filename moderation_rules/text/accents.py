"""Latin words that differ in nothing but accents: a trick in one language, two words in another (ano and año)."""

from __future__ import annotations

import re

from moderation_rules.text.normal_forms import normal

# Letters that languages in Latin script have on their keyboards.
_ORDINARY = re.compile(
    "[ -~\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u017f\u01a0\u01a1\u01af\u01b0\u0218-\u021b\u1ea0-\u1ef9’]+"
)
_LETTERS = re.compile(r"[^\W_]+")


def only_accents(written: str, typed: str) -> bool:
    """Whether a plain word was typed with accents as languages have them, and with no other strange sign."""
    plain = normal("NFC", typed)
    return written.isascii() and not plain.isascii() and _ORDINARY.fullmatch(plain) is not None


def is_accented(written: str, folded: str) -> bool:
    """Whether the accents of a word of a list are all that is lost when it is folded."""
    return folded.isascii() and not written.isascii()


def same_letters(written: str, typed: str) -> bool:
    """Whether both have the same letters, accents included, whatever case and signs."""
    return _letters(written) == _letters(typed)


def _letters(text: str) -> list[str]:
    return _LETTERS.findall(normal("NFC", text.casefold()))
