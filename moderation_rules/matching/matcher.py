"""Finding thousands of words in one pass (Aho-Corasick) over a comment's words."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable
from copy import copy
from functools import cached_property
from itertools import accumulate
from typing import NamedTuple

from ahocorasick_rs import AhoCorasick, Implementation

from moderation_rules.lists.shipped import known_words
from moderation_rules.lists.word_lists import WordList
from moderation_rules.matching.listed.terms import (
    Term,
    cue_of,
    inflected,
    is_hideable,
    make_term,
    may_stand,
    pattern_of,
)
from moderation_rules.matching.shapes import BREAKS, MASKS, Spots, places, spots
from moderation_rules.rule import SEARCHED, Reading, searched
from moderation_rules.text.folding import Folded
from moderation_rules.text.words import shapes, spaced, starts

_MOST = 200  # matches looked at; a wall of listed words needs no thousand marks
_MUCH = 2000  # pieces of words looked at
# The same in a text longer than `SEARCHED`, which waits for a person in any case.
_MOST_IN_LONG, _MUCH_IN_LONG = 40, 500
_FAST = 30_000  # letters of all patterns up to which the automaton is one of the fast kind
_EARLY = 400  # characters
_FEW = 8  # words
_DRESSES = tuple({*MASKS, *BREAKS})


class Inside(NamedTuple):
    """A listed word inside a longer one: at `start:end` of a comment's `line`."""

    key: str
    start: int
    end: int


class Match(NamedTuple):
    """A term found at `start:end` of the folded text; `how` is empty or names the disguise seen through."""

    term: Term
    start: int
    end: int
    how: str = ""
    everyday: bool = False


class Seen(NamedTuple):
    """What a finder sees: whole words and phrases with their places in `line`, words inside of others, signs."""

    whole: list[tuple[tuple[Term, ...], int, int]]
    inside: list[Inside]
    signs: list[Match]

    @property
    def guilty(self) -> bool:
        """Whether anything of it may be banned or suspect."""
        return bool(self.signs) or any(term.guilty for terms, _, _ in self.whole for term in terms)


class Words:
    """A comment's words: `list` has them folded, `line` too, with one space between and around them.

    `view`, where given, stands for the piece of the folded text that begins at `at`, in another spelling.
    """

    __slots__ = (
        *("_asked", "_dressed", "_fronts", "_kinds", "_near", "_passed", "_plain", "_shape", "_spots", "_starts"),
        *("at", "folded", "line", "list", "spaced", "view"),
    )

    def __init__(self, folded: Folded, view: str | None = None, at: int = 0) -> None:
        self.folded = folded
        self.view = folded.text if view is None else view
        self.at = at
        self.spaced = spaced(self.view, folded.strange if view is None else None)
        self.list = self.spaced.split()
        self.line = f" {' '.join(self.list)} "
        self._starts: list[int] | None = None
        self._asked = 0
        self._fronts: list[int] | None = None
        self._shape: str | None = None
        self._spots: Spots | None = None
        self._near: Words | None = None
        self._kinds: frozenset[str] | None = None
        self._dressed: frozenset[str] | None = None
        self._passed: tuple[AhoCorasick, list[tuple[int, int, int]]] | None = None
        self._plain: dict[tuple[int, int], tuple[Words, ...]] = {}

    @property
    def kinds(self) -> frozenset[str]:
        """The different words."""
        if self._kinds is None:
            self._kinds = frozenset(self.list)
        return self._kinds

    def hits(self, automaton: AhoCorasick) -> list[tuple[int, int, int]]:
        """What the automaton finds in `line`: pattern, start, end; not all of very much. Finders that share one look
        in turn."""
        if self._passed is None or self._passed[0] is not automaton:
            self._passed = automaton, self._find(automaton)
        return self._passed[1]

    def _find(self, automaton: AhoCorasick) -> list[tuple[int, int, int]]:
        if len(self.view) <= SEARCHED:
            return automaton.find_matches_as_indexes(self.line, overlapping=True)[:_MUCH]
        # They come by their ends: where the front of the line has enough, the rest has none that counts.
        found = automaton.find_matches_as_indexes(self.line[:SEARCHED], overlapping=True)
        if len(found) < _MUCH_IN_LONG:
            found = automaton.find_matches_as_indexes(self.line, overlapping=True)
        return found[:_MUCH_IN_LONG]

    def plain(self, start: int, end: int, spell: Callable[[str], Iterable[str]]) -> tuple[Words, ...]:
        """The words of `view[start:end]` as `spell`, which is always the same, writes them; made once a place."""
        made = self._plain.get((start, end))
        if made is None:
            made = tuple([Words(self.folded, view, start) for view in spell(self.view[start:end])])
            self._plain[start, end] = made
        return made

    @property
    def shape(self) -> str:
        """What kinds of signs follow each other in what is searched: cheap to look for pieces in."""
        if self._shape is None:
            self._shape = shapes(self.view[: searched(len(self.folded.original))])
        return self._shape

    @property
    def spots(self) -> Spots:
        """What in the shape may be a disguise, and where."""
        if self._spots is None:
            self._spots = spots(self.shape)
        return self._spots

    @property
    def dressed(self) -> frozenset[str]:
        """What has no spaces in it and may be a word that signs or digits disguise; where it is much, all in one."""
        if self._dressed is None:
            found = places(self.shape, self.spots, _DRESSES) if self.spots else ()
            self._dressed = frozenset([self.view[start:end] for start, end in found])
        return self._dressed

    def near(self) -> Words:
        """These words up to where costly patterns look (`searched`)."""
        if len(self.view) <= (end := searched(len(self.folded.original))):
            return self
        if self._near is None:
            self._near = Words(self.folded, self.view[:end])
            self._near._shape, self._near._spots = self.shape, self.spots
        return self._near

    @property
    def starts(self) -> list[int]:
        """Where each word begins in the folded text."""
        if self._starts is None:
            self._starts = starts(self.spaced, self.at)
        return self._starts

    def start(self, index: int) -> int:
        """Where word `index` begins in the folded text."""
        if self._starts is None and index * 2 < _EARLY and self._asked < _FEW:
            # To split off the words in front is faster than to find where every word begins, for a few of them.
            self._asked += 1
            return self.at + len(self.spaced) - len(self.spaced.split(None, index)[-1])
        return self.starts[index]

    def index_at(self, position: int) -> int:
        """Which word `line[position]` belongs to."""
        if self._fronts is None and position < _EARLY:
            return self.line.count(" ", 0, position) - 1
        if self._fronts is None:
            self._fronts = list(accumulate(map((1).__add__, map(len, self.list)), initial=1))
        return bisect_right(self._fronts, position) - 1

    def range(self, start: int, end: int) -> tuple[int, int]:
        """The folded range behind `line[start:end]`, which must begin and end with letters of words."""
        return self._place(start), self._place(end - 1) + 1

    def _place(self, position: int) -> int:
        front = self.line.rfind(" ", 0, position) + 1
        return self.start(self.index_at(position)) + position - front


