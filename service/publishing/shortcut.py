"""In front of Flask: readers' GETs for comments and counts from the documents in memory.

Flask costs a hundred microseconds a request, a document in memory two. What was asked for before and is fresh is
answered `at_once`, before there is a WSGI environment. Only the plain case is answered here; for everything else
(another method, another path, a refusal, an unknown host) the request goes on to Flask, which gives the same answers
to these paths too.
"""

from collections.abc import Callable, Iterable
from threading import Lock
from typing import Any, TypeVar
from weakref import ref

from flask import Flask

from service.publishing.documents import Documents, Kept
from service.publishing.query import PageQuery, read_counts, read_fields, read_page
from service.publishing.rendered import Ready, Rendered, matches
from service.web_server.hosts import OwnHosts
from service.web_server.request_counts import SEEN_AS, AtOnce, at_once
from service.wiring import Services

K = TypeVar("K")
V = TypeVar("V")

PREFIX = "/api/v1/sites/"
# The rules whose answers these are, as Flask's map has them.
COMMENTS_ROUTE = "/api/v1/sites/<site>/comments"
COUNTS_ROUTE = "/api/v1/sites/<site>/counts"
# In the WSGI environment: why the shortcut did not answer, for the view that will.
REFUSED = "rejoinder.refused"
# And the other way: what the view has answered with, where it holds for whoever asks for the same as long as this
# process lives. Host, method and headers are looked at as they are for documents.
KEEP = "rejoinder.keep"

# Places of documents and of files, and queries, that are kept, each of at most so many characters: 8 MB of each in the
# worst case.
KEPT = 10_000
LONGEST = 600
HOSTS_KEPT = 64

_CODINGS, _TAGS = "accept-encoding", "if-none-match"

# Path and query string, as the web server gives them.
Place = tuple[str, str]


_COMMENTS = at_once(COMMENTS_ROUTE, document=True)
_COUNTS = at_once(COUNTS_ROUTE)


class Shortcut:
    """A WSGI application around Flask's."""

    def __init__(self, app: Flask, services: Services) -> None:
        self._app = app
        self._documents: Documents = app.extensions["rejoinder.documents"]
        self._hosts = OwnHosts(services.settings)
        # Query strings that were read before: the widget's are the same for every reader of an article.
        self._read: dict[str, tuple[str, PageQuery]] = {}
        # What lies in memory, and who takes down that it was answered. The memory documents take is their own.
        self._served: dict[Place, tuple[ref[Kept], AtOnce]] = {}
        self._files: dict[Place, tuple[Rendered, AtOnce]] = {}
        # Host headers that were looked at before.
        self._ours: set[str] = set()
        # The one of them that was added last, as a request has it: to compare costs less than to look up.
        self._usual_hosts: list[str] = []
        self._keeping = Lock()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        method: str = environ["REQUEST_METHOD"]
        path: str = environ.get("PATH_INFO", "")
        reads = method in ("GET", "HEAD") and self._takes(environ)
        if reads and path.startswith(PREFIX):
            try:
                rendered = self._find(path, environ.get("QUERY_STRING", ""))
            except Exception as error:
                environ[REFUSED] = error
                rendered = None
            if rendered is not None:
                status, headers, body = rendered.answer(
                    method, environ.get("HTTP_ACCEPT_ENCODING", ""), environ.get("HTTP_IF_NONE_MATCH", "")
                )
                environ[SEEN_AS] = (COUNTS_ROUTE if path.endswith("/counts") else COMMENTS_ROUTE, "anyone")
                start_response(status, headers)
                return (body,)
        answer = self._app(environ, start_response)
        if reads and KEEP in environ and path.isascii() and not environ.get("QUERY_STRING"):
            # Flask takes any number of slashes before a name for one: not every path is a file of its own.
            self._keep(self._files, (path, ""), (environ[KEEP], at_once(*environ[SEEN_AS])), len(path))
        return answer

    def at_once(self, scope: Any, now: float) -> tuple[Ready, Callable[[float], None]] | None:
        """The answer to RSGI's `scope` where it asks for what is in memory and current, and who takes down how long it
        took. `now`: of the documents' clock.

        It waits for nobody and may be called in any thread; whatever is out of the ordinary is left to the others.
        """
        place = scope.path, scope.query_string
        served = self._served.get(place)
        if served is not None:
            kept = served[0]()
            if kept is None:
                return None
            rendered, noting = kept.rendered, served[1]
            # What was looked at holds until then; looking once more costs as much as all of this.
            holds = now < kept.until and kept.epoch is self._documents.epoch
            if not holds and not self._documents.is_current(kept, now):
                return None
        else:
            file = self._files.get(place)
            if file is None:
                return None
            rendered, noting = file
        method: str = scope.method
        if method != "GET" and method != "HEAD":
            return None
        headers = scope.headers
        hosts: list[str] = headers.get_all("host")
        # A body is not looked for: of a GET it means nothing (RFC 9110, 9.3.1), and what is left of it the web server
        # drops, or closes the connection.
        if hosts != self._usual_hosts and (len(hosts) != 1 or hosts[0] not in self._ours):
            return None
        variant = rendered.usual.get(headers.get(_CODINGS))
        if variant is None:
            variant = rendered.made(",".join(headers.get_all(_CODINGS)))
        if variant is None:
            # Compressed in a thread, which nobody else waits for.
            return None
        tag: str | None = headers.get(_TAGS)
        if tag is None or (tag != variant.etag and not matches(",".join(headers.get_all(_TAGS)), variant.etag)):
            return (variant.whole, noting.whole) if method == "GET" else (variant.head, noting.head)
        return variant.not_modified, noting.not_modified if method == "GET" else noting.head_not_modified

    def _find(self, path: str, query_string: str) -> Rendered | None:
        slug, _, rest = path[len(PREFIX) :].partition("/")
        if rest == "comments":
            self._documents.listen()
            read = self._read.get(query_string)
            if read is None:
                read = read_page(read_fields(query_string))
                self._keep(self._read, query_string, read, len(query_string))
            kept: Kept = self._documents.document(slug, *read)
            noting = _COMMENTS
        elif rest == "counts":
            self._documents.listen()
            kept = self._documents.counted(slug, read_counts(read_fields(query_string)))
            noting = _COUNTS
        else:
            return None
        # WSGI's bytes as text and RSGI's text are the same as long as they are ASCII.
        if path.isascii() and query_string.isascii():
            self._keep(self._served, (path, query_string), (ref(kept), noting), len(path) + len(query_string))
        return kept.rendered

    def _keep(self, kept: dict[K, V], key: K, value: V, length: int) -> None:
        """Keeps it, in place of what has been kept for longest where there is no more room."""
        if length > LONGEST:
            return
        with self._keeping:
            if len(kept) >= KEPT and key not in kept:
                del kept[next(iter(kept))]
            kept[key] = value

    def _takes(self, environ: dict[str, Any]) -> bool:
        """Whether the Host is one that Flask would answer to as well; in doubt Flask decides."""
        if environ.get("SCRIPT_NAME"):
            return False
        host: str = environ.get("HTTP_HOST", "")
        if host in self._ours:
            return True
        ours = self._hosts.are_ours(host)
        if ours:
            # Of one name there are as many as ports: whoever sends them first may not keep the readers' own out.
            if len(self._ours) >= HOSTS_KEPT:
                self._ours.clear()
            self._ours.add(host)
            self._usual_hosts = [host]
        return ours
