"""Bodies that come late, in part or never."""

import io
import socket
import threading
import time
from contextlib import contextmanager

import pytest

from service.bodies import MOST_OF_ONE_CLIENT, MOST_WAITING, Bodies, close_silent
from service.errors import Refused
from tests.waiting import wait_until


class StuckStream:
    """A body whose next byte does not come until somebody lets go."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        self.let_go = threading.Event()

    def read(self, size: int) -> bytes:
        self.asked.set()
        assert self.let_go.wait(10)
        return b""


def environ(stream, *, length="500", client="a"):
    return {
        "wsgi.input": stream,
        "CONTENT_LENGTH": length,
        "REMOTE_ADDR": "127.0.0.1",
        "SERVER_PORT": "1",
        "client": client,
    }


def read_all(found, _start):
    data = b""
    while part := found["wsgi.input"].read(4):
        data += part
    return [data]


def code_of(bodies, *arguments, **named) -> str:
    try:
        bodies(environ(*arguments, **named), None)
    except Refused as refused:
        return refused.code
    return "taken"


@pytest.fixture
def bodies() -> Bodies:
    return Bodies(read_all, lambda found: found["client"])


@contextmanager
def stuck(bodies, *clients):
    streams = [StuckStream() for _ in clients]
    threads = [
        threading.Thread(target=code_of, args=(bodies, stream), kwargs={"length": "9", "client": client})
        for stream, client in zip(streams, clients, strict=True)
    ]
    for thread in threads:
        thread.start()
    for stream in streams:
        assert stream.asked.wait(5)
    try:
        yield
    finally:
        for stream in streams:
            stream.let_go.set()
        for thread in threads:
            thread.join()


@pytest.mark.parametrize(
    ("body", "length", "code"),
    [
        pytest.param(b"name=Ada&body=all", "17", "taken", id="whole"),
        pytest.param(b"name=Ada&body=al", "17", "cut_off", id="one-byte-short"),
        pytest.param(b"", "17", "cut_off", id="nothing"),
        pytest.param(b"name=Ada", "", "taken", id="no-length"),
    ],
)
def test_half_a_form_is_no_form(bodies, body, length, code):
    assert code_of(bodies, io.BytesIO(body), length=length) == code


def test_a_body_that_was_cut_off_becomes_no_comment(services, site):
    from service.app import application

    app = application(services)
    started: list[str] = []
    body = b"name=Ada&body=Half+a+rem"
    found = environ(io.BytesIO(body), length=str(len(body) + 9)) | {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/api/v1/sites/gazette/comments",
        "CONTENT_TYPE": "application/x-www-form-urlencoded",
        "HTTP_HOST": "localhost",
        "SERVER_NAME": "localhost",
        "wsgi.url_scheme": "http",
        "wsgi.input_terminated": True,
    }
    answer = b"".join(app(found, lambda status, _headers: started.append(status)))
    assert started == ["400 BAD REQUEST"]
    assert b'"cut_off"' in answer


def test_one_client_gets_its_share_of_waiting_and_no_more(bodies):
    with stuck(bodies, *["a"] * MOST_OF_ONE_CLIENT):
        assert code_of(bodies, io.BytesIO(b"x"), length="1", client="a") == "unavailable"
        assert code_of(bodies, io.BytesIO(b"x"), length="1", client="b") == "taken"
    assert code_of(bodies, io.BytesIO(b"x"), length="1", client="a") == "taken"


def test_all_clients_together_leave_threads_for_readers(bodies):
    with stuck(bodies, *[f"c{n}" for n in range(MOST_WAITING)]):
        assert code_of(bodies, io.BytesIO(b"x"), length="1", client="new") == "unavailable"


def test_many_whole_bodies_at_once_are_all_taken(bodies):
    codes: list[str] = []
    threads = [
        threading.Thread(target=lambda: codes.append(code_of(bodies, io.BytesIO(b"x" * 4000), length="4000")))
        for _ in range(32)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert codes == ["taken"] * 32


def test_who_is_silent_in_the_middle_of_a_body_is_hung_up_on():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)) as sender:
            accepted, _ = listening.accept()
            with accepted, accepted.makefile("rb") as stream:
                sender.sendall(b"half")
                bodies = Bodies(read_all, lambda found: found["client"], seconds=0.2)
                began = time.monotonic()
                found = environ(stream) | {"SERVER_PORT": str(port)}
                with pytest.raises(Refused) as refused:
                    bodies(found, None)
                assert refused.value.code == "cut_off"
                assert time.monotonic() - began < 5
                assert sender.recv(1) == b""


def test_who_speaks_and_who_speaks_to_others_is_not_hung_up_on():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = str(listening.getsockname()[1])
        with socket.create_connection(listening.getsockname()) as sender:
            accepted, _ = listening.accept()
            with accepted:
                sender.sendall(b"half")
                assert close_silent({("127.0.0.1", port)}, 5) == 0
                assert close_silent({("127.0.0.1", "1"), ("127.0.0.2", port)}, 0) == 0
                wait_until(lambda: close_silent({("127.0.0.1", port)}, 0.05) == 1, what="the silence")