def words_of(reading: Reading) -> Words:
    """The words of a comment's text; worked out once a comment."""
    found: Words | None = reading.notes.get("words")
    if found is None:
        found = reading.notes["words"] = Words(reading.folded)
    return found


class Finder:
    """All terms of some lists. Building takes a second for 100,000 words. `seldom`: memory counts more than speed."""

    def __init__(self, lists: Iterable[WordList], *, seldom: bool = False) -> None:
        listed = [term for words in lists for entry in words.entries if (term := make_term(entry, words)) is not None]
        guilty = {term.key for term in listed if term.guilty}
        self.terms = [*listed, *(term for allowed in listed for term in inflected(allowed) if term.key not in guilty)]
        by_pattern: dict[str, tuple[Term, ...]] = {}
        signs: dict[str, tuple[Term, ...]] = {}
        for term in self.terms:
            table, pattern = (by_pattern, pattern_of(term)) if term.key else (signs, term.exact)
            table[pattern] = (*table.get(pattern, ()), term)
        self.groups = list(by_pattern.values())
        self._hideable = _hideable(self.groups)
        self._automaton = _automaton(by_pattern, small=seldom)
        self._sign_groups = list(signs.values())
        self._signs = _automaton(signs)

    def part(self, lists: Collection[WordList]) -> Finder:
        """A finder of some of its lists that shares its automaton: texts are looked through once for all parts."""
        made = copy(self)
        mine = set(map(id, lists))
        made.__dict__.pop("_cues", None)
        made.terms = [term for term in self.terms if id(term.list) in mine]
        made.groups = [tuple([term for term in group if id(term.list) in mine]) for group in self.groups]
        made._hideable = _hideable(made.groups)
        made._sign_groups = [tuple([term for term in group if id(term.list) in mine]) for group in self._sign_groups]
        return made

    def find(self, words: Words) -> list[Match]:
        """Every term that stands in the text. Ranges are into the folded text."""
        return self.matches(words, self.scan(words))

    def may_find(self, word: str) -> bool:
        """Whether a banned or suspect entry may stand where this word does; a text without such words has none."""
        line, (cues, loose) = f" {word} ", self._cues
        if word in cues or (loose is not None and loose.find_matches_as_indexes(line)):
            return True
        if self._automaton is None:
            return False
        hits = self._automaton.find_matches_as_indexes(line, overlapping=True)
        return any(self._is_guilty(self.groups[pattern]) for pattern, _, _ in hits)

    @cached_property
    def _cues(self) -> tuple[frozenset[str], AhoCorasick | None]:
        """A word, or an end or front of one, of each banned or suspect phrase: without it the phrase is not there."""
        whole: set[str] = set()
        loose: set[str] = set()
        for group in self.groups:
            if group and " " in group[0].key and self._is_guilty(group):
                cue = cue_of(group[0], known_words().common)
                (loose if " " in cue else whole).add(cue)
        return frozenset(whole), _automaton(sorted(loose))

    @staticmethod
    def _is_guilty(group: tuple[Term, ...]) -> bool:
        return any(term.guilty for term in group)

    def scan(self, words: Words) -> Seen:
        """What stands in the text, without working out where: most of it is innocent."""
        seen = Seen([], [], [] if self._signs is None else self.signs(words))
        line = words.line
        if self._automaton is None:
            return seen
        for pattern, start, end in words.hits(self._automaton):
            group = self.groups[pattern]
            if not group:
                continue
            if line[start] == " " or line[end - 1] == " ":
                # Word edges are part of the pattern.
                seen.whole.append((group, start + (line[start] == " "), end - (line[end - 1] == " ")))
                continue
            left, right = line[start - 1] == " ", line[end] == " "
            if left and right:
                seen.whole.append((group, start, end))
                continue
            loose = tuple([term for term in group if not (left < term.edges[0] or right < term.edges[1])])
            if len(loose) < len(group):
                seen.inside.append(Inside(group[0].key, start, end))
            if loose:
                seen.whole.append((loose, start, end))
        return seen

    def matches(self, words: Words, seen: Seen) -> list[Match]:
        """What was seen, with its places."""
        found: list[Match] = []
        most = _MOST if len(words.view) <= SEARCHED else _MOST_IN_LONG
        for terms, start, end in seen.whole:
            first, last = words.range(start, end)
            for term in terms:
                found.extend(_exactly(term, first, last, words))
            if len(found) >= most:
                break
        return found + seen.signs

    def inside(self, letters: str) -> list[Inside]:
        """Words for `Disguises` in a row of letters without spaces."""
        if self._automaton is None:
            return []
        return [
            Inside(self.groups[pattern][0].key, start, end)
            for pattern, start, end in self._automaton.find_matches_as_indexes(letters, overlapping=True)[:_MUCH]
            if self._hideable[pattern]
        ]

    def has_signs(self, words: Words) -> bool:
        """Whether an entry without letters (emoji, say) stands in the text."""
        return self._signs is not None and bool(self.signs(words))

    def signs(self, words: Words) -> list[Match]:
        """Every entry without letters (emoji, say) that stands in the text."""
        text = words.folded.text
        if self._signs is None or text.isascii():
            return []
        found = self._signs.find_matches_as_indexes(text)[:_MOST]
        return [Match(term, start, end) for pattern, start, end in found for term in self._sign_groups[pattern]]


