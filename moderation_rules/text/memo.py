"""What was found out about pieces of texts: most words of a comment stood in others before, and need no second look."""

from __future__ import annotations

from collections.abc import Callable, Set
from typing import Final

_REMEMBERED = 20_000  # pieces
_LONGEST = 30  # characters of a piece that is remembered
_MANY = 200  # new pieces above which it is faster to look at the text as a whole
UNKNOWN: Final = -1  # every sign, as bits


class Memo:
    """Which signs (bits) a piece of text shows, most often none. `tell` must always say the same of the same piece.

    Only time depends on what is remembered. Any number of threads may ask at once.
    """

    __slots__ = ("_plain", "_tell", "_told")

    def __init__(self, tell: Callable[[str], int]) -> None:
        self._tell = tell
        self._plain: set[str] = set()
        self._told: dict[str, int] = {}

    def signs(self, pieces: Set[str]) -> int:
        """The signs of all pieces together; `UNKNOWN` where too many are new to look at each."""
        rest = pieces - self._plain
        if not rest:
            return 0
        told, signs = self._told, 0
        new = [piece for piece in rest if piece not in told]
        if len(new) > _MANY:
            return UNKNOWN
        if len(new) < len(rest):
            for piece in rest:
                signs |= told.get(piece, 0)
        for piece in new:
            signs |= self._learn(piece)
        return signs

    def with_sign(self, pieces: Set[str], sign: int) -> list[str]:
        """The pieces that show this sign."""
        told = self._told
        rest = pieces - self._plain
        return [piece for piece in rest if (told[piece] if piece in told else self._tell(piece)) & sign]

    def _learn(self, piece: str) -> int:
        signs = self._tell(piece)
        if len(piece) > _LONGEST:
            return signs
        # A full memory is put away whole: to know what was asked for last would cost more than to ask again.
        if signs:
            if len(self._told) >= _REMEMBERED:
                self._told = {}
            self._told[piece] = signs
        else:
            if len(self._plain) >= _REMEMBERED:
                self._plain = set()
            self._plain.add(piece)
        return signs
