"""A service as its operator starts it, and a client that speaks to it as a browser or a program would."""

import http.client
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlencode, urlsplit

from tests.environment import free_port
from tests.forked import rejoinder
from tests.waiting import wait_until

REJOINDER = str(Path(sys.executable).with_name("rejoinder"))
WORDS = (
    "harbour lantern meadow bridge window autumn kitchen railway garden village morning orchard teacher station "
    "winter ladder market library concert mountain evening river council theatre ferry museum summer paper "
    "bakery forest lighthouse festival pavement reporter school tunnel weather balcony carpenter island journey mayor "
    "neighbour painter question season tramway umbrella valley workshop budget corner decision engine farmer gallery "
    "hospital"
)


@dataclass
class Answer:
    status: int
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")


@dataclass
class Client:
    """Plain HTTP with a cookie jar; follows nothing by itself and remembers every answer."""

    port: int
    cookies: dict[str, str] = field(default_factory=dict)
    heard: list[Answer] = field(default_factory=list)

    def send(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        connection.request(method, path, body, sent)
        response = connection.getresponse()
        answer = Answer(response.status, response.getheaders(), response.read())
        connection.close()
        for name, value in answer.headers:
            if name.lower() == "set-cookie":
                key, _, rest = value.partition("=")
                self.cookies[key] = rest.split(";", 1)[0]
        self.heard.append(answer)
        return answer

    def get(self, path: str, **headers: str) -> Answer:
        return self.send("GET", path, **headers)

    def post(self, path: str, document: Any, **headers: str) -> Answer:
        return self.send("POST", path, json.dumps(document).encode(), Content_Type="application/json", **headers)

    def form(self, path: str, fields: dict[str, str], **headers: str) -> Answer:
        body = urlencode(fields).encode()
        return self.send("POST", path, body, Content_Type="application/x-www-form-urlencoded", **headers)


@dataclass
class Running:
    """`rejoinder up` in a process of its own."""

    data_dir: Path
    port: int
    process: subprocess.Popen[bytes]
    addresses: dict[str, str]
    numbers: Iterator[int] = field(default_factory=count)

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        return (self.data_dir.parent / "up.log").read_text("utf-8", "replace")

    def client(self) -> Client:
        return Client(self.port)

    def comment(self, **changes: str) -> dict[str, Any]:
        """A submission's fields, with a page on one of the demo site's origins."""
        fields = {
            "thread": "story-1",
            "page_url": f"http://localhost:{self.port}/demo/",
            "name": "Ada Reader",
            "email": "ada@example.com",
            # Texts differ as people's do: nearly the same one again would be held for being the same.
            "body": f"{' '.join(Random(next(self.numbers)).sample(WORDS.split(), 12)).capitalize()}.",
        }
        return fields | changes

    def moderator(self) -> Client:
        """A client signed in at the desk with the one-time link."""
        client = self.client()
        url = urlsplit(self.addresses["sign_in"])
        path = url.path + (f"?{url.query}" if url.query else "")
        page = client.get(path)
        assert page.status == 200, page.text
        done = client.form(path, hidden_fields(page.text))
        assert done.status in {302, 303}, done.text
        return client

    def cli(self, *words: str, ok: bool = True) -> Any:
        done = rejoinder(*words, "--data-dir", str(self.data_dir), "--json")
        if ok:
            assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if done.stdout.strip() else None

    def worker_pids(self) -> list[int]:
        """The moderation workers below this supervisor."""
        return [pid for pid in descendants(self.process.pid) if " worker" in command_of(pid)]

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(10)


def start(data_dir: Path, *words: str, port: int | None = None, through: Sequence[str] = (), **environ: str) -> Running:
    """Starts `rejoinder up --json` and waits for its addresses. `through`: a command that starts it in its place."""
    port = port or free_port()
    data_dir.parent.mkdir(parents=True, exist_ok=True)
    base = {"REJOINDER_SUBMIT_LIMIT": "off", "REJOINDER_DNS": "off", "REJOINDER_LOG_LEVEL": "debug"}
    with (data_dir.parent / "up.log").open("ab") as log:
        process = subprocess.Popen(
            [*through, REJOINDER, "up", "--port", str(port), "--data-dir", str(data_dir), "--json", *words],
            stdout=subprocess.PIPE,
            stderr=log,
            env=os.environ | base | environ,
            start_new_session=True,
        )
    assert process.stdout is not None
    line = process.stdout.readline()
    process.stdout.close()
    assert line, (data_dir.parent / "up.log").read_text("utf-8", "replace")
    return Running(data_dir, port, process, json.loads(line))


def hidden_fields(page: str) -> dict[str, str]:
    """The hidden inputs of a page's forms, as a browser would send them."""
    found = {}
    for tag in re.findall(r"<input[^>]*>", page):
        attributes = dict(re.findall(r'([a-z_-]+)="([^"]*)"', tag))
        if attributes.get("type") == "hidden" and "name" in attributes:
            found[attributes["name"]] = attributes.get("value", "")
    return found


def descendants(pid: int) -> list[int]:
    """All processes below `pid`, from /proc."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    found, todo = [], [pid]
    while todo:
        below = children.get(todo.pop(), [])
        found += below
        todo += below
    return found


def command_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
    except OSError:
        return ""


def status_of(client: Client, receipt: str) -> str:
    answer = client.get(f"/api/v1/receipts/{receipt}")
    return str(answer.json["status"]) if answer.status == 200 else f"http {answer.status}"


def wait_for_status(client: Client, receipt: str, status: str, seconds: float = 60) -> None:
    wait_until(lambda: status_of(client, receipt) == status, seconds=seconds, what=f"the receipt reading {status!r}")


def wait_for_queue(client: Client, comment_id: str, seconds: float = 60, **headers: str) -> dict[str, Any]:
    """The comment's entry once it stands in the moderation queue."""

    def entry() -> Any:
        answer = client.get("/api/v1/moderation/queue?status=pending&limit=100", **headers)
        assert answer.status == 200, answer.text
        return next((c for c in answer.json["comments"] if c["id"] == comment_id), None)

    found: dict[str, Any] = wait_until(entry, seconds=seconds, what="the comment in the queue")
    return found
