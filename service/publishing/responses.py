"""The answers to readers' GETs, made once for both who give them: Flask's views and the shortcut in front."""

import msgspec

from service.publishing.documents import Documents
from service.publishing.query import read_counts, read_fields, read_page
from service.publishing.rendered import Rendered


def comments(documents: Documents, slug: str, query_string: str) -> Rendered:
    """`GET /sites/{site}/comments`. Raises BadRequest, Invalid, NotFound, Unavailable."""
    documents.listen()
    key, asked = read_page(read_fields(query_string))
    return documents.page(slug, key, asked)


def counts(documents: Documents, slug: str, query_string: str) -> Rendered:
    """`GET /sites/{site}/counts`. Raises as `comments` does."""
    documents.listen()
    keys = read_counts(read_fields(query_string))
    return Rendered(msgspec.json.encode(documents.counts(slug, keys)))
