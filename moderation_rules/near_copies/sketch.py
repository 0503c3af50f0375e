"""A text as a few numbers that say how much of it two texts share, without the texts.

Broder, "On the resemblance and containment of documents" (1997): a text is the set of its shingles, runs of a few
letters; two texts are near when they share most of them (Jaccard: shared by all). One hash puts all shingles of the
world in one random order, and the few smallest of each text, compared, estimate the share (his `min_s`; one permutation
is enough, Li, Owen, Zhang 2012). Of short texts these few are nearly all, so that the estimate is nearly exact there.
"""

from __future__ import annotations

import re
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


def sketch(text: str | Folded) -> bytes | None:
    """The text's `KEPT` smallest hashes of shingles, in rising order; None where it has fewer.

    Spelling tricks, case, spaces, punctuation, emoji, links and words with digits make no difference. The same on every
    machine and in every process.
    """
    folded = (fold(text) if isinstance(text, str) else text).text
    if _TELLTALE.search(folded):
        folded = _CHANGES.sub(" ", folded)
    letters = spaced(folded).replace(" ", "")[:_LONGEST]
    if UNSPACED.search(letters):
        # A sign of these scripts says as much as two letters of an alphabet.
        letters = UNSPACED.sub(r"\g<0>\g<0>", letters)
    if len(letters) < HASHES + SHINGLE - 1:
        return None
    hashes, highest = _hashes_of_ascii(letters) if letters.isascii() else _hashes(letters)
    # Sorting all of them would cost as much as making them: the low ones are enough, unless the luck is bad.
    few = set(compress(hashes, highest.translate(_up_to(_LOW // len(hashes) >> 24))))
    if len(few) < HASHES:
        few = set(hashes)
    return _SKETCH.pack(*sorted(few)[:HASHES]) if len(few) >= HASHES else None


@cache
def _up_to(most: int) -> bytes:
    """A table that makes 1 of each byte up to `most`, and 0 of the others."""
    return bytes(byte <= most for byte in range(256))


def _hashes(letters: str) -> tuple[tuple[int, ...], bytes]:
    """The CRC-32 of each shingle, of its letters in four bytes each (UTF-32, big end first); and the highest byte of
    each.

    A CRC is linear: each letter has its share of it at each place of a shingle, and the shares are put together by XOR;
    of all shingles at once, as one long number.
    """
    count = len(letters) - SHINGLE + 1
    shares = memoryview(b"".join(map(_shares.__getitem__, letters))).cast("I")
    total = 0
    for place in range(SHINGLE):
        total ^= int.from_bytes(shares[place::SHINGLE][place : place + count].tobytes(), "little")
    found = total.to_bytes(count * _STEP, "little")
    return unpack_from(f"<{count}I", found), found[_STEP - 1 :: _STEP]


def _hashes_of_ascii(letters: str) -> tuple[tuple[int, ...], bytes]:
    """The same of letters that are a byte each, in a third of the time: their shares are looked up all at once."""
    count = len(letters) - SHINGLE + 1
    typed = letters.encode("ascii")
    total = 0
    for place, tables in enumerate(_tables()):
        here = typed[place : place + count]
        total ^= int.from_bytes(b"".join([here.translate(table) for table in tables]), "little")
    # First the lowest byte of all of them, then the next.
    planes = total.to_bytes(count * _STEP, "little")
    found = bytearray(count * _STEP)
    for byte in range(_STEP):
        found[byte::_STEP] = planes[byte * count : (byte + 1) * count]
    return unpack_from(f"<{count}I", found), planes[-count:]


@cache
def _tables() -> tuple[tuple[bytes, ...], ...]:
    """For each place of a shingle, and each byte of a CRC: that byte of every ASCII letter's share."""
    shares = [_shares[chr(letter)] for letter in range(128)]
    return tuple(
        tuple(bytes(share[place * _STEP + byte] for share in shares).ljust(256, b"\0") for byte in range(_STEP))
        for place in range(SHINGLE)
    )


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


def unpack(sketched: bytes | bytearray) -> tuple[int, ...]:
    """The numbers of a sketch, smallest first."""
    return _SKETCH.unpack(sketched)


def alike(mine: set[int], others: set[int]) -> float:
    """Of two unpacked sketches: the estimated share of common shingles among all shingles of both texts, 0 to 1."""
    smallest = sorted(mine | others)[:HASHES]
    return len(mine & others & set(smallest)) / HASHES
