"""The real application on a real port, and a browser in front of it."""

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select
from werkzeug.serving import WSGIRequestHandler, make_server

from models import ActorKind, CommentVersion, Site, Status, new_id
from service.accounts.actors import Actor
from service.app import create_app
from service.intake.receive import EXTENSION
from service.moderation.decisions import DecisionRequest, apply_decisions
from service.publishing.documents import Documents
from service.publishing.shortcut import Shortcut
from service.wiring import Services, wire
from tests.environment import free_port
from tests.factories import Newsroom, add_site, move_comment
from tests.lookups import seen
from tests.settings import make_settings
from tests.sharing.databases import make_tables
from tests.waiting import wait_until

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# What a reader meets; the desk has tests of its own.
READERS_ROOMS = (
    "service.intake.routes",
    "service.publishing.routes",
    "service.readers.routes",
    "service.widget.routes",
)
# The newsroom's own words for one of its reasons.
REASON = "Please stay with the article."
MODERATOR = Actor(ActorKind.MODERATOR, new_id(), "Mod", {"": "moderator"})


class _Silent(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:
        pass


@dataclass
class Live:
    """A service that answers, with its site `demo`; judging is done by hand, so that a test says when."""

    services: Services
    site: Site
    port: int
    documents: Documents
    # Pages of somebody else, by their path below `/of/`: see `of`.
    pages: dict[str, str] = field(default_factory=dict)

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def news(self) -> str:
        """The same machine under the newsroom's name: another origin."""
        return f"http://localhost:{self.port}"

    def demo(self, thread: str) -> str:
        return f"{self.news}/demo/?thread={thread}"

    def of(self, name: str, html: str, **place: str) -> str:
        """The address of a page of the newsroom's own, with the widget's script and `<slot>` made an element there."""
        script = f'<script type="module" src="{self.base}/widget.js"></script>'
        said = "".join(f' {key.replace("_", "-")}="{value}"' for key, value in {"thread": name, **place}.items())
        element = f'<rejoinder-comments site="demo"{said}></rejoinder-comments>'
        self.pages[f"/of/{name}"] = f"<!doctype html><meta charset=utf-8>{script}" + html.replace("<slot>", element)
        return f"{self.news}/of/{name}"

    def serve(self, app: "WSGIApplication") -> "WSGIApplication":
        """`app`, and the pages beside it."""

        def answer(environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
            page = self.pages.get(environ["PATH_INFO"])
            if page is None:
                return app(environ, start)
            start("200 OK", [("Content-Type", "text/html; charset=utf-8")])
            return [page.encode()]

        return answer

    @cached_property
    def newsroom(self) -> Newsroom:
        return Newsroom(self.services, self.site)

    def received(self, text: str) -> str:
        """Waits for the comment with this text; returns its id."""
        return str(wait_until(lambda: self._find(text), what=f"the comment {text!r}"))

    def decide(self, comment_id: str, action: str, reason: str | None = None) -> None:
        if seen(self.services, comment_id).status is Status.RECEIVED:
            # As the worker leaves it when a rule wants a person.
            move_comment(self.services, comment_id, Status.PENDING)
        revision = seen(self.services, comment_id).revision
        wanted = DecisionRequest(comment_id, action, MODERATOR, reason, expected_revision=revision)
        [outcome] = apply_decisions(self.services, [wanted])
        assert outcome.problem is None, outcome.problem
        self.documents.drop_all()

    def count(self, text: str) -> int:
        with self.services.read() as session:
            return session.scalar(select(func.count()).where(CommentVersion.text == text)) or 0

    def _find(self, text: str) -> str | None:
        with self.services.read() as session:
            return session.scalar(select(CommentVersion.comment_id).where(CommentVersion.text == text))

    def write(self, thread: str, text: str = "Well said.", **changes: Any) -> str:
        """A published comment, without the way through intake; answers its id. The next who asks for the list has it:
        nobody is woken here, and what was asked for before holds for a second."""
        written = self.newsroom.published(text, thread=self.thread(thread), **changes)
        self.documents.drop_all()
        return written

    def thread(self, key: str) -> str:
        return self.newsroom.thread(key, url=self.demo(key))


@contextmanager
def serving(folder: Path, redis_url: str, *, rooms: Iterable[str] = READERS_ROOMS, **environ: str) -> Iterator[Live]:
    port = free_port()
    settings = make_settings(
        f"sqlite:///{folder / 'live.db'}", redis_url, REJOINDER_PUBLIC_URL=f"http://127.0.0.1:{port}", **environ
    )
    services = wire(settings)
    make_tables(services.engine)
    site = add_site(
        services,
        "demo",
        origins=[f"http://localhost:{port}", f"http://127.0.0.1:{port}"],
        created_at=services.clock.now() - timedelta(days=1),
        reasons={"off_topic": REASON},
    )
    app = create_app(services, rooms)
    documents: Documents = app.extensions["rejoinder.documents"]
    live = Live(services, site, port, documents)
    beside = live.serve(Shortcut(app, services))
    server = make_server("127.0.0.1", port, beside, threaded=True, request_handler=_Silent)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield live
    server.shutdown()
    thread.join(10)
    server.server_close()
    app.extensions[EXTENSION].commits.close()
    documents.close()
    services.close()
