"""Readers who write, readers who read and a moderator, all through nginx, and a record of every answer they got."""

import http.client
import itertools
import json
import secrets
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any
from urllib.parse import quote, urlencode

from tests.deployment.nginx import PUBLIC_NAME, Nginx
from tests.journeys.service_process import WORDS

SENDERS = 24
THREADS = 200
# As the widget does: what was not answered, or answered with 5xx, is sent again with the same key.
AGAIN_SECONDS = 0.7
# One sender waits so long for an answer; nginx gives up before.
PATIENCE_SECONDS = 35.0


@dataclass(frozen=True)
class Heard:
    """One answer: when it was asked for and when it came (seconds of the monotonic clock), by whom.

    `status`: 0 where the connection broke. `code`: the problem's, if it was one.
    """

    who: str
    asked: float
    came: float
    status: int
    code: str = ""

    @property
    def failed(self) -> bool:
        return self.status == 0 or self.status >= 500


@dataclass
class Accepted:
    """A comment that the service has taken: its text must be there at the end, under this id, once."""

    id: str
    receipt: str
    body: str
    tries: int


@dataclass
class Record:
    """What came of it all. Lists only grow: appending is safe from any thread."""

    heard: list[Heard] = field(default_factory=list)
    accepted: list[Accepted] = field(default_factory=list)
    # Sent and to the end never taken.
    given_up: list[str] = field(default_factory=list)
    decided: int = 0

    def wrong(self) -> list[Heard]:
        """Answers that no cause excuses: the service said that good requests are bad."""
        return [one for one in self.heard if 300 <= one.status < 500 and one.status not in (304, 409)]


class Line:
    """One kept connection to nginx. Raises OSError or http.client.HTTPException when it breaks; then it is new."""

    def __init__(self, nginx: Nginx) -> None:
        self._nginx = nginx
        self._connection: http.client.HTTPSConnection | None = None

    def ask(self, method: str, path: str, document: Any = None, **headers: str) -> tuple[int, bytes]:
        if self._connection is None:
            self._connection = _Through(self._nginx)
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        body = None
        if document is not None:
            body = json.dumps(document).encode()
            sent["Content-Type"] = "application/json"
        try:
            self._connection.request(method, path, body, sent)
            answer = self._connection.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            self.close()
            raise

    def close(self) -> None:
        if self._connection is not None:
            with suppress(OSError):
                self._connection.close()
            self._connection = None


class _Through(http.client.HTTPSConnection):
    """To nginx on this machine, under the public name."""

    def __init__(self, nginx: Nginx) -> None:
        super().__init__(PUBLIC_NAME, timeout=PATIENCE_SECONDS, context=nginx.tls)
        self._nginx = nginx

    def connect(self) -> None:
        raw = socket.create_connection(("127.0.0.1", self._nginx.tls_port), timeout=PATIENCE_SECONDS)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        context: ssl.SSLContext = self._nginx.tls
        self.sock = context.wrap_socket(raw, server_hostname=PUBLIC_NAME)


@dataclass
class Load:
    """`rate` comments a second over THREADS threads of `site`, reads beside them, and a moderator with `key`."""

    nginx: Nginx
    site: str
    page: str
    key: str
    rate: float
    seed: int = 1
    record: Record = field(default_factory=Record)

    def __post_init__(self) -> None:
        self._stop = threading.Event()
        self._turns = itertools.count()
        self._began = time.monotonic()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        self._began = time.monotonic()
        tasks = [(self._send, f"sender-{n}") for n in range(SENDERS)]
        tasks += [(self._read, "reader"), (self._moderate, "moderator")]
        self._threads = [
            threading.Thread(target=self._on_a_line, args=(task,), name=name, daemon=True) for task, name in tasks
        ]
        for thread in self._threads:
            thread.start()

    def stop(self, seconds: float = 90.0) -> None:
        """No new comments; what is on its way is sent until it is taken, for so long at most."""
        self._stop.set()
        end = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))

    def _on_a_line(self, task: Callable[[Line], None]) -> None:
        with closing(Line(self.nginx)) as line:
            task(line)

    def _send(self, line: Line) -> None:
        while True:
            turn = next(self._turns)
            if self._stop.wait(max(0.0, self._began + turn / self.rate - time.monotonic())):
                return
            self._send_one(line, turn)

    def _send_one(self, line: Line, turn: int) -> None:
        random = Random(f"{self.seed}-{turn}")
        body = " ".join(random.sample(WORDS.split(), 14)).capitalize() + "."
        if turn % 10 == 3:
            # Held by most policies: a person has to look at it.
            body += f" See https://example.org/{secrets.token_hex(4)} and https://example.net/{secrets.token_hex(4)}."
        document = {
            "thread": f"story-{turn % THREADS}",
            "page_url": f"{self.page}story-{turn % THREADS}",
            "name": f"Reader {turn % 997}",
            "email": f"reader{turn % 997}@example.com",
            "body": body,
        }
        key = secrets.token_urlsafe(18)
        path = f"/api/v1/sites/{self.site}/comments"
        for tries in itertools.count(1):
            status, answer = self._heard("sender", line, "POST", path, document, Idempotency_Key=key)
            if status == 202:
                found = json.loads(answer)
                self.record.accepted.append(Accepted(found["id"], found["receipt"], body, tries))
                return
            if 300 <= status < 500 or tries > 200:
                self.record.given_up.append(f"{status} {answer[:300].decode('utf-8', 'replace')}")
                return
            time.sleep(AGAIN_SECONDS)

    def _read(self, line: Line) -> None:
        for turn in itertools.count():
            if self._stop.wait(0.1):
                return
            thread = quote(f"story-{turn % THREADS}")
            self._heard("reader", line, "GET", f"/api/v1/sites/{self.site}/comments?thread={thread}&limit=100")

    def _moderate(self, line: Line) -> None:
        """Decides what waits, a few at a time, as a program with a key does."""
        bearer = {"Authorization": f"Bearer {self.key}"}
        actions: Iterator[str] = itertools.cycle(("approve", "reject", "approve", "spam"))
        asked = urlencode({"site": self.site, "status": "pending", "order": "oldest", "limit": 5})
        while not self._stop.wait(0.5):
            status, answer = self._heard("moderator", line, "GET", f"/api/v1/moderation/queue?{asked}", **bearer)
            if status != 200:
                continue
            decisions = [
                {"comment_id": one["id"], "action": next(actions), "expected_revision": one["revision"]}
                for one in json.loads(answer)["comments"]
            ]
            if not decisions:
                continue
            sent = {"decisions": decisions}
            status, answer = self._heard("moderator", line, "POST", "/api/v1/moderation/decisions", sent, **bearer)
            if status == 200:
                self.record.decided += sum("decision_id" in one for one in json.loads(answer)["decisions"])

    def _heard(
        self, who: str, line: Line, method: str, path: str, document: Any = None, **headers: str
    ) -> tuple[int, bytes]:
        asked = time.monotonic()
        try:
            status, answer = line.ask(method, path, document, **headers)
        except (OSError, http.client.HTTPException):
            status, answer = 0, b""
        code = ""
        if status >= 400:
            with suppress(ValueError, AttributeError):
                code = str(json.loads(answer).get("code", ""))
        self.record.heard.append(Heard(who, asked, time.monotonic(), status, code))
        return status, answer
