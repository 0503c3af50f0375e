"""In front of Flask: readers' GETs for comments and counts from the documents in memory.

Flask costs a hundred microseconds a request, a document in memory ten. Only the plain case is answered here; for
everything else (another method, another path, a refusal, an unknown host) the request goes on to Flask, which
gives the same answers to these paths too.
"""

from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask

from service.hosts import OwnHosts
from service.publishing import responses
from service.publishing.documents import Documents
from service.publishing.query import PageQuery, read_fields, read_page
from service.publishing.rendered import Headers, Rendered
from service.wiring import Services

PREFIX = "/api/v1/sites/"
# In the WSGI environment: why the shortcut did not answer, for the view that will.
REFUSED = "rejoinder.refused"

READ_QUERIES_KEPT = 4096


class Shortcut:
    """A WSGI application around Flask's."""

    def __init__(self, app: Flask, services: Services) -> None:
        self._app = app
        self._documents: Documents = app.extensions["rejoinder.documents"]
        self._hosts = OwnHosts(services.settings)
        # Query strings that were read before: the widget's are the same for every reader of an article.
        self._read: dict[str, tuple[str, PageQuery]] = {}

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        method: str = environ["REQUEST_METHOD"]
        path: str = environ.get("PATH_INFO", "")
        if path.startswith(PREFIX) and method in ("GET", "HEAD") and self._is_ours(environ):
            try:
                rendered = self._find(path, environ.get("QUERY_STRING", ""))
            except Exception as error:
                environ[REFUSED] = error
                rendered = None
            if rendered is not None:
                status, headers, body = rendered.answer(
                    method, environ.get("HTTP_ACCEPT_ENCODING", ""), environ.get("HTTP_IF_NONE_MATCH", "")
                )
                start_response(status, headers)
                return (body,)
        return self._app(environ, start_response)

    def at_once(self, environ: dict[str, Any]) -> tuple[str, Headers, bytes] | None:
        """The answer to a GET for comments whose document is in memory and fresh; it waits for nobody."""
        path: str = environ["PATH_INFO"]
        if environ["REQUEST_METHOD"] != "GET" or not path.startswith(PREFIX) or not self._is_ours(environ):
            return None
        slug, _, rest = path[len(PREFIX) :].partition("/")
        read = self._read.get(environ["QUERY_STRING"]) if rest == "comments" else None
        rendered = None if read is None else self._documents.at_once(slug, *read)
        if rendered is None:
            return None
        return rendered.answer("GET", environ.get("HTTP_ACCEPT_ENCODING", ""), environ.get("HTTP_IF_NONE_MATCH", ""))

    def _find(self, path: str, query_string: str) -> Rendered | None:
        slug, _, rest = path[len(PREFIX) :].partition("/")
        if rest == "comments":
            self._documents.listen()
            read = self._read.get(query_string)
            if read is None:
                read = read_page(read_fields(query_string))
                if len(self._read) >= READ_QUERIES_KEPT:
                    self._read = {}
                if len(query_string) < 1000:
                    self._read[query_string] = read
            return self._documents.page(slug, *read)
        if rest == "counts":
            return responses.counts(self._documents, slug, query_string)
        return None

    def _is_ours(self, environ: dict[str, Any]) -> bool:
        """Whether the Host is one that Flask would answer to as well; in doubt Flask decides."""
        return not environ.get("SCRIPT_NAME") and self._hosts.are_ours(environ.get("HTTP_HOST", ""))
