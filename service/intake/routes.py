"""The reader's API for writing, and receipts. Views only translate HTTP; the steps are in `receive` and `receipts`."""

from collections.abc import Mapping
from typing import Any

import msgspec
from flask import Blueprint, Response, current_app, redirect, render_template, request
from flask.blueprints import BlueprintSetupState

from service.accounts.access import open_to
from service.described import described
from service.errors import Refused
from service.intake import mail_link_pages, receipts
from service.intake.cors import allow_origin, preflight
from service.intake.fast_lane import OUTCOME
from service.intake.forms import describe_form
from service.intake.known_sites import site_by_slug
from service.intake.receive import EXTENSION, Caller, Intake, current_intake, receive
from service.intake.submission.raw import is_form, read_raw
from service.intake.submission.web_addresses import is_origin_of
from service.intake.types import CommentAnswer, CommentBody, EditBody, FormAnswer, FormQuery, LanguageQuery, ReceiptView
from service.localization import detail_of, direction, speaking, translated, words_of
from service.localization.pages import begin_to_speak, language_asked, say_language
from service.privacy.clients import client_ip
from service.telemetry import INTAKE_REFUSED, INTAKE_SECONDS
from service.tracing import traceparent_of
from service.web_server.request_ids import REQUEST_ID
from service.wiring import current_services

# Where the embed page leaves the function that shows a plain form again: (slug, fields as typed, refusal) -> page.
FORM_PAGE = "rejoinder.form_page"
FORM_TYPES = ("application/json", "application/x-www-form-urlencoded", "multipart/form-data")

blueprint = Blueprint("intake", __name__, template_folder="templates")
mail_link_pages.mount(blueprint)


@blueprint.record_once
def _set_up(state: BlueprintSetupState) -> None:
    state.app.extensions[EXTENSION] = Intake(state.app.extensions["rejoinder"])


@blueprint.post("/api/v1/sites/<site>/comments", provide_automatic_options=False)
@open_to("anyone")
@described(
    "Send a comment",
    query=LanguageQuery,
    body=CommentBody,
    body_types=FORM_TYPES,
    answers={202: CommentAnswer, 303: None},
    refusals=(400, 403, 404, 409, 413, 415, 422, 429, 503),
    headers={"Idempotency-Key": "at least 16 characters; the same comment again gets the first answer"},
)
def submit(site: str) -> Response:
    raw = None
    try:
        with INTAKE_SECONDS.time():
            raw = read_raw(request)
            if (outcome := request.environ.get(OUTCOME)) is not None:
                raise outcome
            key = request.headers.get("Idempotency-Key")
            received = receive(current_intake(), site, raw, caller_here(), key)
    except Refused as refused:
        INTAKE_REFUSED.labels(refused.code).inc()
        if not is_form(request) or "text/html" not in request.headers.get("Accept", ""):
            raise
        return _form_again(site, raw.texts() if raw else {}, refused)
    url = receipt_url(received.receipt)
    if raw.form:
        url += f"?lang={language_asked()}" if language_asked() else ""
        return led_to(url)
    answer = CommentAnswer(received.comment_id, "received", received.receipt, url)
    return allow_origin(answered(answer, 202), request.headers.get("Origin"))


@blueprint.route("/api/v1/sites/<site>/comments", methods=["OPTIONS"], provide_automatic_options=False)
@open_to("anyone")
@described("Whether a page may send comments (CORS)", answers={204: None}, refusals=(404, 503))
def submit_preflight(site: str) -> Response:
    """Also for the GET on this path, which is anyone's."""
    origin = request.headers.get("Origin")
    if request.headers.get("Access-Control-Request-Method", "").upper() != "POST":
        return preflight("GET, HEAD", None)
    with current_services().read() as session:
        origins = site_by_slug(session, site).origins
    allowed = origin is None or is_origin_of(origin, [*origins, *own_origins()])
    return preflight("GET, HEAD, POST", origin, allowed=allowed)


@blueprint.get("/api/v1/sites/<site>/form")
@open_to("anyone")
@described("What the form of a page asks for, and a token for it", query=FormQuery, answers={200: FormAnswer},
           refusals=(400, 404, 503))  # fmt: skip
