"""What systemd hears: READY when the server answers, and not before; WATCHDOG as long as it does."""

import socket
import tempfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from service.web_server.readiness_notice import answers, notify, watch_web
from tests.environment import free_port


@pytest.fixture
def systemd() -> Iterator[socket.socket]:
    """The socket that a unit's processes send to; its place is short, as such places have to be."""
    with tempfile.TemporaryDirectory(prefix="rjn") as folder, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind(f"{folder}/s")
        heard.settimeout(10)
        yield heard


class _Answering(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/healthz" else 404)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


def test_ready_is_said_when_the_server_answers_and_then_that_it_lives(systemd: socket.socket) -> None:
    port = free_port()
    environ = {"NOTIFY_SOCKET": systemd.getsockname(), "WATCHDOG_USEC": "20000"}
    watch_web("0.0.0.0", port, environ)
    systemd.setblocking(False)
    with pytest.raises(BlockingIOError):
        systemd.recv(64)
    systemd.settimeout(10)
    with HTTPServer(("127.0.0.1", port), _Answering) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        assert [systemd.recv(64) for _ in range(3)] == [b"READY=1", b"WATCHDOG=1", b"WATCHDOG=1"]
        server.shutdown()
    assert not answers("127.0.0.1", port)


@pytest.mark.parametrize("place", ["", "relative", "/no/such/socket"])
def test_where_nobody_listens_nothing_happens(place: str) -> None:
    assert not notify("READY=1", {"NOTIFY_SOCKET": place})


def test_the_abstract_namespace_is_known() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind("")
        assert notify("READY=1", {"NOTIFY_SOCKET": "@" + heard.getsockname()[1:].decode()})
        assert heard.recv(64) == b"READY=1"
