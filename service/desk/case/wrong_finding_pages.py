"""That a finding is wrong, said beside it, and the list of them for who owns the policy. Plain forms."""

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from service.accounts.access import current_actor, open_to
from service.desk.case.wrong_finding_api import find_wrong
from service.desk.queue.answers import answer_case
from service.desk.requests import id_field, line_field, number_field
from service.desk.site_access import comment_reached, reached_site
from service.errors import FieldError, Invalid
from service.moderation.policies.wrong_findings import Disputed, say_wrong, settle
from service.wiring import current_services

wrong_finding_pages = Blueprint("wrong_finding_pages", __name__, url_prefix="/moderate")

PAGE_SIZE = 50


@wrong_finding_pages.post("/wrong-finding")
@open_to("moderator")
def say() -> str | AnyResponse:
    services, form = current_services(), request.form
    disputed = Disputed(
        line_field(form, "finding_rule", 60), line_field(form, "field", 20) or None, _place("start"), _place("end")
    )
    with services.read() as session:
        comment, _, _ = comment_reached(session, line_field(form, "comment_id", 26), "moderator")
    say_wrong(services, current_actor(), comment, disputed, line_field(form, "note", 500))
    return answer_case(comment.id, "said_wrong")


@wrong_finding_pages.get("/sites/<site>/wrong-findings")
@open_to("viewer")
def wrong_findings(site: str) -> str:
    at = reached_site(site, "viewer")
    return render_template(
        "desk/wrong_findings.html",
        site=at,
        found=find_wrong(site, PAGE_SIZE, id_field(request.args, "cursor")),
        actor=current_actor(),
        is_admin=current_actor().can("admin", at.id),
        may_rehearse=current_actor().can("moderator", at.id),
        settled=request.args.get("done") == "settled",
    )


@wrong_finding_pages.post("/sites/<site>/wrong-findings/settle")
@open_to("admin")
def settle_one(site: str) -> AnyResponse:
    at = reached_site(site, "admin")
    settle(current_services(), current_actor(), at, line_field(request.form, "finding_id", 26))
    return redirect(f"/moderate/sites/{at.slug}/wrong-findings?done=settled", 303)


def _place(name: str) -> int | None:
    if not request.form.get(name):
        return None
    found = number_field(request.form, name, 999_999)
    if found is None:
        raise Invalid(errors=[FieldError(name, "invalid", "This is no place in a text.")])
    return found
