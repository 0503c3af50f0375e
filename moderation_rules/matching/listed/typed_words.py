"""A comment's words as matchers read them, and the way back from them to the folded text."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ahocorasick_rs import AhoCorasick

from moderation_rules.matching.listed.word_places import WordPlaces
from moderation_rules.matching.shapes import BREAKS, MASKS, Spots, places, spots
from moderation_rules.rule import SEARCHED, SEARCHED_OF_LONG, Reading, searched
from moderation_rules.text.folding import Folded
from moderation_rules.text.words import shapes, spaced

MUCH = 2000  # pieces of words looked at
_MUCH_IN_LONG = 250  # the same in a text longer than `SEARCHED`, which waits for a person in any case
_DRESSES = frozenset((*MASKS, *BREAKS))
_Hit = tuple[int, int, int]  # a pattern's number, where it begins and where it ends


class Words:
    """A comment's words: `list` has them folded, `line` too, with one space between and around them.

    `view`, where given, stands for the piece of the folded text that begins at `at`, in another spelling.
    """

    __slots__ = (
        *("_dressed", "_kinds", "_near", "_passed", "_places", "_plain", "_shape", "_spots"),
        *("at", "folded", "line", "list", "runs", "spaced", "view"),
    )

    def __init__(self, folded: Folded, view: str | None = None, at: int = 0) -> None:
        self.folded = folded
        self.view = text = folded.text if view is None else view
        self.at = at
        # No other spelling has kinds of characters that the text has not.
        self.spaced = apart = spaced(text, folded.strange if len(text) * 2 >= len(folded.text) else None)
        self.list = words = apart.split()
        self.line = f" {' '.join(words)} "
        self.runs: bool | None = None  # whether a word has a run of letters (`stretched`); None: nobody has looked
        self._places: WordPlaces | None = None
        self._shape: str | None = None
        self._spots: Spots | None = None
        self._near: Words | None = None
        self._kinds: frozenset[str] | None = None
        self._dressed: frozenset[str] | None = None
        self._passed: tuple[AhoCorasick, bytearray | None, list[_Hit]] | None = None
        self._plain: dict[tuple[int, int], tuple[Words, ...]] | None = None

    @property
    def kinds(self) -> frozenset[str]:
        """The different words."""
        if self._kinds is None:
            self._kinds = frozenset(self.list)
        return self._kinds

    def hits(self, automaton: AhoCorasick, counted: bytearray | None = None) -> list[_Hit]:
        """What the automaton finds in `line`: pattern, start, end; not all of very much. Finders that share one look
        in turn. `counted`: where given, 0 for the patterns that do not count as found."""
        passed = self._passed
        if passed is None or passed[0] is not automaton or passed[1] is not counted:
            self._passed = passed = automaton, counted, self._find(automaton, counted)
        return passed[2]

    def _find(self, automaton: AhoCorasick, counted: bytearray | None) -> list[_Hit]:
        if len(self.view) <= SEARCHED:
            return counting(automaton.find_matches_as_indexes(self.line, overlapping=True), counted, MUCH)
        # They come by their ends: where the front of the line has enough, the rest has none that counts.
        found = automaton.find_matches_as_indexes(self.line[:SEARCHED], overlapping=True)
        found = counting(found, counted, _MUCH_IN_LONG)
        if len(found) < _MUCH_IN_LONG:
            found = automaton.find_matches_as_indexes(self.line, overlapping=True)
            found = counting(found, counted, _MUCH_IN_LONG)
        return found

    def plain(self, start: int, end: int, spell: Callable[[str], Iterable[str]]) -> tuple[Words, ...]:
        """The words of `view[start:end]` as `spell`, which is always the same, writes them; made once a place."""
        if self._plain is None:
            self._plain = {}
        made = self._plain.get((start, end))
        if made is None:
            made = tuple([Words(self.folded, view, start) for view in spell(self.view[start:end])])
            self._plain[start, end] = made
        return made

    @property
    def shape(self) -> str:
        """What kinds of signs follow each other in what is searched: cheap to look for pieces in."""
        if self._shape is None:
            strange = self.folded.strange if len(self.view) * 2 >= len(self.folded.text) else None
            self._shape = shapes(self.view[: searched(len(self.folded.original))], strange)
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
        length = len(self.view)
        if length <= SEARCHED_OF_LONG or length <= (end := searched(len(self.folded.original))):
            return self
        if self._near is None:
            self._near = Words(self.folded, self.view[:end])
            self._near._shape, self._near._spots = self.shape, self.spots
        return self._near

    @property
    def places(self) -> WordPlaces:
        """Where the words stand in the folded text and in `line`."""
        if self._places is None:
            self._places = WordPlaces(self.spaced, self.line, self.at)
        return self._places

    def range(self, start: int, end: int) -> tuple[int, int]:
        """The folded range behind `line[start:end]`, which must begin and end with letters of words."""
        places = self.places
        first = places.of_line(start)
        if self.line.find(" ", start, end) < 0:
            return first, first + end - start
        return first, places.of_line(end - 1) + 1


def counting(found: list[_Hit], counted: bytearray | None, most: int) -> list[_Hit]:
    """The first hits of all that count: where layers share an automaton, those of its patterns that a layer has."""
    if counted is not None:
        found = [hit for hit in found if counted[hit[0]]]
    return found[:most]


def words_of(reading: Reading) -> Words:
    """The words of a comment's text; worked out once a comment."""
    found: Words | None = reading.notes.get("words")
    if found is None:
        found = reading.notes["words"] = Words(reading.folded)
    return found
