"""One redis-server on a port of its own, with a folder that outlives a restart."""

import contextlib
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import redis

from tests.waiting import wait_until

REDIS_SERVER = shutil.which("redis-server")
HOST = "127.0.0.1"
START_SECONDS = 20.0


def free_ports(count: int) -> list[int]:
    """So many different ports that nobody listens on now."""
    with ExitStack() as stack:
        taken = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in taken:
            one.bind((HOST, 0))
        return [one.getsockname()[1] for one in taken]


class RedisNode:
    """A server that a test may kill, pause and start again. `options`: lines of its configuration file."""

    def __init__(self, port: int, folder: Path, options: Sequence[str] = (), *, sentinel: bool = False) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.port = port
        self.url = f"redis://{HOST}:{port}"
        # Sentinels and cluster nodes rewrite what they are started with.
        self._file = folder / "redis.conf"
        lines = [f"port {port}", f"bind {HOST}", f"dir {folder}", "protected-mode no", *options]
        if not sentinel:
            lines += ['save ""', "repl-diskless-sync-delay 0"]
        self._file.write_text("\n".join(lines) + "\n", encoding="utf-8")
        self._sentinel = sentinel
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> "RedisNode":
        assert REDIS_SERVER is not None, "redis-server is not installed"
        command = [REDIS_SERVER, str(self._file), *(["--sentinel"] if self._sentinel else [])]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(self._answers, seconds=START_SECONDS, what=f"the server on port {self.port}")
        return self

    def client(self) -> redis.Redis:
        """A connection past everything else: to ask this very server."""
        return redis.Redis(HOST, self.port, socket_timeout=5.0, decode_responses=True)

    def kill(self) -> None:
        """Ends it as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
            self._process = None

    def _answers(self) -> bool:
        with self.client() as client:
            try:
                client.ping()
            except redis.AuthenticationError:
                return True
            except (redis.ConnectionError, redis.TimeoutError):
                return False
            except redis.RedisError:
                pass  # It loads: it is there.
        return True


def documented_rights(*, in_cluster: bool = False) -> list[str]:
    """What docs/operations.md gives as the least rights of a user."""
    lines = (Path(__file__).parents[2] / "docs" / "operations.md").read_text("utf-8").splitlines()
    rights = next(line.partition(" on >PASSWORD ")[2] for line in lines if line.startswith("ACL SETUSER rejoinder"))
    return (rights.replace("rejoinder:*", "{rejoinder}:*") if in_cluster else rights).split()


@contextmanager
def started(nodes: Sequence[RedisNode]) -> Iterator[None]:
    """Starts them all, and ends all of them whatever happens."""
    try:
        for node in nodes:
            node.start()
        yield
    finally:
        for node in nodes:
            with contextlib.suppress(Exception):
                node.kill()


@contextmanager
def folder() -> Iterator[Path]:
    """Short, and gone afterwards."""
    path = Path(tempfile.mkdtemp(prefix="rjt"))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
