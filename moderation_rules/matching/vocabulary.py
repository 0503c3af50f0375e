"""The single words of all lists that disguises are looked for, with their everyday endings."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from moderation_rules.lists.known import KnownWords
from moderation_rules.lists.word_lists import ListKind
from moderation_rules.matching.listed.terms import SHORTEST, Term
from moderation_rules.matching.matcher import Finder, Match

ENDINGS = ("s", "es", "ed", "er", "ers", "in", "ing", "y", "z")
_PLURALS = ("s", "es", "z")
_REMEMBERED = 5_000  # words
_INFLECTED = 5  # letters from which a word takes all endings; with shorter ones they make other words: butter, corner


class Vocabulary:
    """Listed words and what is known to be innocent: allowed and everyday words, and `known` ones."""

    def __init__(self, finder: Finder, known: KnownWords) -> None:
        words: dict[str, None] = {}
        innocent: set[str] = set()
        for term in finder.terms():
            if term.hidden and term.key:
                words[term.key] = None
            elif term.list.kind in (ListKind.ALLOW, ListKind.EVERYDAY):
                innocent.add(term.key)
        self.words: Collection[str] = words.keys()
        self.known = known
        self.innocent = frozenset(innocent | known.common)
        self._finder = finder
        self._terms: dict[str, tuple[Term, ...]] = {}  # those of words that were met; only time depends on it

    def __contains__(self, word: str) -> bool:
        return word in self.words

    def key(self, word: str) -> str | None:
        """The listed word that this is, with or without an ending; None for other words."""
        if word in self.words:
            return word
        if word.endswith(ENDINGS) and word not in self.innocent:
            for ending in ENDINGS:
                if word.endswith(ending) and self.takes(word[: -len(ending)], ending):
                    return word[: -len(ending)]
        return None

    def takes(self, key: str, ending: str) -> bool:
        """Whether it is a listed word that may stand with the ending, and both together are no other word."""
        if key not in self.words or len(key) < SHORTEST or not (key.isascii() and key.isalpha()):
            return False
        if len(key) < _INFLECTED and ending not in _PLURALS:
            return False
        return self.guilty(key) and not self.known.is_other(key + ending, key)

    def guilty(self, key: str) -> bool:
        """Whether the listed word is no innocent one too."""
        return key not in self.innocent

    def terms(self, key: str) -> tuple[Term, ...]:
        """All entries that the listed word stands for."""
        found = self._terms.get(key)
        if found is None:
            found = self._finder.hidden(key)
            if len(self._terms) >= _REMEMBERED:
                self._terms = {}
            self._terms[key] = found
        return found

    def banned(self, key: str) -> bool:
        """Whether a list of banned words has it."""
        return any(term.list.kind is ListKind.BANNED for term in self.terms(key))

    def matches(self, key: str, start: int, end: int, how: str) -> Iterator[Match]:
        """A match for every entry that the listed word stands for."""
        return (Match(term, start, end, how) for term in self.terms(key))
