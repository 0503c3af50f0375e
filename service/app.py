"""The web application: rooms mounted in one list, errors turned into answers, hosts checked."""

import os
import re
from collections.abc import Iterable
from functools import partial
from html import escape
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

import msgspec
from flask import Flask, Response, current_app, render_template_string, request
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from service import tracing
from service.accounts.access import role_seen
from service.errors import BadRequest, NotFound, Refused, TooLarge, Unsupported
from service.intake.fast_lane import FastLane
from service.localization import (
    detail_of,
    direction,
    found,
    gettext,
    is_to_reader,
    nfound,
    speaking,
    translated,
    words_of,
)
from service.localization.pages import begin_to_speak, language_asked, say_language
from service.localization.templates import ngettext_in_template
from service.operations import listen_for_metrics
from service.privacy.clients import client_ip, is_from_proxy
from service.privacy.prefixes import network_of
from service.publishing.shortcut import COMMENTS_ROUTE, Shortcut
from service.settings import Settings
from service.telemetry import logger, set_up_logging
from service.web_server.bodies import MOST, Entrance
from service.web_server.parents import end_with_parent
from service.web_server.request_counts import SEEN_AS, keep_flushing
from service.widget.rendering import base_path, public_origin
from service.wiring import Services, current_services, wire

log = logger(__name__)

# One comment's way, as its rooms are mounted.
ROUTE_MODULES = (
    "service.intake.routes",
    "service.desk.routes",
    "service.publishing.routes",
    "service.widget.routes",
    "service.readers.routes",
    "service.operations.routes",
    "service.openapi",
)

# Requests that are worked on at once in a process, where nobody says otherwise.
THREADS = 16
# Set by `service.cli.serve` for the processes that granian makes.
THREADS_VARIABLE = "_REJOINDER_THREADS"

_ERROR_PAGE = """<!doctype html><html lang="{{ language }}" dir="{{ direction }}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="robots" content="noindex">
<title>{{ title }}</title><link rel="stylesheet" href="/static/look.css"></head>
<body class="notice"><main><h1>{{ title }}</h1>{% if detail %}<p>{{ detail }}</p>{% endif %}
<p><a href="/">{{ start }}</a></p></main>
</body></html>
"""


def create_app(services: Services, rooms: Iterable[str] = ROUTE_MODULES) -> Flask:
    """A Flask app over `services`, with the rooms' routes; opens nothing by itself."""
    app = Flask("service", static_folder=None, template_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MOST
    app.config["MAX_FORM_MEMORY_SIZE"] = MOST
    app.config["MAX_FORM_PARTS"] = 50
    app.extensions["rejoinder"] = services
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(found, nfound, newstyle=True)  # type: ignore[attr-defined]
    app.jinja_env.globals["ngettext"] = ngettext_in_template
    app.before_request(lambda: begin_to_speak(request, to_people=_wants_page()))
    app.before_request(_check_host)
    app.after_request(_guard)
    # Flask runs these from the last to the first: before anything that could fail.
    app.after_request(_say_route)
    app.register_error_handler(Refused, _refused)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _fault)
    for name in rooms:
        app.register_blueprint(import_module(name).blueprint)
    return app


def entrance(services: Services, threads: int = THREADS) -> Entrance:
    """What the web server calls: bodies are taken in its event loop, readers and comments are answered there as well
    where nothing stands against it, `application` works in threads."""
    app = create_app(services)
    shortcut, lane = Shortcut(app, services), FastLane(app, services)
    network = partial(_network, services)
    return Entrance(
        shortcut,
        network,
        threads=threads,
        at_once=shortcut.at_once,
        comment=lane.take,
        lanes_seen_as=(COMMENTS_ROUTE, "anyone"),
        is_from_proxy=lambda environ: is_from_proxy(environ, services.settings.trusted_proxies),
    )


def _network(services: Services, environ: dict[str, Any]) -> str:
    """The network a request came from; behind a proxy that is not listed as ours, the proxy's."""
    ip = client_ip(environ, services.settings.trusted_proxies)
    return "" if ip is None else str(network_of(ip))


def from_environment() -> Entrance:
    """What the web server's processes load: everything is wired after the fork, in the process that uses it."""
    end_with_parent()
    settings = Settings.from_environment(os.environ)
    set_up_logging(settings.log_level)
    services = wire(settings, role="web", statement_seconds=settings.statement_seconds)
    if settings.tracing:
        tracing.start("web")
    if settings.metrics_listener is not None:
        listen_for_metrics(services, *settings.metrics_listener)
    keep_flushing()
    return entrance(services, int(os.environ.get(THREADS_VARIABLE, THREADS)))


_HOST = re.compile(r"^[a-z0-9.-]+(:\d{1,5})?$|^\[[0-9a-f:]+\](:\d{1,5})?$")


def _check_host() -> None:
    """Refuses a Host header that is not ours: links never come from it, but caches in front may."""
    settings = current_services().settings
    host = request.host.lower()
    if not _HOST.match(host):
        raise BadRequest("The Host header is not valid.")
    name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
    own = settings.public_host.rsplit(":", 1)[0]
    if name in {own, *settings.allowed_hosts} or host in {settings.public_host, *settings.allowed_hosts}:
        return
    if name in {"localhost", "127.0.0.1", "[::1]"}:
        return  # Health checks and the demo page come over loopback.
    raise BadRequest("This service does not answer to that host name.")


