"""How every page of this room is sent: its template, and what browsers may do with it."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from flask import Response, render_template

from service.localization import direction, speaking
from service.localization.formats import moment
from service.localization.pages import say_language
from service.widget.avatars import discs
from service.widget.times import ago, parse
from service.wiring import current_services


def base_path() -> str:
    """The path that the public URL puts before ours: empty unless the service lives below one."""
    return urlsplit(current_services().settings.public_url).path.rstrip("/")


def public_origin() -> str:
    """Scheme, host and port of the public URL, as policies name it."""
    parts = urlsplit(current_services().settings.public_url)
    return f"{parts.scheme}://{parts.netloc}"


def render_page(
    template: str,
    *,
    status: int = 200,
    frame_ancestors: Iterable[str] = (),
    scripted: bool = False,
    csp: str = "",
    **values: Any,
) -> Response:
    """A rendered page that loads nothing from elsewhere and is framed by `frame_ancestors` only.

    `scripted`: whether it runs files of ours; else it runs no script. `csp`: a whole Content-Security-Policy in place
    of that one. Its words are in the language of the work at hand.
    """
    html = render_template(
        template,
        base=base_path(),
        public_url=current_services().settings.public_url,
        discs=discs,
        ago=ago,
        exact=moment,
        parse=parse,
        language=speaking(),
        direction=direction(),
        **values,
    )
    response = Response(html, status, mimetype="text/html")
    framers = " ".join(frame_ancestors) or "'none'"
    scripts = "script-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'; " if scripted else ""
    # Forms may be sent to the public URL too: a page seen under another of our names is redirected there.
    response.headers["Content-Security-Policy"] = csp or (
        f"default-src 'none'; {scripts}style-src 'self'; img-src 'self'; form-action 'self' {public_origin()}; "
        f"base-uri 'none'; frame-ancestors {framers}"
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "no-cache"
    say_language(response)
    return response
