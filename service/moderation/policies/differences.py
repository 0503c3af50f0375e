"""What one text says otherwise than another, line by line, with work and answer that are bounded whatever the texts.

Texts of editors differ in few places, and most lines stand in each once. So equal lines at both ends are left out;
lines that each side has exactly once, in the same order in both, cut the rest into gaps (Bram Cohen's "patience"
differences); and only gaps are compared line with line, while `MOST_COMPARED` lasts. A gap beyond that is gone on one
side and new on the other: right, if not the shortest way to say it.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from typing import Literal

import msgspec

# Lines around a change that are shown with it.
AROUND = 3
# Pairs of lines that one call compares: a fifth of a second.
MOST_COMPARED = 1_000_000
# Lines of an answer. Nobody reads more; whoever wants it all compares the two texts.
MOST_LINES = 2_000


class DiffLine(msgspec.Struct, frozen=True):
    """`old` and `new`: line numbers from 1, null where the line is not in that version."""

    kind: Literal["same", "gone", "new"]
    old: int | None
    new: int | None
    text: str


class Differences(msgspec.Struct, frozen=True):
    """The changed lines with `AROUND` around them, in order. `more`: how many further lines are not among them."""

    lines: list[DiffLine]
    more: int


# Of both texts as half-open ranges: (old start, old end, new start, new end).
_Range = tuple[int, int, int, int]


class _Comparison:
    """`old` and `new`, and how many pairs of their lines may still be compared."""

    def __init__(self, old: list[str], new: list[str]) -> None:
        self.old, self.new = old, new
        self.left = MOST_COMPARED

    def changed(self) -> Iterator[_Range]:
        """The ranges that differ, in order; what lies between two of them is equal."""
        a, b, c, d = self._trimmed(0, len(self.old), 0, len(self.new))
        done, over = a, c
        for i, j in [*self._anchors(a, b, c, d), (b, d)]:
            yield from self._gap(*self._trimmed(done, i, over, j))
            done, over = i + 1, j + 1

    def _trimmed(self, a: int, b: int, c: int, d: int) -> _Range:
        """The range without equal lines at its ends."""
        old, new = self.old, self.new
        while a < b and c < d and old[a] == new[c]:
            a, c = a + 1, c + 1
        while a < b and c < d and old[b - 1] == new[d - 1]:
            b, d = b - 1, d - 1
        return a, b, c, d

    def _anchors(self, a: int, b: int, c: int, d: int) -> list[tuple[int, int]]:
        """Equal lines that are the only ones of their text on either side: the most that stand in the same order."""
        places = {line: n for n, line in enumerate(self.new[c:d], c)}
        here, there = Counter(self.old[a:b]), Counter(self.new[c:d])
        pairs = [
            (n, places[line]) for n, line in enumerate(self.old[a:b], a) if here[line] == 1 and there.get(line) == 1
        ]
        # The longest increasing sequence: the lowest end of one of each length, and what stands before each pair.
        ends: list[int] = []
        last: list[int] = []
        before: list[int] = []
        for index, (_, place) in enumerate(pairs):
            length = bisect_left(ends, place)
            before.append(last[length - 1] if length else -1)
            ends[length : length + 1] = [place]
            last[length : length + 1] = [index]
        found = []
        index = last[-1] if last else -1
        while index >= 0:
            found.append(pairs[index])
            index = before[index]
        return found[::-1]

    def _gap(self, a: int, b: int, c: int, d: int) -> Iterator[_Range]:
        """What differs between two anchors, by the longest common sequence where the work is left for it."""
        old, new = self.old[a:b], self.new[c:d]
        cells = len(old) * len(new)
        if not cells or cells > self.left:
            if old or new:
                yield a, b, c, d
            return
        self.left -= cells
        rest = [[0] * (len(new) + 1)]
        for line in reversed(old):
            below, row = rest[-1], [0] * (len(new) + 1)
            for at in range(len(new) - 1, -1, -1):
                row[at] = below[at + 1] + 1 if line == new[at] else max(below[at], row[at + 1])
            rest.append(row)
        rest.reverse()
        i = j = start = over = 0
        while i < len(old) and j < len(new):
            if old[i] == new[j]:
                if i > start or j > over:
                    yield a + start, a + i, c + over, c + j
                i, j = i + 1, j + 1
                start, over = i, j
            elif rest[i + 1][j] >= rest[i][j + 1]:
                i += 1
            else:
                j += 1
        if start < len(old) or over < len(new):
            yield a + start, b, c + over, d


def differences(old: str, new: str) -> Differences:
    """The changed lines with a few around them."""
    found = _Comparison(old.splitlines(), new.splitlines())
    shown: list[DiffLine] = []
    count = 0
    for kind, at, other, length in _runs(found):
        for n in range(min(length, MOST_LINES - len(shown))):
            lines, place = (found.new, other) if kind == "new" else (found.old, at)
            shown.append(
                DiffLine(
                    kind,
                    None if kind == "new" else at + n + 1,
                    None if kind == "gone" else other + n + 1,
                    lines[place + n],
                )
            )
        count += length
    return Differences(shown, count - len(shown))


def _runs(found: _Comparison) -> Iterator[tuple[Literal["same", "gone", "new"], int, int, int]]:
    """Runs of lines of one kind: where they begin in the old text and in the new one, and how many they are."""
    # Where the lines behind the last change begin, and how many of them belong to it.
    at = other = after = 0
    for a, b, c, d in found.changed():
        around = min(a - at, after) if a - at > after + AROUND else a - at
        yield "same", at, other, around
        before = min(a - at - around, AROUND)
        yield "same", a - before, c - before, before
        yield "gone", a, c, b - a
        yield "new", b, c, d - c
        at, other, after = b, d, AROUND
    yield "same", at, other, min(after, len(found.old) - at)
