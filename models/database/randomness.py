"""Random bytes for those who need a few of them often."""

import os
import threading

# Asked of the system at once. Each time this costs a thread the interpreter, which others may want for long; a comment
# needs a hundred bytes.
_STOCK = 16_384

_lock = threading.Lock()
_left = bytearray()


def random_bytes(count: int) -> bytes:
    """As many bytes from the system's generator (`os.urandom`), none of which anybody else gets; 16,384 at most."""
    with _lock:
        if len(_left) < count:
            _left[:] = os.urandom(_STOCK)
        found = bytes(_left[-count:])
        del _left[-count:]
    return found


def _begin_anew() -> None:
    """In a forked process: what is left is the parent's, who will use it."""
    global _lock
    _lock = threading.Lock()
    _left.clear()


os.register_at_fork(after_in_child=_begin_anew)
