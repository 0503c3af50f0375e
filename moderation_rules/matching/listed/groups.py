"""Which terms stand behind each pattern of a finder, kept as numbers: most words of a list are never met, and ten
thousand of them as objects take three megabytes."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence, Set
from itertools import accumulate
from typing import Final

from moderation_rules.lists.word_lists import ListKind, WordList
from moderation_rules.matching.listed.terms import Term, inflected, is_hideable, make_term

HIDEABLE: Final = 1  # it has a word that is looked for inside of others
GUILTY: Final = 2  # a term of it is banned or suspect
PHRASE: Final = 4  # it has spaces between words
_ANY: Final = 8  # it has a term at all
# A term's number is its entry's among all entries of all lists, times this, and which of the entry's forms it is.
_FORMS = 4
ALL_KINDS: Final = tuple(ListKind)
_REMEMBERED = 20_000  # groups that are kept as objects


class Numbers:
    """Which terms of all belong to some lists: those in one of the `ranges`, but for a few."""

    __slots__ = ("_but", "ranges")

    def __init__(self, ranges: Sequence[range], but: Set[int] = frozenset()) -> None:
        self.ranges, self._but = ranges, but

    def __contains__(self, number: int) -> bool:
        return number not in self._but and any(number in some for some in self.ranges)


class Terms:
    """The terms of some lists by number."""

    __slots__ = ("_ends", "lists")

    def __init__(self, lists: Iterable[WordList]) -> None:
        self.lists = tuple(lists)
        self._ends = list(accumulate(len(words.entries) for words in self.lists))

    def __getitem__(self, number: int) -> Term:
        entry, form = divmod(number, _FORMS)
        at = bisect_right(self._ends, entry)
        words = self.lists[at]
        term = make_term(words.entries[entry - (self._ends[at - 1] if at else 0)], words)
        assert term is not None  # Else it would have no number.
        return inflected(term)[form - 1] if form else term

    def each(self, kinds: Collection[ListKind] = ALL_KINDS, mine: Numbers | None = None) -> Iterator[tuple[int, Term]]:
        """All entries that something can be seen of, with their numbers; those of lists of these kinds alone, and of
        the lists that are wanted."""
        start = 0
        for words in self.lists:
            if words.kind in kinds and (mine is None or any(start * _FORMS in some for some in mine.ranges)):
                for place, entry in enumerate(words.entries):
                    if (term := make_term(entry, words)) is not None:
                        yield (start + place) * _FORMS, term
            start += len(words.entries)

    def forms(self) -> Iterator[tuple[int, Term]]:
        """The plurals of allowed words."""
        for number, term in self.each((ListKind.ALLOW,)):
            for form, made in enumerate(inflected(term), 1):
                yield number + form, made

    def within(self, lists: Collection[WordList], but: Set[int] = frozenset()) -> Numbers:
        """The numbers of the terms of these lists, which are some of its own; `but`: not of these terms."""
        mine = set(map(id, lists))
        starts = [0, *self._ends]
        ranges = [
            range(starts[at] * _FORMS, end * _FORMS) for at, end in enumerate(self._ends) if id(self.lists[at]) in mine
        ]
        return Numbers(ranges, but)


class Groups(dict[int, tuple[Term, ...]]):
    """The terms of each pattern by the pattern's number, made when they are first asked for. `flags`: what is known of
    each without making them."""

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        # The number of each pattern's first term, and those of the others where it has more.
        self._first = array("I")
        self._more: dict[int, tuple[int, ...]] = {}
        self._mine: Numbers | None = None
        self.flags = bytearray()

    def __missing__(self, pattern: int) -> tuple[Term, ...]:
        made = tuple([self._terms[number] for number in self.numbers(pattern)])
        # A full memory is put away whole: to know what was asked for last would cost more than to make it again.
        if len(self) >= _REMEMBERED:
            self.clear()
        self[pattern] = made
        return made

    def put(self, pattern: int, number: int, term: Term) -> None:
        """One more term, behind the others of its pattern."""
        if pattern == len(self._first):
            self._first.append(number)
            self.flags.append(_flags_of_first(term))
        else:
            self._more[pattern] = (*self._more.get(pattern, ()), number)
        self.flags[pattern] |= GUILTY * term.guilty

    def numbers(self, pattern: int) -> list[int]:
        """Those of its terms, in order."""
        found = [self._first[pattern], *self._more.get(pattern, ())]
        if self._mine is None:
            return found
        return [number for number in found if number in self._mine]

    def part(self, mine: Numbers) -> Groups:
        """The same patterns with the terms of these numbers alone."""
        made = Groups(self._terms)
        made._first, made._more, made._mine = self._first, self._more, mine
        made.flags = bytearray(self.flags)
        for pattern, first in enumerate(self._first):
            if pattern in self._more:
                terms = [self._terms[number] for number in made.numbers(pattern)]
                made.flags[pattern] = _flags_of_first(terms[0]) if terms else 0
                made.flags[pattern] |= GUILTY * any(term.guilty for term in terms)
            elif first not in mine:
                made.flags[pattern] = 0
        return made


def is_form(number: int) -> bool:
    """Whether it is the number of another form of an entry than the one listed."""
    return number % _FORMS > 0


def in_order(numbers: Iterable[int]) -> list[int]:
    """Terms as their lists have them; the other forms of allowed words behind them all."""
    return sorted(numbers, key=lambda number: (is_form(number), number))


def _flags_of_first(term: Term) -> int:
    return HIDEABLE * (term.hidden and is_hideable(term.key)) | PHRASE * (" " in term.key) | _ANY
