"""How many requests were answered and how fast, for `/metrics`: noted where they are answered, added up once a second.

A metric that processes share is a file in memory, under a lock: writing to it would cost a reader's request more than
its answer does. Noting one is an append to a deque, which any thread may do (one step of CPython's, no lock).
"""

import threading
import time
from bisect import bisect_left
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from service.telemetry import DOCUMENTS, HTTP_REQUESTS, HTTP_SECONDS, INTAKE_SECONDS

# In the WSGI environment, once it is known: the rule that matched, never the path, and whom access took the caller for.
SEEN_AS = "rejoinder.seen_as"
# The request was answered by no rule of ours.
UNMATCHED = ("unmatched", "anyone")
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

FLUSH_SECONDS = 1.0
_FROM_MEMORY = DOCUMENTS.labels("memory")
# So many are added up at once, by whoever notes the last one: a second never brings as many, unless the thread that
# adds them up gets no time.
MOST_NOTED = 50_000

# Method, route, role, status, seconds.
_noted: deque[tuple[str, str, str, int, float]] = deque()
# Seconds of each comment that the fast lane has taken.
_intake_seconds: list[float] = []
_flushing = threading.Lock()

# The clock by which requests are timed, in seconds; the documents' own, so that a reader's request looks once.
clock = time.monotonic


@dataclass(frozen=True, slots=True)
class AtOnce:
    """Who takes down how many seconds an answer took that lay in memory: one for each answer a route gives then.

    An append to a list of its own is all that costs a request, and the list is added up as a whole.
    """

    whole: Callable[[float], None]
    head: Callable[[float], None]
    not_modified: Callable[[float], None]
    head_not_modified: Callable[[float], None]


# Labels of such an answer, whether it was a document's, and its seconds.
_lists: list[tuple[tuple[str, str, str, str], bool, list[float]]] = []


@cache
def at_once(route: str, role: str = "anyone", *, document: bool = False) -> AtOnce:
    """Those of one route. `document`: what it answers is counted as a document from memory as well."""

    def one(method: str, status: str) -> Callable[[float], None]:
        seconds: list[float] = []
        _lists.append(((method, route, role, status), document, seconds))
        return seconds.append

    return AtOnce(one("GET", "200"), one("HEAD", "200"), one("GET", "304"), one("HEAD", "304"))


def note(method: str, seen_as: tuple[str, str], status: int, seconds: float) -> None:
    """Counts a request that was answered. `seen_as`: route and role."""
    _noted.append((method, *seen_as, status, seconds))
    if len(_noted) >= MOST_NOTED:
        flush()


def note_in(environ: dict[str, Any], status: int, seconds: float) -> None:
    """The same for a request with a WSGI environment."""
    note(named_method(environ), environ.get(SEEN_AS, UNMATCHED), status, seconds)


def named_method(environ: dict[str, Any]) -> str:
    """The method, or OTHER: anybody can make up methods, and each would be a series of its own."""
    method: str = environ["REQUEST_METHOD"]
    return method if method in METHODS else "OTHER"


note_intake = _intake_seconds.append


def flush() -> None:
    """Adds what was noted to the metrics. From any thread."""
    with _flushing:
        counts: Counter[tuple[str, str, str, int]] = Counter()
        times: dict[tuple[str, str, str, str], list[float]] = {}
        # What comes meanwhile can wait for the next time.
        for _ in range(len(_noted)):
            method, route, role, status, seconds = _noted.popleft()
            counts[method, route, role, status] += 1
            times.setdefault((method, route, role, f"{status // 100}xx"), []).append(seconds)
        for (method, route, role, status), count in counts.items():
            HTTP_REQUESTS.labels(method, route, role, str(status)).inc(count)
        for labels, durations in times.items():
            _observe_all(HTTP_SECONDS.labels(*labels), durations)
        if durations := _emptied(_intake_seconds):
            _observe_all(INTAKE_SECONDS, durations)
        for answer, document, noted in tuple(_lists):
            if durations := _emptied(noted):
                HTTP_REQUESTS.labels(*answer).inc(len(durations))
                _observe_all(HTTP_SECONDS.labels(*answer[:3], f"{answer[3][0]}xx"), durations)
                if document:
                    _FROM_MEMORY.inc(len(durations))


def _emptied(noted: list[float]) -> list[float]:
    """All that was noted so far, and it is noted no more."""
    # One step of the interpreter each, as an append is: none of those that come meanwhile is lost.
    emptied = noted[:]
    del noted[: len(emptied)]
    return emptied


def _observe_all(histogram: Any, durations: list[float]) -> None:
    """`observe` for many at once: one write for each bucket in place of two for each request."""
    # The library has no call for that; `tests/web_server` compares this with what `observe` does.
    bounds = histogram._upper_bounds
    # Of what lies in memory nearly all: what can be told of many in one step is.
    longer = [seconds for seconds in durations if seconds > bounds[0]]
    counts = Counter(bisect_left(bounds, seconds) for seconds in longer)
    counts[0] = len(durations) - len(longer)
    for bucket, count in counts.items():
        if count:
            histogram._buckets[bucket].inc(count)
    histogram._sum.inc(sum(durations))


def keep_flushing() -> None:
    """Flushes once a second from now on, in a thread of this process."""
    threading.Thread(target=_keep_flushing, name="request-counts", daemon=True).start()


def _keep_flushing() -> None:
    while True:
        time.sleep(FLUSH_SECONDS)
        flush()
