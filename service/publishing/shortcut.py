"""In front of Flask: readers' GETs for comments and counts from the documents in memory.

Flask costs a hundred microseconds a request, a document in memory two. What was asked for before and is fresh is
answered `at_once`, before there is a WSGI environment. Only the plain case is answered here; for everything else
(another method, another path, a refusal, an unknown host) the request goes on to Flask, which gives the same answers
to these paths too.
"""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar
from weakref import ref

from flask import Flask

from service.publishing import responses
from service.publishing.documents import Document, Documents
from service.publishing.query import PageQuery, read_fields, read_page
from service.publishing.rendered import Ready, Rendered
from service.web_server.hosts import OwnHosts
from service.web_server.request_counts import SEEN_AS
from service.wiring import Services

K = TypeVar("K")
V = TypeVar("V")

PREFIX = "/api/v1/sites/"
# The rules whose answers these are, as Flask's map has them.
COMMENTS_ROUTE = "/api/v1/sites/<site>/comments"
COUNTS_ROUTE = "/api/v1/sites/<site>/counts"
# In the WSGI environment: why the shortcut did not answer, for the view that will.
REFUSED = "rejoinder.refused"

READ_QUERIES_KEPT = 4096
HOSTS_KEPT = 64

_CODED = "transfer-encoding"


class Shortcut:
    """A WSGI application around Flask's."""

    def __init__(self, app: Flask, services: Services) -> None:
        self._app = app
        self._documents: Documents = app.extensions["rejoinder.documents"]
        self._hosts = OwnHosts(services.settings)
        # Query strings that were read before: the widget's are the same for every reader of an article.
        self._read: dict[str, tuple[str, PageQuery]] = {}
        # By path and query string, as the web server gives them. The memory they take is the documents' own.
        self._served: dict[tuple[str, str], ref[Document]] = {}
        # Host headers that were looked at before.
        self._ours: set[str] = set()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        method: str = environ["REQUEST_METHOD"]
        path: str = environ.get("PATH_INFO", "")
        if path.startswith(PREFIX) and method in ("GET", "HEAD") and self._takes(environ):
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
        return self._app(environ, start_response)

    def at_once(self, scope: Any) -> Ready | None:
        """The answer to RSGI's `scope` where it asks for a document that is in memory and fresh.

        It waits for nobody and may be called in any thread; whatever is out of the ordinary is left to the others.
        """
        served = self._served.get((scope.path, scope.query_string))
        document = None if served is None else served()
        if document is None:
            return None
        method: str = scope.method
        if method != "GET" and method != "HEAD":
            return None
        headers = scope.headers
        hosts: list[str] = headers.get_all("host")
        if len(hosts) != 1 or hosts[0] not in self._ours or "content-length" in headers or _CODED in headers:
            return None
        rendered = self._documents.current(document)
        if rendered is None:
            return None
        codings: list[str] = headers.get_all("accept-encoding")
        tags: list[str] = headers.get_all("if-none-match")
        return rendered.ready(",".join(codings), ",".join(tags), head=method == "HEAD")

    def _find(self, path: str, query_string: str) -> Rendered | None:
        slug, _, rest = path[len(PREFIX) :].partition("/")
        if rest == "comments":
            self._documents.listen()
            read = self._read.get(query_string)
            if read is None:
                read = read_page(read_fields(query_string))
                if len(query_string) < 1000:
                    _keep(self._read, query_string, read)
            document = self._documents.document(slug, *read)
            # WSGI's bytes as text and RSGI's text are the same as long as they are ASCII.
            if len(query_string) < 1000 and path.isascii() and query_string.isascii():
                _keep(self._served, (path, query_string), ref(document))
            return document.rendered
        if rest == "counts":
            return responses.counts(self._documents, slug, query_string)
        return None

    def _takes(self, environ: dict[str, Any]) -> bool:
        """Whether the Host is one that Flask would answer to as well; in doubt Flask decides."""
        if environ.get("SCRIPT_NAME"):
            return False
        host: str = environ.get("HTTP_HOST", "")
        if host in self._ours:
            return True
        ours = self._hosts.are_ours(host)
        if ours and len(self._ours) < HOSTS_KEPT:
            self._ours.add(host)
        return ours


def _keep(kept: dict[K, V], key: K, value: V) -> None:
    """Keeps it; where there are too many, those before it are forgotten."""
    if len(kept) >= READ_QUERIES_KEPT:
        kept.clear()
    kept[key] = value
