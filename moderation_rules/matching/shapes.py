"""Where signs, digits and single letters stand inside of words: found in one pass over a text's shape."""

from __future__ import annotations

from collections.abc import Collection
from itertools import product

from ahocorasick_rs import AhoCorasick, Implementation

# What `text.words.shapes` has where a sign or digit may stand for a letter, hide some, or break a word up.
SIGNS = ("a*", "*a", "a!a", "a0", "0a")
MASKS = (*SIGNS, "a..a", "a...a")
BREAKS = ("a.a", "a..a", "a*a", "a**a", "a!a")
# Three single letters in a row, rather than the end of a word, a letter and a word.
SINGLES = frozenset((" a a a", "!a a a", "*a a a", ".a a a", "'a a a", "a.a.a", "a*a*a"))
# Letters or digits one by one, with a space or up to two signs between them.
_GAPS = ("..", ".*", "*.", "**")
APART = frozenset(
    [f" {a} {b} " for a, b in product("a0", repeat=2)]
    + [gap.join(three) for three in product("a0", repeat=3) for gap in ".*"]
    + [a + one + b + two + c for a, b, c in product("a0", repeat=3) for one in _GAPS for two in _GAPS]
)
LINKS = frozenset(("a.a", "a.0", "0.a", "0.0"))
_PIECES = tuple({*LINKS, *MASKS, *BREAKS, *SINGLES, *APART})
_ALL = AhoCorasick(list(_PIECES), implementation=Implementation.DFA)
_MANY = 12  # places to look at, above which it is faster to look everywhere

Spots = dict[str, list[int]]


def spots(shape: str) -> Spots:
    """Where each of the pieces begins, for those that are there."""
    found: Spots = {}
    for piece, start, _ in _ALL.find_matches_as_indexes(shape, overlapping=True):
        found.setdefault(_PIECES[piece], []).append(start)
    return found


def places(shape: str, found: Spots, pieces: Collection[str]) -> list[tuple[int, int]]:
    """Where what has no spaces stands that has one of the pieces in it; where there are many, from first to last."""
    ends: dict[int, int] = {}
    for piece, starts in found.items():
        if piece not in pieces:
            continue
        end = -1
        for at in starts:
            if at < end:
                continue  # the same word as the piece before it
            front, end = shape.rfind(" ", 0, at) + 1, shape.find(" ", at)
            end = end if end >= 0 else len(shape)
            if front not in ends:
                ends[front] = end
                if len(ends) > _MANY:
                    return [(0, len(shape))]
    return sorted(ends.items())
