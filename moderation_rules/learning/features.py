"""What the classifier sees of a text: hashed n-grams of words and of characters, and a few signs of its shape."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Final, NamedTuple
from zlib import crc32

from moderation_rules.text import Folded, fold

VERSION: Final = 1  # of these features; a model made for others is refused
BITS: Final = 19
_MASK = (1 << BITS) - 1
_ACROSS = (4, 5, 6)  # characters, also across words
_LONGEST = 4000  # characters looked at; what comes later rarely changes what a text is
_WORD = re.compile(r"\w+(?:['’]\w+)*")
_CHUNK = re.compile(r"\S+")
_URL = re.compile(r"https?://|www\.|\.com\b|\.ly/", re.IGNORECASE)
_DIGITS = re.compile(r"\d+")


class Gram(NamedTuple):
    """One n-gram and where it stands in the text as typed."""

    text: str
    start: int
    end: int


def buckets(text: str) -> set[int]:
    """The numbers (below 2**BITS) of the n-grams in the text."""
    return {crc32(gram.encode("utf-8", "surrogatepass")) & _MASK for gram in _grams(text)}


def bucket(gram: str) -> int:
    """The number of one n-gram."""
    return crc32(gram.encode("utf-8", "surrogatepass")) & _MASK


def _typed(text: str) -> str:
    """The text in small letters with the same length, so that places stay."""
    small = text.lower()
    return small if len(small) == len(text) else "".join([c.lower() if len(c.lower()) == 1 else c for c in text])


def _grams(text: str) -> set[str]:
    text = text[:_LONGEST]
    folded = fold(text).text
    words = _WORD.findall(folded)
    grams = {"w" + word for word in words}
    grams.update([f"w{a} {b}" for a, b in pairwise(words)])
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
        for width in (3, 4, 5):
            grams.update(["c" + padded[i : i + width] for i in range(size - width + 1)])
    line = " ".join(folded.split())
    for width in _ACROSS:
        grams.update(["x" + line[i : i + width] for i in range(len(line) - width + 1)])
    grams.update(_signs(text))
    return grams


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
