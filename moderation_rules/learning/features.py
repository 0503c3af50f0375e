"""What the classifier sees of a text: hashed n-grams of words and of characters, and a few signs of its shape.

Each is counted once for every different word (or pair of neighbours) that has it. So a text's sum is made of the sums
of its words, and the numbers of a word are worked out once and kept: most words of a comment were in one before.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator
from functools import cache, lru_cache
from itertools import pairwise
from typing import Final, NamedTuple
from zlib import crc32

from moderation_rules.lists.shipped import shipped_lists
from moderation_rules.lists.word_lists import entries_from_text
from moderation_rules.text.folding import fold

VERSION: Final = 3  # of these features; a classifier made for others is refused
BITS: Final = 20
HALF: Final = 1 << (BITS - 1)  # below: n-grams of words, and signs; from here: n-grams of characters
_WIDTHS = (2, 3, 4)
_EDGES = (1, 2, 3)  # characters on either side of a space
_WIDTHS_IN_BYTES = tuple([4 * width for width in _WIDTHS])
_EDGES_IN_BYTES = tuple([4 * width for width in _EDGES])
_TYPED, _FOLDED, _ACROSS = map(crc32, (b"typed", b"folded", b"across"))  # where the numbers of each kind begin
_LONGEST = 2500  # characters looked at; what comes later rarely changes what a text is
_EXPLAINED = 1000  # characters in which what weighed most is looked for
_FOLDED_CHUNK = 60  # letters looked at of a folded chunk: one Hangul syllable is up to three
_KEPT_WORDS = 16_384  # about 6 MB in all
_WORD = re.compile(r"\w+(?:['’]\w+)*")
# Scripts without spaces have no end of a word; a piece of this length is as good.
_CHUNK = re.compile(r"\S{1,48}")
_URL = re.compile(r"https?://|www\.|\.com\b|\.ly/", re.IGNORECASE)
_DIGITS = re.compile(r"\d+")
_SENTENCE = re.compile(r"[.!?\n]+")
# Words that speak to somebody: what stands in a sentence with them is meant for a person more often than for a thing.
_YOU = frozenset(
    ["you", "your", "youre", "you're", "u", "ur", "yourself", "yours", "ya", "yo", "du", "dich", "dir", "dein"]
    + ["deine", "ihr", "euch", "tu", "te", "toi", "vous", "ti", "tuo"]
)
_LISTS = ("starter_en.txt", "suspect_en.txt", "swearing_en.txt", "starter_world.txt", "swearing_world.txt")


class Buckets(NamedTuple):
    """The numbers of a text's n-grams: of words (below HALF) and of characters (from HALF, below 2**BITS).

    They are kept apart because a text has many times as many n-grams of characters, which would drown the words.
    A number stands there as often as different words have it.
    """

    words: array[int]
    letters: array[int]


class Gram(NamedTuple):
    """One n-gram, by its number, and where it stands in the text as typed."""

    bucket: int
    start: int
    end: int


class _Chunk(NamedTuple):
    buckets: array[int]
    first: str
    last: str


def buckets(text: str) -> Buckets:
    """Everything that the classifier weighs in a text; of a long one, in its beginning."""
    text = text[:_LONGEST]
    folded = fold(text).text
    words = _WORD.findall(folded)
    different = set(words)
    told = array("i", map(word_bucket, different))
    told.extend([word_bucket(f"{a} {b}") for a, b in set(pairwise(words))])
    told.extend([_numbered("w", sign) for sign in _signs(text, words)])
    if not _YOU.isdisjoint(different):
        told.extend([_numbered("y", word) for word in _spoken(folded)])
    chunks = _CHUNK.findall(_typed(text))
    letters = array("i")
    known = {chunk: _chunk(chunk) for chunk in set(chunks)}
    for chunk in known.values():
        letters += chunk.buckets
    for last, first in {(known[a].last, known[b].first) for a, b in pairwise(chunks)}:
        letters.extend(_edge(last, first))
    return Buckets(told, letters)


def word_bucket(words: str) -> int:
    """The number of a folded word, or of two with a space between."""
    return _numbered("w", words)


def placed(text: str) -> Iterator[Gram]:
    """The n-grams that have a place in the text as typed, for explaining a judgement; of a long one, its beginning."""
    text = text[:_EXPLAINED]
    folded = fold(text)
    words = [(match[0], *folded.span(*match.span())) for match in _WORD.finditer(folded.text)]
    for word, start, end in words:
        yield Gram(word_bucket(word), start, end)
    for (a, start, _), (b, _, end) in pairwise(words):
        yield Gram(word_bucket(f"{a} {b}"), start, end)
    for match in _CHUNK.finditer(_typed(text)):
        front, end = match.start() - 1, match.end()
        padded = end - front + 1
        places = [(front + i, front + i + width) for width in _WIDTHS for i in range(padded - width + 1)]
        for number, (left, right) in zip(_pieces(match[0], _TYPED), places, strict=True):
            yield Gram(number, max(left, match.start()), min(right, end))


def _numbered(kind: str, gram: str) -> int:
    return crc32((kind + gram).encode("utf-8", "surrogatepass")) & (HALF - 1)


@lru_cache(_KEPT_WORDS)
def _chunk(chunk: str) -> _Chunk:
    """The n-grams of characters in what stands between two spaces; where it has other letters, of its fold too:
    Hangul is folded into its letters, and look-alikes into what they look like."""
    found = array("i", _pieces(chunk, _TYPED))
    folded = chunk
    if not chunk.isascii():
        folded = fold(chunk).text
        found.extend(_pieces(folded[:_FOLDED_CHUNK], _FOLDED))
    widest = _EDGES[-1]
    return _Chunk(found, folded[:widest], folded[-widest:])


def _pieces(chunk: str, kind: int) -> list[int]:
    """The numbers of a chunk's n-grams, width by width. Four bytes a character make cutting cheap."""
    raw = f" {chunk} ".encode("utf-32-le", "surrogatepass")
    size = len(raw)
    return [
        crc32(raw[at : at + width], kind) & (HALF - 1) | HALF
        for width in _WIDTHS_IN_BYTES
        for at in range(0, size - width + 1, 4)
    ]


