"""The room's plain pages: the form that reports a comment, and what became of a report."""

from collections.abc import Mapping

from flask import Blueprint, Response, request

from models import Comment, ReportReason, Site, Thread
from service.accounts.access import open_to
from service.errors import NotFound, Refused
from service.intake.known_sites import site_by_slug
from service.intake.receive import current_intake
from service.intake.routes import caller_here, led_to
from service.intake.submission.form_tokens import issue_token
from service.intake.submission.raw import read_raw
from service.localization import noop as N_
from service.localization import words_of
from service.localization.pages import go_on_in, language_asked
from service.moderation.complaints.weighing import LEGAL
from service.publishing.thread_rows import permalink, read_comment
from service.readers import appeals, reports
from service.readers.report_fields import LAW_MAX, NAME_MAX, TEXT_MAX
from service.readers.types import ReportView
from service.widget.receipt_page import receipt_page
from service.widget.refusals import as_notice
from service.widget.rendering import base_path, render_page
from service.wiring import current_services

# What a reader chooses from. The law's own come last, with fields of their own.
CHOICES: Mapping[ReportReason, str] = {
    ReportReason.SPAM: N_("It is advertising or spam"),
    ReportReason.INSULT: N_("It insults or harasses somebody"),
    ReportReason.HATE: N_("It demeans people for who they are"),
    ReportReason.THREAT: N_("It threatens somebody"),
    ReportReason.PERSONAL_DATA: N_("It gives away something private about somebody"),
    ReportReason.UNFOUNDED: N_("It claims something false as a fact"),
    ReportReason.OFF_TOPIC: N_("It does not belong here"),
    ReportReason.OTHER: N_("Something else"),
    ReportReason.ILLEGAL: N_("It is against the law"),
    ReportReason.CHILD_ABUSE: N_("It shows or offers sexual abuse of children"),
}
TYPED = ("reason", "text", "law", "name", "email")


def mount(blueprint: Blueprint) -> None:
    """Adds the pages to the room's blueprint."""
    blueprint.add_url_rule("/c/<comment_id>/report", view_func=report_form, methods=["GET"])
    blueprint.add_url_rule("/reports/<receipt>", view_func=report_receipt, methods=["GET"])
    blueprint.add_url_rule("/reports/<receipt>/take-back", view_func=report_taken_back, methods=["POST"])
    blueprint.add_url_rule("/receipts/<receipt>/appeal", view_func=appeal_form, methods=["POST"])


@open_to("anyone")
def report_form(comment_id: str) -> Response:
    """The form, without anything that a script would be needed for. Framed where the comments are."""
    with current_services().read() as session:
        permalink(session, comment_id, "")
        site = session.get_one(Site, session.get_one(Comment, comment_id).site_id)
    return _form(site, comment_id, {}, None)


def report_again(slug: str, comment_id: str, values: Mapping[str, str], refused: Refused) -> Response:
    """The form after a refusal, with what was typed and what is wrong by the fields."""
    with current_services().read() as session:
        site = site_by_slug(session, slug)
    return _form(site, comment_id, values, refused)


def _form(site: Site, comment_id: str, values: Mapping[str, str], refused: Refused | None) -> Response:
    services = current_services()
    with services.read() as session:
        comment = read_comment(session, site.slug, comment_id, services.settings.public_url)
        article = session.get_one(Thread, session.get_one(Comment, comment_id).thread_id).language
    go_on_in(*site.settings.languages_of_readers(article))
    used_up = refused is not None and refused.code == "idempotency_key_reused"
    token = "" if used_up else values.get("token", "")
    messages = {error.field: words_of(error) for error in refused.errors} if refused is not None else {}
    notice = "" if refused is None or messages else as_notice(refused)
    response = render_page(
        "readers/report.html",
        status=200 if refused is None else refused.status,
        frame_ancestors=tuple(site.origins),
        site=site,
        comment=comment,
        choices=CHOICES,
        legal=LEGAL,
        lang=language_asked(),
        theirs=article or site.settings.language or "",
        typed={name: values.get(name, "") for name in TYPED},
        messages=messages,
        notice=notice,
        token=token or issue_token(services.keyring, site, services.clock.now()),
        limits={"text": TEXT_MAX, "law": LAW_MAX, "name": NAME_MAX},
        now=services.clock.now(),
    )
    response.headers["Cache-Control"] = "private, no-store"
    if refused is not None:
        response.headers.update(refused.headers)
    return response


@open_to("receipt")
def report_receipt(receipt: str) -> Response:
    services = current_services()
    go_on_in(*reports.languages_of_report(services, receipt))
    return _receipt(receipt, reports.look(services, receipt))


@open_to("receipt")
def report_taken_back(receipt: str) -> Response:
    """The page's button; the receipt is the proof, so it needs no token and no origin."""
    reports.take_back(current_services(), receipt)
    return led_to(f"{base_path()}/reports/{receipt}{_asked()}")


@open_to("receipt")
def appeal_form(receipt: str) -> Response:
    """The form of the writer's page; one that is refused comes back there with what was typed."""
    services, raw = current_services(), read_raw(request)
    try:
        appeals.appeal(current_intake(), receipt, raw.values, caller_here().ip)
    except NotFound:
        raise
    except Refused as refused:
        return receipt_page(services, receipt, appeal=raw.texts().get("text", ""), refused=refused)
    return led_to(f"{base_path()}/receipts/{receipt}{_asked()}#appeal")


def _asked() -> str:
    lang = language_asked()
    return f"?lang={lang}" if lang else ""


def _receipt(receipt: str, view: ReportView) -> Response:
    response = render_page(
        "readers/report_receipt.html",
        lang=language_asked(),
        receipt=receipt,
        view=view,
        choice=CHOICES[view.reason],
        now=current_services().clock.now(),
    )
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex"
    return response
