"""Seeing through disguised spellings: leet, spaced, dotted, stretched, swapped, dropped, masked, run together.

Every view costs one translation of the text or one set operation; only words that turn up there are looked at closely.
A disguise counts only where what was typed differs from the plain word, so plain text is never matched twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import chain, groupby, islice
from string import ascii_lowercase

from ahocorasick_rs import AhoCorasick, Implementation

from moderation_rules.matcher import Finder, Match, Term, Words
from moderation_rules.rule import FAR
from moderation_rules.tokens import is_agglutinated, is_unspaced
from moderation_rules.wordlists import ListKind

_LEET = str.maketrans("@4301578$!|+(€¢£69&<¡§†[ß", "aaeoistbsiitceclggacistcb")
_LEET_L = str.maketrans("@4301578$!|+(€¢£69&<¡§†[ß", "aaeolstbslltceclggacistcb")
_SIGN = re.compile(r"[@$0-9!|+(€¢£&<¡§†\[](?=[a-z])|(?<=[a-z])[@$0-9€¢£§†]")
_NO_LETTER = re.compile(r"[!|+(&<\[](?![a-z0-9@$])|(?<![a-z0-9@$!|])[|+&!\[](?=[a-z]{3})")
_SINGLY = (" a a a", ",a a a", "*a a a", ".a a a", "'a a a")
_SINGLES = re.compile(r"(?: \w){3,}(?= )")
_GLUED = re.compile(r"[^\W_]+(?:[^\w\s'’/@&]{1,3}[^\W_]+|_+[^\W_]+)+")
_MASKED = re.compile(
    r"(?<![\w*#%^&<>])([^\W\d_]+)([*#%^§†¡¿~]{1,4}|[&<>?!\-_@*#%]{1,4}(?=[^\W\d_])|[0-9](?=[^\W\d_]))"
    r"([^\W\d_]*)(?![\w*#%^])"
)
_RUN = re.compile(r"([^\W\d_])\1+")
_DOUBLES = AhoCorasick([letter * 2 for letter in ascii_lowercase], implementation=Implementation.DFA)
_JOINT = re.compile(r"[^\W_](?:[^\w\s'’/@&]{1,3}|_+)[^\W_]")
STRETCHED = "stretched"
_ENDINGS = ("s", "es", "ed", "er", "ers", "in", "ing", "y", "z")
_KIND = Implementation.ContiguousNFA
_MOST = 100  # disguised words that are looked at closely
_VOWELS = frozenset("aeiou")
_SHORTEST = 4  # letters; shorter words are only found stretched or leet, else chance finds them everywhere
_JOINED = 5
_TELLING = 7


class Disguises:
    """The single words of a finder's terms, indexed by what disguises leave of them. `common`: innocent words."""

    def __init__(self, finder: Finder, common: frozenset[str]) -> None:
        self._finder = finder
        self._common = common
        self._plain: dict[str, list[Term]] = {}
        for term in finder.terms:
            hidden = term.list.disguised and term.list.kind in (ListKind.BANNED, ListKind.SUSPECT) and not term.exact
            if hidden and term.key and " " not in term.key and not is_unspaced(term.key):
                self._plain.setdefault(term.key, []).append(term)
        known = (ListKind.ALLOW, ListKind.EVERYDAY)
        innocent = {term.key for term in finder.terms if term.list.kind in known} | common
        listed = set(self._plain)
        for key in [key for key in self._plain if len(key) >= _SHORTEST and key.isascii() and key.isalpha()]:
            for ending in _ENDINGS if key not in innocent else ():
                self._plain.setdefault(key + ending, self._plain[key])
        self._innocent = innocent
        self._collapsed: dict[str, list[str]] = {}
        self._near: dict[str, str] = {}
        self._by_ends: dict[tuple[str, str, int], list[str]] = {}
        self._by_front: dict[tuple[str, int], list[str]] = {}
        for key in self._plain:
            if key.isalpha() and not is_agglutinated(key):
                self._collapsed.setdefault(collapse(key), []).append(key)
                if len(key) >= _SHORTEST and key not in innocent:
                    self._by_ends.setdefault((key[0], key[-1], len(key)), []).append(key)
                    self._by_front.setdefault((key[:2], len(key)), []).append(key)
                    for variant in _variants(key) if key in listed else ():
                        if variant not in innocent and variant not in self._plain:
                            self._near.setdefault(variant, key)
        inflected = {key for key in self._plain if key not in listed and key not in innocent}
        # Inflected words and slips of the pen in one set: looking a word up costs a cache miss.
        self._telling = frozenset(inflected | self._near.keys())
        parts = [key for key in self._collapsed_keys() if len(key) >= _JOINED and self._banned(key)]
        self._spelled_keys = [key for key in self._plain if len(key) >= _SHORTEST]
        self._spelled = AhoCorasick(self._spelled_keys, implementation=_KIND) if self._spelled_keys else None
        self._part_keys = parts
        self._parts = AhoCorasick(parts, implementation=_KIND) if parts else None

    def _banned(self, key: str) -> bool:
        return any(term.list.kind is ListKind.BANNED for term in self._plain[key])

    def _collapsed_keys(self) -> Iterable[str]:
        return (key for keys in self._collapsed.values() for key in keys if key not in self._innocent)

    def find(self, words: Words) -> list[Match]:
        """Disguised terms; ranges are into the folded text."""
        if not self._plain:
            return []
        if len(words.folded.text) > FAR:
            words = words.seen_as(words.folded.text[:FAR])
        return list(islice(self._views(words), _MOST))

    def _views(self, words: Words) -> Iterator[Match]:
        text, shape = words.view, words.shape
        yield from self._in_words(words, set(words.list))
        yield from self._joined(words)
        if ("a a a" in shape and _singly(shape)) or "a.a.a" in shape or "a*a*a" in shape:
            yield from self._spaced(words)
        sign = "a*" in shape or "*a" in shape or "a,a" in shape
        digit = "a0" in shape or "0a" in shape
        if (sign or digit) and _SIGN.search(text):
            yield from self._leet(words)
        if "a.a" in shape or "a..a" in shape or "a*a" in shape or "a**a" in shape or "a,a" in shape:
            yield from self._glued(text)
        if sign or digit or "a..a" in shape or "a...a" in shape:
            yield from self._masked(text)

    def _in_words(self, words: Words, seen: set[str]) -> Iterator[Match]:
        strange = seen - self._innocent  # most words are everyday ones and need no closer look
        for word in strange & self._telling:
            if word in self._near:
                yield from self._at_each(words, word, self._near[word], "with letters swapped or left out")
            else:
                yield from self._at_each(words, word, word, "")
        for word in _with_runs(strange):
            for key in self._collapsed.get(collapse(word), ()):
                if _stretches(word, key):
                    yield from self._at_each(words, word, key, STRETCHED)

    def _at_each(self, words: Words, word: str, key: str, how: str) -> Iterator[Match]:
        for index, other in enumerate(words.list):
            if other == word:
                start = words.starts[index]
                yield from self._matches(key, start, start + len(word), how)

    def _matches(self, key: str, start: int, end: int, how: str) -> Iterator[Match]:
        return (Match(term, start, end, how) for term in self._plain[key])

    def _leet(self, words: Words) -> Iterator[Match]:
        text = words.view
        bare = _NO_LETTER.sub(" ", text)
        views = [bare.translate(_LEET)]
        if "1" in text or "!" in text or "|" in text:
            views.append(bare.translate(_LEET_L))
        for view in views:
            seen = words.seen_as(view)
            for match in self._finder.find(seen):
                if match.term.list.disguised or match.term.list.kind is ListKind.ALLOW:
                    yield from _if_disguised(match, text, "with signs for letters")
            for match in chain(self._in_words(seen, set(seen.list)), self._joined(seen)):
                yield from _if_disguised(match, text, "with signs for letters")

    def _spaced(self, words: Words) -> Iterator[Match]:
        for run in _SINGLES.finditer(words.line):
            first = words.index_at(run.start() + 1)
            letters = run[0].replace(" ", "")
            for candidate in {letters, letters.translate(_LEET)}:
                for start, end, key in self._inside(candidate):
                    place = words.starts[first + start], words.starts[first + end - 1] + 1
                    yield from self._matches(key, *place, "spaced out")

    def _inside(self, letters: str) -> Iterator[tuple[int, int, str]]:
        """Known words in a run of single letters: the whole run, or longer words anywhere in it."""
        if letters in self._plain:
            yield 0, len(letters), letters
        elif self._spelled is not None:
            for key, start, end in self._spelled.find_matches_as_indexes(letters):
                yield start, end, self._spelled_keys[key]

    def _joined(self, words: Words) -> Iterator[Match]:
        """Words run together: a long word that falls apart into listed and everyday words."""
        if self._parts is None:
            return
        looked: set[int] = set()
        for part, start, end in self._parts.find_matches_as_indexes(words.line, overlapping=True):
            index = words.index_at(start)
            word = words.list[index]
            key = self._part_keys[part]
            if len(word) < len(key) + 3 or len(word) > 60 or index in looked or word in self._innocent:
                continue
            at = start - words.front(index)
            telling = len(key) >= _TELLING  # so long that chance does not put it into another word
            if telling or (self._falls_apart(word[:at]) and self._falls_apart(word[at + len(key) :])):
                looked.add(index)
                first = words.starts[index] + at
                yield from self._matches(key, first, first + end - start, "run together with other words")

    def _falls_apart(self, word: str) -> bool:
        """Whether the letters are nothing but everyday or listed words of two letters and more, and digits."""
        word = word.strip("0123456789")
        reach = [True] + [False] * len(word)
        for end in range(1, len(word) + 1):
            for start in range(max(0, end - 14), end - 1):
                piece = word[start:end]
                if reach[start] and (piece in self._common or piece in self._plain):
                    reach[end] = True
                    break
        return reach[-1] or word == "i"

    def _glued(self, text: str) -> Iterator[Match]:
        for chunk in _chunks(text):
            letters = "".join([char for char in chunk[0] if char.isalnum()])
            if len(letters) >= _SHORTEST:
                if letters in self._plain and letters not in self._innocent:
                    yield from self._matches(letters, *chunk.span(), "broken up")
                elif self._collapsed.get(collapse(letters)):
                    for key in self._collapsed[collapse(letters)]:
                        if _stretches(letters, key) and letters not in self._innocent:
                            yield from self._matches(key, *chunk.span(), "broken up")

    def _masked(self, text: str) -> Iterator[Match]:
        for masked in _MASKED.finditer(text):
            for key in self._unmasked(*masked.groups()):
                yield from self._matches(key, *masked.span(), "masked")

    def _unmasked(self, front: str, mask: str, back: str) -> Iterator[str]:
        """Words of which a mask hides as many letters as it has signs (one at least must show on each side)."""
        hidden, shown = len(mask), len(front) + len(back)
        if not back and hidden < 2:
            return
        for ending in ("", "s", "ed", "er", "ers", "in", "ing"):
            if back.endswith(ending) and shown - len(ending) >= 2:
                stem = back[: len(back) - len(ending)]
                size = len(front) + hidden + len(stem)
                if len(front) > 1:
                    likely = self._by_front.get((front[:2], size), ())
                else:
                    likely = self._by_ends.get((front, stem[-1:], size), ())
                for key in likely:
                    if key.startswith(front) and key.endswith(stem):
                        yield key
                        return


