"""The reader's API for reports and appeals. Views only translate HTTP."""

from flask import Blueprint, Response, redirect, request

from service.accounts.access import open_to
from service.described import described
from service.errors import NotFound, Refused
from service.intake.cors import allow_origin, preflight
from service.intake.known_sites import site_by_slug
from service.intake.receive import current_intake
from service.intake.routes import FORM_TYPES, answered, caller_here, own_origins
from service.intake.submission.raw import is_form, read_raw
from service.intake.submission.web_addresses import is_origin_of
from service.readers import pages, reports
from service.readers.types import ReportAnswer, ReportBody, ReportView
from service.wiring import current_services

blueprint = Blueprint("readers", __name__, template_folder="templates")
pages.mount(blueprint)

_REPORTS = "/api/v1/sites/<site>/comments/<comment_id>/reports"


@blueprint.post(_REPORTS, provide_automatic_options=False)
@open_to("anyone")
@described(
    "Report a comment to its moderators",
    body=ReportBody,
    body_types=FORM_TYPES,
    answers={202: ReportAnswer, 303: None},
    refusals=(400, 403, 404, 413, 415, 422, 429, 503),
    headers={"Idempotency-Key": "at least 16 characters; the same report again gets the first answer"},
)
def report(site: str, comment_id: str) -> Response:
    raw = None
    try:
        raw = read_raw(request)
        key = request.headers.get("Idempotency-Key")
        made = reports.receive_report(current_intake(), site, comment_id, raw, caller_here(), key)
    except Refused as refused:
        if isinstance(refused, NotFound) or not _wants_page():
            raise
        return pages.report_again(site, comment_id, raw.texts() if raw else {}, refused)
    url = f"{current_services().settings.public_url}/reports/{made.receipt}"
    if raw.form:
        return _go(url)
    answer = ReportAnswer(made.id, "open", made.receipt, url)
    return allow_origin(answered(answer, 202), request.headers.get("Origin"))


@blueprint.route(_REPORTS, methods=["OPTIONS"], provide_automatic_options=False)
@open_to("anyone")
@described("Whether a page may send reports (CORS)", answers={204: None}, refusals=(404, 503))
def report_preflight(site: str, comment_id: str) -> Response:
    origin = request.headers.get("Origin")
    with current_services().read() as session:
        origins = site_by_slug(session, site).origins
    return preflight("POST", origin, allowed=origin is None or is_origin_of(origin, [*origins, *own_origins()]))


@blueprint.get("/api/v1/reports/<receipt>", provide_automatic_options=False)
@open_to("receipt")
@described("What became of a report, for whoever sent it", answers={200: ReportView}, refusals=(404, 503))
def look_at_report(receipt: str) -> Response:
    return allow_origin(answered(reports.look(current_services(), receipt)), None)


@blueprint.delete("/api/v1/reports/<receipt>", provide_automatic_options=False)
@open_to("receipt")
@described(
    "Take a report back: what was said and who said it is deleted",
    answers={200: ReportView},
    refusals=(404, 503),
)
def take_report_back(receipt: str) -> Response:
    return allow_origin(answered(reports.take_back(current_services(), receipt)), None)


@blueprint.route("/api/v1/reports/<receipt>", methods=["OPTIONS"], provide_automatic_options=False)
@open_to("receipt")
@described("Any page may use a report's receipt (CORS)", answers={204: None})
def report_receipt_preflight(receipt: str) -> Response:
    """From any page: the receipt is the proof."""
    return preflight("GET, HEAD, DELETE", None)


def _wants_page() -> bool:
    return is_form(request) and "text/html" in request.headers.get("Accept", "")


def _go(url: str) -> Response:
    response = Response(redirect(url, 303).get_data(), 303, mimetype="text/html")
    response.headers["Location"] = url
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
