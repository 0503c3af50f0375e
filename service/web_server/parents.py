"""Processes that do not outlive who started them, also where that one is killed."""

import ctypes
import os
import signal
import sys
import threading
import time
from multiprocessing import parent_process

_PR_SET_PDEATHSIG = 1
LOOK_SECONDS = 1.0


def end_with_parent() -> None:
    """From now on this process is killed when the one ends that `multiprocessing` made it from; else does nothing.

    Nothing is lost by that which a kill of this process would not lose. Without it granian's processes would hold the
    port for ever, with nobody who could stop them by their parent's number.
    """
    parent = parent_process()
    if parent is None or parent.pid is None:
        return
    expected = parent.pid
    if sys.platform == "linux":
        # Ends with the thread that forked us, which is the parent's main thread.
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        # It may have ended before.
        if os.getppid() != expected:
            os.kill(os.getpid(), signal.SIGKILL)
    else:
        threading.Thread(target=_watch, args=(expected,), name="parent", daemon=True).start()


def _watch(expected: int) -> None:
    while os.getppid() == expected:
        time.sleep(LOOK_SECONDS)
    os.kill(os.getpid(), signal.SIGKILL)
