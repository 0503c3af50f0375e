"""Which pages may post here, and which may read the answer."""

from collections.abc import Collection

from flask import Response

from service.errors import Forbidden
from service.intake.submission.web_addresses import is_origin_of

_PREFLIGHT_SECONDS = "3600"


class ForeignOrigin(Forbidden):
    code, title = "foreign_origin", "This page may not post here"


def check_origin(origin: str | None, known: Collection[str]) -> None:
    """No Origin is allowed (a plain client), the site's and our own are. Raises ForeignOrigin for all else."""
    if origin is None or is_origin_of(origin, known):
        return
    raise ForeignOrigin("Comments are taken from the site's own pages only.")


def allow_origin(response: Response, origin: str | None) -> Response:
    """Lets the page at `origin` read the answer; without one, any page."""
    response.headers["Access-Control-Allow-Origin"] = origin or "*"
    response.headers["Access-Control-Expose-Headers"] = "Retry-After"
    if origin is not None:
        response.vary.add("Origin")
    return response


def preflight(methods: str, origin: str | None, *, allowed: bool = True) -> Response:
    """The answer to OPTIONS; one that is not allowed lacks the headers a browser waits for."""
    response = Response(status=204)
    if allowed:
        allow_origin(response, origin)
        response.headers["Access-Control-Allow-Methods"] = methods
        response.headers["Access-Control-Allow-Headers"] = "Content-Type, Idempotency-Key"
        response.headers["Access-Control-Max-Age"] = _PREFLIGHT_SECONDS
    return response
