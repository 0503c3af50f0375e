"""What the classifier sees of a text: hashed n-grams of words and of characters, and a few signs of its shape."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import Final, NamedTuple
from zlib import crc32

from moderation_rules.shipped import shipped_lists
from moderation_rules.text import Folded, fold
from moderation_rules.wordlists import entries_from_text

VERSION: Final = 2  # of these features; a model made for others is refused
BITS: Final = 20
HALF: Final = 1 << (BITS - 1)  # below: n-grams of words, and signs; from here: n-grams of characters
_ACROSS = (2, 3, 4, 5, 6)  # characters, also across words
_LONGEST = 4000  # characters looked at; what comes later rarely changes what a text is
_WORD = re.compile(r"\w+(?:['’]\w+)*")
_CHUNK = re.compile(r"\S+")
_URL = re.compile(r"https?://|www\.|\.com\b|\.ly/", re.IGNORECASE)
_DIGITS = re.compile(r"\d+")
_SENTENCE = re.compile(r"[.!?\n]+")
_RUN = re.compile(r"(.)\1+")
_ENDING = re.compile(r"(?:'s|s|ed|ing|er|y|ly)$")
# Words that speak to somebody: what stands in a sentence with them is meant for a person more often than for a thing.
_YOU = frozenset(
    ["you", "your", "youre", "you're", "u", "ur", "yourself", "yours", "ya", "yo", "du", "dich", "dir", "dein"]
    + ["deine", "ihr", "euch", "tu", "te", "toi", "vous", "ti", "tuo"]
)
_LISTS = ("starter_en.txt", "suspect_en.txt", "swearing_en.txt", "starter_world.txt")


@cache
def _listed() -> frozenset[str]:
    """The words of the shipped lists: whatever a site has not yet decided on, these say something."""
    shipped = shipped_lists()
    entries = [entry for name in _LISTS for entry in entries_from_text(shipped.get(name, ""))]
    return frozenset([fold(entry.text.strip("*")).text for entry in entries])


class Gram(NamedTuple):
    """One n-gram and where it stands in the text as typed."""

    text: str
    start: int
    end: int


def buckets(text: str) -> tuple[set[int], set[int]]:
    """The numbers of the n-grams in the text: of words (below HALF) and of characters (from HALF, below 2**BITS).

    They are kept apart because a text has many times as many n-grams of characters, which would drown the words.
    """
    low = HALF - 1
    words, letters = _grams(text)
    return (
        {crc32(gram.encode("utf-8", "surrogatepass")) & low for gram in words},
        {crc32(gram.encode("utf-8", "surrogatepass")) & low | HALF for gram in letters},
    )


def bucket(gram: str) -> int:
    """The number of one n-gram."""
    number = crc32(gram.encode("utf-8", "surrogatepass")) & (HALF - 1)
    return number | HALF if gram[0] in "cfx" else number


def _typed(text: str) -> str:
    """The text in small letters with the same length, so that places stay."""
    small = text.lower()
    return small if len(small) == len(text) else "".join([c.lower() if len(c.lower()) == 1 else c for c in text])


def _grams(text: str) -> tuple[set[str], set[str]]:
    text = text[:_LONGEST]
    folded = fold(text).text
    words = _WORD.findall(folded)
    told = {"w" + word for word in words}
    told.update([f"w{a} {b}" for a, b in pairwise(words)])
    stems = [_ENDING.sub("", _RUN.sub(r"\1", word)) for word in words]
    told.update(["n" + stem for stem in stems])
    told.update([f"n{a} {b}" for a, b in pairwise(stems)])
    told.update(["a" + word for word in words[:3]])
    told.update(["l" + word for word in words[-2:]])
    listed = _listed()
    bad = sum([word in listed or word.rstrip("s") in listed for word in words])
    told.add(f"b{min(bad, 4)}")
    if bad and not _YOU.isdisjoint(words):
        told.add("b you")
    if not _YOU.isdisjoint(words):
        for sentence in _SENTENCE.split(folded):
            spoken = _WORD.findall(sentence)
            if not _YOU.isdisjoint(spoken):
                told.update(["y" + word for word in spoken])
    told.update(_signs(text))
    grams: set[str] = set()
    if not folded.isascii():
        # Scripts of many letters say much with two; Hangul is folded into its letters.
        for chunk in set(folded.split()):
            padded = f" {chunk[:60]} "
            for width in (2, 3):
                grams.update(["f" + padded[i : i + width] for i in range(len(padded) - width + 1)])
    for chunk in set(_typed(text).split()):
        padded = f" {chunk[:60]} "
        size = len(padded)
        if size <= 5:
            grams.add("c" + padded)
        for width in (3, 4, 5) if chunk.isascii() else (2, 3, 4, 5):
            grams.update(["c" + padded[i : i + width] for i in range(size - width + 1)])
    line = " ".join(folded.split())
    for width in _ACROSS:
        grams.update(["x" + line[i : i + width] for i in range(len(line) - width + 1)])
    return told, grams


def _signs(text: str) -> Iterator[str]:
    size = len(text)
    yield f"s length {size.bit_length()}"
    if _URL.search(text):
        yield "s link"
    upper = sum(map(str.isupper, text))
    if upper * 2 > size:
        yield "s capitals"
    strange = 0 if text.isascii() else sum(1 for char in text if char > "\u2000")
    yield f"s strange {min(strange, 15).bit_length()}"
    yield f"s digits {min(len(_DIGITS.findall(text)), 7).bit_length()}"
    yield f"s marks {min(text.count('!') + text.count('?'), 7).bit_length()}"


def placed(text: str) -> Iterator[Gram]:
    """The n-grams of words and characters with their places in the text as typed, for explaining a judgement."""
    text = text[:_LONGEST]
    folded: Folded = fold(text)
    words = [(match[0], *folded.span(*match.span())) for match in _WORD.finditer(folded.text)]
    for word, start, end in words:
        yield Gram("w" + word, start, end)
    for (a, start, _), (b, _, end) in pairwise(words):
        yield Gram(f"w{a} {b}", start, end)
    for match in _CHUNK.finditer(_typed(text)):
        padded = f" {match[0][:60]} "
        front = match.start() - 1
        for width in (3, 4, 5):
            for i in range(len(padded) - width + 1):
                start, end = max(front + i, match.start()), min(front + i + width, match.end())
                if start < end:
                    yield Gram("c" + padded[i : i + width], start, end)
