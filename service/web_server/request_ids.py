"""A name for each request, which its answer, its log lines and the comment it brings carry along."""

import re
from collections.abc import Callable
from typing import Any

from models.database.randomness import random_bytes

# In the WSGI environment.
REQUEST_ID = "rejoinder.request_id"
HEADER = "X-Request-Id"

# Hexadecimal, with or without hyphens: what nginx, UUIDs and traces have. Nobody's address or name can be spelled so.
_WELL_FORMED = re.compile(r"[0-9a-fA-F](?:-?[0-9a-fA-F]){15,47}")


def request_id_of(environ: dict[str, Any], is_from_proxy: Callable[[dict[str, Any]], bool]) -> str:
    """The id that a proxy of ours has given it, in lower case, else a new one of 32 hexadecimal digits."""
    given: str = environ.get("HTTP_X_REQUEST_ID", "")
    if given and _WELL_FORMED.fullmatch(given) and is_from_proxy(environ):
        return given.lower()
    return random_bytes(16).hex()


def with_request_id(headers: list[tuple[str, str]], environ: dict[str, Any]) -> list[tuple[str, str]]:
    """A copy of the answer's headers with the id. Not where there is an ETag: a cache would repeat it to others."""
    if any(name == "ETag" for name, _ in headers):
        return headers.copy()
    return [*headers, (HEADER, environ[REQUEST_ID])]
