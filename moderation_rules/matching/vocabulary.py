"""The single words of all lists that disguises are looked for, with their everyday endings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from moderation_rules.lists.word_lists import ListKind
from moderation_rules.matching.matcher import SHORTEST, Match, Term

ENDINGS = ("s", "es", "ed", "er", "ers", "in", "ing", "y", "z")


class Vocabulary:
    """Listed words and what is known to be innocent: allowed and everyday words, and `common` ones."""

    def __init__(self, terms: Iterable[Term], common: frozenset[str]) -> None:
        self.words: dict[str, tuple[Term, ...]] = {}
        innocent: set[str] = set()
        for term in terms:
            if term.hidden and term.key:
                self.words[term.key] = (*self.words.get(term.key, ()), term)
            elif term.list.kind in (ListKind.ALLOW, ListKind.EVERYDAY):
                innocent.add(term.key)
        self.common = common
        self.innocent = frozenset(innocent | common)

    def __contains__(self, word: str) -> bool:
        return word in self.words

    def key(self, word: str) -> str | None:
        """The listed word that this is, with or without an ending; None for other words."""
        if word in self.words:
            return word
        if word.endswith(ENDINGS) and word not in self.innocent:
            for ending in ENDINGS:
                if word.endswith(ending) and self.takes_endings(word[: -len(ending)]):
                    return word[: -len(ending)]
        return None

    def takes_endings(self, key: str) -> bool:
        """Whether it is a listed word that may stand with an ending."""
        return key in self.words and len(key) >= SHORTEST and key.isascii() and key.isalpha() and self.guilty(key)

    def guilty(self, key: str) -> bool:
        """Whether the listed word is no innocent one too."""
        return key not in self.innocent

    def banned(self, key: str) -> bool:
        """Whether a list of banned words has it."""
        return any(term.list.kind is ListKind.BANNED for term in self.words[key])

    def matches(self, key: str, start: int, end: int, how: str) -> Iterator[Match]:
        """A match for every entry that the listed word stands for."""
        return (Match(term, start, end, how) for term in self.words[key])
