"""What a news page is told before it sends something that names a site."""

from flask import Response, request

from service.intake.cors import preflight
from service.intake.known_sites import site_by_slug
from service.intake.routes import own_origins
from service.intake.submission.web_addresses import is_origin_of
from service.wiring import current_services


def post_preflight(site: str) -> Response:
    """Whether the page that asks may POST: one of the site's origins or our own. Raises UnknownSite, Unavailable."""
    origin = request.headers.get("Origin")
    with current_services().read() as session:
        origins = site_by_slug(session, site).origins
    return preflight("POST", origin, allowed=origin is None or is_origin_of(origin, [*origins, *own_origins()]))