def _chunks(text: str) -> Iterator[re.Match[str]]:
    """Pieces without spaces in which signs stand between letters, as `_GLUED` has them."""
    end = 0
    for joint in _JOINT.finditer(text):
        if joint.start() >= end:
            # Words end at spaces: only the chunk around the joint need be looked at.
            front = max(text.rfind(" ", 0, joint.start()), text.rfind("\n", 0, joint.start()), end - 1) + 1
            chunk = _GLUED.search(text, front)
            if chunk is not None:
                yield chunk
                end = chunk.end()


def _with_runs(words: set[str]) -> Iterator[str]:
    """Those of the words in which a letter stands twice in a row."""
    line = f" {' '.join(words)} "
    if line.isascii():
        front = 0
        for _, start, end in _DOUBLES.find_matches_as_indexes(line):
            if start > front:
                front = line.find(" ", end)
                yield line[line.rfind(" ", 0, start) + 1 : front]
    else:
        yield from [word for word in words if _RUN.search(word)]


def _singly(shape: str) -> bool:
    """Whether three single letters stand in a row, rather than the end of a word, a letter and a word."""
    return shape.startswith("a a a") or any(front in shape for front in _SINGLY)


@lru_cache(maxsize=16_384)
def collapse(word: str) -> str:
    """The word with each run of a letter made one: `sooo` and `so` are `so`."""
    return _RUN.sub(r"\1", word)


