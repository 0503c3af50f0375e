"""The event loop of the web server: a request begins where it arrived, and goes on in the loop where it has to."""

import asyncio
import json
import re
import selectors
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from service.web_server.eager_loop import EagerLoop, the_event_loop
from tests.environment import free_port
from tests.waiting import wait_until

SERVER = """
from granian import loops
from granian.cli import entrypoint
from service.web_server.eager_loop import build_eager_loop
loops.register("auto")(build_eager_loop)
entrypoint()
"""


async def tell(scope: Any, protocol: Any) -> None:
    """Answers what the first step and the others saw; on /broken it breaks in the first."""
    began = threading.current_thread() is threading.main_thread()
    if scope.path == "/broken":
        raise ZeroDivisionError
    if scope.path == "/later":
        await the_event_loop()
        async with asyncio.timeout(20):
            await asyncio.get_running_loop().run_in_executor(None, threading.get_ident)
    headers = scope.headers
    said = {
        "path": scope.path,
        "began": began,
        "ended": threading.current_thread() is threading.main_thread(),
        "hosts": headers.get_all("host"),
        "none": headers.get_all("if-none-match"),
        "length": "content-length" in headers,
    }
    protocol.response_bytes(200, [("Content-Type", "application/json")], json.dumps(said).encode())


@pytest.fixture(scope="module")
def server() -> Iterator[int]:
    port = free_port()
    command = [sys.executable, "-c", SERVER, "--interface", "rsgi", "--http", "1", "--port", str(port)]
    process = subprocess.Popen([*command, "--log-level", "error", f"{__name__}:tell"], stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: ask(port, "/")[0] == 200, seconds=30, what="granian")
        yield port
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def ask(port: int, path: str, *headers: str) -> tuple[int, dict[str, Any]]:
    """Status, and what the application said."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
            lines = [f"GET {path} HTTP/1.1", "Host: a", "Connection: close", *headers, "", ""]
            connection.sendall("\r\n".join(lines).encode())
            received = b""
            while more := connection.recv(65536):
                received += more
    except OSError:
        return 0, {}
    status = int(received.split()[1])
    return status, json.loads(received.partition(b"\r\n\r\n")[2]) if status == 200 else {}


def test_a_request_begins_in_the_thread_of_the_network(server: int) -> None:
    """Holds for the granian that is installed: another one may pass requests on in another way."""
    said = ask(server, "/")[1]
    assert (said["began"], said["ended"]) == (False, False)


def test_what_waits_goes_on_in_the_loop(server: int) -> None:
    said = ask(server, "/later")[1]
    assert (said["began"], said["ended"]) == (False, True)


def test_a_fault_in_the_first_step_is_answered(server: int) -> None:
    assert ask(server, "/broken")[0] == 500
    assert ask(server, "/")[0] == 200


def test_headers_are_what_the_shortcut_takes_them_for(server: int) -> None:
    said = ask(server, "/", "Host: b", "Content-Length: 0")[1]
    assert (said["hosts"], said["none"], said["length"]) == (["a", "b"], [], True)


def test_another_loop_waits_for_nothing() -> None:
    async def first() -> str:
        await the_event_loop()
        return "done"

    assert asyncio.run(first()) == "done"


def test_callbacks_without_a_coroutine_are_left_to_the_loop() -> None:
    loop = EagerLoop()
    called: list[int] = []
    try:
        loop.call_soon_threadsafe(called.append, 1)
        assert called == []
        loop.call_soon(loop.stop)
        loop.run_forever()
        assert called == [1]
    finally:
        loop.close()


# Another request, as a body.
SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"
CHUNKED = b"%x\r\n%b\r\n0\r\n\r\n" % (len(SMUGGLED), SMUGGLED)


@pytest.mark.parametrize("comes", ["with the head", "after the answer"])
@pytest.mark.parametrize(
    ("header", "body"),
    [(f"Content-Length: {len(SMUGGLED)}", SMUGGLED), ("Transfer-Encoding: chunked", CHUNKED)],
    ids=["length", "chunks"],
)
def test_a_body_that_nobody_reads_is_no_request(server: int, header: str, body: bytes, comes: str) -> None:
    """What is answered at once reads none. Holds for the granian that is installed."""
    head = f"GET /first HTTP/1.1\r\nHost: a\r\n{header}\r\n\r\n".encode()
    last = b"GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    with socket.create_connection(("127.0.0.1", server), timeout=20) as connection:
        received = b""
        if comes == "with the head":
            connection.sendall(head + body + last)
        else:
            connection.sendall(head)
            received = connection.recv(65536)
            # It may have closed already.
            with suppress(OSError):
                connection.sendall(body + last)
        with suppress(ConnectionResetError):
            while more := connection.recv(65536):
                received += more
    paths = re.findall(rb'"path": "(.*?)"', received)
    assert paths[0] == b"/first"
    assert set(paths) <= {b"/first", b"/last"}


def test_a_loop_that_sleeps_is_woken_and_one_that_is_awake_is_let_be(monkeypatch: pytest.MonkeyPatch) -> None:
    loop, woken = EagerLoop(), list[int]()
    wake = asyncio.SelectorEventLoop._write_to_self  # type: ignore[attr-defined]

    def count(self: EagerLoop) -> None:
        woken.append(1)
        wake(self)

    monkeypatch.setattr(asyncio.SelectorEventLoop, "_write_to_self", count)

    async def busy() -> int:
        here = len(woken)
        thread = threading.Thread(target=loop.call_soon_threadsafe, args=(done.append, "awake"))
        thread.start()
        thread.join()  # As a callback that takes long does: the loop is at it, and looks for more by itself.
        return len(woken) - here

    async def idle() -> None:
        ended = loop.create_future()

        def leave() -> None:
            wait_until(lambda: loop._sleeping.asleep, what="the loop asleep")
            loop.call_soon_threadsafe(ended.set_result, None)

        threading.Thread(target=leave).start()
        async with asyncio.timeout(20):
            await ended

    done: list[str] = []
    try:
        assert loop.run_until_complete(busy()) == 0
        loop.run_until_complete(asyncio.sleep(0))
        assert done == ["awake"]
        before = len(woken)
        loop.run_until_complete(idle())
        assert len(woken) > before
    finally:
        loop.close()


def test_nothing_that_threads_leave_is_left_lying() -> None:
    loop, threads, each = EagerLoop(), 4, 2000
    ended = [0] * threads

    async def all_of_them() -> None:
        waiting = [loop.create_future() for _ in range(threads)]

        def bring(n: int) -> None:
            for _ in range(each):
                asyncio.run_coroutine_threadsafe(step(n), loop).result(20)
            loop.call_soon_threadsafe(waiting[n].set_result, None)

        async def step(n: int) -> None:
            ended[n] += 1

        for n in range(threads):
            threading.Thread(target=bring, args=(n,)).start()
        async with asyncio.timeout(60):
            await asyncio.gather(*waiting)

    try:
        loop.run_until_complete(all_of_them())
    finally:
        loop.close()
    assert ended == [each] * threads


def test_what_is_left_just_before_it_sleeps_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    loop, slept = EagerLoop(), list[float | None]()
    # As if another thread came between the loop's own look and its sleep, and found it awake.
    monkeypatch.setattr(selectors.DefaultSelector, "select", lambda _, timeout=None: slept.append(timeout) or [])
    try:
        loop._sleeping.select(5)
        loop.call_soon(slept.clear)
        loop._sleeping.select(5)
        loop._sleeping.select(0)
    finally:
        monkeypatch.undo()
        loop.close()
    assert slept == [5, 0, 0]
