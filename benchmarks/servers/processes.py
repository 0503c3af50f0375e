"""Processes under measurement: where they listen, what they cost, and that none outlives a benchmark."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path


def interruptible(main: Callable[[], int | None]) -> int:
    """Runs a benchmark; its exit status. SIGTERM ends it as Ctrl-C does: what it has started and written goes first.

    Once: the second signal is the first again, from a terminal to all of a group and from who started us.
    """

    def interrupt(_number: int, _frame: object) -> None:
        for each in (signal.SIGINT, signal.SIGTERM):
            signal.signal(each, signal.SIG_IGN)
        raise KeyboardInterrupt

    # Also where the shell has them ignored, as it does for what it starts in the background.
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, interrupt)
    try:
        return main() or 0
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 128 + signal.SIGINT


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def wait_for(url: str) -> None:
    """Until something answers there. Raises SystemExit after two minutes: a busy machine starts a server slowly."""
    until = time.monotonic() + 120
    while time.monotonic() < until:
        with suppress(OSError):
            urllib.request.urlopen(url, timeout=5).read()
            return
        time.sleep(0.1)
    raise SystemExit(f"nothing answers at {url}")


def end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def processes(pid: int) -> list[int]:
    """The process and all that it has started."""
    found = [pid]
    with suppress(FileNotFoundError, ProcessLookupError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            # A thread may end between the listing and this; what it had started has other parents then.
            with suppress(FileNotFoundError, ProcessLookupError):
                for child in (task / "children").read_text().split():
                    found += processes(int(child))
    return found


def cpu_seconds(pid: int) -> float:
    """Processor time that the process and all that it has started have used."""
    ticks = 0
    for each in processes(pid):
        with suppress(FileNotFoundError, ProcessLookupError):
            fields = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def peak_mb(pid: int) -> int:
    """Of the largest of its processes; 0 where all have ended."""
    most = 0
    for each in processes(pid):
        with suppress(FileNotFoundError, ProcessLookupError):
            lines = Path(f"/proc/{each}/status").read_text().splitlines()
            # One that has ended and was not waited for has none.
            most = max(most, *(int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM")), 0)
    return most
