"""Published documents, kept in the process: built once for a thread's version, served until the thread moves on.

Two things bring a newer version: a wake over pub/sub, within milliseconds, and a check of the version for every
document that was not checked within the last second. The check alone keeps the promise that no process shows a
withdrawn text more than a second after the decision; without Redis only the milliseconds are lost. Without the
database nothing is served: an old document might be a withdrawn one.
"""

import itertools
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
from service.publishing.query import Answered, PageQuery, Sort
from service.publishing.rendered import Rendered
from service.publishing.thread_rows import ThreadFound, find_threads, placed_thread, read_comments
from service.publishing.types import CommentPage, Counts, ThreadHead
from service.queue.wakes import Listener
from service.telemetry import DOCUMENTS, logger
from service.tracing import span
from service.wiring import Services

log = logger(__name__)

# Seconds a check holds. Less than the promised second: the answer still has to reach the reader.
CHECK_AFTER = 0.9
# Seconds after which one of many readers makes the check; the others have the rest of the time not to wait for it.
RENEW_AFTER = 0.5
MARK_BYTES = 1500
DROPS_KEPT = 10_000
_NEVER = float("-inf")

_FROM_MEMORY = DOCUMENTS.labels("memory")
_CHECKED = DOCUMENTS.labels("checked")
_BUILT = DOCUMENTS.labels("built")

SiteThread = tuple[str, str]


class ThreadHidden(NotFound):
    code, title = "unknown_thread", "There is no such thread"


class _Mark:
    """What is known of one thread, and since when. `lock` lets one reader at a time ask and build.

    `due`: somebody was sent to check it before it has to be.
    """

    __slots__ = ("checked_at", "due", "failed_at", "found", "lock")

    def __init__(self) -> None:
        self.found: ThreadFound | None = None
        self.checked_at = self.failed_at = _NEVER
        self.due = False
        self.lock = Lock()


class Document:
    """One page of one thread as it was `found`, rendered. Who keeps it beside the cache does so by a weak reference."""

    __slots__ = ("__weakref__", "found", "mark", "rendered")

    def __init__(self, mark: _Mark, found: ThreadFound, rendered: Rendered) -> None:
        self.mark, self.found, self.rendered = mark, found, rendered


