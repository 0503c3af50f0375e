"""The address behind a comment or a report, shown once to an administrator who says why. Its page is kept nowhere."""

from flask import Blueprint, make_response, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from service.accounts.access import current_actor, open_to
from service.desk.queue.place import place_asked
from service.desk.requests import line_field
from service.desk.site_access import comment_reached, report_reached
from service.errors import FieldError, Invalid
from service.moderation.addresses.reveal_address import reveal_address, reveal_reporter
from service.wiring import current_services

reveal_pages = Blueprint("reveal_pages", __name__, url_prefix="/moderate")


@reveal_pages.post("/reveal-address")
@open_to("admin")
def reveal() -> AnyResponse:
    """A page of its own, as the answer to a form: nothing of it stands in the browser's history or on the desk."""
    services, actor = current_services(), current_actor()
    reason = line_field(request.form, "reason", 500)
    with services.read() as session:
        comment, _, _ = comment_reached(session, line_field(request.form, "comment_id", 26), "admin")
    if len(reason) < 3:
        raise Invalid(errors=[FieldError("reason", "missing", "Say why: it stands in the trail.")])
    return _once(comment.id, comment.name, reveal_address(services, actor, comment.id, reason), reason)


@reveal_pages.post("/reveal-reporter")
@open_to("admin")
def reveal_who_reported() -> AnyResponse:
    """The same of whoever said that a comment is illegal."""
    services, actor = current_services(), current_actor()
    reason = line_field(request.form, "reason", 500)
    with services.read() as session:
        report = report_reached(session, line_field(request.form, "report_id", 26), "admin")
    if len(reason) < 3:
        raise Invalid(errors=[FieldError("reason", "missing", "Say why: it stands in the trail.")])
    name, address = reveal_reporter(services, actor, report.id, reason)
    return _once(report.comment_id, name or "", address or "", reason, of_report=True)


def _once(comment_id: str, name: str, address: str, reason: str, *, of_report: bool = False) -> AnyResponse:
    page = make_response(
        render_template(
            "desk/revealed.html",
            address=address,
            name=name,
            reason=reason,
            of_report=of_report,
            place=place_asked(comment_id),
            actor=current_actor(),
        )
    )
    page.headers["Cache-Control"] = "no-store"
    return page
