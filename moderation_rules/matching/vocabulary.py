"""The single words of all lists that disguises are looked for, with their everyday endings."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from copy import copy

from moderation_rules.lists.known import KnownWords
from moderation_rules.lists.word_lists import ListKind, WordList
from moderation_rules.matching.listed.terms import SHORTEST, Term
from moderation_rules.matching.matcher import INNOCENT_KINDS, Finder, Match

ENDINGS = ("s", "es", "ed", "er", "ers", "in", "ing", "y", "z")
_PLURALS = ("s", "es", "z")
_REMEMBERED = 5_000  # words
_INFLECTED = 5  # letters from which a word takes all endings; with shorter ones they make other words: butter, corner


class _Marked(Collection[str]):
    """The words that one of some lists has, of those of more lists: marks are bits, one a list."""

    def __init__(self, marks: Mapping[str, int], wanted: int) -> None:
        self._marks, self._wanted = marks, wanted
        self._length = sum(1 for own in marks.values() if own & wanted)

    def __contains__(self, word: object) -> bool:
        return self._marks.get(word, 0) & self._wanted != 0  # type: ignore[call-overload, no-any-return]

    def __iter__(self) -> Iterator[str]:
        return (word for word, marks in self._marks.items() if marks & self._wanted)

    def __len__(self) -> int:
        return self._length


class Vocabulary:
    """Listed words and what is known to be innocent: allowed and everyday words, and `known` ones. `everywhere`: where
    the finder has the lists of several layers, those that each of them has; no other list makes a word innocent."""

    def __init__(self, finder: Finder, known: KnownWords, everywhere: Collection[WordList] | None = None) -> None:
        marks: dict[str, int] = {}
        mark_of = {id(words): 1 << place for place, words in enumerate(finder.lists)} if everywhere is not None else {}
        innocent: set[str] = set()
        for term in finder.terms():
            if term.hidden and term.key:
                marks[term.key] = marks.get(term.key, 0) | mark_of.get(id(term.list), 0)
            elif everywhere is None and term.list.kind in INNOCENT_KINDS:
                innocent.add(term.key)
        if everywhere is not None:
            sure = {term.key for term in finder.alone(everywhere).innocent_terms()}
            innocent = sure.difference(finder.stopped)
        self.words: Collection[str] = marks.keys()
        self._marks, self._mark_of = marks, mark_of
        self.known = known
        self.innocent = frozenset(innocent | known.common)
        self._finder = finder
        self._terms: dict[str, tuple[Term, ...]] = {}  # those of words that were met; only time depends on it

    def part(self, finder: Finder) -> Vocabulary:
        """Those that a finder of some of the lists has."""
        made = copy(self)
        made.words = _Marked(self._marks, sum(self._mark_of[id(words)] for words in finder.lists))
        innocent = {term.key for term in finder.innocent_terms()}
        made.innocent = self.innocent if innocent <= self.innocent else self.innocent | innocent
        made._finder, made._terms = finder, {}
        return made

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
