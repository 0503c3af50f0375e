"""The command lines of the two roles, the same on one machine and in production."""

import errno
import os
import stat
import sys
from pathlib import Path

WEB_PROCESSES = 2
# Group commit needs company: with one thread a process there is never a second comment to commit with.
WEB_THREADS = 16


def python_command(*words: str) -> list[str]:
    """This Python, running a module; the current folder is not searched, so a stray `service.py` does no harm."""
    return [sys.executable, "-P", "-m", *words]


def web_command(
    *, host: str, port: int, processes: int = WEB_PROCESSES, threads: int = WEB_THREADS, log_level: str = "info"
) -> list[str]:
    """granian serving the application, by way of the module that loads it before granian forks."""
    return python_command(
        "service.cli.serve",
        # Its own, the rest is granian's.
        *("--threads", str(threads)),
        *("--interface", "rsgi", "--http", "1", "--factory"),
        *("--host", host, "--port", str(port)),
        *("--workers", str(processes), "--runtime-threads", "1", "--backlog", "2048"),
        # Its warnings are advice about these numbers; the application's own log says what happens.
        *("--no-ws", "--no-access-log", "--log-level", "debug" if log_level == "debug" else "error"),
        *("--respawn-failed-workers", "--workers-kill-timeout", "10"),
        "service.app:from_environment",
    )


def worker_command() -> list[str]:
    return python_command("service.cli", "worker")


def with_metrics_listener(setting: str | None, host: str, port: int) -> str:
    """The value of REJOINDER_METRICS with this listener, in place of one that it names already."""
    public = ["public"] if "public" in (setting or "").replace(" ", "").split(",") else []
    return ",".join([*public, f"[{host}]:{port}" if ":" in host else f"{host}:{port}"])


def fresh_folder_for_metrics(folder: Path) -> str:
    """An empty, private folder where the processes of one run add up their metrics; returns its path.

    prometheus-client's multiprocess mode wants it emptied between runs. Raises OSError for a folder of others.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o022:
        raise PermissionError(errno.EPERM, "is not a private folder of this user", str(folder))
    for file in folder.glob("*.db"):
        file.unlink(missing_ok=True)
    return str(folder)