def _hideable(groups: Iterable[tuple[Term, ...]]) -> bytes:
    """Which of the groups have a word that is looked for inside of others."""
    return bytes([bool(group) and group[0].hidden and is_hideable(group[0].key) for group in groups])


def _exactly(term: Term, start: int, end: int, words: Words) -> list[Match]:
    """The match, if the signs of the term stand there too and no typed character is cut in two."""
    folded = words.folded
    if term.exact:
        at = folded.text.find(term.exact, max(0, start - len(term.exact)), end + len(term.exact))
        if at < 0:
            return []
        start, end = at, at + len(term.exact)
    if term.entry.text.startswith("*"):
        start = words.at + words.spaced.rfind(" ", 0, start - words.at) + 1
    if term.entry.text.endswith("*"):
        after = words.spaced.find(" ", end - words.at)
        end = words.at + (len(words.spaced) if after < 0 else after)
    if folded.splits(start) or folded.splits(end):
        return []
    return [Match(term, start, end)] if may_stand(term, start, end, folded.text) else []


def _automaton(patterns: Iterable[str], *, small: bool = False) -> AhoCorasick | None:
    listed = list(patterns)
    if not listed:
        return None
    # The fast kind takes three times the memory, ten times where phrases of many scripts are among them.
    fast = not small and sum(map(len, listed)) <= _FAST
    kind = Implementation.DFA if fast else Implementation.ContiguousNFA
    return AhoCorasick(listed, store_patterns=False, implementation=kind)
