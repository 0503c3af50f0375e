"""Published documents, kept in the process: built once for a thread's version, served until the thread moves on.

Two things bring a newer version: a wake over pub/sub, within milliseconds, and a check of the version for every
document that was not checked within the last second. The check alone keeps the promise that no process shows a
withdrawn text more than a second after the decision; without Redis only the milliseconds are lost. Without the
database nothing is served: an old document might be a withdrawn one.
"""

import time
from collections.abc import Callable, Collection, Iterable, Sequence
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


class Kept:
    """What is rendered of threads as they were found. Who keeps it beside the cache does so by a weak reference.

    Before `until` it is what they show, as long as it was looked at in this `epoch` of the documents.
    """

    __slots__ = ("__weakref__", "epoch", "rendered", "until")

    def __init__(self, rendered: Rendered) -> None:
        self.rendered = rendered
        self.until, self.epoch = _NEVER, object()

    def threads(self) -> Iterable[tuple[_Mark, ThreadFound]]:
        """What it shows of which threads."""
        raise NotImplementedError


class Document(Kept):
    """One page of one thread as it was `found`."""

    __slots__ = ("found", "mark")

    def __init__(self, mark: _Mark, found: ThreadFound, rendered: Rendered) -> None:
        super().__init__(rendered)
        self.mark, self.found = mark, found

    def threads(self) -> Iterable[tuple[_Mark, ThreadFound]]:
        return ((self.mark, self.found),)


class Counted(Kept):
    """The numbers of several threads."""

    __slots__ = ("found", "marks")

    def __init__(self, marks: Sequence[_Mark], found: Sequence[ThreadFound], rendered: Rendered) -> None:
        super().__init__(rendered)
        self.marks, self.found = marks, found

    def threads(self) -> Iterable[tuple[_Mark, ThreadFound]]:
        return zip(self.marks, self.found, strict=True)


class Documents:
    """The documents of one process. `monotonic` is a clock in seconds, passed in for tests."""

    def __init__(self, services: Services, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._services = services
        self._monotonic = monotonic
        size = services.settings.cache_bytes
        self._marks: LruCache[SiteThread, _Mark] = LruCache(size // 8)
        self._pages: LruCache[tuple[str, str, PageQuery], Document] = LruCache(size - size // 8 - size // 16)
        self._dropped: dict[str, float] = {}
        self._all_dropped_at = _NEVER
        self._listener: Listener | None = None
        self._starting = Lock()
        self._counted: LruCache[tuple[str, Sequence[str]], Counted] = LruCache(size // 16)
        # Another object after whatever may end that something kept is current; whoever looks first reads this.
        self.epoch = object()

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

    def is_current(self, kept: Kept, now: float) -> bool:
        """Whether it is what its threads show, as far as was asked within the second before `now`, and until when
        nobody has to look again. Asks nobody and waits for nobody.

        False also to one of those who ask when a check is nearly due: who gets that asks for the document, and all the
        others needn't wait for it.
        """
        # Whoever ends an epoch has written before what it ends for.
        epoch, until = self.epoch, now + RENEW_AFTER
        for mark, shown in kept.threads():
            # Read in this order: whoever checks writes what is found first.
            checked_at = mark.checked_at
            found = mark.found
            age = now - checked_at
            if age >= RENEW_AFTER and (age >= CHECK_AFTER or not mark.due):
                # One is sent for all that it shows.
                for each, _ in kept.threads():
                    each.due = True
                return False
            if (
                found is None
                or found != shown
                or checked_at <= self._all_dropped_at
                or checked_at <= self._dropped.get(found.id or "", _NEVER)
            ):
                return False
            until = min(until, checked_at + RENEW_AFTER)
        kept.until, kept.epoch = until, epoch
        return True

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
            try:
                return self._renew(mark, slug, key, asked, kept)
            except UnknownSite:
                self._marks.forget((slug, key))
                raise
            except Unavailable:
                mark.failed_at = self._monotonic()
                raise

    def counted(self, slug: str, keys: Sequence[str]) -> Counted:
        """Published comments and version of each thread, at most a second old; 0 for one that does not exist or is
        hidden. Raises UnknownSite, Unavailable."""
        marks = [self._mark(slug, key) for key in keys]
        if any(mark.due or not self._fresh(mark) for mark in marks):
            started = self._monotonic()
            with self._services.read(often=True) as session:
                # All of them, so that they are due together.
                found = find_threads(session, slug, keys)
            for key, mark in zip(keys, marks, strict=True):
                self._know(mark, found[key], started)
        known = [mark.found for mark in marks if mark.found is not None]
        kept = self._counted.get((slug, keys))
        if kept is not None and kept.found == known:
            # Those it had may have been pushed out of the memory since.
            kept.marks = marks
            return kept
        numbers = Rendered(msgspec.json.encode(_counts(known)))
        kept = Counted(marks, known, numbers)
        self._counted.put((slug, keys), kept, numbers.size + 300 * len(keys) + sum(map(len, keys)))
        return kept

    def drop(self, thread_ids: Collection[str]) -> None:
        """These threads changed: their documents are checked before they are served again."""
        now = self._monotonic()
        if len(self._dropped) > DROPS_KEPT:
            self._dropped = {id_: at for id_, at in list(self._dropped.items()) if now - at < 2 * CHECK_AFTER}
        for thread_id in thread_ids:
            self._dropped[thread_id] = now
        self.epoch = object()

    def drop_all(self) -> None:
        """Wakes may have been missed: everything is checked before it is served again."""
        self._all_dropped_at = self._monotonic()
        self.epoch = object()

    def _mark(self, slug: str, key: str) -> _Mark:
        return self._marks.get_or_make((slug, key), _Mark, MARK_BYTES + len(key))

    def _kept(self, mark: _Mark, slug: str, key: str, asked: PageQuery) -> Document | None:
        kept = self._pages.get((slug, key, asked))
        if kept is not None:
            # The one it had may have been pushed out of the memory since.
            kept.mark = mark
        return kept

    def _know(self, mark: _Mark, found: ThreadFound, asked_at: float) -> None:
        """Keeps what the database said; a drop that came after `asked_at` is newer than that."""
        changed = mark.found != found
        mark.found = found
        mark.checked_at, mark.due = asked_at, False
        if changed:
            self.epoch = object()

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
            self._know(mark, found, started)
            if found.state is ThreadState.HIDDEN:
                raise ThreadHidden
            if kept is not None and kept.found == found:
                _CHECKED.inc()
                return kept
            page = build(session, found, asked, self._services.settings.public_url)
        document = Document(mark, found, Rendered(msgspec.json.encode(page)))
        _BUILT.inc()
        self._pages.put((slug, key, asked), document, document.rendered.size + len(key))
        return document


def _counts(found: Sequence[ThreadFound]) -> Counts:
    shown = {thread.key: thread.state is not ThreadState.HIDDEN for thread in found}
    return Counts(
        counts={thread.key: thread.published if shown[thread.key] else 0 for thread in found},
        versions={thread.key: str(thread.version) if shown[thread.key] else "0" for thread in found},
    )


def build(session: Session, found: ThreadFound, asked: PageQuery, public_url: str) -> CommentPage:
    """One page of a thread. Raises InvalidQuery for a cursor that is not ours."""
    with span("build document") as building:
        # Also where nobody wrote yet: a cursor that is not ours is refused everywhere.
        items, cursor = read_page(session, found.id or "", asked, pins=found.pins)
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
