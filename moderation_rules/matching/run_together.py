"""Words run together with their neighbours or torn apart by spaces."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence
from copy import copy
from itertools import accumulate

from moderation_rules.matching.listed.terms import is_hideable
from moderation_rules.matching.listed.typed_words import Words
from moderation_rules.matching.matcher import Finder, Inside, Match
from moderation_rules.matching.vocabulary import ENDINGS, Vocabulary

TORN = "torn apart"
_JOINED = 5  # letters; shorter words must have something on either side
_TELLING = 7  # letters; so long that chance does not put the word into another one
_LONGEST = 60  # letters of a word that is taken apart
_TRIES = 60  # words taken apart in one comment
_LONGEST_PIECE = 14
_PIECES = 3
_FEW = 6  # words up to which it is faster to look around each
_SHORT_TEXT = 200  # words
_TELLING_PIECE = 3  # letters in a row that tell whether something may be a piece of a listed word
_REMEMBERED = 20_000  # pieces
_WORD = 3  # letters of a piece that is a word by itself; shorter ones turn up by chance
# Others of two letters are syllables of every other word: an, at, in, it, me, so.
_SHORT = frozenset(("am", "be", "do", "go", "he", "im", "is", "my", "of", "ur", "we"))
_CLITICS = frozenset(("a", "i", "d", "ll", "m", "re", "s", "t", "ve"))  # what apostrophes leave of words


class RunTogether:
    """Finds listed words across and inside of what spaces make words."""

    def __init__(self, finder: Finder, listed: Vocabulary) -> None:
        self._finder = finder
        self._listed = listed
        self._met: dict[str, bool] = {}  # pieces and whether they are everyday words; only time depends on it
        hideable = [key for key in listed.words if is_hideable(key) and listed.guilty(key)]
        self._fronts = frozenset({key[:size] for key in hideable for size in (_TELLING_PIECE - 1, _TELLING_PIECE)})
        self._pieces = frozenset(
            {key[at : at + size] for key in hideable for size in range(1, _TELLING_PIECE + 1) for at in range(len(key))}
        )

    def part(self, finder: Finder, listed: Vocabulary) -> RunTogether:
        """The same for some of the listed words; what may be a piece of any may be looked at in vain."""
        made = copy(self)
        made._finder, made._listed, made._met = finder, listed, {}
        return made

    def inside(self, words: Words, found: Iterable[Inside]) -> Iterator[Match]:
        """Words with an ending, and long words that fall apart into listed and everyday ones."""
        listed, line = self._listed, words.line
        done: set[int] = set()
        tries = 0
        for key, start, end in found:
            if key in listed and listed.guilty(key):
                # In a word without end nothing is found, and to look for its ends each time would take its square.
                front = line.rfind(" ", max(0, start - _LONGEST - 1), start) + 1
                back = line.find(" ", end, end + _LONGEST + 1)
                if not front or back < 0:
                    continue
                word, before, after = line[front:back], line[front:start], line[end:back]
                if not before and after in ENDINGS:
                    if word not in listed and listed.takes(key, after) and listed.guilty(word):
                        yield from listed.matches(key, *words.range(front, back), "")
                elif (
                    front not in done
                    and (tries < _TRIES or len(key) >= _TELLING)
                    and len(key) + 3 <= len(word) <= _LONGEST
                    and listed.banned(key)
                    and listed.guilty(word)
                    and not listed.known.is_word(word)
                ):
                    if len(key) < _TELLING:
                        tries += 1
                        if not self._join(key, before, after):
                            continue
                    done.add(front)
                    yield from listed.matches(key, *words.range(start, end), "run together with other words")

    def _join(self, key: str, before: str, after: str) -> bool:
        if len(key) < _JOINED and not (len(before) >= _WORD and len(after) >= _WORD):
            return False
        return self._falls_apart(before) and (
            self._falls_apart(after)
            or any(after.startswith(ending) and self._falls_apart(after[len(ending) :]) for ending in ENDINGS)
        )

    def _falls_apart(self, word: str) -> bool:
        """Whether the letters are nothing but everyday or listed words, and digits."""
        word = word.strip("0123456789")
        reach = [True] + [False] * len(word)
        for end in range(1, len(word) + 1):
            for start in range(max(0, end - _LONGEST_PIECE), end - 1):
                piece = word[start:end]
                if end - start < _WORD and piece not in _SHORT:
                    continue
                if reach[start] and (piece in self._listed.known.common or self._listed.key(piece) is not None):
                    reach[end] = True
                    break
        return reach[-1] or word == "i"

    def may_be_torn(self, word: str) -> bool:
        """Whether `across` may find a listed word of which this is the piece that is no everyday word."""
        may_be = self._may_be_piece(word) or (
            word.endswith(ENDINGS)
            and any(word.endswith(ending) and self._may_be_piece(word[: -len(ending)]) for ending in ENDINGS)
        )
        return may_be and not self._is_everyday(word)  # Asked once a word, so not remembered here too.

    def _may_be_piece(self, letters: str) -> bool:
        """Whether each few letters in a row are those of a listed word."""
        size = _TELLING_PIECE
        if len(letters) <= size:
            return letters in self._pieces
        pieces = self._pieces
        # Most end at the first, for which a generator would take twice as long.
        return letters[:size] in pieces and all(
            letters[at : at + size] in pieces for at in range(1, len(letters) - size + 1)
        )

    def may_cross(self, words: Sequence[str], torn: Collection[str]) -> bool:
        """Whether `across` may find anything in these words, of which `torn` are those that it may find pieces in: the
        letters on both sides of a gap beside one of them then stand so in a listed word."""
        if len(torn) > _FEW or len(words) > _SHORT_TEXT:
            return True
        last = len(words) - 1
        for word in torn:
            at = -1
            for _ in range(words.count(word)):
                at = words.index(word, at + 1)
                if (at and self._may_stand_across(words, at)) or (at < last and self._may_stand_across(words, at + 1)):
                    return True
        return False

    def _may_stand_across(self, words: Sequence[str], right: int) -> bool:
        """Whether a listed word may stand across the gap in front of this word: the word on the left of it is its
        first piece or its second."""
        behind, before = words[right], words[right - 1]
        size = _TELLING_PIECE
        if before[1 - size :] + behind[:1] not in self._pieces:
            return False
        if (before + behind)[:size] in self._fronts:
            return True
        first = words[right - 2] if right > 1 else ""
        return first[1 - size :] + before[:1] in self._pieces and (first + before + behind)[:size] in self._fronts

    def across(self, words: Words, torn: Collection[str]) -> Iterator[Match]:
        """Listed words that spaces tear apart, where not every piece is an everyday word. `torn`: the words that may
        be such pieces, all words where it is not known."""
        for first, last in _around(words.list, torn):
            yield from self._across(words, first, last)

    def _across(self, words: Words, front: int, back: int) -> Iterator[Match]:
        """Those in the words from `front` to `back`."""
        some = words.list[front:back]
        found = self._finder.inside("".join(some))
        if not found:
            return
        letters = "".join(some)
        fronts = [0, *accumulate(map(len, some))]
        for key, start, end in found:
            first = bisect_right(fronts, start) - 1
            last = bisect_right(fronts, end - 1) - 1
            if not 0 < last - first < _PIECES or fronts[first] != start or not self._listed.guilty(key):
                continue
            rest = letters[end : fronts[last + 1]]
            pieces = some[first : last + 1]
            if (rest and rest not in ENDINGS) or pieces[-1] == "a" or all(map(self._everyday, pieces)):
                continue
            place = words.places.start(front + first), words.places.start(front + last) + len(pieces[-1])
            # Nothing but spaces in between: a word may well end a sentence and another begin the next.
            if words.spaced[place[0] - words.at : place[1] - words.at] == words.view[
                place[0] - words.at : place[1] - words.at
            ].replace("\n", " ").replace("\t", " "):
                yield from self._listed.matches(key, *place, TORN)

    def _everyday(self, piece: str) -> bool:
        found = self._met.get(piece)
        if found is None:
            found = self._is_everyday(piece)
            if len(self._met) >= _REMEMBERED:
                self._met = {}
            if len(piece) <= _LONGEST_PIECE:
                self._met[piece] = found
        return found

    def _is_everyday(self, piece: str) -> bool:
        if piece in self._listed.innocent or piece in _CLITICS:
            return True
        return len(piece) >= _WORD and piece not in self._listed and self._listed.known.is_word(piece)


def _around(words: list[str], some: Collection[str]) -> list[tuple[int, int]]:
    """The stretches of words in which each has one of `some` among it or near enough to be a piece of the same word."""
    if len(some) > _FEW or len(words) > _SHORT_TEXT:
        return [(0, len(words))]
    stretches: list[tuple[int, int]] = []
    for index in [index for index, word in enumerate(words) if word in some]:
        front, back = max(0, index - _PIECES + 1), index + _PIECES
        if stretches and front <= stretches[-1][1]:
            front = stretches.pop()[0]
        stretches.append((front, back))
    return stretches
