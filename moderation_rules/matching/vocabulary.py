"""The single words of all lists that disguises are looked for, with their everyday endings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from moderation_rules.lists.known import KnownWords
from moderation_rules.lists.word_lists import ListKind
from moderation_rules.matching.listed.terms import SHORTEST, Term
from moderation_rules.matching.matcher import Match

ENDINGS = ("s", "es", "ed", "er", "ers", "in", "ing", "y", "z")
_PLURALS = ("s", "es", "z")
_INFLECTED = 5  # letters from which a word takes all endings; with shorter ones they make other words: butter, corner


class Vocabulary:
    """Listed words and what is known to be innocent: allowed and everyday words, and `known` ones."""

    def __init__(self, terms: Iterable[Term], known: KnownWords, groups: Iterable[tuple[Term, ...]] = ()) -> None:
        """`groups`: terms that somebody keeps together, so that those of one word are not kept together twice."""
        self.words: dict[str, tuple[Term, ...]] = {}
        innocent: set[str] = set()
        for term in terms:
            if term.hidden and term.key:
                self.words[term.key] = (*self.words.get(term.key, ()), term)
            elif term.list.kind in (ListKind.ALLOW, ListKind.EVERYDAY):
                innocent.add(term.key)
        for group in groups:
            if group and self.words.get(group[0].key) == group:
                self.words[group[0].key] = group
        self.known = known
        self.innocent = frozenset(innocent | known.common)

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

    def banned(self, key: str) -> bool:
        """Whether a list of banned words has it."""
        return any(term.list.kind is ListKind.BANNED for term in self.words[key])

    def matches(self, key: str, start: int, end: int, how: str) -> Iterator[Match]:
        """A match for every entry that the listed word stands for."""
        return (Match(term, start, end, how) for term in self.words[key])
