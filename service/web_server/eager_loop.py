"""An event loop for granian that takes the first step of a request where the request arrived.

granian's thread for the network hands each request to the thread of the event loop, which is woken for it, makes a task
and hands the answer back. For an answer that lies in memory this passing on is most of what it costs. Here the
network's thread runs the request's coroutine until it ends or awaits `the_event_loop()`; only what goes on after that
is passed on. Under any other loop `the_event_loop()` waits for nothing, and all works as well, only slower.

Custom loops: https://github.com/emmett-framework/granian#customising-granian
"""

import asyncio
import selectors
import signal
from collections.abc import Callable, Generator
from contextvars import Context
from types import CoroutineType, coroutine
from typing import TypeVarTuple

from service.web_server.draining import drain_then, is_draining

Arguments = TypeVarTuple("Arguments")


class _Sleeping(selectors.DefaultSelector):
    """A selector that says whether its loop sleeps. `has_work`: whether somebody has left it something to do."""

    def __init__(self, has_work: Callable[[], bool]) -> None:
        super().__init__()
        self._has_work = has_work
        self.asleep = False

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is not None and timeout <= 0:
            return super().select(timeout)
        # In this order: who leaves something before the look is seen, and who leaves it after finds the loop asleep.
        self.asleep = True
        found = super().select(0 if self._has_work() else timeout)
        self.asleep = False
        return found


class EagerLoop(asyncio.SelectorEventLoop):
    """asyncio's own loop; a coroutine that another thread brings is begun in that thread."""

    def __init__(self) -> None:
        self._sleeping = _Sleeping(self._has_work)
        super().__init__(self._sleeping)
        # For those who have nothing left to do.
        self._ended = asyncio.Handle(lambda: None, (), self)

    def call_soon_threadsafe(
        self,
        callback: Callable[[*Arguments], object],
        *args: *Arguments,
        context: Context | None = None,
    ) -> asyncio.Handle:
        # granian brings (run, coroutine, watcher). The coroutine catches its own errors and tells the watcher.
        if args and type(args[0]) is CoroutineType:
            try:
                args[0].send(None)
            except StopIteration:
                return self._ended
        return super().call_soon_threadsafe(callback, *args, context=context)

    def _has_work(self) -> bool:
        return bool(self._ready)  # type: ignore[attr-defined]

    def _write_to_self(self) -> None:
        # asyncio's own way to wake the loop, asked after something to do was left for it: a system call, for which this
        # thread gives the interpreter away. One that is awake looks by itself before it sleeps.
        if self._sleeping.asleep:
            self._sleeping.asleep = False
            super()._write_to_self()  # type: ignore[misc]

    def add_signal_handler(self, sig: int, callback: Callable[[*Arguments], object], *args: *Arguments) -> None:
        """As asyncio's, but what is to happen on SIGTERM happens after this process has been drained."""
        if sig != signal.SIGTERM:
            super().add_signal_handler(sig, callback, *args)
            return

        def drained() -> None:
            # Asked a second time it does not wait.
            if is_draining():
                callback(*args)
            else:
                drain_then(lambda: callback(*args), self.call_later, self.time)

        super().add_signal_handler(sig, drained)


def build_eager_loop() -> asyncio.AbstractEventLoop:
    """For granian's registry of loops."""
    loop = EagerLoop()
    asyncio.set_event_loop(loop)
    return loop


@coroutine
def the_event_loop() -> Generator[None, None, None]:
    """Await it before anything that needs a running loop or a task: what follows runs there."""
    yield
