"""What comes from the network at its worst, to the servers as they are shipped: granian, nginx, the micro-cache."""

import gzip
import json
import os
import re
from urllib.parse import quote

import brotli
import pytest

from tests.deployment.fronts import ROOM, Front, memory, said
from tests.deployment.nginx import PUBLIC_NAME
from tests.deployment.webs import ORIGIN, Web
from tests.waiting import wait_until

DECODERS = {"gzip": gzip.decompress, "br": brotli.decompress}
SITE = "/api/v1/sites/gazette"
COMMENTS = f"{SITE}/comments?thread=story-1"
OPEN = [
    COMMENTS,
    f"{COMMENTS}&sort=newest&limit=2",
    f"{SITE}/counts?thread=story-1&thread=other",
    f"{SITE}/form?thread=story-1",
    "/feeds/gazette.atom?thread=story-1",
    "/fragments/gazette?thread=story-1",
    "/fragments/gazette?thread=story-1&format=jsonld",
    "/embed/gazette?thread=story-1",
    "/embed/gazette?thread=story-1&print=1",
    "/widget.js",
    "/counts.js",
    "/parts/PARTS/write.js",
    "/parts/PARTS/words-de.js",
    "/static/look.css",
    "/static/height.js",
    "/favicon.svg",
    "/openapi.json",
    "/policy.schema.json",
    "/docs",
    "/",
    "/healthz",
    "/receipts/nothing",
    "/c/nothing",
]
# What differs from one answer to the next by its nature.
OWN = ("date", "x-request-id")


@pytest.fixture
def paths(front: Front) -> list[str]:
    parts = re.search(rb'"(1\.[0-9a-f]{12})"', front.ask("GET", "/widget.js").body)
    assert parts
    return [path.replace("PARTS", parts[1].decode()) for path in OPEN]


HUGE = [
    pytest.param(b"X-Long: " + b"x" * 1_000_000, id="one of a megabyte"),
    pytest.param(b"\r\n".join(b"X-%d: 1" % n for n in range(20_000)), id="twenty thousand"),
    pytest.param(b"Cookie: " + b"a=b; " * 200_000, id="cookies"),
    pytest.param(b"Host: " + b"x" * 900_000, id="a host"),
]


@pytest.mark.parametrize("headers", HUGE)
def test_huge_headers_are_refused_and_kept_nowhere(front: Front, web: Web, headers: bytes) -> None:
    request = b"GET /healthz HTTP/1.1\r\nHost: comments.example.org\r\n" + headers + b"\r\n\r\n"
    # It says so and hangs up, though nobody has asked it to.
    assert front.send(request).startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 431 "))
    before = memory(web)
    for _ in range(20):
        front.send(request)
    assert memory(web) - before < ROOM
    assert front.ask("GET", "/healthz").status == 200


def test_a_long_address_is_refused(front: Front) -> None:
    assert front.ask("GET", f"{COMMENTS}&x={'x' * 100_000}").status == 414


def test_a_head_is_a_get_without_its_body(front: Front, paths: list[str]) -> None:
    for path in paths:
        for coding in ("identity", "gzip"):
            got = front.ask("GET", path, f"Accept-Encoding: {coding}")
            head = front.ask("HEAD", path, f"Accept-Encoding: {coding}")
            assert head.body == b"", path
            assert head.status == got.status, path
            assert {name: value for name, value in head.headers.items() if name not in OWN} == {
                name: value for name, value in got.headers.items() if name not in OWN
            }, path
            assert int(head.headers["content-length"]) == len(got.body), path


def test_a_range_gets_the_whole(front: Front, paths: list[str]) -> None:
    """Which RFC 9110 (14.2) allows; half an answer under the whole one's ETag would spoil caches."""
    for path in paths:
        whole = front.ask("GET", path)
        tag = whole.headers.get("etag", '"x"')
        for asked in (("Range: bytes=0-3",), ("Range: bytes=-1", f"If-Range: {tag}"), ("Range: bytes=0-0,2-2",)):
            part = front.ask("GET", path, *asked)
            assert part.status == whole.status, path
            assert "content-range" not in part.headers
            assert len(part.body) == len(whole.body), path
            assert part.headers.get("etag") == whole.headers.get("etag"), path


