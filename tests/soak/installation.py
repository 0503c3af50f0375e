"""Two webs and two workers behind nginx, as an operator runs them: any of them can be killed, hung or started anew."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

from service.settings import Settings
from service.wiring import Services, wire
from tests.deployment import nginx
from tests.environment import free_port
from tests.journeys.service_process import Client, descendants
from tests.waiting import wait_until

SITE = "gazette"
PAGE = "https://gazette.example/"
WEBS = WORKERS = 2
# An operator goes on to the next process when the last one says that it is ready.
READY_SECONDS = 60.0


class Part:
    """One process of the installation, under the name that its log has."""

    def __init__(self, name: str, folder: Path, program: Path, words: list[str]) -> None:
        self.name = name
        self._log = folder / f"{name}.log"
        self.program = program
        self._words = words
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pids(self) -> list[int]:
        """Its own and those of all that it has started."""
        return [] if self._process is None else [self._process.pid, *descendants(self._process.pid)]

    def start(self, environ: dict[str, str]) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [str(self.program), *self._words],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=os.environ | environ,
                start_new_session=True,
            )

    def send(self, number: signal.Signals, *, all_of_it: bool = False) -> None:
        for pid in self.pids if all_of_it else self.pids[:1]:
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def end(self, seconds: float = 40.0) -> None:
        """By SIGTERM, as systemd does; by SIGKILL what has not ended then. Raises AssertionError if that was needed."""
        if self._process is None:
            return
        self.send(signal.SIGTERM)
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.send(signal.SIGKILL, all_of_it=True)
            self._process.wait(10)
            raise AssertionError(f"{self.name} did not end within {seconds:.0f} s of SIGTERM") from None
        finally:
            self._process = None

    def kill(self) -> None:
        self.send(signal.SIGKILL, all_of_it=True)
        if self._process is not None:
            self._process.wait(10)
            self._process = None

    @property
    def log(self) -> str:
        return self._log.read_text("utf-8", "replace")


class Installation:
    """A newsroom's service over the database and the Redis that `environ` names."""

    def __init__(self, folder: Path, program: Path | None = None, **environ: str) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.program = program or Path(sys.executable).with_name("rejoinder")
        self._ports = [free_port() for _ in range(WEBS)]
        self.environ = {
            "REJOINDER_SECRET_KEYS": "a-secret-of-the-soak-that-is-long-enough-for-the-check",
            "REJOINDER_PUBLIC_URL": f"https://{nginx.PUBLIC_NAME}",
            "REJOINDER_TRUSTED_PROXIES": "127.0.0.1/32",
            "REJOINDER_ALLOWED_HOSTS": "127.0.0.1",
            "REJOINDER_SUBMIT_LIMIT": "off",
            "REJOINDER_DNS": "off",
            **environ,
        }
        self.webs = [self._web(n) for n in range(WEBS)]
        self.workers = [self._worker(n) for n in range(WORKERS)]
        self._open = ExitStack()
        self.nginx: nginx.Nginx

    def _web(self, n: int) -> Part:
        words = ["web", "--port", str(self._ports[n]), "--processes", "1"]
        return Part(f"web-{n}", self.folder, self.program, words)

    def _worker(self, n: int) -> Part:
        return Part(f"worker-{n}", self.folder, self.program, ["worker"])

    def start(self) -> str:
        """Makes the tables, a site that publishes by rule, and everything that runs. Returns a moderator's key."""
        self.cli("db", "upgrade")
        self.cli("site", "add", SITE, "--origin", PAGE.rstrip("/"), "--mode", "automatic")
        key = self.cli("key", "add", SITE, "--scope", "moderate", "--json")
        for part in (*self.webs, *self.workers):
            part.start(self.environ)
        for n in range(WEBS):
            self.wait_until_ready(n)
        self.nginx = self._open.enter_context(nginx.running(self.folder / "nginx", *self._ports))
        return str(json.loads(key)["key"])

    def stop(self) -> list[str]:
        """Ends all of it; returns which parts had to be killed."""
        self._open.close()
        hung = []
        for part in (*self.webs, *self.workers):
            try:
                part.end()
            except AssertionError as error:
                hung.append(str(error))
        return hung

    def services(self) -> Services:
        """As the processes have it, to look into the database and Redis."""
        return wire(Settings.from_environment(self.environ))

    def cli(self, *words: str) -> str:
        """What a command printed. Raises AssertionError with what it complained of."""
        done = subprocess.run(
            [str(self.program), *words],
            capture_output=True,
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=300,
            env=os.environ | self.environ,
            check=False,
        )
        assert done.returncode == 0, f"rejoinder {' '.join(words)}: {done.stderr.strip()}"
        return done.stdout

    def ready(self, n: int) -> Any:
        """What web `n` says of itself: the answer of /readyz, or None where it does not answer."""
        with suppress(OSError):
            return Client(self._ports[n]).get("/readyz").json
        return None

    def wait_until_ready(self, n: int) -> None:
        def answers() -> bool:
            return (self.ready(n) or {}).get("status") == "ready"

        wait_until(answers, seconds=READY_SECONDS, what=f"web-{n}")

    def restart_all(self, program: Path | None = None, **environ: str) -> None:
        """One after another, each when the one before is ready: with other settings or another release, if given."""
        self.environ |= environ
        if program is not None:
            self.program = program
        for n, part in enumerate((*self.webs, *self.workers)):
            part.end()
            part.program = self.program
            part.start(self.environ)
            if part in self.webs:
                self.wait_until_ready(n)
            else:
                time.sleep(1.0)
