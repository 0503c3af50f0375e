"""`make audit` where no advisories can be had says that, and names no package as the one that is missing."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "advisories.py"


class _Index(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(int(self.path.strip("/")))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def index() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), _Index) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def asked(url: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, str(SCRIPT), url],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={"NO_PROXY": "*"},
    )
    return done.returncode, done.stderr


def test_where_they_answer_nothing_is_said(index: str) -> None:
    assert asked(f"{index}/200") == (0, "")


@pytest.mark.parametrize(
    ("status", "words"),
    [(404, "is not there, though the package is"), (503, "answers 503")],
    ids=["a-mirror-of-packages", "broken"],
)
def test_where_they_do_not_it_says_why(index: str, status: int, words: str) -> None:
    code, said = asked(f"{index}/{status}")
    assert code == 1
    assert said.startswith("audit: no package was checked. ")
    assert words in said


def test_where_nobody_is_it_says_so() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        code, said = asked(f"http://127.0.0.1:{closed.getsockname()[1]}/")
    assert code == 1
    assert "cannot be reached" in said
