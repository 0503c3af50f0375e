"""Which listed words are somebody's name where they stand: `Mr Dick`, `Dick Cheney`, `Nicole Gay`, `Dikshit`.

Only names that a person picked are looked for (`KnownWords.rude_names`): who bans a politician's name means the name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from moderation_rules.lists.known import KnownWords
from moderation_rules.matching.matcher import Match
from moderation_rules.rule import Reading
from moderation_rules.text.folding import fold

_TITLES = """\
mr mrs ms miss mx dr prof professor sir dame lord lady rev reverend judge justice sen senator rep congressman
congresswoman councillor cllr inspector superintendent herr herrn frau monsieur madame mme mlle senor senora sr sra
signor signora dom dona van von der den ten ter mc ap ibn ben"""
_IS_TITLE = frozenset(_TITLES.split()).__contains__
_BEFORE = re.compile(r"([^\W\d_]+)(?:\.?[ \u00a0]+|[-‐‑])\Z")
_AFTER = re.compile(r"[ \u00a0-]([^\W\d_]+)")
_NEAR = 40  # characters on either side in which the neighbouring word must begin
_WORD = re.compile(r"[^\W\d_]+")
# Letters on either side of a listed word beyond which they are no name: scripts without spaces have pages in a row.
_NAME_MOST = 30


def named_in(matches: Iterable[Match], reading: Reading, known: KnownWords) -> set[str]:
    """The listed words that stand beside a title or another name somewhere in the text: then they are names in it."""
    named = set()
    for match in matches:
        if not match.how and match.term.key in known.rude_names and match.term.key not in named:
            start, end = reading.folded.span(match.start, match.end)
            if _is_capitalised(reading.text[start:end]) and _has_neighbour(reading.text, start, end, known):
                named.add(match.term.key)
    return named


def is_name(match: Match, reading: Reading, known: KnownWords, named: set[str]) -> bool:
    """Whether the listed word that was found undisguised, or inside of others, is a name or part of one.

    `named`: what `named_in` says of the text.
    """
    start, end = reading.folded.span(match.start, match.end)
    text, key = reading.text, match.term.key
    if " " in key:
        return False
    first, last = _whole(text, start, end)
    if max(start - first, last - end) > _NAME_MOST:
        return False
    word = fold(text[first:last]).text
    if word != key:
        return (
            word in known.rude_names or _is_joined(word, known) or _is_inflected(match, text[first:last], word, known)
        )
    return not match.how and word in named and _is_capitalised(text[start:end])


def _whole(text: str, start: int, end: int) -> tuple[int, int]:
    """The word of which `text[start:end]` is a part, in letters; of a longer one little more than a name has."""
    least, most = max(0, start - _NAME_MOST - 1), min(len(text), end + _NAME_MOST + 1)
    while start > least and text[start - 1].isalpha():
        start -= 1
    while end < most and text[end].isalpha():
        end += 1
    return start, end


def _is_joined(word: str, known: KnownWords) -> bool:
    """Whether it is a given name and a surname without a space, as accounts and hosts have them: sheiladikshit."""
    return any(word[at:] in known.rude_names and word[:at] in known.given for at in range(3, len(word) - 3))


def _is_inflected(match: Match, typed: str, word: str, known: KnownWords) -> bool:
    """Whether what looks like an inflection of the listed word is a name, and written as one: Spicer, Dickers."""
    if match.how or "*" in match.term.entry.text or not _is_capitalised(typed):
        return False
    return word.startswith(match.term.key) and (word in known.names or word in known.given)


def _is_capitalised(typed: str) -> bool:
    return typed[:1].isupper() and not typed[1:].isupper()


def _has_neighbour(text: str, start: int, end: int, known: KnownWords) -> bool:
    before = _BEFORE.search(text, max(0, start - _NEAR), start)
    if before is not None:
        typed, plain = before[1], fold(before[1]).text
        if _IS_TITLE(plain):
            return True
        if _is_capitalised(typed) and (plain in known.given or (len(plain) == 1 and plain not in "aio")):
            return True
    after = _AFTER.match(text, end, end + _NEAR)
    if after is None or fold(text[start:end]).text not in known.given or not _is_capitalised(after[1]):
        return False
    plain = fold(after[1]).text
    return _IS_TITLE(plain) or (plain in known.names and plain not in known.words and plain not in known.common)


def is_capital_inside(reading: Reading, start: int, end: int) -> bool:
    """Whether a word is capitalised as names are: within a sentence whose other words are not."""
    text = reading.text
    typed = text[start:end]
    if not _is_capitalised(typed) or len(typed) < 2:
        return False
    before = text[max(0, start - _NEAR) : start].rstrip()
    words = _WORD.findall(before)
    return bool(words) and before[-1:] not in '.!?…:;"“”„«»()[]*-–—' and words[-1][:1].islower()
