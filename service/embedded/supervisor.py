"""One process that starts the others, starts them again when they crash, and stops them all."""

import signal
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue

from service.backoff import Backoff
from service.embedded.folder import CannotStart
from service.embedded.guard import GuardedProcess, start_guarded

RESTART_BACK_OFF = Backoff.doubling(0.25, 30.0)
# A child that ran this long counts as healthy: its next crash starts the delays anew.
HEALTHY_AFTER = 60.0


@dataclass(frozen=True, slots=True)
class Program:
    """What to run. `outlasts`: the others need it, so it is stopped after them."""

    name: str
    command: Sequence[str]
    environ: Mapping[str, str]
    outlasts: bool = False
    stop_seconds: float = 15.0


class Stopped(Exception):
    """Somebody asked to stop while we were starting."""


@dataclass(slots=True, eq=False)
class _Running:
    program: Program
    guarded: GuardedProcess
    started: float
    crashes: int = 0


@dataclass(slots=True, eq=False)
class _Waiting:
    program: Program
    due: float
    crashes: int


class _StopAsked:
    pass


@dataclass(slots=True)
class Supervisor:
    """Owned by one thread; only `ask_to_stop` may be called from elsewhere, signal handlers included.

    `say` gets a line for people whenever something unusual happens. `still_wanted` is asked every second.
    """

    say: Callable[[str], None]
    keep_open: Sequence[int] = ()
    still_wanted: Callable[[], bool] = lambda: True
    _running: list[_Running] = field(default_factory=list)
    _waiting: list[_Waiting] = field(default_factory=list)
    # A SimpleQueue may be filled from a signal handler even while it is being read.
    _events: "SimpleQueue[_Running | _StopAsked]" = field(default_factory=SimpleQueue)

    def ask_to_stop(self) -> None:
        self._events.put(_StopAsked())

    def start(self, program: Program) -> None:
        self._launch(program, crashes=0)

    def wait_for(self, condition: Callable[[], bool], *, what: str, seconds: float) -> None:
        """Waits while `what` starts. Raises CannotStart when a child ends or `seconds` pass, Stopped when asked to."""
        deadline = time.monotonic() + seconds
        while not condition():
            event = self._next_event(0.02)
            if isinstance(event, _StopAsked):
                raise Stopped
            if isinstance(event, _Running):
                self._bury(event)
                raise CannotStart(f"{event.program.name} did not start: {_ending(event.guarded.process.returncode)}")
            if time.monotonic() > deadline:
                raise CannotStart(f"{what} did not answer within {seconds:g} s")

    def run(self) -> None:
        """Watches the children until somebody asks to stop; does not stop them."""
        while self.still_wanted():
            now = time.monotonic()
            for waiting in [entry for entry in self._waiting if entry.due <= now]:
                self._waiting.remove(waiting)
                self._start_again(waiting)
            next_due = min((entry.due for entry in self._waiting), default=now + 1.0)
            event = self._next_event(max(0.0, min(1.0, next_due - now)))
            if isinstance(event, _StopAsked):
                return
            if isinstance(event, _Running):
                self._crashed(event)

    def stop(self) -> None:
        """Stops everything, those that outlast the others last. Asked a second time, it kills instead of waiting."""
        self._waiting.clear()
        patient = self._stop_wave([entry for entry in self._running if not entry.program.outlasts], patient=True)
        self._stop_wave(list(self._running), patient=patient)

    def _launch(self, program: Program, *, crashes: int) -> None:
        guarded = start_guarded(program.command, program.environ, keep_open=self.keep_open)
        running = _Running(program, guarded, time.monotonic(), crashes)
        self._running.append(running)

        def watch() -> None:
            guarded.process.wait()
            self._events.put(running)

        threading.Thread(target=watch, name=f"watch-{program.name}", daemon=True).start()

    def _start_again(self, waiting: _Waiting) -> None:
        try:
            self._launch(waiting.program, crashes=waiting.crashes)
        except OSError as error:  # No memory or no process left just now: that may pass.
            self._start_later(waiting.program, waiting.crashes, f"cannot be started ({error.strerror})")

    def _crashed(self, running: _Running) -> None:
        self._bury(running)
        healthy = time.monotonic() - running.started > HEALTHY_AFTER
        ending = _ending(running.guarded.process.returncode)
        self._start_later(running.program, 0 if healthy else running.crashes, f"stopped: {ending}")

    def _start_later(self, program: Program, crashes: int, why: str) -> None:
        delay = RESTART_BACK_OFF.delay(crashes + 1)
        self.say(f"{program.name} {why}; starting it again in {delay:g} s")
        self._waiting.append(_Waiting(program, time.monotonic() + delay, crashes + 1))

    def _bury(self, running: _Running) -> None:
        self._running.remove(running)
        running.guarded.clear_away()

    def _stop_wave(self, wave: Iterable[_Running], *, patient: bool) -> bool:
        """Stops these children; returns whether it could be patient to the end."""
        left = set(wave)
        if not left:
            return patient
        for running in left:
            running.guarded.ask_to_stop()
        deadline = time.monotonic() + max(running.program.stop_seconds for running in left)
        while left and patient:
            event = self._next_event(max(0.0, deadline - time.monotonic()))
            if isinstance(event, _Running):
                left.discard(event)
                if event in self._running:
                    self._bury(event)
            elif isinstance(event, _StopAsked):
                patient = False
            else:
                names = ", ".join(sorted(running.program.name for running in left))
                self.say(f"{names} did not stop in time and was ended")
                break
        for running in left:
            self._bury(running)
        return patient

    def _next_event(self, seconds: float) -> "_Running | _StopAsked | None":
        try:
            return self._events.get(timeout=seconds)
        except Empty:
            return None


def _ending(code: int) -> str:
    if code < 0:
        try:
            return f"ended by {signal.Signals(-code).name}"
        except ValueError:
            return f"ended by signal {-code}"
    return f"exit code {code}"
