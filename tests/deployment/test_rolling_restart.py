"""Two real web servers behind the shipped nginx: they are restarted one after the other, killed, and hang."""

import http.client
import json
import os
import signal
import threading
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.deployment.nginx import PUBLIC_NAME, Nginx, running
from tests.deployment.webs import ORIGIN, Web, installation
from tests.embedded.processes import is_alive
from tests.waiting import wait_until

COMMENTS = "/api/v1/sites/gazette/comments"
COMMENT = {"thread": "story-1", "page_url": f"{ORIGIN}/1", "name": "Ada Reader", "email": "ada@example.com"}
READ = f"{COMMENTS}?thread=story-1"


@pytest.fixture(scope="module")
def webs(tmp_path_factory: pytest.TempPathFactory, redis_server: str) -> Iterator[list[Web]]:
    folder = tmp_path_factory.mktemp("webs")
    environ = installation(folder, redis_server, f"https://{PUBLIC_NAME}")
    webs = [Web(environ, folder), Web(environ, folder)]
    try:
        for web in webs:
            web.start()
        yield webs
    finally:
        for web in webs:
            web.end()


@pytest.fixture(scope="module")
def nginx(tmp_path_factory: pytest.TempPathFactory, webs: list[Web]) -> Iterator[Nginx]:
    with running(tmp_path_factory.mktemp("nginx"), webs[0].port, webs[1].port) as nginx:
        yield nginx


class Load:
    """Readers and writers who ask one thing after the other, each over a connection that is kept."""

    def __init__(self, nginx: Nginx, readers: int = 2, writers: int = 2) -> None:
        self.answers: Counter[tuple[str, int]] = Counter()
        self._nginx = nginx
        self._over = threading.Event()
        self._lock = threading.Lock()
        kinds = ["GET"] * readers + ["POST"] * writers
        self._threads = [
            threading.Thread(target=self._ask, args=(kind, number), daemon=True) for number, kind in enumerate(kinds)
        ]

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        wait_until(lambda: self.answers["GET", 200] and self.answers["POST", 202], what="the first answers")
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(40)

    def _ask(self, method: str, who: int) -> None:
        connection: http.client.HTTPSConnection | None = None
        number = 0
        # Not as fast as it can: two cores have to start servers meanwhile.
        while not self._over.wait(0.003):
            number += 1
            if connection is None:
                connection = http.client.HTTPSConnection(
                    "127.0.0.1", self._nginx.tls_port, context=self._nginx.tls, timeout=30
                )
            headers = {"Host": PUBLIC_NAME, "Origin": ORIGIN, "Content-Type": "application/json"}
            body = None
            if method == "POST":
                headers["Idempotency-Key"] = f"writer-{who}-{number:08d}"
                body = json.dumps(COMMENT | {"body": f"Word {who} {number}."})
            try:
                connection.request(method, READ if method == "GET" else COMMENTS, body, headers)
                response = connection.getresponse()
                response.read()
                status = response.status
            except (OSError, http.client.HTTPException):
                connection.close()
                connection, status = None, 0
            with self._lock:
                self.answers[method, status] += 1
        if connection is not None:
            connection.close()


def test_a_rolling_restart_fails_no_request(webs: list[Web], nginx: Nginx) -> None:
    for web in webs:
        # Until it has ended: what follows is a start like any other, and takes the machine's time.
        with Load(nginx) as load:
            web.stop()
        assert set(load.answers) == {("GET", 200), ("POST", 202)}, load.answers
        web.start()


def test_a_server_that_hangs_holds_nobody_for_long(webs: list[Web], nginx: Nginx) -> None:
    """Readers get their answer from the other one."""
    hanging = webs[0]
    for pid in hanging.processes:
        os.kill(pid, signal.SIGSTOP)
    try:
        # In turns: of two requests one goes there.
        assert [nginx.ask("GET", READ)[0] for _ in range(2)] == [200, 200]
    finally:
        for pid in hanging.processes:
            os.kill(pid, signal.SIGCONT)


def test_a_killed_server_leaves_nobody_behind_and_the_other_answers(webs: list[Web], nginx: Nginx) -> None:
    killed = webs[0]
    assert len(killed.processes) >= 2
    assert killed.process is not None
    killed.process.kill()
    killed.process.wait(10)
    wait_until(lambda: not any(map(is_alive, killed.processes)), what="the end of its processes")
    assert [nginx.ask("GET", READ)[0] for _ in range(4)] == [200] * 4
    killed.start()
