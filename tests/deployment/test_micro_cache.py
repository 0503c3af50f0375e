"""deploy/rejoinder-cache.conf: readers are answered by nginx for the rest of a second, and nobody else is."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.deployment.nginx import Nginx, Upstream, running
from tests.waiting import wait_until

COMMENTS = "/api/v1/sites/gazette/comments"
TAG = '"abc"'
# As the service says it.
HEADERS = {"ETag": TAG, "Cache-Control": "no-cache", "Vary": "Accept-Encoding", "Content-Type": "application/json"}


@pytest.fixture(scope="module")
def nginx(tmp_path_factory: pytest.TempPathFactory, upstream: Upstream) -> Iterator[Nginx]:
    with running(tmp_path_factory.mktemp("nginx"), upstream.port, cached=True) as nginx:
        yield nginx


@pytest.fixture(autouse=True)
def _published(upstream: Upstream) -> None:
    upstream.says = (200, HEADERS, b"first")


@pytest.fixture
def path() -> str:
    """A thread of the test's own."""
    return f"{COMMENTS}?thread={time.monotonic_ns()}"


def the_next_second() -> None:
    now = int(time.time())
    wait_until(lambda: int(time.time()) > now, what="the next second")


def asked_of_service(upstream: Upstream, ask: object, times: int = 12) -> tuple[int, int]:
    """How many of so many requests reached the service, and in how many seconds they were sent."""
    assert callable(ask)
    before, began = len(upstream.heard), int(time.time())
    for _ in range(times):
        ask()
    return len(upstream.heard) - before, int(time.time()) - began + 1


def test_a_second_has_one_question(nginx: Nginx, upstream: Upstream, path: str) -> None:
    heard, seconds = asked_of_service(upstream, lambda: nginx.ask("GET", path))
    assert 1 <= heard <= seconds


def test_readers_who_come_together_are_one_question(nginx: Nginx, upstream: Upstream, path: str) -> None:
    the_next_second()
    before, began = len(upstream.heard), int(time.time())
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(lambda _: nginx.read(path), range(8))) == {b"first"}
    # One that has waited 20 ms for a slow answer asks by itself.
    assert len(upstream.heard) - before < 8 * (int(time.time()) - began + 1)


def test_what_was_taken_down_is_gone_with_the_second(nginx: Nginx, upstream: Upstream, path: str) -> None:
    assert nginx.read(path) == b"first"
    upstream.says = (200, HEADERS | {"ETag": '"def"'}, b"second")
    the_next_second()
    assert nginx.read(path) == b"second"


def test_nothing_old_is_shown_when_the_service_says_no_more(nginx: Nginx, upstream: Upstream, path: str) -> None:
    assert nginx.read(path) == b"first"
    upstream.says = (503, {"Retry-After": "2"}, b"")
    the_next_second()
    assert nginx.ask("GET", path)[0] == 503


@pytest.mark.parametrize("what", ["comments", "counts"])
def test_an_answer_says_what_the_service_said(nginx: Nginx, path: str, what: str) -> None:
    path = path.replace("comments", what)
    for _ in range(2):
        status, headers = nginx.ask("GET", path)
        assert status == 200
        assert {name: headers[name.lower()] for name in HEADERS} == HEADERS
        assert headers["strict-transport-security"]
        assert nginx.ask("GET", path, f"If-None-Match: {TAG}")[0] == 304
        assert nginx.ask("HEAD", path)[1]["content-length"] == "5"
        assert nginx.ask("GET", path, "Range: bytes=0-1")[0] == 200


NOT_KEPT = [
    pytest.param(f"{COMMENTS}?thread=1", ("Cookie: rejoinder=x",), HEADERS, 200, id="a cookie"),
    pytest.param(f"{COMMENTS}?thread=1", ("Authorization: Bearer x",), HEADERS, 200, id="a key"),
    pytest.param(f"{COMMENTS}?thread=1", (), HEADERS | {"Set-Cookie": "a=b"}, 200, id="an answer for one reader"),
    pytest.param(f"{COMMENTS}?thread=1", (), HEADERS, 422, id="a refusal"),
    pytest.param("/api/v1/sites/gazette/comments/01J", (), HEADERS, 200, id="one comment"),
    pytest.param("/api/v1/receipts/x", (), HEADERS, 200, id="a receipt"),
    pytest.param("/api/v1/moderation/sites/gazette/comments", (), HEADERS, 200, id="the desk's program"),
    pytest.param("/moderate/", (), HEADERS, 200, id="the desk"),
    pytest.param("/embed/gazette?thread=1", (), HEADERS, 200, id="a page with a form"),
]


@pytest.mark.parametrize(("path", "sent", "said", "status"), NOT_KEPT)
def test_nothing_else_is_kept(
    nginx: Nginx, upstream: Upstream, path: str, sent: tuple[str, ...], said: dict[str, str], status: int
) -> None:
    upstream.says = (status, said, b"own")
    heard, _ = asked_of_service(upstream, lambda: nginx.ask("GET", path, *sent), times=3)
    assert heard == 3


def test_what_is_kept_for_nobody_is_given_to_nobody_else(nginx: Nginx, upstream: Upstream, path: str) -> None:
    the_next_second()
    upstream.says = (200, HEADERS, b"own")
    assert nginx.read(path, "Cookie: rejoinder=x") == b"own"
    upstream.says = (200, HEADERS, b"first")
    assert nginx.read(path) == b"first"


def test_comments_are_posted_through_it(nginx: Nginx, upstream: Upstream) -> None:
    for _ in range(2):
        assert nginx.ask("POST", COMMENTS, body=b"x" * 60_000)[0] == 200
        assert (upstream.heard[-1].method, upstream.heard[-1].length) == ("POST", 60_000)


@pytest.mark.parametrize(
    ("sent", "passed"),
    [
        ("gzip", "gzip"),
        ("gzip, deflate, br, zstd", "gzip"),
        ("br, GZIP;q=0.5", "gzip"),
        ("br;q=1.0,gzip;q=0.001", "gzip"),
        ("gzip;q=0", "identity"),
        ("br, gzip; q=0.000, *", "identity"),
        ("br", "identity"),
        ("xgzip", "identity"),
        ("", "identity"),
    ],
)
def test_two_codings_are_asked_for(nginx: Nginx, upstream: Upstream, path: str, sent: str, passed: str) -> None:
    assert nginx.ask("GET", path, f"Accept-Encoding: {sent}")[0] == 200
    assert (upstream.heard[-1].path, upstream.heard[-1].headers["accept-encoding"]) == (path, passed)