def _runs(word: str) -> list[tuple[str, int]]:
    return [(letter, len(list(run))) for letter, run in groupby(word)]


def _stretches(word: str, key: str) -> bool:
    """Whether `word` is `key` with letters repeated: three times or more, or twice in a word of some length."""
    if word == key:
        return False
    longest = 1
    for (_, typed), (_, meant) in zip(_runs(word), _runs(key), strict=True):
        if typed < meant:
            return False
        if typed > meant:
            longest = max(longest, typed)
    return longest >= 3 or (longest == 2 and len(key) >= _SHORTEST)


def _variants(key: str) -> Iterator[str]:
    """Slips of the pen that hide a word from a list: two inner letters swapped, an inner letter left out."""
    for i in range(1, len(key) - 2):
        if key[i] != key[i + 1]:
            yield key[:i] + key[i + 1] + key[i] + key[i + 2 :]
    for i in range(1, len(key) - 1):
        left = key[:i] + key[i + 1 :]
        if (key[i] in _VOWELS and (len(key) > _SHORTEST or _VOWELS.isdisjoint(left))) or (
            len(key) > 6 and key[i] not in (key[i - 1], key[i + 1])
        ):
            yield left


def _if_disguised(match: Match, text: str, how: str) -> Iterator[Match]:
    typed = text[match.start : match.end]
    if any(map(str.isalpha, typed)) and not typed.isalpha():
        # Letters alone were seen before; digits alone are numbers.
        bare = typed.replace(" ", "")
        if not bare.isalpha() and (not match.term.exact or match.term.exact != typed):
            yield Match(match.term, match.start, match.end, match.how or how)
