"""Requests' bodies as they arrive: whole or refused, and never at the cost of everybody's threads.

The web server waits for a body's next byte as long as its connection stands, in the thread that asked for it, and takes
a connection that broke for the end of the body. So half a form looked like a form, and a few dozen half-sent comments
left no thread for readers. Here a body shorter than announced is refused, only some may be waited for at once (so many
of one client, and fewer than there are threads), and who sends nothing for a while is hung up on.
"""

import os
import socket
import stat
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from service.errors import BadRequest, Unavailable
from service.telemetry import logger

log = logger(__name__)

# A phone on a bad line is silent for seconds, not for this long.
SILENT_SECONDS = 10.0
# Of the 16 threads a process has, the rest answers readers whatever writers do.
MOST_WAITING = 12
# Of one network, behind which there may be a whole office.
MOST_OF_ONE_CLIENT = 6
# What has arrived is read in microseconds; whoever waits longer for a slot waits for somebody who is stuck.
SLOT_SECONDS = 0.25
# Where tcp_info keeps the milliseconds since data last came (linux/tcp.h: 8 bytes, then the 12th number of 4).
_LAST_DATA_RECEIVED = slice(52, 56)

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class BodyCutOff(BadRequest):
    code, title = "cut_off", "The request ended too early"


class Bodies:
    """A WSGI application around another. `client_of` names who sends, so that one client gets no more than its share.

    `seconds`: after how much silence in the middle of a body its connection is closed (where the system can tell).
    """

    def __init__(
        self, app: Application, client_of: Callable[[dict[str, Any]], str], *, seconds: float = SILENT_SECONDS
    ) -> None:
        self._app = app
        self._client_of = client_of
        self._slots = _ReadSlots(seconds)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        length: str = environ.get("CONTENT_LENGTH", "")
        if length not in ("", "0") or "HTTP_TRANSFER_ENCODING" in environ:
            environ["wsgi.input"] = _Body(environ, self._slots, self._client_of(environ))
        return self._app(environ, start_response)


class _Body:
    """`wsgi.input` that tells a body's end from its connection's. The views say how much is read at all."""

    def __init__(self, environ: dict[str, Any], slots: "_ReadSlots", client: str) -> None:
        self._stream = environ["wsgi.input"]
        self._slots = slots
        self._client = client
        self._connection = environ.get("REMOTE_ADDR", ""), environ.get("SERVER_PORT", "")
        length = environ.get("CONTENT_LENGTH", "")
        self._missing = int(length) if length.isdecimal() else None

    def read(self, size: int = -1) -> bytes:
        """As a file's. Raises CutOff, Unavailable when too many bodies are waited for."""
        if size == 0:
            return b""
        with self._slots.slot(self._client, self._connection):
            data: bytes = self._stream.read(size)
        if self._missing is not None:
            self._missing -= len(data)
            if not data and self._missing > 0:
                raise BodyCutOff("Please send it again.")
        return data


class _ReadSlots:
    """Who waits for a body now, and since when. One more thread looks after those who wait for too long."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._changed = threading.Condition()
        self._waiting: dict[object, tuple[float, tuple[str, str]]] = {}
        self._clients: Counter[str] = Counter()
        self._watch: threading.Thread | None = None

    @contextmanager
    def slot(self, client: str, connection: tuple[str, str]) -> Iterator[None]:
        """`connection`: the peer's address and our port. Raises Unavailable when there is no slot soon."""
        key = object()
        with self._changed:
            if not self._changed.wait_for(lambda: self._has_slot(client), SLOT_SECONDS):
                raise Unavailable("Many requests are still on their way here.", retry_after=2)
            self._waiting[key] = time.monotonic(), connection
            self._clients[client] += 1
            if self._watch is None:
                # In the process that has the request: threads do not live through a fork.
                self._watch = threading.Thread(target=self._hang_up, name="silent-bodies", daemon=True)
                self._watch.start()
        try:
            yield
        finally:
            with self._changed:
                del self._waiting[key]
                self._clients[client] -= 1
                if not self._clients[client]:
                    del self._clients[client]
                self._changed.notify_all()

    def _has_slot(self, client: str) -> bool:
        return len(self._waiting) < MOST_WAITING and self._clients[client] < MOST_OF_ONE_CLIENT

    def _hang_up(self) -> None:
        while True:
            time.sleep(self._seconds / 2)
            before = time.monotonic() - self._seconds
            with self._changed:
                late = {connection for since, connection in self._waiting.values() if since < before}
            if late:
                log.info("silent_connections_closed", count=close_silent(late, self._seconds))


def close_silent(connections: Iterable[tuple[str, str]], seconds: float) -> int:
    """Closes this process's connections that have brought nothing for `seconds`; how many.

    `connections`: peers' addresses with the port of ours they came to. The web server does not tell which connection
    a request came on; one that is only kept alive is closed with the others, which its client is used to.
    """
    wanted = set(connections)
    closed = 0
    with suppress(OSError):  # No /proc: then only the number that may wait protects the others.
        for name in os.listdir("/proc/self/fd"):
            with suppress(OSError, ValueError):  # Closed meanwhile.
                closed += _close_if_silent(int(name), wanted, seconds)
    return closed


def _close_if_silent(number: int, wanted: set[tuple[str, str]], seconds: float) -> bool:
    if not stat.S_ISSOCK(os.fstat(number).st_mode):
        return False
    # A copy: closing it leaves the web server's own number alone, which learns of the end as of any other.
    with socket.socket(fileno=os.dup(number)) as copy:
        if copy.family not in (socket.AF_INET, socket.AF_INET6) or copy.type != socket.SOCK_STREAM:
            return False
        peer, own = copy.getpeername()[0], copy.getsockname()[1]
        if (peer.removeprefix("::ffff:"), str(own)) not in wanted and (peer, str(own)) not in wanted:
            return False
        known = copy.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104)
        silent = int.from_bytes(known[_LAST_DATA_RECEIVED], sys.byteorder) / 1000
        if silent < seconds:
            return False
        copy.shutdown(socket.SHUT_RDWR)
        return True
