"""Choosing the desk's language, on any of its pages and before signing in. A plain form."""

from urllib.parse import urlsplit

from flask import Blueprint, current_app, redirect, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from service.accounts.access import check_own_page, open_to
from service.desk.page_setup import DESK, LANGUAGE_COOKIE
from service.errors import FieldError, Invalid
from service.localization import LANGUAGES
from service.wiring import current_services

language_pages = Blueprint("language_pages", __name__, url_prefix=DESK)

YEAR = 365 * 24 * 3600  # seconds


@language_pages.post("/language")
@open_to("anyone")
def choose() -> AnyResponse:
    """Keeps the language in the browser, and goes back to where it was chosen."""
    check_own_page()
    chosen = request.form.get("language", "")
    if chosen not in LANGUAGES:
        raise Invalid(errors=[FieldError("language", "unknown_value", "There is no such language.")])
    response = redirect(_back(), 303)
    secure = current_services().settings.secure
    response.set_cookie(LANGUAGE_COOKIE, chosen, max_age=YEAR, path=DESK, secure=secure, httponly=True, samesite="Lax")
    return response


def _back() -> str:
    """The desk's page that the form was on, as the browser names it; the desk itself where it names none that can be
    asked for, such as one that a form was answered with."""
    try:
        page = urlsplit(request.referrer or "")
    except ValueError:
        return f"{DESK}/"
    try:
        rule, _ = current_app.create_url_adapter(request).match(page.path, "GET", return_rule=True)  # type: ignore[union-attr] # Of a request there is one.
    except HTTPException:
        return f"{DESK}/"
    if not rule.rule.startswith(f"{DESK}/"):
        return f"{DESK}/"
    return f"{page.path}?{page.query}" if page.query else page.path
