"""Web servers of one installation, as an operator runs them behind a proxy."""

import os
import signal
import socket
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.environment import free_port
from tests.forked import rejoinder
from tests.journeys.service_process import REJOINDER, Client, descendants
from tests.settings import TEST_SECRET

ORIGIN = "https://gazette.example"


@dataclass
class Web:
    """One `rejoinder web`; `processes` are those that answer."""

    environ: Mapping[str, str]
    folder: Path
    port: int = field(default_factory=free_port)
    process: "subprocess.Popen[bytes] | None" = None
    processes: list[int] = field(default_factory=list)

    def start(self) -> None:
        """Returns when it has told systemd that it is ready: then it answers."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
            systemd.bind("")
            systemd.settimeout(60)
            self._start("@" + systemd.getsockname()[1:].decode())
            assert systemd.recv(64) == b"READY=1"
        assert Client(self.port).get("/healthz").status == 200
        assert self.process is not None
        self.processes = descendants(self.process.pid)

    def _start(self, notify_socket: str) -> None:
        with (self.folder / f"web-{self.port}.log").open("ab") as log:
            self.process = subprocess.Popen(
                [REJOINDER, "web", "--port", str(self.port)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=dict(self.environ) | {"NOTIFY_SOCKET": notify_socket},
                start_new_session=True,
            )

    def stop(self) -> None:
        """As systemd does: it is asked, and waited for."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)

    def end(self) -> None:
        if self.process is None:
            return
        for pid in self.processes:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(10)


def installation(folder: Path, redis_url: str, public_url: str) -> dict[str, str]:
    """The environment of an installation with the site `gazette`, on SQLite and this Redis."""
    ours = {
        "DATA_DIR": str(folder / "data"),
        "REDIS_URL": redis_url,
        "REJOINDER_SECRET_KEYS": TEST_SECRET,
        "REJOINDER_PUBLIC_URL": public_url,
        "REJOINDER_TRUSTED_PROXIES": "127.0.0.1/32",
        "REJOINDER_SUBMIT_LIMIT": "off",
        "REJOINDER_DNS": "off",
        "TMPDIR": str(folder),
    }
    (folder / "data").mkdir()
    for words in (["db", "upgrade"], ["site", "add", "gazette", "--origin", ORIGIN]):
        done = rejoinder(*words, **ours)
        assert done.returncode == 0, done.stderr
    return dict(os.environ) | ours
