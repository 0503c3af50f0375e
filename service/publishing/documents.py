"""Published documents, kept in the process: built once for a thread's version, served until the thread moves on.

Two things bring a newer version: a wake over pub/sub, within milliseconds, and a check of the version for every
document that was not checked within the last second. The check alone keeps the promise that no process shows a
withdrawn text more than a second after the decision; without Redis only the milliseconds are lost. Without the
database nothing is served: an old document might be a withdrawn one.
"""

import time
from collections.abc import Callable, Collection, Sequence
from threading import Lock
from typing import Any

import msgspec
from flask import current_app
from sqlalchemy.orm import Session

from models import ThreadState
from service.errors import NotFound, Unavailable, UnknownSite
from service.publishing.lru import LruCache
from service.publishing.pages import read_page
from service.publishing.query import PageQuery, Sort
from service.publishing.rendered import Rendered
from service.publishing.thread_rows import ThreadFound, find_threads, placed_thread, read_comments
from service.publishing.types import CommentPage, Counts, ThreadHead
from service.queue.wakes import Listener
from service.telemetry import DOCUMENTS, logger
from service.wiring import Services

log = logger(__name__)

# Seconds a check holds. Less than the promised second: the answer still has to reach the reader.
CHECK_AFTER = 0.9
MARK_BYTES = 1500
DROPS_KEPT = 10_000

_FROM_MEMORY = DOCUMENTS.labels("memory")
_CHECKED = DOCUMENTS.labels("checked")
_BUILT = DOCUMENTS.labels("built")

SiteThread = tuple[str, str]


class ThreadHidden(NotFound):
    code, title = "unknown_thread", "There is no such thread"


class _Mark:
    """What is known of one thread, and since when. `lock` lets one reader at a time ask and build."""

    __slots__ = ("checked_at", "failed_at", "found", "lock")

    def __init__(self) -> None:
        self.found: ThreadFound | None = None
        self.checked_at = self.failed_at = float("-inf")
        self.lock = Lock()


