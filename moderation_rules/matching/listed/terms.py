"""Entries of word lists, folded and with what is known of their edges: what finders look for."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from moderation_rules.lists.inflections import plurals
from moderation_rules.lists.word_lists import Entry, ListKind, WordList
from moderation_rules.text.folding import fold
from moderation_rules.text.words import (
    begins,
    is_agglutinated,
    is_glued,
    is_mark,
    is_noun,
    is_unspaced,
    spaced,
    syllables,
)

_SHORT_HANGUL = 3  # syllables; shorter words turn up inside innocent ones
SHORTEST = 4  # letters; shorter words are not looked for inside of others, else chance finds them everywhere


class Term(NamedTuple):
    """One entry of a list, ready to be found. `key`: its words, folded, one space between."""

    entry: Entry
    list: WordList
    key: str
    exact: str  # the folded entry itself where it has signs that words don't have, else empty
    edges: tuple[bool, bool]  # whether it must begin and end where a word does

    @property
    def guilty(self) -> bool:
        """Whether its list is one of banned or suspect words."""
        return self.list.kind is ListKind.BANNED or self.list.kind is ListKind.SUSPECT

    @property
    def hidden(self) -> bool:
        """Whether it is one word that is also looked for in disguise."""
        if not self.list.disguised or self.exact or not self.guilty:
            return False
        return " " not in self.key and not is_unspaced(self.key)


def make_term(entry: Entry, belongs_to: WordList) -> Term | None:
    """The entry made ready, or None where nothing of it can be seen."""
    written = entry.text
    folded = fold(written.strip("*")).text
    key = " ".join(spaced(folded).split())
    exact = "" if key == " ".join(folded.split()) else folded.strip()
    # Of a million words most are written as they are compared: no need to keep them twice.
    key = written if key == written else key
    return Term(entry, belongs_to, key, exact, _edges(written, key)) if key or exact else None


_BOTH, _LEFT, _RIGHT, _NEITHER = (True, True), (True, False), (False, True), (False, False)


def _edges(written: str, key: str) -> tuple[bool, bool]:
    left, right = not written.startswith("*"), not written.endswith("*")
    if not key.isascii():
        if is_unspaced(key):
            return _NEITHER
        if is_agglutinated(key):
            left, right = left and syllables(key) < _SHORT_HANGUL, False
        else:
            left = left and not is_glued(key)
    return (_BOTH if right else _LEFT) if left else (_RIGHT if right else _NEITHER)


def pattern_of(term: Term) -> str:
    """What the automaton looks for. Words that disguises put inside of others are looked for without edges."""
    left, right = term.edges
    if left and right and term.hidden and is_hideable(term.key):
        return term.key
    return f"{' ' * left}{term.key}{' ' * right}"


def is_hideable(key: str) -> bool:
    """Whether the word is long enough to be recognised with other letters around it."""
    return len(key) >= SHORTEST and key.isalpha() and not is_agglutinated(key)


def inflected(term: Term) -> list[Term]:
    """The plurals of an allowed word or phrase; others have theirs listed, or are looked for with endings."""
    plain = term.edges == _BOTH and not term.exact and term.entry.text.isascii()
    if term.list.kind is not ListKind.ALLOW or not plain:
        return []
    return [term._replace(key=key) for key in plurals(term.key)]


def may_stand(term: Term, start: int, end: int, folded: str) -> bool:
    """Whether a term without edges stands where its script lets a word stand."""
    key, written = term.key, term.entry.text
    if key.isascii():
        return True
    if is_glued(key) and not written.startswith("*"):
        return begins(folded, start)
    if is_agglutinated(key) and not written.endswith("*") and syllables(key) == 1:
        return is_noun(folded, end)
    return not is_unspaced(key) or not is_mark(folded[end : end + 1] or " ")


def cue_of(term: Term, common: Collection[str]) -> str:
    """A word without which a phrase is nowhere, rather not a common one; with a space behind it, the end of one."""
    (first, *cues, last), (left, right) = term.key.split(), term.edges
    cues += [first] * left + [last] * right
    return max(cues, key=lambda word: (word not in common, len(word)), default=f"{first} ")