def _edge(last: str, first: str) -> list[int]:
    """The numbers of what stands on both sides of a space."""
    raw, middle = f"{last} {first}".encode("utf-32-le", "surrogatepass"), 4 * len(last)
    return [crc32(raw[max(0, middle - n) : middle + 4 + n], _ACROSS) & (HALF - 1) | HALF for n in _EDGES_IN_BYTES]


def _typed(text: str) -> str:
    """The text in small letters with the same length, so that places stay."""
    small = text.lower()
    return small if len(small) == len(text) else "".join([c.lower() if len(c.lower()) == 1 else c for c in text])


def _spoken(folded: str) -> set[str]:
    """The words of sentences that speak to somebody."""
    found: set[str] = set()
    for sentence in _SENTENCE.split(folded):
        words = _WORD.findall(sentence)
        if not _YOU.isdisjoint(words):
            found.update(words)
    return found


@cache
def _listed() -> frozenset[str]:
    """The words of the shipped lists: whatever a site has not yet decided on, these say something."""
    shipped = shipped_lists()
    entries = [entry for name in _LISTS for entry in entries_from_text(shipped.get(name, ""))]
    return frozenset([fold(entry.text.strip("*")).text for entry in entries])


def _signs(text: str, words: list[str]) -> Iterator[str]:
    """Signs of the text's shape. A full stop in front, for no word has one."""
    listed = _listed()
    bad = sum([word in listed or word.rstrip("s") in listed for word in words])
    yield f".listed {min(bad, 4)}"
    if bad and not _YOU.isdisjoint(words):
        yield ".listed you"
    size = len(text)
    yield f".length {size.bit_length()}"
    if _URL.search(text):
        yield ".link"
    if sum(map(str.isupper, text)) * 2 > size:
        yield ".capitals"
    strange = 0 if text.isascii() else sum([char > "\u2000" for char in text])
    yield f".strange {min(strange, 15).bit_length()}"
    yield f".digits {min(len(_DIGITS.findall(text)), 7).bit_length()}"
    yield f".marks {min(text.count('!') + text.count('?'), 7).bit_length()}"