class Documents:
    """The documents of one process. `monotonic` is a clock in seconds, passed in for tests."""

    def __init__(self, services: Services, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._services = services
        self._monotonic = monotonic
        size = services.settings.cache_bytes
        self._marks: LruCache[SiteThread, _Mark] = LruCache(size // 8)
        self._pages: LruCache[tuple[str, str, PageQuery], tuple[ThreadFound, Rendered]] = LruCache(size - size // 8)
        self._dropped: dict[str, float] = {}
        self._all_dropped_at = float("-inf")
        self._listener: Listener | None = None
        self._starting = Lock()

    def listen(self) -> None:
        """Starts hearing wakes, once a process; readers call it, so that nothing runs before there are any."""
        if self._listener is None:
            with self._starting:
                if self._listener is None:
                    self._listener = Listener(
                        self._services.slow_redis,
                        on_threads=self.drop,
                        on_gap=self.drop_all,
                        ending=self._services.closing,
                    )
                    self._listener.start()

    def close(self) -> None:
        if self._listener is not None:
            self._listener.stop()

    def at_once(self, slug: str, key: str, asked: PageQuery) -> Rendered | None:
        """The document asked for where it is in memory and was checked within the second; asks nobody."""
        mark = self._marks.get((slug, key))
        kept = self._pages.get((slug, key, asked))
        if mark is None or kept is None or not self._fresh(mark) or kept[0] != mark.found:
            return None
        _FROM_MEMORY.inc()
        return kept[1]

    def page(self, slug: str, key: str, asked: PageQuery) -> Rendered:
        """The document asked for, at most a second old. Raises UnknownSite, ThreadHidden, Invalid, Unavailable."""
        mark = self._mark(slug, key)
        kept = self._pages.get((slug, key, asked))
        if kept is not None and self._fresh(mark) and kept[0] == mark.found:
            _FROM_MEMORY.inc()
            return kept[1]
        asked_at = self._monotonic()
        with mark.lock:
            # Whoever waited while the database failed gets the same no at once, not one time-out after another.
            if mark.failed_at > asked_at:
                raise Unavailable("The database is busy or cannot be reached.")
            kept = self._pages.get((slug, key, asked))
            if kept is not None and self._fresh(mark) and kept[0] == mark.found:
                _FROM_MEMORY.inc()
                return kept[1]
            try:
                return self._renew(mark, slug, key, asked, kept)
            except UnknownSite:
                self._marks.forget((slug, key))
                raise
            except Unavailable:
                mark.failed_at = self._monotonic()
                raise

    def counts(self, slug: str, keys: Sequence[str]) -> Counts:
        """Published comments and version of each thread; 0 for one that does not exist or is hidden."""
        marks = {key: self._mark(slug, key) for key in keys}
        stale = [key for key, mark in marks.items() if not self._fresh(mark)]
        if stale:
            started = self._monotonic()
            with self._services.read() as session:
                for key, found in find_threads(session, slug, stale).items():
                    marks[key].found, marks[key].checked_at = found, started
        known = {key: mark.found for key, mark in marks.items()}
        shown = {key: found for key, found in known.items() if found and found.state is not ThreadState.HIDDEN}
        return Counts(
            counts={key: shown[key].published if key in shown else 0 for key in keys},
            versions={key: str(shown[key].version) if key in shown else "0" for key in keys},
        )

    def drop(self, thread_ids: Collection[str]) -> None:
        """These threads changed: their documents are checked before they are served again."""
        now = self._monotonic()
        if len(self._dropped) > DROPS_KEPT:
            self._dropped = {id_: at for id_, at in list(self._dropped.items()) if now - at < 2 * CHECK_AFTER}
        for thread_id in thread_ids:
            self._dropped[thread_id] = now

    def drop_all(self) -> None:
        """Wakes may have been missed: everything is checked before it is served again."""
        self._all_dropped_at = self._monotonic()

    def _mark(self, slug: str, key: str) -> _Mark:
        return self._marks.get_or_make((slug, key), _Mark, MARK_BYTES + len(key))

    def _fresh(self, mark: _Mark) -> bool:
        found, checked_at = mark.found, mark.checked_at
        if found is None or self._monotonic() - checked_at >= CHECK_AFTER or checked_at <= self._all_dropped_at:
            return False
        return found.id is None or checked_at > self._dropped.get(found.id, float("-inf"))

    def _renew(
        self, mark: _Mark, slug: str, key: str, asked: PageQuery, kept: tuple[ThreadFound, Rendered] | None
    ) -> Rendered:
        started = self._monotonic()
        with placed_thread(self._services, slug, key) as (session, found):
            # A drop that came after `started` is newer than what this query saw.
            mark.found, mark.checked_at = found, started
            if found.state is ThreadState.HIDDEN:
                raise ThreadHidden
            if kept is not None and kept[0] == found:
                _CHECKED.inc()
                return kept[1]
            page = build(session, found, asked, self._services.settings.public_url)
        rendered = Rendered(msgspec.json.encode(page))
        _BUILT.inc()
        self._pages.put((slug, key, asked), (found, rendered), rendered.size + len(key))
        return rendered


def build(session: Session, found: ThreadFound, asked: PageQuery, public_url: str) -> CommentPage:
    """One page of a thread. Raises Invalid for a cursor that is not ours."""
    # Also where nobody wrote yet: a cursor that is not ours is refused everywhere.
    items, cursor = read_page(session, found.id or "", asked)
    head = ThreadHead(found.key, found.title, found.state is ThreadState.OPEN, found.published)
    return CommentPage(head, read_comments(session, items, public_url) if items else [], cursor)


def read_thread_page(
    services: Services,
    site_slug: str,
    thread_key: str,
    *,
    sort: Sort = "oldest",
    limit: int = 50,
    cursor: str | None = None,
    parent: str | None = None,
    around: str | None = None,
    depth: int | None = None,
) -> dict[str, Any]:
    """The contract's JSON as plain values, straight from the database: for pages rendered on the server.

    Raises UnknownSite, ThreadHidden, Invalid (a foreign cursor), Unavailable.
    """
    with placed_thread(services, site_slug, thread_key) as (session, found):
        if found.state is ThreadState.HIDDEN:
            raise ThreadHidden
        asked = PageQuery(sort, limit, cursor, parent, around, depth)
        built = build(session, found, asked, services.settings.public_url)
    plain: dict[str, Any] = msgspec.to_builtins(built)
    return plain


def current_documents() -> Documents:
    """The documents of the running Flask app."""
    documents: Documents = current_app.extensions["rejoinder.documents"]
    return documents
