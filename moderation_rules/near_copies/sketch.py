"""A text as a few numbers that say how much of it two texts share, without the texts.

Broder, "On the resemblance and containment of documents" (1997): a text is the set of its shingles, runs of a few
letters; two texts are near when they share most of them (Jaccard: shared by all). One hash puts all shingles of the
world in one random order, and the few smallest of each text, compared, estimate the share (his `min_s`; one permutation
is enough, Li, Owen, Zhang 2012). Of short texts these few are nearly all, so that the estimate is nearly exact there.
"""

from __future__ import annotations

import re
from codecs import charmap_build, charmap_encode
from collections.abc import Sequence, Set
from functools import cache
from itertools import compress
from struct import Struct, pack, unpack_from
from zlib import crc32

from moderation_rules.text.folding import Folded, fold
from moderation_rules.text.words import UNSPACED, spaced

SHINGLE = 5  # letters
HASHES = 24  # smallest hashes; a text with fewer different shingles is too short to tell
NEAR = 0.5  # from here on two texts are nearly the same
SIZE = 4 * HASHES  # bytes of a sketch

_SKETCH = Struct(f">{HASHES}I")
_LOW = (1 << 32) * 2 * HASHES  # of hashes spread evenly, twice as many as are kept lie below it
_LONGEST = 16_000  # letters looked at: of 5,000 typed ones, more only where one stands for many
_STEP = 4  # bytes a letter
_WIDTH = SHINGLE * _STEP
_LETTERS_KEPT = 20_000
# Numbers and links change from copy to copy: what holds a digit or an address is left out.
_CHANGES = re.compile(r"(?<!\S)\S*?(?:\d|://|www\.)\S*")
_TELLTALE = re.compile(r"\d|://|www\.")
# A folded text has no others.
_DIGIT = re.compile("[0-9]")
_BLANK = re.compile(r"\s")
_FEW = 10  # of what changes, up to which it is faster to look for the blanks around each

# Letters that nearly every text has; and how many kinds can have a byte of their own, one byte being none of them.
_USUAL = "0123456789abcdefghijklmnopqrstuvwxyz"
_MOST_KINDS = 255 - len(_USUAL)


