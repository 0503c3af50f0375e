"""The address behind a comment, shown once to an administrator who says why. Its page is kept nowhere."""

from flask import Blueprint, make_response, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from service.accounts.access import current_actor, open_to
from service.desk.queue.place import place_asked
from service.desk.requests import line_field
from service.desk.site_access import comment_reached
from service.errors import FieldError, Invalid
from service.moderation.reveal_address import reveal_address
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
    address = reveal_address(services, actor, comment.id, reason)
    page = make_response(
        render_template(
            "desk/revealed.html",
            address=address,
            name=comment.name,
            reason=reason,
            place=place_asked(comment.id),
            actor=actor,
        )
    )
    page.headers["Cache-Control"] = "no-store"
    return page
