"""What was found out about pieces of texts: most words of a comment stood in others before, and need no second look."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from typing import Final

_REMEMBERED = 19_000  # pieces; a set of 20,000 takes four times the memory, two megabytes
_MOST_SHARED = 21_000  # pieces that all memories have one string for; a mapping of more takes twice the memory
_LONGEST = 30  # characters of a piece that is remembered
_NUMBER = 4  # digits of a number that is remembered: longer ones hardly come twice
_MANY = 200  # new pieces above which it is faster to look at the text as a whole
UNKNOWN: Final = -1  # every sign, as bits


class Memo:
    """Which signs (bits) a piece of text shows, most often none. `tell` must always say the same of the same piece.

    Only time depends on what is remembered. Any number of threads may ask at once.
    """

    __slots__ = ("_beside", "_older", "_plain", "_tell", "_told")

    def __init__(self, tell: Callable[[str], int], beside: Memo | None = None) -> None:
        """`beside`: a memory of which every piece without signs has none here either; those are kept there alone."""
        self._tell = tell
        self._beside = beside
        self._plain: set[str] = set()
        # What was in it when it was full the last time, and is still known.
        self._older: set[str] = set()
        self._told: dict[str, int] = {}

    def not_plain(self, pieces: Set[str]) -> Set[str]:
        """Those that are not remembered to have no signs."""
        memory = self if self._beside is None else self._beside
        rest = pieces - memory._plain
        if rest and (again := rest & memory._older):
            # What is still met stays when the rest is forgotten.
            memory._plain.update(again)
            rest = rest - again
        return rest

    def are_plain(self, pieces: Sequence[str]) -> bool:
        """Whether all of these are remembered to have no signs."""
        return (self._plain if self._beside is None else self._beside._plain).issuperset(pieces)

    def signs(self, pieces: Set[str]) -> int:
        """The signs of all pieces together; `UNKNOWN` where too many are new to look at each."""
        told = self.telling(pieces)
        if told is None:
            return UNKNOWN
        signs = 0
        for _, sign in told:
            signs |= sign
        return signs

    def telling(self, pieces: Set[str]) -> Sequence[tuple[str, int]] | None:
        """The pieces that show signs, each with its signs; None where too many are new to look at each."""
        rest = self.not_plain(pieces)
        if not rest:
            return ()
        told = self._told
        found: list[tuple[str, int]] = []
        new: list[str] = []
        for piece in rest:
            signs = told.get(piece)
            if signs is None:
                new.append(piece)
            elif signs:
                found.append((piece, signs))
        if len(new) > _MANY:
            return None
        for piece in new:
            if signs := self._learn(piece):
                found.append((piece, signs))
        return found

    def _learn(self, piece: str) -> int:
        beside = self._beside
        if beside is not None and not (piece in beside._told or beside._learn(piece)):
            return 0
        signs = self._tell(piece)
        if len(piece) > _LONGEST or (len(piece) > _NUMBER and piece.isdecimal()):
            return signs
        piece = _shared(piece)
        # A full memory is put away whole: to know what was asked for last would cost more than to ask again. Of the
        # plain pieces, which most are, those are kept that come once more until it is full again.
        if signs or beside is not None:
            if len(self._told) >= _REMEMBERED:
                self._told = {}
            self._told[piece] = signs
        else:
            if len(self._plain) >= _REMEMBERED:
                self._older, self._plain = self._plain, set()
            self._plain.add(piece)
        return signs


_SHARED: dict[str, str] = {}


def _shared(piece: str) -> str:
    """The string that other memories have for it: sites meet the same words. The interpreter's own table of strings
    would grow by megabytes for good."""
    if len(_SHARED) >= _MOST_SHARED:
        _SHARED.clear()
    return _SHARED.setdefault(piece, piece)
