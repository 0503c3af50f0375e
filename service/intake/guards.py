"""Who is asking, and from which page: origins, CORS, limits."""

from collections.abc import Collection
from datetime import datetime

from flask import Response

from service.errors import Forbidden, TooMany
from service.intake.submission.web_addresses import is_origin_of
from service.privacy.prefixes import prefix_hash
from service.privacy.sealing import Keyring
from service.queue.limits import Limiter
from service.settings import Rate

_PREFLIGHT_SECONDS = "3600"


class ForeignOrigin(Forbidden):
    code, title = "foreign_origin", "This page may not post here"


class SentTooOften(TooMany):
    code, title = "too_many_comments", "That was a lot of comments in a short time"


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


def take_from_limits(
    limiter: Limiter,
    keyring: Keyring,
    rate: Rate | None,
    *,
    site_id: str,
    ip: str | None,
    address: str | None,
    now: datetime,
) -> None:
    """Counts one comment of this IP prefix, and of this address from this prefix. Raises SentTooOften.

    Never by the address alone: somebody else's comments would then be counted, and could be felt.
    """
    if rate is None:
        return
    prefix = prefix_hash(keyring, ip, now) if ip is not None else b"unknown"
    wanted = [(f"p:{prefix.hex()}", rate)]
    if address is not None:
        _, pair = keyring.index("limit-pair", prefix + address.casefold().encode())
        wanted.append((f"a:{pair.hex()}", rate))
    wait = limiter.take(wanted, tag=site_id)
    if wait is not None:
        raise SentTooOften("Please wait a little before the next one.", retry_after=int(wait) + 1)
