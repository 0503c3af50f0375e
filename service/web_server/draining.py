"""How a process of the web server stops without losing a request, while others start in its place.

1. `/readyz` says so; whoever looks sends nobody here any more. A crash here loses what a kill loses: what was begun.
2. New connections are not answered: the kernel drops the first packet of each, so that its sender asks again or
   elsewhere. Closing the port at this moment would instead reset connections that the kernel has taken and we have
   not: a proxy that has sent a comment over one may not send it again.
3. What waits in the kernel is taken, and handshakes under way end.
4. granian does its part: it closes the port, answers what was begun and closes connections that nothing is asked on.

Where the kernel is not Linux only 1 and 4 are done.
"""

import ctypes
import os
import socket
import struct
import sys
from collections.abc import Callable
from contextlib import suppress

# Seconds: longer than a handshake between machines of one house takes; and what step 3 may last at most.
HANDSHAKE_SECONDS = 0.05
MOST_SECONDS = 1.0

_SO_ATTACH_FILTER = 26
# Offset of `tcpi_unacked` in `struct tcp_info`: for a listening socket how many connections wait to be accepted.
_TCP_INFO_UNACKED = 24
# Classic BPF: of the TCP header's flags, SYN without ACK is dropped (length 0), everything else let through.
_NO_NEW_CONNECTIONS = (
    (0x30, 0, 0, 13),
    (0x54, 0, 0, 0x12),
    (0x15, 0, 1, 0x02),
    (0x06, 0, 0, 0),
    (0x06, 0, 0, 0xFFFFFFFF),
)

_draining = False


def is_draining() -> bool:
    """Whether this process has been asked to stop."""
    return _draining


def begin_draining() -> list[socket.socket]:
    """Steps 1 and 2. Returns this process's listening sockets, of which no new connection comes; empty where the kernel
    cannot do that."""
    global _draining
    _draining = True
    held: list[socket.socket] = []
    if sys.platform == "linux":
        for found in _listening_sockets():
            with suppress(OSError):
                hold_back(found)
                held.append(found)
    return held


def is_empty(held: list[socket.socket]) -> bool:
    """Whether no connection waits in the kernel to be accepted."""
    return not any(waiting(found) for found in held)


def _listening_sockets() -> list[socket.socket]:
    """Copies of the TCP sockets that this process listens on, whoever made them: granian keeps its own to itself."""
    found: list[socket.socket] = []
    for name in os.listdir("/proc/self/fd"):
        # One that was open a moment ago may be closed, or no socket.
        with suppress(OSError):
            if not os.readlink(f"/proc/self/fd/{name}").startswith("socket:"):
                continue
            copied = socket.socket(fileno=os.dup(int(name)))
            if copied.family in (socket.AF_INET, socket.AF_INET6) and copied.getsockopt(
                socket.SOL_SOCKET, socket.SO_ACCEPTCONN
            ):
                found.append(copied)
            else:
                copied.close()
    return found


def hold_back(listening: socket.socket) -> None:
    """No new connection comes to this socket any more; who tries gets no answer. Raises OSError."""
    instructions = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *one) for one in _NO_NEW_CONNECTIONS))
    # `struct sock_fprog`: their number, and where they are.
    program = struct.pack("HP", len(_NO_NEW_CONNECTIONS), ctypes.addressof(instructions))
    listening.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, program)


def waiting(listening: socket.socket) -> int:
    """How many connections the kernel has taken that were not accepted yet."""
    told = listening.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TCP_INFO_UNACKED + 4)
    return int(struct.unpack_from("I", told, _TCP_INFO_UNACKED)[0])


def drain_then(
    stop: Callable[[], object], call_later: Callable[[float, Callable[[], object]], object], now: Callable[[], float]
) -> None:
    """Steps 1 to 3, then calls `stop` for step 4. `call_later` and `now` are an event loop's; it goes on meanwhile."""
    held = begin_draining()
    if not held:
        stop()
        return
    latest = now() + MOST_SECONDS

    def look() -> None:
        if now() < latest and not is_empty(held):
            call_later(HANDSHAKE_SECONDS, look)
            return
        for copied in held:
            copied.close()
        stop()

    call_later(HANDSHAKE_SECONDS, look)
