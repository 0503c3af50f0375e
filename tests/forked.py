"""Processes of their own that start at once: forked from one that has imported what they need.

To start Python and import the service takes longer than most commands take; here it is paid once a test run. What a
forked process does to itself (settings, signals, its end) stays in it, as with any other.
"""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import service.cli

_CONTEXT = get_context("forkserver")
_CONTEXT.set_forkserver_preload(
    [
        *sorted({where.partition(":")[0] for where, _ in service.cli.COMMANDS.values()}),
        "service.app",
        "sqlalchemy.dialects.sqlite",
        "sqlalchemy.dialects.postgresql.psycopg",
        "tests.faults.stuck_worker_process",
        "tests.faults.worker_process",
        "tests.sharing.compiled_rules",
    ]
)


class Forked:
    """A running function, handled as `subprocess.Popen` handles a program."""

    def __init__(
        self,
        function: Callable[..., object],
        *arguments: object,
        environ: Mapping[str, str] | None = None,
        streams: tuple[str, str, str] = (os.devnull, os.devnull, os.devnull),
    ) -> None:
        """`streams`: files for standard input, output and error. `environ`: all of its environment."""
        self._process = _CONTEXT.Process(
            target=_run, args=(function, arguments, dict(os.environ if environ is None else environ), streams)
        )
        self._process.start()

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code; the negative number of the signal that killed it. Raises TimeoutExpired."""
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired("a forked process", timeout or 0)
        return self._process.exitcode

    def poll(self) -> int | None:
        """Its exit code, None while it runs."""
        return self._process.exitcode

    def send_signal(self, number: signal.Signals) -> None:
        if self._process.exitcode is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def rejoinder(*words: str, stdin: str = "", **environ: str) -> "subprocess.CompletedProcess[str]":
    """Runs one command of `rejoinder` to its end. `environ` is added to this process's.

    Nobody asks this machine's name servers, but for tests that bring one of their own.
    """
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder, name) for name in ("in", "out", "err")]
        for path in paths:
            path.write_text(stdin if path.name == "in" else "", encoding="utf-8")
        process = Forked(
            service.cli.run,
            list(words),
            environ=os.environ | {"REJOINDER_DNS": "off"} | environ,
            streams=(*map(str, paths),),  # type: ignore[arg-type]
        )
        try:
            code = process.wait(60)
        finally:
            process.kill()
        out, err = (path.read_text(encoding="utf-8") for path in paths[1:])
        return subprocess.CompletedProcess(["rejoinder", *words], code, out, err)


def _run(
    function: Callable[..., object], arguments: tuple[Any, ...], environ: dict[str, str], streams: tuple[str, str, str]
) -> None:
    os.environ.clear()
    os.environ.update(environ)
    for number, path in enumerate(streams):
        opened = os.open(path, os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_APPEND)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)
    sys.exit(function(*arguments))  # type: ignore[arg-type]
