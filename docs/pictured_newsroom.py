"""The newsroom that the desk's pictures are taken of: a service of its own, and what its readers send."""

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tests.environment import free_port
from tests.waiting import wait_until

ROOT = Path(__file__).parents[1]
ORIGIN = "http://gazette.example"
TYPING_SECONDS = 6

TITLES = {
    "4711": "Council votes on the old bridge",
    "4712": "Ferry timetable changes in spring",
    "4713": "Neue Schule am Hafen",
}
# thread, name, website, text, whether it answers the thread's first one.
COMMENTS: tuple[tuple[str, str, str, str, bool], ...] = (
    ("4711", "Mira Holm", "", "The bridge is long overdue. My children cross it every morning.", False),
    ("4711", "Jonas P.", "", "Who pays for it? Two years ago we were told that there is no money.", True),
    ("4711", "Ilse", "https://harbour.example", "The plan is on their page: https://council.example/bridge", True),
    ("4711", "Best Price", "https://pills.example", "Cheap pills! Buy: http://pills.example http://w.example", False),
    ("4711", "Robin", "", "You are an idiot and everybody who voted for this is an idiot.", False),
    ("4711", "Ada", "", "Call me on 0151 23456789, I have photos of the old pillars.", False),
    ("4711", "Samir", "", "THIS IS A DISGRACE AND NOBODY LISTENS TO US!!!!!!", False),
    ("4711", "Nils", "", "What a load of f.u.c.k.i.n.g nonsense, if I may say so.", False),
    ("4712", "Vera Lund", "", "The first ferry leaves ten minutes before the bus arrives. Again.", False),
    ("4712", "Tom", "", "Then take the bus before it?", True),
    ("4712", "Eva", "", "There is none before six. Please read the timetable before you answer.", True),
    ("4712", "Karl", "", "Get rich at home, ask me how: bit.ly/quick-money-now", False),
    ("4712", "Lena", "", "Get rich at home, ask me how: bit.ly/quick-money-now !", False),
    ("4712", "Otto", "", "Get rich at home, ask me how, bit.ly/quick-money-now", False),
    ("4713", "Jürgen Müller", "", "Endlich! Die alte Schule war seit Jahren zu klein.", False),
    ("4713", "Sabine", "", "Und wo sollen die Lehrer herkommen? Das sagt niemand.", True),
    ("4713", "Fatma", "", "Der Hafen ist laut. Hat jemand an die Fenster gedacht?", False),
    ("4713", "Heiko", "", "Ihr seid doch alle Idioten, haut einfach ab.", False),
)  # fmt: skip


class Machine:
    """A running service: its command line, its public API, and the way in."""

    def __init__(self, folder: Path) -> None:
        self.port, self.data = free_port(), folder / "data"
        self.base = f"http://127.0.0.1:{self.port}"
        self.environ = os.environ | {
            "REJOINDER_SUBMIT_LIMIT": "off",
            "REJOINDER_DNS": "off",
            "REJOINDER_LOG_LEVEL": "error",
            "REJOINDER_TRUSTED_PROXIES": "127.0.0.1/32",
        }
        self.sign_in = ""
        # Who wrote -> the comment's id and its receipt.
        self.sent: dict[str, tuple[str, str]] = {}

    @contextmanager
    def running(self) -> "Iterator[Machine]":
        up = [sys.executable, "-m", "service.cli", "up", "--no-demo", "--port", str(self.port)]
        up += ["--data-dir", str(self.data), "--json"]
        process = subprocess.Popen(up, env=self.environ, stdout=subprocess.PIPE, cwd=ROOT)
        try:
            assert process.stdout is not None
            self.sign_in = json.loads(process.stdout.readline())["sign_in"]
            yield self
        finally:
            process.terminate()
            process.wait(20)

    def command(self, *words: str) -> str:
        whole = [sys.executable, "-m", "service.cli", *words, "--data-dir", str(self.data)]
        return subprocess.run(whole, env=self.environ, stdout=subprocess.PIPE, check=True, text=True, cwd=ROOT).stdout

    def post(self, path: str, network: int, message: Mapping[str, object]) -> dict[str, Any]:
        """Sends what a reader says, from a network of its own."""
        headers = {"Content-Type": "application/json", "Origin": ORIGIN, "X-Forwarded-For": f"198.51.{network}.7"}
        asked = urllib.request.Request(
            f"{self.base}/api/v1/{path}", json.dumps(message).encode(), headers, method="POST"
        )
        with urllib.request.urlopen(asked, timeout=30) as answer:
            return dict(json.load(answer))

    def send(self, network: int, message: Mapping[str, object]) -> str:
        """Posts a comment; answers its id."""
        sent = self.post("sites/gazette/comments", network, message)
        self.sent[str(message["name"])] = (str(sent["id"]), str(sent["receipt"]))
        return str(sent["id"])

    def token(self, thread: str) -> str:
        """What the form for this story would send along."""
        with urllib.request.urlopen(f"{self.base}/api/v1/sites/gazette/form?thread={thread}", timeout=30) as answer:
            return str(json.load(answer)["token"])

    def shows(self, comment_id: str) -> bool:
        with suppress(urllib.error.HTTPError):
            urllib.request.urlopen(f"{self.base}/api/v1/sites/gazette/comments/{comment_id}", timeout=30).close()
            return True
        return False


def fill(machine: Machine) -> None:
    """A site with three stories and what readers said about them."""
    machine.command("site", "add", "gazette", "--name", "The Gazette", "--origin", ORIGIN, "--mode", "automatic")
    machine.command("site", "set", "gazette", "--no-first-comments-held")
    machine.command("site", "add", "herald", "--name", "The Herald", "--origin", "http://herald.example")
    first: dict[str, str] = {}
    tokens = [machine.token(thread) for thread, *_ in COMMENTS]
    # Nobody types a comment in less.
    time.sleep(TYPING_SECONDS)
    for n, (thread, name, website, text, answers) in enumerate(COMMENTS):
        message = {
            "thread": thread,
            "page_url": f"{ORIGIN}/{thread}",
            "page_title": TITLES[thread],
            "name": name,
            "email": f"reader{n}@example.org",
            "website": website,
            "body": text,
            "parent_id": first[thread] if answers else None,
            "token": tokens[n],
        }
        sent = machine.send(n, message)
        if thread not in first:
            first[thread] = sent
            wait_until(lambda sent=sent: machine.shows(sent), what="the first comment of a story")  # type: ignore[misc]


def complain(machine: Machine) -> None:
    """Readers report what is up, and a writer appeals against a refusal."""
    for network, name, reason, text in (
        (101, "Mira Holm", "off_topic", "This is an advertisement for the mayor."),
        (102, "Mira Holm", "other", "She wrote the same last week."),
        (103, "Vera Lund", "unfounded", "The bus comes first, I take it every day."),
    ):
        machine.post(
            f"sites/gazette/comments/{machine.sent[name][0]}/reports", network, {"reason": reason, "text": text}
        )
    _, receipt = machine.sent["Fatma"]
    machine.post(f"receipts/{receipt}/appeal", 104, {"text": "I asked about the windows: it is about the school."})
