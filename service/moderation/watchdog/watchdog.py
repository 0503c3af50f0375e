"""Sees to it that no rule keeps a thread, or a worker, for ever. Three steps, each for what the one before can't reach.

1. A thread that has been at one comment for `CUT_AFTER` gets `CutOff` thrown into it: the rule that was running says
   so as a finding, the others go on. This ends whatever is written in Python.
2. A rule that is still running `LEAVE_AFTER` later sits in C code. It is noted for this comment, and the process ends.
3. C code that does not let go of the interpreter lets no watch run either: faulthandler's own thread, which needs no
   interpreter, then ends the process after `STALL_AFTER`.

Whoever claims the messages back judges each by itself, without the rule that was noted (`suspects`). On the way of a
comment all this costs one attribute: there is no clock in it.
"""

import ctypes
import faulthandler
import os
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Self

from moderation_rules import Judge
from moderation_rules.engine import CutOff
from service.moderation.watchdog import suspects
from service.telemetry import logger
from service.wiring import Services

log = logger(__name__)

# Seconds. The default policy takes 60 µs for a comment.
CUT_AFTER = 2.0
LEAVE_AFTER = 8.0
# Long enough for the largest lists to be compiled.
STALL_AFTER = 60.0
TICK = 0.25
EXIT_CODE = 70

_watched: dict[int, "WatchedThread"] = {}
_lock = threading.Lock()


class WatchedThread:
    """What one thread is judging, while it is in the `with` block. The thread writes `comment_id`, the watch reads."""

    __slots__ = ("_ident", "comment_id", "cut", "cuts", "seen", "since", "thrown")

    def __init__(self) -> None:
        self.comment_id: str | None = None
        # Rules that the watch has cut off since somebody emptied this.
        self.cuts: list[str] = []
        # The watch's own notes: which comment it saw, since when, and which rule it has cut off.
        self.seen: str | None = None
        self.since = 0.0
        self.cut: str | None = None
        self.thrown = False
        self._ident = threading.get_ident()

    def __enter__(self) -> Self:
        with _lock:
            _watched[self._ident] = self
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        while True:
            try:
                with _lock:
                    _watched.pop(self._ident, None)
                # Nobody throws any more; what was thrown and has not arrived must not arrive elsewhere. Only what
                # arrives is over: taking it back would leave the interpreter looking for it at every step.
                if self.thrown:
                    self.thrown = False
                    _throw(self._ident)
                    while True:
                        time.sleep(0)
                return
            except CutOff:
                continue


def arm() -> None:
    """Lets faulthandler end this process unless it is told again within `STALL_AFTER`.

    For the first time before anything is judged: a rule that lets nothing else run would not let `run` begin.
    """
    faulthandler.dump_traceback_later(STALL_AFTER, exit=True)


def run(services: Services, stop: threading.Event) -> None:
    """Watches the threads of this process until `stop` is set. See `arm`, which comes first."""

    def leave(comment_id: str, rule: str) -> None:
        log.error("rule_stuck", rule=rule, comment=comment_id)
        suspects.save(services.redis, comment_id, *suspects.load(services.redis, comment_id), rule)
        os._exit(EXIT_CODE)

    watch = Watchdog(leave)
    try:
        while not stop.wait(TICK):
            arm()
            watch.look(time.monotonic())
    finally:
        faulthandler.cancel_dump_traceback_later()


class Watchdog:
    """Looks at all watched threads; `leave` gets the comment and the rule that can't be cut off."""

    def __init__(self, leave: Callable[[str, str], None]) -> None:
        self._leave = leave

    def look(self, now: float) -> None:
        """`now`: seconds of a clock that is never set back."""
        stuck: tuple[str, str] | None = None
        with _lock:
            for ident, thread in _watched.items():
                comment_id = thread.comment_id
                if comment_id is None or comment_id != thread.seen:
                    thread.seen, thread.since, thread.cut = comment_id, now, None
                elif now - thread.since >= CUT_AFTER:
                    rule = _running_rule(ident)
                    if thread.cut is None or rule != thread.cut:
                        thread.since, thread.cut = now, rule
                        thread.cuts.append(rule)
                        log.warning("rule_cut_off", rule=rule, comment=comment_id)
                        thread.thrown = True
                        _throw(ident)
                    elif now - thread.since >= LEAVE_AFTER:
                        stuck = comment_id, rule
        if stuck is not None:
            self._leave(*stuck)


def _throw(ident: int) -> None:
    """Makes the thread raise `CutOff` at its next step in Python, once however often it was thrown before."""
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(ident), ctypes.py_object(CutOff))


def _running_rule(ident: int) -> str:
    """The name of the rule in which the thread is; empty between two rules."""
    frame: FrameType | None = sys._current_frames().get(ident)
    while frame is not None:
        if frame.f_code is Judge.run_rules.__code__:
            return str(getattr(frame.f_locals.get("rule"), "name", ""))
        frame = frame.f_back
    return ""
