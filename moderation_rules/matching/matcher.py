"""Finding thousands of words in one pass (Aho-Corasick) over a comment's words."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterable, Iterator, Sequence
from copy import copy
from functools import cached_property
from itertools import chain
from typing import NamedTuple

from ahocorasick_rs import AhoCorasick, Implementation

from moderation_rules.lists.shipped import known_words
from moderation_rules.lists.word_lists import ListKind, WordList
from moderation_rules.matching.listed.groups import (
    ALL_KINDS,
    GUILTY,
    HIDEABLE,
    PHRASE,
    Groups,
    Numbers,
    Terms,
    in_order,
    is_form,
)
from moderation_rules.matching.listed.terms import Term, cue_of, may_stand, pattern_of
from moderation_rules.matching.listed.typed_words import MUCH, Words, counting
from moderation_rules.rule import SEARCHED

_MOST = 200  # matches looked at; a wall of listed words needs no thousand marks
_MOST_IN_LONG = 20  # the same in a text longer than `SEARCHED`, which waits for a person in any case
_GUILTY_KINDS = (ListKind.BANNED, ListKind.SUSPECT)
INNOCENT_KINDS = (ListKind.ALLOW, ListKind.EVERYDAY)
_FAST = 30_000  # letters of all patterns up to which the automaton is one of the fast kind


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


class Finder:
    """All terms of some lists. Building takes a second for 100,000 words. `seldom`: memory counts more than speed.
    `layers`: the lists are those of several layers, each of which has some of them (`alone`)."""

    def __init__(self, lists: Iterable[WordList], *, seldom: bool = False, layers: bool = False) -> None:
        self._numbered = terms = Terms(lists)
        self.lists = terms.lists
        self.groups, self._sign_groups = Groups(terms), Groups(terms)
        by_pattern: dict[str, int] = {}
        signs: dict[str, int] = {}
        self._mine: Numbers | None = None
        self._counted: bytearray | None = None  # a layer's patterns; None: all
        # Of allowed words, their plurals that no list stops; of layers, also those that a list of one of them stops.
        self._forms = array("I")
        self.stopped: dict[str, list[int]] = {}
        guilty: set[str] = set()
        for number, term in chain(terms.each(), terms.forms()):
            if term.guilty:
                guilty.add(term.key)
            elif is_form(number):
                if term.key in guilty:
                    if not layers:
                        continue
                    self.stopped.setdefault(term.key, []).append(number)
                self._forms.append(number)
            if term.key:
                pattern = pattern_of(term)
                self.groups.put(by_pattern.setdefault(pattern, len(by_pattern)), number, term)
            else:
                self._sign_groups.put(signs.setdefault(term.exact, len(signs)), number, term)
        self._automaton = _automaton(by_pattern, small=seldom)
        self._signs = _automaton(signs)
        self._sign_texts = tuple(signs) if layers else ()
        self._signs_of: Sequence[int] = range(len(signs))
        if self.stopped:
            stopping = ((number, term.key) for number, term in terms.each(_GUILTY_KINDS) if term.key in self.stopped)
            self._stopping = tuple(stopping)

    def __bool__(self) -> bool:
        """Whether there is anything to find."""
        return self._automaton is not None or self._signs is not None

    def terms(self, kinds: Collection[ListKind] = ALL_KINDS) -> Iterator[Term]:
        """All terms, as its lists have them, each made anew: nobody keeps them. Of lists of these kinds alone."""
        mine = self._mine
        forms = self._forms if ListKind.ALLOW in kinds else ()
        yield from (term for _, term in self._numbered.each(kinds, mine))
        yield from (self._numbered[number] for number in forms if mine is None or number in mine)

    def innocent_terms(self) -> Iterator[Term]:
        """Those of allowed and everyday words."""
        return self.terms(INNOCENT_KINDS)

    def alone(self, lists: Collection[WordList]) -> Finder:
        """A finder of some of its lists that finds what one would that had no others; it shares all but what is
        remembered of texts."""
        wanted = self._numbered.within(lists)
        stops = {key for number, key in self._stopping if number in wanted} if self.stopped else ()
        but = frozenset(number for key in stops for number in self.stopped[key])
        made = self._of(lists, self._numbered.within(lists, but))
        made._counted = made.groups.flags
        # A phrase of another layer may be looked for in vain.
        made.__dict__["_cues"] = self._cues
        # Signs may overlap, and only the first of them is found: a layer looks for its own.
        made._signs_of = mine = [number for number, flags in enumerate(made._sign_groups.flags) if flags]
        if len(mine) < len(self._sign_texts):
            made._signs = _automaton([self._sign_texts[number] for number in mine])
        return made

    def part(self, lists: Collection[WordList]) -> Finder:
        """A finder of some of its lists that shares its automaton: texts are looked through once for all parts."""
        return self._of(lists, self._numbered.within(lists))

    def _of(self, lists: Collection[WordList], mine: Numbers) -> Finder:
        made = copy(self)
        made.__dict__.pop("_cues", None)
        made.lists, made._mine = tuple(lists), mine
        made.groups, made._sign_groups = self.groups.part(mine), self._sign_groups.part(mine)
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
        flags = self.groups.flags
        hits = self._automaton.find_matches_as_indexes(line, overlapping=True)
        return any(flags[pattern] & GUILTY for pattern, _, _ in hits)

    @cached_property
    def _cues(self) -> tuple[frozenset[str], AhoCorasick | None]:
        """A word, or an end or front of one, of each banned or suspect phrase: without it the phrase is not there."""
        whole: set[str] = set()
        loose: set[str] = set()
        wanted = GUILTY | PHRASE
        for pattern, flags in enumerate(self.groups.flags):
            if flags & wanted == wanted:
                first = self._numbered[self.groups.numbers(pattern)[0]]
                cue = cue_of(first, known_words().common)
                (loose if " " in cue else whole).add(cue)
        return frozenset(whole), _automaton(sorted(loose))

    def hidden(self, key: str) -> tuple[Term, ...]:
        """The terms that this listed word is which are also looked for in disguise."""
        if self._automaton is None:
            return ()
        hits = self._automaton.find_matches_as_indexes(f" {key} ", overlapping=True)
        numbers = {number for pattern, _, _ in hits for number in self.groups.numbers(pattern)}
        terms = [self._numbered[number] for number in in_order(numbers)]
        return tuple([term for term in terms if term.key == key and term.hidden])

    def scan(self, words: Words) -> Seen:
        """What stands in the text, without working out where: most of it is innocent."""
        signs = self.signs(words) if self._signs is not None else []
        hits = words.hits(self._automaton, self._counted) if self._automaton is not None else ()
        seen = Seen([], [], signs)
        line = words.line
        for pattern, start, end in hits:
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
        found = counting(self._automaton.find_matches_as_indexes(letters, overlapping=True), self._counted, MUCH)
        return [
            Inside(self.groups[pattern][0].key, start, end)
            for pattern, start, end in found
            if self.groups.flags[pattern] & HIDEABLE
        ]

    def has_signs(self, words: Words) -> bool:
        """Whether an entry without letters (emoji, say) stands in the text."""
        return self._signs is not None and not words.folded.text.isascii() and bool(self.signs(words))

    def signs(self, words: Words) -> list[Match]:
        """Every entry without letters (emoji, say) that stands in the text."""
        text = words.folded.text
        if self._signs is None or text.isascii():
            return []
        found = self._signs.find_matches_as_indexes(text)[:_MOST]
        groups, pattern_of_sign = self._sign_groups, self._signs_of
        return [Match(term, start, end) for sign, start, end in found for term in groups[pattern_of_sign[sign]]]


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