class Documents:
    """The documents of one process. `monotonic` is a clock in seconds, passed in for tests."""

    def __init__(self, services: Services, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._services = services
        self._monotonic = monotonic
        size = services.settings.cache_bytes
        self._marks: LruCache[SiteThread, _Mark] = LruCache(size // 8)
        self._pages: LruCache[tuple[str, str, PageQuery], Document] = LruCache(size - size // 8)
        self._dropped: dict[str, float] = {}
        self._all_dropped_at = _NEVER
        self._listener: Listener | None = None
        self._starting = Lock()
        # How many answers `current` gave, and how many of them are counted in the metric.
        self._answered = itertools.count()
        self._counted = 0
        self._counting = Lock()

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

    def current(self, document: Document) -> Rendered | None:
        """What it shows, where it was checked within the second; asks nobody and waits for nobody.

        None also to one of those who ask when a check is nearly due: who gets it asks for the document, and all the
        others needn't wait for that.
        """
        mark = document.mark
        # Read in this order: whoever checks writes what is found first.
        checked_at = mark.checked_at
        found = mark.found
        age = self._monotonic() - checked_at
        if age >= RENEW_AFTER and (age >= CHECK_AFTER or not mark.due):
            mark.due = True
            return None
        if (
            found is None
            or (found is not document.found and found != document.found)
            or checked_at <= self._all_dropped_at
            or checked_at <= self._dropped.get(found.id or "", _NEVER)
        ):
            return None
        next(self._answered)
        return document.rendered

    def page(self, slug: str, key: str, asked: PageQuery) -> Rendered:
        """What the document asked for shows; raises as `document` does."""
        return self.document(slug, key, asked).rendered

    def document(self, slug: str, key: str, asked: PageQuery) -> Document:
        """The document asked for, at most a second old. Raises UnknownSite, ThreadHidden, InvalidQuery, Unavailable."""
        mark = self._mark(slug, key)
        kept = self._kept(mark, slug, key, asked)
        if kept is not None and self._may_show(mark, kept):
            _FROM_MEMORY.inc()
            return kept
        asked_at = self._monotonic()
        with mark.lock:
            # Whoever waited while the database failed gets the same no at once, not one time-out after another.
            if mark.failed_at > asked_at:
                raise Unavailable("The database is busy or cannot be reached.")
            kept = self._kept(mark, slug, key, asked)
            if kept is not None and self._may_show(mark, kept):
                _FROM_MEMORY.inc()
                return kept
            self._count_answered()
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

    def _kept(self, mark: _Mark, slug: str, key: str, asked: PageQuery) -> Document | None:
        kept = self._pages.get((slug, key, asked))
        if kept is not None:
            # The one it had may have been pushed out of the memory since.
            kept.mark = mark
        return kept

    def _count_answered(self) -> None:
        """Adds up what `current` gave out: a metric in shared memory costs as much as the answer itself."""
        with self._counting:
            total = next(self._answered)
            _FROM_MEMORY.inc(total - self._counted)
            # This look took a number too.
            self._counted = total + 1

    def _may_show(self, mark: _Mark, kept: Document) -> bool:
        return not mark.due and self._fresh(mark) and kept.found == mark.found

    def _fresh(self, mark: _Mark) -> bool:
        found, checked_at = mark.found, mark.checked_at
        if found is None or self._monotonic() - checked_at >= CHECK_AFTER or checked_at <= self._all_dropped_at:
            return False
        return found.id is None or checked_at > self._dropped.get(found.id, _NEVER)

    def _renew(self, mark: _Mark, slug: str, key: str, asked: PageQuery, kept: Document | None) -> Document:
        started = self._monotonic()
        with placed_thread(self._services, slug, key) as (session, found):
            # A drop that came after `started` is newer than what this query saw.
            mark.found, mark.checked_at, mark.due = found, started, False
            if found.state is ThreadState.HIDDEN:
                raise ThreadHidden
            if kept is not None and kept.found == found:
                # The same one: what is identical need not be compared for every answer.
                mark.found = kept.found
                _CHECKED.inc()
                return kept
            page = build(session, found, asked, self._services.settings.public_url)
        document = Document(mark, found, Rendered(msgspec.json.encode(page)))
        _BUILT.inc()
        self._pages.put((slug, key, asked), document, document.rendered.size + len(key))
        return document


def build(session: Session, found: ThreadFound, asked: PageQuery, public_url: str) -> CommentPage:
    """One page of a thread. Raises InvalidQuery for a cursor that is not ours."""
    with span("build document") as building:
        # Also where nobody wrote yet: a cursor that is not ours is refused everywhere.
        items, cursor = read_page(session, found.id or "", asked)
        building.set(comments=len(items))
        head = ThreadHead(
            key=found.key,
            title=found.title,
            open=found.state is ThreadState.OPEN,
            count=found.published,
            banner=found.banner,
            mode="questions" if found.questions else None,
        )
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
    only: Answered | None = None,
) -> dict[str, Any]:
    """The contract's JSON as plain values, straight from the database: for pages rendered on the server.

    Raises UnknownSite, ThreadHidden, InvalidQuery (a foreign cursor), Unavailable.
    """
    with placed_thread(services, site_slug, thread_key) as (session, found):
        if found.state is ThreadState.HIDDEN:
            raise ThreadHidden
        asked = PageQuery(sort, limit, cursor, parent, around, depth, only)
        built = build(session, found, asked, services.settings.public_url)
    plain: dict[str, Any] = msgspec.to_builtins(built)
    return plain


def current_documents() -> Documents:
    """The documents of the running Flask app."""
    documents: Documents = current_app.extensions["rejoinder.documents"]
    return documents
