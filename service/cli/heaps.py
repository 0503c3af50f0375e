"""How much memory a process of many threads takes from the system."""

import ctypes

_M_ARENA_MAX = -8  # glibc's malloc.h


def use_one_heap() -> None:
    """From now on all threads take memory from one heap, where the C library is glibc; others never had more.

    glibc gives each thread a heap of its own, and what one thread no longer needs is of no use to the others: twenty
    megabytes of a worker. Its threads wait for the interpreter's lock anyway, so none waits for the heap.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, 1)