def sketch(text: str | Folded) -> bytes | None:
    """The text's `HASHES` smallest hashes of shingles, in rising order; None where it has fewer.

    Spelling tricks, case, spaces, punctuation, emoji, links and words with digits make no difference. The same on every
    machine and in every process.
    """
    folded = fold(text) if isinstance(text, str) else text
    letters = _lasting(folded).replace(" ", "")[:_LONGEST]
    code = _code_of(letters, folded.strange)
    if code is None:
        found = _hashes(_doubled(letters, folded.strange))
    else:
        found = _hashes_of_bytes(code.bytes_of(letters), code.shares)
    if found is None:
        return None
    hashes, highest = found
    # Sorting all of them would cost as much as making them: the low ones are enough, unless the luck is bad.
    few = set(compress(hashes, highest.translate(_up_to(_LOW // len(hashes) >> 24))))
    if len(few) < HASHES:
        few = set(hashes)
    return _SKETCH.pack(*sorted(few)[:HASHES]) if len(few) >= HASHES else None


def _lasting(folded: Folded) -> str:
    """The words of a text without those that hold a digit or an address, a space for everything else."""
    text, words = folded.text, folded.spaced
    sign = _TELLTALE if "://" in text or "www." in text else _DIGIT
    kept: list[str] = []
    at = 0
    for _ in range(_FEW):
        found = sign.search(text, at)
        if found is None:
            return "".join([*kept, words[at:]])
        before = text[at : found.start()]
        stem = before.rstrip()
        if stem == before and stem:
            stem = before[: -len(before.rsplit(None, 1)[-1])]
        kept.append(words[at : at + len(stem)])
        end = _BLANK.search(text, found.end())
        if end is None:
            return "".join(kept)
        at = end.start()
    return "".join([*kept, spaced(_CHANGES.sub(" ", text[at:]))])


@cache
def _up_to(most: int) -> bytes:
    """A table that makes 1 of each byte up to `most`, and 0 of the others."""
    return bytes(byte <= most for byte in range(256))


def _doubled(letters: str, strange: Set[str]) -> str:
    """The letters, twice each sign of a script without spaces: it says as much as two letters of an alphabet."""
    twice = {letter: letter + letter for letter in strange if UNSPACED.match(letter)}
    return "".join(map(twice.get, letters, letters)) if twice else letters


def _hashes(letters: str) -> tuple[tuple[int, ...], bytes] | None:
    """The CRC-32 of each shingle, of its letters in four bytes each (UTF-32, big end first); and the highest byte of
    each. None where they are too few.

    A CRC is linear: each letter has its share of it at each place of a shingle, and the shares are put together by XOR;
    of all shingles at once, as one long number.
    """
    count = len(letters) - SHINGLE + 1
    if count < HASHES:
        return None
    shares = memoryview(b"".join(map(_shares.__getitem__, letters))).cast("I")
    total = 0
    for place in range(SHINGLE):
        total ^= int.from_bytes(shares[place::SHINGLE][place : place + count].tobytes(), "little")
    found = total.to_bytes(count * _STEP, "little")
    return unpack_from(f"<{count}I", found), found[_STEP - 1 :: _STEP]


def _hashes_of_bytes(typed: bytes, shares: Sequence[Sequence[bytes]]) -> tuple[tuple[int, ...], bytes] | None:
    """The same of letters that are a byte each, in half the time: their shares are looked up all at once."""
    count = len(typed) - SHINGLE + 1
    if count < HASHES:
        return None
    total = 0
    for place, tables in enumerate(shares):
        here = typed[place : place + count]
        total ^= int.from_bytes(b"".join([here.translate(table) for table in tables]), "little")
    # First the lowest byte of all of them, then the next.
    planes = total.to_bytes(count * _STEP, "little")
    found = bytearray(count * _STEP)
    for byte in range(_STEP):
        found[byte::_STEP] = planes[byte * count : (byte + 1) * count]
    return unpack_from(f"<{count}I", found), planes[-count:]


class _Shares(dict[str, bytes]):
    """letter -> its share of the CRC at the first, second, ... place of a shingle, four bytes each."""

    def __missing__(self, letter: str) -> bytes:
        typed = letter.encode("utf-32-be", "surrogatepass")
        crcs = [crc32((_STEP * place * b"\0" + typed).ljust(_WIDTH, b"\0")) for place in range(SHINGLE)]
        # What a shingle of zeros has is in all of them, and must be left in one.
        nothing = crc32(bytes(_WIDTH))
        found = pack(f"<{SHINGLE}I", crcs[0], *(crc ^ nothing for crc in crcs[1:]))
        if len(self) >= _LETTERS_KEPT:
            self.clear()
        self[letter] = found
        return found


_shares = _Shares()


class _ByteCode:
    """Letters of texts, a byte each: a to z, digits, and at most `_MOST_KINDS` others."""

    def __init__(self, others: frozenset[str]) -> None:
        self.others = others
        # The first stands for no letter.
        letters = "".join([_USUAL, *others])
        self._bytes = charmap_build("\0" + letters)
        row = bytes(_WIDTH) + b"".join(map(_shares.__getitem__, letters))
        # For each place of a shingle, and each byte of a CRC: that byte of every letter's share.
        self.shares = [
            [row[place * _STEP + byte :: _WIDTH].ljust(256, b"\0") for byte in range(_STEP)] for place in range(SHINGLE)
        ]
        twice = [byte if UNSPACED.match(letter) else 0 for byte, letter in enumerate(others, 1 + len(_USUAL))]
        self._twice = (bytes(1 + len(_USUAL)) + bytes(twice)).ljust(256, b"\0") if any(twice) else None

    def bytes_of(self, letters: str) -> bytes:
        """A byte for each letter, two for one that is `_doubled`. Raises UnicodeEncodeError for letters of others."""
        typed = charmap_encode(letters, "strict", self._bytes)[0]
        if self._twice is None:
            return typed
        pairs = bytearray(2 * len(typed))
        pairs[::2], pairs[1::2] = typed, typed.translate(self._twice)
        return bytes(pairs).translate(None, b"\0")


_last_code = _ByteCode(frozenset())


def _code_of(letters: str, strange: Set[str]) -> _ByteCode | None:
    """A code that has all the letters; None where they are of too many kinds. `strange`: those beyond ASCII, and
    perhaps more.

    Most often it is the one of the text before: it grows by what is new, until there is no byte left.
    """
    global _last_code
    code = _last_code
    if new := {letter for letter in strange - code.others if letter in letters}:
        others = code.others | new
        if len(others) > _MOST_KINDS:
            others = frozenset(letter for letter in strange if letter in letters)
        # Beyond the first plane, where few letters are, `charmap_encode` takes ten times as long.
        if len(others) > _MOST_KINDS or max(new) > "\uffff":
            return None
        _last_code = code = _ByteCode(others)
    return code


def unpack(sketched: bytes | bytearray) -> tuple[int, ...]:
    """The numbers of a sketch, smallest first."""
    return _SKETCH.unpack(sketched)


def alike(mine: set[int], others: set[int]) -> float:
    """Of two unpacked sketches: the estimated share of common shingles among all shingles of both texts, 0 to 1."""
    smallest = sorted(mine | others)[:HASHES]
    return len(mine & others & set(smallest)) / HASHES