def test_what_one_asked_for_is_not_given_to_another(front: Front, paths: list[str]) -> None:
    """Whatever the first request of an address brings along, the next one's answer is as if it had never been."""
    evil = [
        *("X-Forwarded-Host: evil.example", "X-Forwarded-Proto: gopher", "X-Host: evil.example"),
        *("X-Original-URL: /evil.example", "Forwarded: host=evil.example", "X-Forwarded-Prefix: /evil.example"),
        *("Origin: https://evil.example", "Referer: https://evil.example/", "User-Agent: evil.example"),
        *("Accept-Language: evil.example", "Cookie: a=evil.example", "Accept: text/evil.example"),
    ]
    for number, path in enumerate(paths):
        fresh = f"{path}{'&' if '?' in path else '?'}fresh={number}"
        for coding in ("gzip", "br", "identity", "gzip;q=0"):
            poisoned = front.ask("GET", fresh, f"Accept-Encoding: {coding}", *evil)
            plain = front.ask("GET", fresh, f"Accept-Encoding: {coding}")
            for answer in (poisoned, plain):
                coded = answer.headers.get("content-encoding")
                assert coded in (None, coding), path
                text = answer.body if coded is None else DECODERS[coded](answer.body)
                assert b"evil" not in text + json.dumps(answer.headers).encode(), path
                if "etag" in answer.headers:
                    assert "Accept-Encoding" in answer.headers["vary"], path
            if path == COMMENTS:
                # The micro-cache keeps gzip alone.
                right = {"gzip": ("gzip",), "br": ("br", None)}.get(coding, (None,))
                assert plain.headers.get("content-encoding") in right
            assert plain.headers.get("etag") == poisoned.headers.get("etag"), path


@pytest.mark.parametrize("host", ["evil.example", f"{PUBLIC_NAME}@evil.example", f"evil.example#{PUBLIC_NAME}"])
def test_another_host_leaves_nothing_behind(front: Front, host: str) -> None:
    path = f"{COMMENTS}&host={quote(host, safe='')}"
    refused = front.ask("GET", path, f"Host: {host}")
    assert refused.status in (400, 421)
    assert b"evil" not in refused.body
    assert front.ask("GET", path).status == 200


def test_the_order_of_a_query_and_what_nobody_knows_change_nothing(front: Front) -> None:
    orders = ["thread=story-1&sort=newest&limit=5", "limit=5&sort=newest&thread=story-1"]
    orders += [f"{order}&utm_source=evil" for order in orders] + [f"%74hread=story-1&{orders[0][15:]}"]
    assert len({front.ask("GET", f"{SITE}/comments?{order}").body for order in orders}) == 1
    assert front.ask("GET", f"{SITE}/comments?thread=other&sort=newest&limit=5").body not in {
        front.ask("GET", f"{SITE}/comments?{orders[0]}").body
    }


KEYS = {
    "512 bytes of one": "k" * 512,
    "512 bytes of four": "🙈" * 128,
    "directions and marks": "\u202e\u2066e\u0301\ufeff·" + "ß" * 240,
    "an address's signs": "../../etc/passwd?x=1&thread=2#3%00+;=\"'<script>",
}


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
def test_a_key_of_any_letters_is_one_thread_everywhere(front: Front, key: str) -> None:
    asked = f"thread={quote(key, safe='')}"
    token = json.loads(front.ask("GET", f"{SITE}/form?{asked}").body)["token"]
    comment = {"thread": key, "page_url": f"{ORIGIN}/1", "name": "Ada", "email": "a@b.example", "token": token}
    body = json.dumps(comment | {"body": f"Through {front.port} {os.urandom(4).hex()}."}).encode()
    head = f"POST {SITE}/comments HTTP/1.1\r\nHost: {PUBLIC_NAME}\r\nConnection: close\r\n"
    head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    assert said(front.send(head.encode() + body)).status == 202

    def known() -> bool:
        return bool(json.loads(front.ask("GET", f"{SITE}/comments?{asked}").body)["thread"]["key"] == key)

    wait_until(known, what="the thread under its key")
    assert json.loads(front.ask("GET", f"{SITE}/counts?{asked}").body)["counts"] == {key: 0}
    assert front.ask("GET", f"/embed/gazette?{asked}").status == 200
    longer = f"thread={quote(key + 'x' * 512, safe='')}"
    for path in (f"{SITE}/comments?{longer}", f"{SITE}/counts?{longer}", f"{SITE}/form?{longer}"):
        refused = front.ask("GET", path)
        assert refused.status == 400
        assert json.loads(refused.body)["code"]


WRONG = [
    *(f"comments?thread=1&cursor={cursor}" for cursor in ("x", "%00", "A" * 600, "eyJ4IjoxfQ", "..")),
    *(f"comments?thread=1&limit={limit}" for limit in ("0", "-1", "201", "1e3", "x", "9" * 400)),
    *(f"comments?thread=1&depth={depth}" for depth in ("-1", "x", "9" * 400)),
    *("comments?thread=1&sort=best", "comments?thread=1&around=x", "comments?thread=1&parent=%00", "comments"),
    *("comments?thread=", "comments?thread=%FF", "comments?thread=%00", "counts", "counts?thread=%FF", "form?thread="),
    "counts?" + "&".join(f"thread={n}" for n in range(101)),
]


@pytest.mark.parametrize("asked", WRONG, ids=lambda asked: asked[:40])
def test_what_is_out_of_range_or_forged_is_refused_with_a_code(front: Front, asked: str) -> None:
    answer = front.ask("GET", f"{SITE}/{asked}")
    assert (answer.status, answer.headers["content-type"]) == (400, "application/problem+json")
    assert re.fullmatch(r"[a-z_]+", json.loads(answer.body)["code"])
