"""The reader's API for reports and appeals, with the other doors of the room. Views only translate HTTP."""

from flask import Blueprint, Response, request

from service.accounts.access import open_to
from service.described import described
from service.errors import NotFound, Refused
from service.intake.cors import allow_origin, preflight
from service.intake.receive import current_intake
from service.intake.routes import FORM_TYPES, answered, caller_here, led_to
from service.intake.submission.raw import is_form, read_raw
from service.intake.types import LanguageQuery, ReceiptView
from service.localization.pages import language_asked
from service.readers import appeals, pages, reports
from service.readers.draft_api import draft_api
from service.readers.from_pages import post_preflight
from service.readers.types import AppealBody, ReportAnswer, ReportBody, ReportView
from service.readers.vote_api import vote_api
from service.readers.vote_pages import vote_pages
from service.wiring import current_services

blueprint = Blueprint("readers", __name__, template_folder="templates")
pages.mount(blueprint)
blueprint.register_blueprint(draft_api)
blueprint.register_blueprint(vote_api)
blueprint.register_blueprint(vote_pages)

_REPORTS = "/api/v1/sites/<site>/comments/<comment_id>/reports"


@blueprint.post(_REPORTS, provide_automatic_options=False)
@open_to("anyone")
@described(
    "Report a comment to its moderators",
    query=LanguageQuery,
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
        lang = language_asked()
        return led_to(f"{url}?lang={lang}" if lang else url)
    answer = ReportAnswer(made.id, "open", made.receipt, url)
    return allow_origin(answered(answer, 202), request.headers.get("Origin"))


@blueprint.route(_REPORTS, methods=["OPTIONS"], provide_automatic_options=False)
@open_to("anyone")
@described("Whether a page may send reports (CORS)", answers={204: None}, refusals=(404, 503))
def report_preflight(site: str, comment_id: str) -> Response:
    return post_preflight(site)


@blueprint.get("/api/v1/reports/<receipt>", provide_automatic_options=False)
@open_to("receipt")
@described(
    "What became of a report, for whoever sent it",
    query=LanguageQuery,
    answers={200: ReportView},
    refusals=(404, 503),
)
def look_at_report(receipt: str) -> Response:
    return allow_origin(answered(reports.look(current_services(), receipt)), None)


@blueprint.delete("/api/v1/reports/<receipt>", provide_automatic_options=False)
@open_to("receipt")
@described(
    "Take a report back: what was said and who said it is deleted",
    query=LanguageQuery,
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


@blueprint.post("/api/v1/receipts/<receipt>/appeal", provide_automatic_options=False)
@open_to("receipt")
@described(
    "Appeal against a refusal: once a decision; somebody else than who decided looks at it",
    query=LanguageQuery,
    body=AppealBody,
    body_types=FORM_TYPES,
    answers={202: ReceiptView},
    refusals=(400, 404, 409, 413, 415, 422, 429, 503),
)
def appeal(receipt: str) -> Response:
    raw = read_raw(request)
    view = appeals.appeal(current_intake(), receipt, raw.values, caller_here().ip, language_asked())
    return allow_origin(answered(view, 202), None)


@blueprint.route("/api/v1/receipts/<receipt>/appeal", methods=["OPTIONS"], provide_automatic_options=False)
@open_to("receipt")
@described("Any page may use a receipt (CORS)", answers={204: None})
def appeal_preflight(receipt: str) -> Response:
    """From any page: the receipt is the proof."""
    return preflight("POST", None)


def _wants_page() -> bool:
    return is_form(request) and "text/html" in request.headers.get("Accept", "")
