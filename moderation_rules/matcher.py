"""Finding thousands of words in one pass (Aho-Corasick) over a comment's words."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from typing import NamedTuple

from ahocorasick_rs import AhoCorasick, Implementation

from moderation_rules.rule import FAR, Reading
from moderation_rules.text import Folded, fold
from moderation_rules.tokens import (
    begins,
    is_agglutinated,
    is_glued,
    is_mark,
    is_noun,
    is_unspaced,
    shapes,
    spaced,
    starts,
    syllables,
)
from moderation_rules.wordlists import Entry, ListKind, WordList

_MOST = 200  # matches looked at; a wall of listed words needs no thousand marks
_SHORT_HANGUL = 3  # syllables; shorter words turn up inside innocent ones


class Term(NamedTuple):
    """One entry of a list, ready to be found. `key`: its words, folded, one space between."""

    entry: Entry
    list: WordList
    key: str
    exact: str  # the folded entry itself where it has signs that words don't have, else empty


class Match(NamedTuple):
    """A term found at `start:end` of the folded text; `how` is empty or names the disguise seen through."""

    term: Term
    start: int
    end: int
    how: str = ""
    everyday: bool = False


class Words:
    """A comment's words: `list` has them folded, `line` too, with one space between and around them."""

    __slots__ = ("_fronts", "_shape", "_starts", "folded", "line", "list", "spaced", "view")

    def __init__(self, folded: Folded, view: str | None = None) -> None:
        self.folded = folded
        self.view = folded.text if view is None else view
        self.spaced = spaced(self.view)
        self.list = self.spaced.split()
        self.line = f" {' '.join(self.list)} "
        self._starts: list[int] | None = None
        self._fronts: list[int] | None = None
        self._shape: str | None = None

    @property
    def shape(self) -> str:
        """What kinds of signs follow each other in the first `FAR` characters: cheap to look for pieces in."""
        if self._shape is None:
            self._shape = shapes(self.view[:FAR])
        return self._shape

    def seen_as(self, view: str) -> Words:
        """The words of the same text in another spelling (of the same length, or cut short)."""
        return Words(self.folded, view)

    @property
    def starts(self) -> list[int]:
        """Where each word begins in the folded text."""
        if self._starts is None:
            self._starts = starts(self.spaced)
        return self._starts

    def index_at(self, position: int) -> int:
        """Which word `line[position]` belongs to."""
        if self._fronts is None:
            at, fronts = 1, []
            for word in self.list:
                fronts.append(at)
                at += len(word) + 1
            self._fronts = fronts
        return bisect_right(self._fronts, position) - 1

    def front(self, index: int) -> int:
        """Where word `index` stands in `line`."""
        if self._fronts is None:
            self.index_at(1)
        return (self._fronts or [1])[index]

    def range(self, start: int, end: int) -> tuple[int, int]:
        """The folded range behind `line[start:end]`, which must begin and end with letters of words."""
        first, last = self.index_at(start), self.index_at(end - 1)
        fronts = self._fronts or [1]
        return (
            self.starts[first] + start - fronts[first],
            self.starts[last] + end - fronts[last],
        )


def words_of(reading: Reading) -> Words:
    """The words of a comment's text; worked out once a comment."""
    found: Words | None = reading.notes.get("words")
    if found is None:
        found = reading.notes["words"] = Words(reading.folded)
    return found


def make_term(entry: Entry, belongs_to: WordList) -> Term | None:
    """The entry made ready, or None where nothing of it can be seen."""
    folded = fold(entry.text.strip("*")).text
    key = " ".join(spaced(folded).split())
    exact = "" if key == " ".join(folded.split()) else folded.strip()
    return Term(entry, belongs_to, key, exact) if key or exact else None


def edges(term: Term) -> tuple[bool, bool]:
    """Whether the term must begin and end where a word does."""
    left, right = not term.entry.text.startswith("*"), not term.entry.text.endswith("*")
    if is_unspaced(term.key):
        return False, False
    if is_agglutinated(term.key):
        return left and syllables(term.key) < _SHORT_HANGUL, False
    return left and not is_glued(term.key), right


