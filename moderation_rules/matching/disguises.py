"""Seeing through disguised spellings: leet, spaced, dotted, stretched, swapped, dropped, masked, run together.

Every view costs one pass over the text or one set operation; only words that turn up there are looked at closely.
A disguise counts only where what was typed differs from the plain word, so plain text is never matched twice.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from copy import copy
from itertools import chain, islice, product

from moderation_rules.lists.known import KnownWords
from moderation_rules.lists.word_lists import ListKind, WordList
from moderation_rules.matching.listed.spelt import is_little
from moderation_rules.matching.listed.terms import SHORTEST, is_hideable
from moderation_rules.matching.listed.typed_words import Words
from moderation_rules.matching.masked import LEET, MaskedWords, letters_for_signs
from moderation_rules.matching.matcher import Finder, Inside, Match
from moderation_rules.matching.run_together import RunTogether
from moderation_rules.matching.shapes import BREAKS, MASKS, SIGNS, SINGLES, places, spots
from moderation_rules.matching.stretched import StretchedWords, has_double, has_run
from moderation_rules.matching.typos import Typos
from moderation_rules.matching.vocabulary import ENDINGS, Vocabulary
from moderation_rules.rule import SEARCHED
from moderation_rules.text.memo import UNKNOWN, Memo
from moderation_rules.text.words import is_mark, marks_as_letters, shapes

_SIGN = re.compile(r"[@$0-9!|+(€¢£&<¡§†\[](?=[a-z])|(?<=[a-z])[@$0-9€¢£§†]")
_NUMBER = re.compile(
    r"(?:[$£€(]?[0-9][0-9.,:/-]*+(?:st|nd|rd|th|s|k|m|mm|cm|km|kg|am|pm|bn|x|h)?|[(]?[a-z][0-9]+)[.,;:!?)]*"
)
_SINGLES = re.compile(r"(?: \w){3,}(?= )")
_GLUED = re.compile(r"(?<![^\W_])[^\W_]++(?:(?:[^\w\s'’/@&]{1,3}+|_++)[^\W_]++)++")
STRETCHED = "stretched"
SPACED = "spaced out"
SLIP = "with letters swapped or left out"
_MOST = 100  # disguised words that are looked at closely
_MOST_IN_LONG = 20  # the same in a text longer than `SEARCHED`, which waits for a person in any case
_REMEMBERED, _LONGEST = 19_000, 30  # words that are no disguise (as in `text.memo`), and letters of each
_MOST_SEEN = 2_000  # words that are one, which are remembered
_LONGEST_DRESSED = 60  # characters of a word and signs that are looked at by themselves
_AROUND = 40  # characters on either side that may belong to a phrase
_LONGEST_FIRST = sorted(ENDINGS, key=len, reverse=True)
# What a word may be, as bits: part of an entry, stretched or a slip, part of a word that spaces tear apart.
PLAIN, _ODD, _TORN = 1, 2, 4
# What signs and digits in it may be: letters, or whatever hides letters and breaks words up. Letters are spaced out.
_LEET_SIGNS, _HIDING, _APART = 8, 16, 32
_Through = tuple[str, str, str]  # a word, the listed one that it is, and how it is disguised
_RUNS = 64  # A letter may stand in it many times in a row, which another rule asks for.


class Disguises:
    """The single words of a finder's terms, indexed by what disguises leave of them. `known`: words that people use.
    `everywhere`: where the finder has the lists of several layers, those that each layer has."""

    def __init__(self, finder: Finder, known: KnownWords, everywhere: Collection[WordList] | None = None) -> None:
        self._finder = finder
        self._listed = listed = Vocabulary(finder, known, everywhere)
        hideable = list(filter(self._is_hideable, listed.words))
        self._slips = Typos(hideable, listed.words, self._is_hideable)
        self._masks = MaskedWords(hideable, of_layers=everywhere is not None)
        self._stretching = StretchedWords(listed)
        self._joins = RunTogether(finder, listed)
        self._cleared: set[str] = set()
        self._seen: dict[str, tuple[_Through, ...]] = {}
        self._words = Memo(self._signs_of_word)
        self._dressed = Memo(self._signs_of_dressed)

    def alone(self, finder: Finder) -> Disguises:
        """What would be found by a layer's own finder, `Finder.alone` of this one's, if there were no other layers."""
        made = copy(self)
        made._finder, made._listed = finder, (listed := self._listed.part(finder))
        made._slips = self._slips.part(listed.words, made._is_hideable)
        made._masks = self._masks.part(made._is_hideable)
        made._stretching = self._stretching.part(listed)
        made._joins = self._joins.part(finder, listed)
        made._cleared, made._seen = set(), {}
        # What is nothing to all layers together is nothing to any: they list more, and less is innocent. What is a
        # word of one layer and a slip in another may be a piece of the former.
        made._words = Memo(made._signs_of_word, self._words)
        made._dressed = Memo(made._signs_of_dressed, self._dressed)
        return made

    def _is_hideable(self, word: str) -> bool:
        return word in self._listed and is_hideable(word) and self._listed.guilty(word)

    def signs(self, words: Words) -> int:
        """What may be there of the terms, plain or disguised, as bits; 0: nothing. Most comments have nothing."""
        if len(words.view) > SEARCHED:
            return UNKNOWN
        # Of most comments each word is known to be nothing: to ask that of all costs less than to tell them apart.
        telling = () if self._words.are_plain(words.list) else self._words.telling(words.kinds)
        signs = UNKNOWN if telling is None else 0
        for _, sign in telling or ():
            signs |= sign
        if telling is not None:
            words.runs = bool(signs & _RUNS)
            signs &= ~_RUNS
        if telling and signs & _TORN and not self._joins.may_cross(words.list, _torn(telling)):
            signs &= ~_TORN
        if not words.spots and not words.shape.startswith("a a a"):
            return signs
        if words.shape.startswith("a a a") or not SINGLES.isdisjoint(words.spots):
            signs |= _APART
        signs |= self._dressed.signs(words.dressed)
        if signs & _LEET_SIGNS and not signs & (PLAIN | _ODD):
            # Nothing but the words that signs make may then be in the text read with letters for signs.
            told = 0
            for seen in words.plain(0, len(words.view), letters_for_signs):
                told |= self._words.signs(seen.kinds)
            if not told & (PLAIN | _ODD):
                signs &= ~_LEET_SIGNS
        return signs

    def _signs_of_word(self, word: str) -> int:
        signs = PLAIN if self._finder.may_find(word) else 0
        doubled = has_double(word)
        if len(word) > _LONGEST or (doubled and has_run(word)):
            signs |= _RUNS
        if (doubled or self._slips.may_be(word)) and word not in self._listed.innocent and self._of_words([word]):
            signs |= _ODD
        return signs | _TORN if self._joins.may_be_torn(word) else signs

    def _signs_of_dressed(self, typed: str) -> int:
        """`typed` has no spaces in it, or stands for many of them that are looked at together."""
        end = len(typed)
        if end > _LONGEST_DRESSED:
            return _LEET_SIGNS | _HIDING
        seen = spots(shapes(typed))
        signs = _LEET_SIGNS if not seen.keys().isdisjoint(SIGNS) and _has_letters(typed, 0, end) else 0
        broken = not seen.keys().isdisjoint(BREAKS) and any(self._broken(typed, 0, end))
        masked = not seen.keys().isdisjoint(MASKS) and any(self._masks.find(typed, 0, end))
        return signs | _HIDING if broken or masked else signs

    def find(self, words: Words, inside: list[Inside], signs: int = UNKNOWN) -> list[Match]:
        """Disguised terms; ranges are into the folded text. `inside`: what the finder saw inside of longer words;
        `signs`: what `signs` says of the words."""
        if not self._listed.words:
            return []
        near = words.near()
        most = _MOST if near is words else _MOST_IN_LONG
        return list(islice(self._find(words, near, inside, signs, most), most))

    def _find(self, words: Words, near: Words, inside: list[Inside], signs: int, most: int) -> Iterator[Match]:
        """The same one by one: where enough was found, the rest is not looked for."""
        yield from self._joins.inside(words, inside)
        if signs & _ODD:
            yield from self._in_words(near, most)
        if signs & _TORN:
            telling = None if signs == UNKNOWN else self._words.telling(near.kinds)
            torn = near.list if telling is None else _torn(telling)
            yield from self._joins.across(near, torn)
        if signs & (_LEET_SIGNS | _HIDING | _APART):
            yield from self._marked(near, signs)

    def behind_signs(self, words: Words) -> Iterator[Match]:
        """Terms that signs and digits in place of letters hide, phrases among them."""
        for start, end in places(words.shape, words.spots, SIGNS):
            yield from self._leet(words, start, end)

    def may_be_behind_signs(self, words: Words) -> bool:
        """Whether `behind_signs` may find something."""
        return bool(words.spots) and bool(self._dressed.signs(words.dressed) & _LEET_SIGNS)

    def _marked(self, words: Words, signs: int) -> Iterator[Match]:
        """What signs, digits and single letters hide."""
        shape, spots = words.shape, words.spots
        if shape.startswith("a a a") or not SINGLES.isdisjoint(spots):
            yield from self._spaced(words)
        if signs & _LEET_SIGNS:
            yield from self.behind_signs(words)
        if not signs & _HIDING:
            return
        for start, end in places(shape, spots, BREAKS):
            yield from self._broken(words.view, start, end)
        for start, end in places(shape, spots, MASKS):
            for key, first, last in self._masks.find(words.view, start, end):
                yield from self._listed.matches(key, first, last, "masked")

    def _in_words(self, words: Words, most: int = SEARCHED) -> Iterator[Match]:
        """Stretched words and slips, in order; words behind those of the first `most` matches may not be looked at."""
        # Most words are everyday ones or were looked at in other comments, and need no closer look.
        strange = self._words.not_plain(words.kinds - self._listed.innocent) - self._cleared
        if not strange:
            return
        found: list[_Through] = []
        some = (
            list(strange) if len(strange) <= most else [word for word in dict.fromkeys(words.list) if word in strange]
        )
        for at in range(0, len(some), most):
            looked_at = some[at : at + most]
            found += self._of_words(looked_at)
            self._clear(set(looked_at).difference([word for word, _, _ in found]))
            if len(found) >= most:
                break
        yield from self._at_each(words, found)

    def _of_words(self, words: Sequence[str]) -> list[_Through]:
        """Those of the words that are stretched or slips: each with the listed word, and how it is disguised."""
        seen = self._seen  # One text is read in several spellings, of which most words are the same.
        before: list[_Through] = []
        if seen and (again := {word for word in words if word in seen}):
            before = [through for word in again for through in seen[word]]
            words = [word for word in words if word not in again]
        found = [(word, key, STRETCHED) for word, key in self._stretching.among(words)]
        for word in self._slips.among(words):
            if self._listed.key(word) is None:
                key = self._slips.origin(word)
                if key is not None and not self._listed.known.is_word(word):
                    found.append((word, key, SLIP))
        if found:
            self._remember(found)
        return found + before

    def _clear(self, words: Iterable[str]) -> None:
        """Remembers words that are no disguise. Only time depends on what is remembered, no judgement."""
        if len(self._cleared) > _REMEMBERED:
            self._cleared = set()
        self._cleared.update([word for word in words if len(word) <= _LONGEST])

    def _remember(self, found: Iterable[_Through]) -> None:
        """Remembers words that are a disguise, so that nobody sees through them twice."""
        if len(self._seen) > _MOST_SEEN:
            self._seen = {}
        by_word: dict[str, list[_Through]] = {}
        for through in found:
            by_word.setdefault(through[0], []).append(through)
        self._seen.update({word: tuple(all_) for word, all_ in by_word.items() if len(word) <= _LONGEST})

    def _at_each(self, words: Words, found: Iterable[_Through]) -> Iterator[Match]:
        listed: dict[str, list[tuple[str, str]]] = {}
        for word, key, how in found:
            listed.setdefault(word, []).append((key, how))
        for index in [index for index, word in enumerate(words.list) if word in listed] if listed else ():
            word = words.list[index]
            for key, how in listed[word]:
                start = words.places.start(index)
                yield from self._listed.matches(key, start, start + len(word), how)

    def _leet(self, words: Words, start: int, end: int) -> Iterator[Match]:
        text = words.view
        if not _has_letters(text, start, end):
            return
        start = words.shape.rfind(" ", 0, max(0, start - _AROUND)) + 1
        end = words.shape.find(" ", end + _AROUND)
        for seen in words.plain(start, end if end >= 0 else len(text), letters_for_signs):
            plain = self._finder.scan(seen)
            told = self._finder.matches(seen, plain) if plain.guilty else []
            told = [m for m in told if m.term.list.disguised or m.term.list.kind is ListKind.ALLOW]
            for match in chain(told, self._joins.inside(seen, plain.inside), self._in_words(seen)):
                yield from _if_disguised(match, text, "with signs for letters")

    def _spaced(self, words: Words) -> Iterator[Match]:
        for run in _SINGLES.finditer(words.line):
            first = words.places.index_in_line(run.start() + 1)
            letters = run[0].replace(" ", "")
            last = first + len(letters) - 1
            before, after = (is_little(words.folded, words.places.start(index)) for index in (first, last))
            for candidate in dict.fromkeys((letters, letters.translate(LEET))):
                for key, start, end in self._spelled(candidate, before, after):
                    place = words.places.start(first + start), words.places.start(first + end - 1) + 1
                    yield from self._listed.matches(key, *place, SPACED)

    def _spelled(self, letters: str, before: bool, after: bool) -> Iterator[Inside]:
        """Known words in a run of single letters: the whole run, or longer words anywhere in it. `before`, `after`:
        whether its first and last letter may be words by themselves."""
        key = self._listed.key(letters)
        if key is not None:
            yield Inside(key, 0, len(letters))
            return
        told: set[tuple[str, int]] = set()
        # Some words must begin or end where a word does: at an edge of the run, or beside a word of one letter.
        for front, back in product((0, 1)[: 1 + before], (0, 1)[: 1 + after]):
            for key, start, end in self._finder.inside(f" {letters[front : len(letters) - back]} "):
                first, behind = max(start - 1, 0) + front, min(end - 1, len(letters) - back - front) + front
                if (key, first) not in told:
                    told.add((key, first))
                    yield Inside(key, first, behind + self._ending(key, letters[behind : behind + _LONGEST]))

    def _ending(self, key: str, after: str) -> int:
        """How many of the letters after a listed word are its ending: what follows is nothing, one letter or a word."""
        if after not in ENDINGS and after in self._listed.innocent:
            return 0
        is_open = any(not term.edges[1] for term in self._listed.terms(key))
        for ending in _LONGEST_FIRST:
            rest = after.removeprefix(ending)
            if rest != after and (len(rest) <= 1 or self._is_word(rest)):
                return len(ending) if is_open or self._listed.takes(key, ending) else 0
        return 0

    def _is_word(self, letters: str) -> bool:
        """Whether it is a listed word or an English one; names have too many forms to tell anything."""
        listed = self._listed
        return letters in listed.innocent or letters in listed.known.words or listed.key(letters) is not None

    def _broken(self, text: str, start: int, end: int) -> Iterator[Match]:
        # A word ends with a space or the text, so that nothing beside the piece has to be seen.
        piece = text[start:end]
        view = marks_as_letters(piece) if not piece.isascii() else piece
        for chunk in _GLUED.finditer(view):
            front, back = chunk.span()
            typed = piece[front:back]
            plain = typed.isascii()
            letters = "".join(
                filter(str.isalnum, typed) if plain else [char for char in typed if char.isalnum() or is_mark(char)]
            )
            if len(letters) >= SHORTEST and letters not in self._listed.innocent:
                key = self._listed.key(letters)
                for found in self._stretching.keys(letters) if key is None else (key,):
                    yield from self._listed.matches(found, start + front, start + back, "broken up")


def _torn(telling: Sequence[tuple[str, int]]) -> list[str]:
    """The words that may be pieces of one that spaces tear apart."""
    return [word for word, signs in telling if signs & _TORN]


def _has_letters(text: str, start: int, end: int) -> bool:
    """Whether signs or digits in `text[start:end]`, which is no number, may stand for letters."""
    return not _NUMBER.fullmatch(text, start, end) and _SIGN.search(text, start, end) is not None


def _if_disguised(match: Match, text: str, how: str) -> Iterator[Match]:
    typed = text[match.start : match.end]
    if any(map(str.isalpha, typed)) and not typed.isalpha():
        # Letters alone were seen before; digits alone are numbers.
        bare = typed.replace(" ", "")
        if not bare.isalpha() and (not match.term.exact or match.term.exact != typed):
            yield Match(match.term, match.start, match.end, match.how or how)
