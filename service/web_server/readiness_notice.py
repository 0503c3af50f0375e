"""What systemd is told (sd_notify(3)): ready, stopping, still alive. Without NOTIFY_SOCKET nobody is."""

import http.client
import os
import socket
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress

LOOK_SECONDS = 0.1
ANSWER_SECONDS = 3.0
# A host that stands for every address, and the one to ask it by.
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104


def notify(state: str, environ: Mapping[str, str] = os.environ) -> bool:
    """Sends one datagram, as `READY=1`; whether there was somebody to send it to. Raises nothing."""
    address = environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return False
    if address.startswith("@"):  # The abstract namespace.
        address = "\0" + address[1:]
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sending:
        sending.sendto(state.encode(), address)
        return True
    return False


def watch_web(host: str, port: int, environ: Mapping[str, str] = os.environ) -> None:
    """From a thread of its own: READY once the server answers, then WATCHDOG as often as the unit asks, as long as it
    does. Nothing where systemd did not start us."""
    if environ.get("NOTIFY_SOCKET"):
        place = _EVERYWHERE.get(host, host), port
        threading.Thread(target=_watch, args=(lambda: answers(*place), environ), name="notice", daemon=True).start()


def _watch(is_alive: Callable[[], bool], environ: Mapping[str, str]) -> None:
    while not is_alive():
        time.sleep(LOOK_SECONDS)
    notify("READY=1", environ)
    microseconds = environ.get("WATCHDOG_USEC", "")
    while microseconds.isdecimal():
        # Half of it, as sd_watchdog_enabled(3) advises.
        time.sleep(int(microseconds) / 2_000_000)
        if is_alive():
            notify("WATCHDOG=1", environ)


def answers(host: str, port: int) -> bool:
    """Whether a web server answers there that it lives."""
    connection = http.client.HTTPConnection(host, port, timeout=ANSWER_SECONDS)
    try:
        connection.request("GET", "/healthz", headers={"Host": "localhost"})
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