def form(site: str) -> Response:
    services = current_services()
    with services.read() as session:
        answer = describe_form(services, session, site, request.args.get("thread"))
    return allow_origin(answered(answer), None)


@blueprint.get("/api/v1/receipts/<receipt>", provide_automatic_options=False)
@open_to("receipt")
@described(
    "What became of a comment, for its writer", query=LanguageQuery, answers={200: ReceiptView}, refusals=(404, 503)
)
def look(receipt: str) -> Response:
    return allow_origin(answered(receipts.look(current_services(), receipt, language_asked())), None)


@blueprint.patch("/api/v1/receipts/<receipt>", provide_automatic_options=False)
@open_to("receipt")
@described(
    "Change a comment's text; it is judged again, and an approved text stays up until then",
    query=LanguageQuery,
    body=EditBody,
    body_types=FORM_TYPES,
    answers={200: ReceiptView},
    refusals=(400, 404, 409, 413, 415, 422, 429, 503),
)
def edit(receipt: str) -> Response:
    raw = read_raw(request)
    view = receipts.edit(current_intake(), receipt, raw.values, _caller_ip(), language_asked())
    return allow_origin(answered(view), None)


@blueprint.delete("/api/v1/receipts/<receipt>", provide_automatic_options=False)
@open_to("receipt")
@described("Withdraw a comment for good", query=LanguageQuery, answers={200: ReceiptView}, refusals=(404, 503))
def withdraw(receipt: str) -> Response:
    return allow_origin(answered(receipts.withdraw(current_services(), receipt)), None)


@blueprint.route("/api/v1/receipts/<receipt>", methods=["OPTIONS"], provide_automatic_options=False)
@open_to("receipt")
@described("Any page may use a receipt (CORS)", answers={204: None})
def receipt_preflight(receipt: str) -> Response:
    """From any page: the receipt is the proof."""
    return preflight("GET, HEAD, PATCH, DELETE", None)


def receipt_url(receipt: str) -> str:
    """The writer's page."""
    return f"{current_services().settings.public_url}/receipts/{receipt}"


def _caller_ip() -> str | None:
    return client_ip(request.environ, current_services().settings.trusted_proxies)


def caller_here() -> Caller:
    """Where the request came from."""
    headers = request.headers
    request_id, traceparent = request.environ.get(REQUEST_ID, ""), traceparent_of(request.environ)
    return Caller(_caller_ip(), headers.get("Origin"), own_origins(), headers.get("Referer"), request_id, traceparent)


def own_origins() -> tuple[str, str]:
    """Those of our own pages."""
    # The host was checked before the view: it is one of ours.
    return current_services().settings.public_url, request.host_url


def _form_again(site: str, values: Mapping[str, str], refused: Refused) -> Response:
    """A refused plain form as a page: the embed page's, with what was typed, where it stands beside us."""
    begin_to_speak(request, to_people=True)
    hook: Any = current_app.extensions.get(FORM_PAGE)
    if hook is not None:
        shown: Response = hook(site, values, refused)
        return shown
    told = render_template(
        "intake/refused.html",
        title=translated(refused.title),
        detail=detail_of(refused),
        errors=[words_of(error) for error in refused.errors],
        language=speaking(),
        direction=direction(),
    )
    page = Response(told, refused.status, mimetype="text/html")
    for name, value in refused.headers.items():
        page.headers[name] = value
    say_language(page)
    return _private(page)


def led_to(url: str, status: int = 303) -> Response:
    """Leads on to a page of ours, or of the newsroom's; where it came from may be a secret address."""
    # As it was written: werkzeug would make it absolute by what the request calls us.
    response = Response(redirect(url, status).get_data(), status, mimetype="text/html")
    response.headers["Location"] = url
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def answered(answer: msgspec.Struct, status: int = 200) -> Response:
    """As JSON, kept by nobody on the way."""
    return _private(Response(msgspec.json.encode(answer), status, mimetype="application/json"))


def _private(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    return response
