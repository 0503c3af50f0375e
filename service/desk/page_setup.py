"""What every page of the desk has: security headers, the words of its templates, the way to the sign-in."""

from typing import Any
from urllib.parse import quote

from flask import Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from service.accounts.access import SignInNeeded
from service.desk import wording
from service.desk.complaints import wording as complaint_wording
from service.desk.compression import compress
from service.desk.head import head
from service.desk.set_aside import wording as set_aside_wording
from service.localization import LANGUAGES, best_language, offered, own_name, speak, speaking
from service.localization.catalogue import messages_of_scripts
from service.wiring import current_services

# No inline script or style anywhere; nothing may frame the desk; forms go nowhere else; markup is made of text only by
# the one policy that takes it from this service (static/calls.js).
CSP = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types rejoinder-part"
)
# The script that asks for a part of a page handles refusals itself; a browser wants a page.
PART = "X-Part"
# Under it are all pages of the desk.
DESK = "/moderate"
LANGUAGE_COOKIE = "rejoinder_language"
# Style sheets of every page of the desk, in this order.
STYLES = (
    "desk.css",
    "head.css",
    "overview.css",
    "editorial.css",
    "pane.css",
    "lists.css",
    "writer.css",
    "set_aside.css",
)


def protect(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = CSP
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["X-Frame-Options"] = "DENY"
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    response.headers.setdefault("Cache-Control", "no-store")
    compress(request, response, part=PART in request.headers)
    return response


def to_sign_in(error: SignInNeeded) -> AnyResponse:
    """A page sends its visitor to the sign-in and back; a part of one is refused."""
    if request.headers.get(PART):
        return Response(error.title, error.status, mimetype="text/plain")
    back = request.full_path.rstrip("?") if request.method == "GET" else ""
    where = "/moderate/sign-in"
    return redirect(f"{where}?next={quoted(back)}" if back not in ("", "/moderate/") else where, 303)


def choose_language() -> None:
    """For the desk's pages, and for the refusals where one is asked for: the language that the browser's person chose,
    else the one the browser asks for."""
    if not request.path.startswith(DESK):
        return
    chosen = request.cookies.get(LANGUAGE_COOKIE, "")
    speak(chosen if chosen in LANGUAGES else best_language(list(request.accept_languages.values())))


def say() -> dict[str, Any]:
    """What every template of the desk may use."""
    return {
        "words": wording,
        "aside_words": set_aside_wording,
        "complaint_words": complaint_wording,
        "now": current_services().clock.now,
        "language": speaking(),
        "languages": [(one, own_name(one)) for one in offered()],
        "script_messages": messages_of_scripts(speaking()),
        "styles": STYLES,
        "head": head,
    }


def quoted(text: str) -> str:
    return quote(text, safe="")
