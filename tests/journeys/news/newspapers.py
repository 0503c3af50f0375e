"""Three newspapers with articles of their own making, each on an origin of its own, and one service for all of them."""

import json
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from string import Template
from typing import Any
from urllib.parse import urlencode

from models import VoteKinds
from service.cli.installation import Installation, environment
from tests.environment import free_port
from tests.factories import add_api_key, add_site
from tests.journeys.service_process import Running, start
from tests.waiting import wait_until

PARAGRAPH = (
    "The council decided on Thursday that the old bridge stays open to trams, to bicycles and to people on foot. "
)

# The pages as they were written, with `${...}` where an address goes:
# `gazette.html`, a broadsheet whose style sheet was there first and means everybody, whose scripts have their own ideas
# of lists and of the `s` key; `courier.html`, a single-page site whose policy is what `rejoinder doctor --csp` prints;
# `aljisr.html`, from right to left, with a `<base>` that its relative addresses go by; `framing.html`, with a frame.
_PAGES = Path(__file__).parent / "pages"


@dataclass
class News:
    """The running service and its newspapers' addresses. Comments are published at once; a key decides otherwise."""

    running: Running
    gazette: str
    courier: str
    aljisr: str
    keys: Mapping[str, str]

    def article(self, thread: str) -> str:
        return f"{self.gazette}/{thread}"

    def plain(self, thread: str, **asked: str) -> str:
        """The Gazette's comments as a page that needs no script."""
        place = {"thread": thread, "page_url": self.article(thread), "page_title": "The bridge stays open"}
        return f"{self.running.base}/embed/gazette?{urlencode(place | asked)}"

    def published(self, thread: str, text: str, name: str = "Ben", site: str = "gazette", **more: str) -> str:
        """A comment by somebody else, when readers can see it; its id."""
        client = self.running.client()
        page = {"gazette": self.gazette, "courier": self.courier, "aljisr": self.aljisr}[site]
        fields = self.running.comment(thread=thread, page_url=f"{page}/{thread}", name=name, body=text, **more)
        answer = client.post(f"/api/v1/sites/{site}/comments", fields)
        assert answer.status == 202, answer.text
        sent = answer.json["id"]
        path = f"/api/v1/sites/{site}/comments/{sent}"
        wait_until(lambda: client.get(path).status == 200, what=f"{text!r} among the published")
        return str(sent)

    def texts(self, thread: str, site: str = "gazette") -> list[str]:
        """What is published there."""
        query = urlencode({"thread": thread, "limit": "200"})
        answer = self.running.client().get(f"/api/v1/sites/{site}/comments?{query}")
        return [comment["html"] for comment in answer.json["comments"] if comment["html"]]

    def decide(self, comment: str, action: str, reason: str | None = None, *, who: str = "first") -> None:
        """As moderators' program with that key."""
        bearer = {"Authorization": f"Bearer {self.keys[who]}"}
        client = self.running.client()
        seen = client.get(f"/api/v1/moderation/comments/{comment}", **bearer).json
        decision = {"comment_id": comment, "action": action, "reason": reason, "expected_revision": seen["revision"]}
        answer = client.post("/api/v1/moderation/decisions", {"decisions": [decision]}, **bearer)
        assert answer.status == 200, answer.text
        assert "problem" not in answer.json["decisions"][0], answer.text

    def appealed(self) -> list[str]:
        """The ids in the queue of those whose writers appeal."""
        bearer = {"Authorization": f"Bearer {self.keys['second']}"}
        answer = self.running.client().get("/api/v1/moderation/queue?filter=appealed&status=rejected", **bearer)
        return [comment["id"] for comment in answer.json["comments"]]


@contextmanager
def news(folder: Path) -> Iterator[News]:
    """The service as `rejoinder up` starts it (web, worker, Redis), with three sites and their newspapers."""
    ports = [free_port() for _ in range(3)]
    gazette, courier, aljisr = (
        f"http://{host}:{port}" for host, port in zip(("localhost", "127.0.0.1", "127.0.0.2"), ports, strict=True)
    )
    running = start(folder / "data", "--no-demo")
    try:
        with Installation(environment(str(running.data_dir), os.environ)).services() as services:
            told = {"first_comments_held": False, "votes": VoteKinds.UP_DOWN}
            add_site(services, "courier", origins=[courier], **told)
            add_site(services, "aljisr", origins=[aljisr], language="ar", **told)
            site = add_site(services, "gazette", origins=[gazette], **told)
            keys = {who: add_api_key(services, site, "moderate") for who in ("first", "second")}
        policy = running.cli("doctor", "--csp", "courier")
        service = running.base

        def of_gazette(path: str) -> tuple[str, str]:
            story = {"thread": path.strip("/"), "address": gazette + path, "text": f"<p>{PARAGRAPH * 5}</p>"}
            return "text/html", _page("gazette.html", service=service, **story)

        def of_courier(path: str) -> tuple[str, str]:
            if path in ("/courier.css", "/courier.js"):
                return f"text/{'css' if path.endswith('css') else 'javascript'}", _page(path[1:])
            pinned = policy["script"]
            page = {"script": pinned["src"], "integrity": pinned["integrity"], "text": PARAGRAPH * 3}
            return "text/html", _page("courier.html", **page)

        def of_aljisr(path: str) -> tuple[str, str]:
            if path != "/framed":
                return "text/html", _page("aljisr.html", service=service, thread=path.strip("/"))
            asked = urlencode({"thread": "framed", "page_url": f"{aljisr}/framed"})
            frame = f"{service}/embed/aljisr?{asked}".replace("&", "&amp;")
            return "text/html", _page("framing.html", service=service, frame=frame)

        with (
            _printed(ports[0], "127.0.0.1", of_gazette),
            _printed(ports[1], "127.0.0.1", of_courier, _strict(policy["csp"])),
            _printed(ports[2], "127.0.0.2", of_aljisr),
        ):
            yield News(running, gazette, courier, aljisr, keys)
    finally:
        running.stop()


def _page(name: str, **places: str) -> str:
    return Template((_PAGES / name).read_text("utf-8")).substitute(places)


def _strict(lines: list[str]) -> str:
    """The policy of a page with nothing of its own but files: with the lines that `rejoinder doctor --csp` prints."""
    own = {"script-src": "'self'", "style-src": "'self'", "img-src": "'self'", "form-action": "'none'"}
    asked = dict(line.split(" ", 1) for line in lines)
    merged = {name: " ".join(filter(None, (own.get(name), asked.get(name)))) for name in {**own, **asked}}
    rules = [f"{name} {value}" for name, value in merged.items()]
    return "; ".join(["default-src 'none'", *rules, "require-trusted-types-for 'script'", "trusted-types 'none'"])


@contextmanager
def _printed(port: int, host: str, page: Any, policy: str = "") -> Iterator[None]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            kind, text = page(self.path.partition("?")[0])
            body = text.encode()
            self.send_response(200)
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            if policy:
                self.send_header("Content-Security-Policy", policy)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer((host, port), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


def arabic(english: str) -> str:
    """What the widget says for this in Arabic."""
    folder = Path(__file__).parents[3] / "service" / "widget" / "words"
    said = json.loads((folder / "ar.json").read_text("utf-8"))[english]
    return str(said)
