import os
import re
import secrets
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import product

from models.database.randomness import random_bytes

# An id as a regular expression, without anchors, for the patterns that it is a part of.
ID_PATTERN = "[0-9A-HJKMNP-TV-Z]{26}"
_ID = re.compile(ID_PATTERN)

# Crockford's base 32.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_REVERSED = str.maketrans(_ALPHABET, _ALPHABET[::-1])
# Two places at a time: the end of an id counts within its batch.
_PAIRS = tuple(map("".join, product(_ALPHABET, repeat=2)))
_RANDOM_BITS = 80
_EPOCH, _MILLISECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(milliseconds=1)


class _Ids:
    """What a process has made last: ids of one millisecond count up from each other."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._at, self._bits = 0, 0

    def next(self) -> int:
        with self._lock:
            now = time.time_ns() // 1_000_000
            if now == self._at:
                # One bit less than there are is drawn, so that counting never ends.
                self._bits += 1
            else:
                self._at = now
                self._bits = int.from_bytes(random_bytes(_RANDOM_BITS // 8), "big") >> 1
            return self._at << _RANDOM_BITS | self._bits


_ids = _Ids()


def _begin_anew() -> None:
    """In a forked process: the parent goes on counting from what both had, and may hold the lock."""
    _ids.__init__()  # type: ignore[misc]


os.register_at_fork(after_in_child=_begin_anew)


def new_id() -> str:
    """A new row id: a ULID of 26 characters, so ids sort by the time they were made (to a millisecond).

    Source: https://github.com/ulid/spec
    """
    number = _ids.next()
    return "".join([_PAIRS[number >> shift & 1023] for shift in range(120, -1, -10)])


def is_id(text: str) -> bool:
    """Whether this can be an id at all; anything else need not be asked of the database."""
    return _ID.fullmatch(text) is not None


def new_ids(count: int) -> Sequence[str]:
    """That many new ids at once, in a tenth of the time.

    Each thousand of them share one time and 70 random bits and count in the last ten, as the ULID's monotonic
    variant does: nobody may rely on them being hard to guess.
    """
    ids: list[str] = []
    while count > len(ids):
        # Bits of its own: ids that `new_id` makes within one millisecond count up from each other.
        bits = secrets.randbits(70)
        start = new_id()[:10] + "".join(_ALPHABET[bits >> shift & 31] for shift in range(65, -1, -5))
        ids += [start + pair for pair in _PAIRS[: count - len(ids)]]
    return ids


def first_id(at: datetime) -> str:
    """The lowest id that can have been made at that time; before 1970 there are none."""
    milliseconds = max(0, (at - _EPOCH) // _MILLISECOND)
    return "".join([_PAIRS[milliseconds >> shift & 1023] for shift in (40, 30, 20, 10, 0)]) + "0" * 16


def reverse(row_id: str) -> str:
    """The id with the order of its letters reversed: where ids are sorted by this, the newest comes first."""
    return row_id.translate(_REVERSED)
