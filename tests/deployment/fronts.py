"""Ways to the service as it is shipped: granian itself, nginx in front of it, nginx with the micro-cache."""

import socket
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from tests.deployment.nginx import PUBLIC_NAME, Nginx
from tests.deployment.webs import Web

# Bytes that the processes may be larger by after a flood: allocators keep what they had.
ROOM = 24 * 1024 * 1024


class Said(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes


def said(raw: bytes) -> Said:
    """Of a whole answer; no body that is sent in chunks."""
    head, _, body = raw.partition(b"\r\n\r\n")
    status, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    assert "transfer-encoding" not in headers
    return Said(int(status.split()[1]), headers, body)


class Front(NamedTuple):
    """A way to the service: to granian itself, or over nginx."""

    port: int
    nginx: Nginx | None

    def send(self, request: bytes) -> bytes:
        """All that comes back until the connection ends."""
        if self.nginx is not None:
            return self.nginx.send(request)
        with socket.create_connection(("127.0.0.1", self.port), timeout=30) as connection:
            received = b""
            # It answers and hangs up before it has read all of what is too much.
            with suppress(ConnectionError):
                connection.sendall(request)
                while more := connection.recv(65536):
                    received += more
            return received

    def ask(self, method: str, path: str, *headers: str) -> Said:
        lines = [f"{method} {path} HTTP/1.1", "Connection: close"]
        lines += [] if any(one.lower().startswith("host:") for one in headers) else [f"Host: {PUBLIC_NAME}"]
        return said(self.send("\r\n".join([*lines, *headers, "", ""]).encode("latin-1")))


def memory(web: Web) -> int:
    """Bytes that the web processes hold in memory of their own."""
    total = 0
    for pid in web.processes:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            total += int(line.split()[1]) * 1024 if line.startswith("RssAnon:") else 0
    return total
