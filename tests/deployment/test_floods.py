"""Very much of one thing, to granian as it is shipped: readers who take nothing, half requests, made-up threads."""

import socket
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path

import redis

from tests.deployment.fronts import ROOM, Front, memory
from tests.deployment.nginx import PUBLIC_NAME
from tests.deployment.webs import Web

SITE = "/api/v1/sites/gazette"
COMMENTS = f"{SITE}/comments?thread=story-1"


def test_readers_who_take_nothing_keep_nobody_waiting(web: Web) -> None:
    """Far more of them than there are threads, each with answers of megabytes under way."""
    with ExitStack() as held:
        for _ in range(80):
            connection = held.enter_context(socket.socket())
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.connect(("127.0.0.1", web.port))
            connection.settimeout(1)
            # More than any buffer takes: what is left of it stays here.
            with suppress(TimeoutError):
                for _ in range(40):
                    connection.sendall(f"GET /openapi.json HTTP/1.1\r\nHost: {PUBLIC_NAME}\r\n\r\n".encode())
        direct = Front(web.port, None)
        for path in ("/healthz", COMMENTS, "/embed/gazette?thread=story-1", f"{SITE}/form?thread=story-1"):
            assert direct.ask("GET", path).status == 200
    assert direct.ask("GET", "/healthz").status == 200


def test_senders_of_half_a_head_keep_nobody_waiting(web: Web) -> None:
    with ExitStack() as held:
        for _ in range(200):
            connection = held.enter_context(socket.create_connection(("127.0.0.1", web.port), timeout=10))
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: comments.exam")
        assert Front(web.port, None).ask("GET", COMMENTS).status == 200


def rows(environ: dict[str, str]) -> dict[str, int]:
    """Of every table."""
    [file] = Path(environ["DATA_DIR"]).glob("*.db")
    with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as database:
        names = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: database.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in names}


def test_a_flood_of_unknown_threads_takes_no_room(web: Web, redis_server: str) -> None:
    """A hundred thousand keys that nobody wrote under: no row, no key in Redis, no more memory than at first."""

    def flood(who: int, first: int, last: int) -> int:
        """Keys asked for, a hundred a request and some by themselves, over one connection."""
        statuses = []
        with socket.create_connection(("127.0.0.1", web.port), timeout=60) as connection:
            stream = connection.makefile("rb")

            def ask(path: str) -> None:
                connection.sendall(f"GET {path} HTTP/1.1\r\nHost: {PUBLIC_NAME}\r\n\r\n".encode())
                statuses.append(int(stream.readline().split()[1]))
                length = 0
                while (line := stream.readline()) != b"\r\n":
                    length = int(line.split(b":")[1]) if line.lower().startswith(b"content-length") else length
                stream.read(length)

            for start in range(first, last, 100):
                keys = [f"made-up-{who}-{n}-{'x' * 20}" for n in range(start, start + 100)]
                ask(f"{SITE}/counts?" + "&".join(f"thread={key}" for key in keys))
                for key in keys[::10]:
                    ask(f"{SITE}/comments?limit=200&thread={key}{'y' * 400}")
                ask(f"{SITE}/form?thread={keys[0]}")
                ask(f"/embed/gazette?thread={keys[1]}")
        assert set(statuses) == {200}
        return last - first

    with redis.Redis.from_url(redis_server) as client, ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda who: flood(who, 0, 5000), range(4)))
        before = (memory(web), rows(dict(web.environ)), client.dbsize())
        asked = sum(pool.map(lambda who: flood(who, 5000, 25_000 + 5000), range(4)))
        after = (memory(web), rows(dict(web.environ)), client.dbsize())
    assert asked == 100_000
    assert after[1:] == before[1:]
    assert after[0] - before[0] < ROOM
