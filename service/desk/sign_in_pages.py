"""Signing in to the desk and out of it."""

from flask import Blueprint, Response, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from service.accounts.access import check_own_page, current_actor, open_to, optional_actor
from service.accounts.sessions import (
    clear_cookie,
    cookie_name,
    device_cookie_name,
    set_cookie,
    set_device_cookie,
)
from service.accounts.sign_in import SignInLinkSpent, follow_link, leave, link_is_good, remember_device, sign_in
from service.desk.page_setup import quoted
from service.errors import Refused
from service.moderation.leases import end_leases
from service.privacy.clients import client_ip
from service.wiring import Services, current_services

sign_in_pages = Blueprint("signing_in", __name__, url_prefix="/moderate")

MAX_ADDRESS = 320
MAX_PASSWORD = 1024


@sign_in_pages.get("/sign-in")
@open_to("anyone")
def page() -> AnyResponse:
    if optional_actor() is not None:
        return redirect(_next(), 303)
    return Response(render_template("desk/sign_in.html", next=_next(), refused=None, address=""))


@sign_in_pages.post("/sign-in")
@open_to("anyone")
def with_password() -> AnyResponse:
    check_own_page()  # Else a foreign page could sign a moderator in as somebody of its choice.
    services = current_services()
    address, password = request.form.get("address", ""), request.form.get("password", "")
    try:
        token = sign_in(
            services,
            address=address[:MAX_ADDRESS],
            password=password[:MAX_PASSWORD],
            ip=client_ip(request.environ, services.settings.trusted_proxies),
            replaces=_cookie(services),
            device=request.cookies.get(device_cookie_name(services.settings.secure), ""),
        )
    except Refused as refusal:
        shown = render_template("desk/sign_in.html", next=_next(), refused=refusal, address=address[:MAX_ADDRESS])
        return Response(shown, refusal.status, headers=refusal.headers)
    return _let_in(services, token, _next())


@sign_in_pages.get("/sign-in/<token>")
@open_to("anyone")
def link_page(token: str) -> Response:
    """Only shows a button: mail scanners and link previews follow links, too."""
    services = current_services()
    with services.read() as session:
        good = link_is_good(session, token, services.clock.now())
    return Response(render_template("desk/link.html", good=good), 200 if good else 410)


@sign_in_pages.post("/sign-in/<token>")
@open_to("anyone")
def with_link(token: str) -> AnyResponse:
    check_own_page()  # Else a foreign page could sign a moderator in as somebody of its choice.
    services = current_services()
    try:
        session_token = follow_link(services, token, replaces=_cookie(services))
    except SignInLinkSpent:
        return Response(render_template("desk/link.html", good=False), 410)
    return _let_in(services, session_token, "/moderate/")


@sign_in_pages.post("/sign-out")
@open_to("viewer")
def sign_out() -> AnyResponse:
    services = current_services()
    actor = current_actor()
    leave(services, _cookie(services))
    end_leases(services, actor.id)
    # Whoever signs in next comes back to where this was.
    back = _next()
    where = f"/moderate/sign-in?next={quoted(back)}" if back != "/moderate/" else "/moderate/sign-in"
    response = Response(status=303, headers={"Location": where})
    clear_cookie(response, secure=services.settings.secure)
    return response


def _let_in(services: Services, token: str, where: str) -> AnyResponse:
    response = Response(status=303, headers={"Location": where})
    set_cookie(response, token, secure=services.settings.secure)
    if device := remember_device(services, token):
        set_device_cookie(response, device, secure=services.settings.secure)
    return response


def _next() -> str:
    """Where to go after signing in: a page of the desk, whatever the query says."""
    wanted = request.values.get("next", "")
    return wanted if wanted.startswith("/moderate/") and "\\" not in wanted and wanted.isprintable() else "/moderate/"


def _cookie(services: Services) -> str:
    return request.cookies.get(cookie_name(services.settings.secure), "")
