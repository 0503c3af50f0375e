"""The desk in a real browser: a service of its own on a port, and the pages that people open."""

import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page
from werkzeug.serving import WSGIRequestHandler, make_server

from models import Comment
from service import wiring
from service.app import create_app
from service.wiring import Services, wire
from tests.desk.conftest import newsroom_of
from tests.environment import free_port
from tests.factories import Newsroom, add_site
from tests.settings import make_settings
from tests.sharing.databases import make_tables
from tests.waiting import wait_until

# Long enough for a key to travel and a page to be drawn on a busy machine.
PATIENCE = 10_000


class _Silent(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:
        pass


@dataclass
class Desk:
    """A service of its own on a port, and the pages that people opened."""

    newsroom: Newsroom
    base: str
    open_context: Callable[..., BrowserContext]
    # What pages threw and what their policy stopped; a test that provokes it takes it out again.
    thrown: list[str]

    def page(self, name: str = "Anna", *, role: str = "moderator", everywhere: bool = False, **options: Any) -> Page:
        """The desk as this moderator, signed in, sees it; `everywhere`: of every site."""
        token = self.newsroom.session(self.newsroom.moderator(name, role, everywhere=everywhere))
        context = self.open_context(**({"viewport": {"width": 1280, "height": 800}} | options))
        context.add_cookies([{"name": self.newsroom.cookie, "value": token, "url": self.base}])
        page = context.new_page()
        page.goto(f"{self.base}/moderate/")
        return page

    def status(self, comment_id: str) -> str:
        with self.newsroom.services.read() as session:
            return session.get_one(Comment, comment_id).status.value

    def becomes(self, comment_id: str, status: str) -> None:
        wait_until(lambda: self.status(comment_id) == status, what=f"{status} for the comment")


@pytest.fixture
def desk(tmp_path: Path, redis_url: str, browser: Browser, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    # On a busy machine Redis may take longer than a reader would wait: leases are what these tests are about.
    for patience in ("QUICK_SECONDS", "PATIENT_SECONDS"):
        monkeypatch.setattr(wiring, patience, 10.0)
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    services: Services = wire(make_settings(f"sqlite:///{tmp_path / 'd.db'}", redis_url, REJOINDER_PUBLIC_URL=base))
    make_tables(services.engine)
    app = create_app(services, rooms=("service.desk.routes", "service.widget.routes"))
    server = make_server("127.0.0.1", port, app, threaded=True, request_handler=_Silent)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    opened: list[BrowserContext] = []
    thrown: list[str] = []

    def open_context(**options: Any) -> BrowserContext:
        context = browser.new_context(**options)
        context.on("weberror", lambda error: thrown.append(str(error.error)))
        context.on(
            "console",
            lambda line: thrown.append(line.text) if re.search("Content Security Policy|Trusted", line.text) else None,
        )
        context.set_default_timeout(PATIENCE)
        opened.append(context)
        return context

    yield Desk(newsroom_of(services, add_site(services)), base, open_context, thrown)
    for context in opened:
        context.close()
    server.shutdown()
    thread.join(10)
    server.server_close()
    services.close()
    assert thrown == []