def _say_route(response: Response) -> Response:
    """Route and role for the request's count."""
    rule = request.url_rule
    if rule is not None:
        request.environ[SEEN_AS] = (rule.rule, role_seen(current_app.view_functions.get(rule.endpoint)))
    return response


# Where the readers' room leaves the function that tells a reader of a refusal.
REFUSED_PAGE = "rejoinder.refused_page"
# And the one that says it in words.
REFUSED_WORDS = "rejoinder.refused_words"
_FOR_PROGRAMS = ("/api/", "/openapi.json", "/policy.schema.json", "/healthz", "/readyz", "/metrics")


def _wants_page() -> bool:
    """Whether it is a person who asks; a page's own script takes refusals as programs do."""
    return "X-Part" not in request.headers and not request.path.startswith(_FOR_PROGRAMS)


def _refused(error: Refused) -> Response:
    readers_page = current_app.extensions.get(REFUSED_PAGE)
    if readers_page is not None and _wants_page() and not request.path.startswith("/moderate"):
        response: Response = readers_page(error)
    elif _wants_page():
        page = render_template_string(
            _ERROR_PAGE,
            title=translated(error.title),
            detail=detail_of(error),
            start=gettext("To the start page"),
            language=speaking(),
            direction=direction(),
        )
        response = Response(page, error.status, mimetype="text/html")
        if is_to_reader():
            say_language(response)
    else:
        response = Response(msgspec.json.encode(_problem(error)), error.status)
        response.headers["Content-Type"] = "application/problem+json"
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    for name, value in error.headers.items():
        response.headers[name] = value
    if request.method != "OPTIONS" and request.path.startswith("/api/v1/"):
        # A page on another origin may read why it was refused; what may be written is decided elsewhere.
        response.headers.setdefault("Access-Control-Allow-Origin", "*")
    return response


def _problem(error: Refused) -> dict[str, Any]:
    """The problem document; in a reader's words where the address asks for a language (`?lang=`), else in English, for
    whoever programs."""
    document = error.problem()
    if not is_to_reader() or language_asked() is None:
        return document
    words = current_app.extensions.get(REFUSED_WORDS)
    document["title"], detail = words(error) if words is not None else (translated(error.title), detail_of(error))
    document.pop("detail", None)
    if detail:
        document["detail"] = detail
    for shown, field in zip(document.get("errors", ()), error.errors, strict=True):
        shown["message"] = words_of(field)
    return document


def _guard(response: Response) -> Response:
    """What browsers may do with a page or a refusal of which its room has not said so: errors say what pages do."""
    headers = response.headers
    if isinstance(request.routing_exception, RequestRedirect) and "Location" in headers:
        _make_relative(response)
    is_page = response.mimetype == "text/html"
    if response.status_code == 304 or not (is_page or response.status_code >= 400):
        return response
    page = f"style-src 'self'; img-src 'self'; form-action 'self' {public_origin()}; base-uri 'none'; "
    headers.setdefault(
        "Content-Security-Policy", f"default-src 'none'; {page if is_page else ''}frame-ancestors 'none'"
    )
    if "frame-ancestors 'none'" in headers["Content-Security-Policy"]:
        headers.setdefault("X-Frame-Options", "DENY")
    # A path may be the secret itself: a receipt, a link of a mail.
    private = request.path.startswith(("/receipts/", "/confirm/", "/unsubscribe/"))
    headers.setdefault("Referrer-Policy", "no-referrer" if private else "same-origin")
    headers.setdefault("X-Content-Type-Options", "nosniff")
    return response


class MethodNotAllowed(Refused):
    status, code, title = 405, "method_not_allowed", "This address does not take that method"


def _http_error(error: HTTPException) -> Response:
    """Werkzeug's own refusals, in our words."""
    if error.code in {301, 302, 307, 308}:
        return error.get_response(request.environ)  # type: ignore[return-value]
    if error.code == 405:
        allow = ", ".join(sorted(getattr(error, "valid_methods", None) or []))
        return _refused(MethodNotAllowed(headers={"Allow": allow}))
    kinds: dict[int, type[Refused]] = {404: NotFound, 413: TooLarge, 415: Unsupported}
    return _refused(kinds.get(error.code or 400, BadRequest)())


def _make_relative(response: Response) -> None:
    """A redirect of the router (`/demo` -> `/demo/`), which names the host that the request has named."""
    place = urlsplit(response.headers["Location"])
    path = f"{base_path()}/{place.path.lstrip('/')}"
    response.headers["Location"] = f"{path}?{place.query}" if place.query else path
    response.set_data(f'<!doctype html><title>Moved</title><p><a href="{escape(path)}">It is here</a></p>')


class Fault(Refused):
    status, code, title = 500, "internal_error", "Something went wrong on our side"


def _fault(error: Exception) -> Response:
    log.error("fault", path=request.path, method=request.method, exc_info=error)
    return _refused(Fault("It has been noted. Nothing you sent before is lost."))