class Finder:
    """All terms of some lists. Building takes about a second for 100,000 words; finding is linear in the text."""

    def __init__(self, lists: Iterable[WordList]) -> None:
        self.terms: list[Term] = []
        by_pattern: dict[str, list[Term]] = {}
        signs: dict[str, list[Term]] = {}
        for words in lists:
            for entry in words.entries:
                term = make_term(entry, words)
                if term is None:
                    continue
                self.terms.append(term)
                if not term.key:
                    signs.setdefault(term.exact, []).append(term)
                    continue
                left, right = edges(term)
                by_pattern.setdefault(f"{' ' * left}{term.key}{' ' * right}", []).append(term)
        self._groups = list(by_pattern.values())
        self._automaton = _automaton(by_pattern)
        self._sign_groups = list(signs.values())
        self._signs = _automaton(signs)

    def find(self, words: Words) -> list[Match]:
        """Every term that stands in the text, less what an allow list covers. Ranges are into the folded text."""
        matches: list[Match] = []
        if self._automaton is not None:
            found = self._automaton.find_matches_as_indexes(words.line, overlapping=True)
            for pattern, start, end in found[:_MOST]:
                while words.line[start] == " ":
                    start += 1
                while words.line[end - 1] == " ":
                    end -= 1
                first, last = words.range(start, end)
                for term in self._groups[pattern]:
                    matches.extend(_exactly(term, first, last, words))
        if self._signs is not None and not words.folded.text.isascii():
            for pattern, start, end in self._signs.find_matches_as_indexes(words.folded.text)[:_MOST]:
                matches.extend(Match(term, start, end) for term in self._sign_groups[pattern])
        return matches


def _exactly(term: Term, start: int, end: int, words: Words) -> list[Match]:
    """The match, if the signs of the term stand there too and no typed character is cut in two."""
    folded = words.folded
    if term.exact:
        at = folded.text.find(term.exact, max(0, start - len(term.exact)), end + len(term.exact))
        if at < 0:
            return []
        start, end = at, at + len(term.exact)
    if term.entry.text.startswith("*"):
        start = words.spaced.rfind(" ", 0, start) + 1
    if term.entry.text.endswith("*"):
        after = words.spaced.find(" ", end)
        end = len(words.spaced) if after < 0 else after
    if not folded.original.isascii() and (folded.splits(start) or folded.splits(end)):
        return []
    return [Match(term, start, end)] if _may_stand(term, start, end, folded.text) else []


def _may_stand(term: Term, start: int, end: int, folded: str) -> bool:
    """Whether a term without edges stands where its script lets a word stand."""
    key, written = term.key, term.entry.text
    if key.isascii():
        return True
    if is_glued(key) and not written.startswith("*"):
        return begins(folded, start)
    if is_agglutinated(key) and not written.endswith("*") and syllables(key) == 1:
        return is_noun(folded, end)
    return not is_unspaced(key) or not is_mark(folded[end : end + 1] or " ")


def settled(matches: list[Match]) -> list[Match]:
    """The matches that no allowed word covers, without the allowed words; what is an everyday word too says so."""
    allowed = [(m.start, m.end) for m in matches if m.term.list.kind is ListKind.ALLOW]
    everyday = {(m.start, m.end) for m in matches if m.term.list.kind is ListKind.EVERYDAY and not m.how}
    return [
        m._replace(everyday=not m.how and (m.start, m.end) in everyday)
        for m in matches
        if m.term.list.kind in (ListKind.BANNED, ListKind.SUSPECT)
        and not any(a <= m.start and m.end <= b for a, b in allowed)
    ]


def _automaton(patterns: Iterable[str]) -> AhoCorasick | None:
    listed = list(patterns)
    return AhoCorasick(listed, implementation=Implementation.ContiguousNFA) if listed else None
