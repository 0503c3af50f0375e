"""Three newspapers with articles of their own making, each on an origin of its own, and one service for all of them."""

import json
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from models import VoteKinds
from service.cli.installation import Installation, environment
from tests.environment import free_port
from tests.factories import add_api_key, add_site
from tests.journeys.service_process import Running, start
from tests.waiting import wait_until

PARAGRAPH = "The council decided on Thursday that the old bridge stays open to trams, to bicycles and to people on foot. "

# A broadsheet whose style sheet was there first and means everybody: elements by name, everything by `!important`, the
# layout by floats, text that does not wrap. Its scripts have their own ideas of arrays and of the `s` key.
GAZETTE = """<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>The bridge stays open</title><link rel="icon" href="data:,">
<link rel="canonical" href="{address}">
<style>
* {{ letter-spacing: 1px !important; text-transform: uppercase !important; border-radius: 9px !important }}
body {{ margin: 0 auto; max-width: 60em; padding: 0 1em; font: 18px/1.6 Georgia, serif; color: #222; background: #fbf8f1 }}
p, li, header {{ color: crimson; text-indent: 3em; float: left; width: 100% }}
button, input, textarea, select {{ all: unset; display: none !important; outline: 9px solid red !important }}
form, section, article, ol, ul, h2, small {{ border: 4px dashed hotpink !important; visibility: hidden; font-size: 99px }}
.text, .soft, .send, .act, .head {{ position: fixed; inset: 0; background: yellow }}
a {{ color: inherit; text-decoration: none; pointer-events: none }}
main {{ white-space: nowrap; text-align: right; overflow-wrap: normal }}
.story {{ overflow: hidden; white-space: normal; text-align: left; visibility: visible; border: 0 !important; font-size: 18px }}
@media (prefers-color-scheme: dark) {{ body {{ color: #eee; background: #191714 }} }}
</style>
<script>
Array.prototype.toJSON = function () {{ return '[]'; }}; Object.prototype.extend = function () {{}};
addEventListener('keydown', (event) => {{ if (event.key === 's') event.preventDefault(); }});
</script>
<script type="module" src="{service}/widget.js"></script>
<style>rejoinder-comments:not(:defined) {{ display: block; min-height: 100vh }}</style>
</head><body><main><h1>The bridge stays open</h1><div class="story">{text}</div>
<rejoinder-comments site="gazette" thread="{thread}"></rejoinder-comments></main></body></html>"""

# A single-page site: the script swaps articles, the policy is what `rejoinder doctor --csp` prints and not a word more.
COURIER = """<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Courier</title><link rel="icon" href="/icon.svg"><link rel="stylesheet" href="/courier.css">
<script type="module" src="{script}" integrity="{integrity}" crossorigin></script>
<script type="module" src="/courier.js"></script>
</head><body><nav><a href="/trams">Trams</a> <a href="/ferries">Ferries</a></nav>
<main><h1>Courier</h1><p id="story">{text}</p></main>
<rejoinder-comments site="courier" thread="trams" page-url="/trams" page-title="Trams" loading="eager"></rejoinder-comments>
<footer><label>Newsletter <input name="newsletter"></label></footer></body></html>"""
COURIER_CSS = """:root { color-scheme: light dark }
body { margin: 0 auto; max-width: 44em; padding: 0 1em; font: 17px/1.5 system-ui, sans-serif }"""
COURIER_JS = """globalThis.violations = [];
addEventListener('securitypolicyviolation', (event) => violations.push(event.violatedDirective + ' ' + event.blockedURI));
const widget = document.querySelector('rejoinder-comments');
const show = (path) => {
  const name = path.slice(1) || 'trams';
  document.title = document.querySelector('h1').textContent = name[0].toUpperCase() + name.slice(1);
  widget.setAttribute('page-title', document.title);
  widget.setAttribute('thread', name);
  widget.setAttribute('page-url', path);
};
document.querySelector('nav').addEventListener('click', (event) => {
  event.preventDefault();
  history.pushState(null, '', event.target.href);
  show(location.pathname);
});
addEventListener('popstate', () => show(location.pathname));"""

# From right to left, and with a `<base>` that every relative address of the page goes by.
ALJISR = """<!doctype html><html lang="ar" dir="rtl"><head><meta charset="utf-8"><base href="/somewhere/else/">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>يبقى الجسر مفتوحا</title><link rel="icon" href="data:,">
<style>:root {{ color-scheme: light dark }} body {{ margin: 0 auto; max-width: 44em; padding: 0 1em; font: 18px/1.7 serif }}
rejoinder-comments:not(:defined) {{ display: block; min-height: 100vh }}</style>
<script type="module" src="{service}/widget.js"></script></head>
<body><h1>يبقى الجسر مفتوحا</h1><p>قرر المجلس يوم الخميس أن يبقى الجسر القديم مفتوحا للترام والدراجات والمشاة.</p>
<rejoinder-comments site="aljisr" thread="{thread}"></rejoinder-comments></body></html>"""
# The same newspaper's page for phones: no script but one that sizes the frame.
FRAMING = """<!doctype html><html lang="ar" dir="rtl"><head><meta charset="utf-8"><title>الجسر</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">
<style>body {{ margin: 0 }} iframe {{ border: 0; width: 100% }}</style></head><body><h1>الجسر</h1>
<iframe title="التعليقات" src="{frame}"></iframe>
<script>
addEventListener('message', ({{ data, origin }}) => {{
  if (origin === '{service}' && data.type === 'rejoinder:height') document.querySelector('iframe').style.height = data.height + 'px';
}});
</script></body></html>"""


@dataclass
class News:
    """The running service and the addresses of its newspapers. Threads are published at once; a key decides otherwise."""

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
            for slug, origin in (("courier", courier), ("aljisr", aljisr)):
                add_site(services, slug, origins=[origin], **told)
            site = add_site(services, "gazette", origins=[gazette], **told)
            keys = {who: add_api_key(services, site, "moderate") for who in ("first", "second")}
        policy = running.cli("doctor", "--csp", "courier")
        service = running.base
        pinned = policy["script"]

        def of_gazette(path: str) -> tuple[str, str]:
            return "text/html", GAZETTE.format(
                service=service, thread=path.strip("/"), address=gazette + path, text=f"<p>{PARAGRAPH * 5}</p>"
            )

        def of_courier(path: str) -> tuple[str, str]:
            files = {"/courier.css": ("text/css", COURIER_CSS), "/courier.js": ("text/javascript", COURIER_JS)}
            page = COURIER.format(script=pinned["src"], integrity=pinned["integrity"], text=PARAGRAPH * 3)
            return files.get(path, ("text/html", page))

        def of_aljisr(path: str) -> tuple[str, str]:
            frame = f"{service}/embed/aljisr?{urlencode({'thread': 'framed', 'page_url': f'{aljisr}/framed'})}"
            if path == "/framed":
                return "text/html", FRAMING.format(frame=frame.replace("&", "&amp;"), service=service)
            return "text/html", ALJISR.format(service=service, thread=path.strip("/"))

        with (
            _printed(ports[0], "127.0.0.1", of_gazette),
            _printed(ports[1], "127.0.0.1", of_courier, _strict(policy["csp"])),
            _printed(ports[2], "127.0.0.2", of_aljisr),
        ):
            yield News(running, gazette, courier, aljisr, keys)
    finally:
        running.stop()


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

