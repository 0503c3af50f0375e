"""The answers to readers' GETs, made once for both who give them: Flask's views and the shortcut in front."""

from flask import Response, request

from service.publishing.documents import Documents
from service.publishing.query import read_counts, read_fields, read_page
from service.publishing.rendered import Rendered


def comments(documents: Documents, slug: str, query_string: str) -> Rendered:
    """`GET /sites/{site}/comments`. Raises BadRequest, InvalidQuery, NotFound, Unavailable."""
    documents.listen()
    key, asked = read_page(read_fields(query_string))
    return documents.page(slug, key, asked)


def counts(documents: Documents, slug: str, query_string: str) -> Rendered:
    """`GET /sites/{site}/counts`. Raises as `comments` does."""
    documents.listen()
    return documents.counted(slug, read_counts(read_fields(query_string))).rendered


def as_response(rendered: Rendered) -> Response:
    """What a view answers the request with."""
    # Flask itself leaves out a HEAD's body, and counts its length from what is given here.
    status, headers, body = rendered.answer(
        "GET", request.headers.get("Accept-Encoding", ""), request.headers.get("If-None-Match", "")
    )
    return Response(body, status, headers)
