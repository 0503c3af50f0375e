"""The desk's two doors, API and pages, as one blueprint."""

from flask import Blueprint, Response, request

from service.accounts.access import SignInNeeded
from service.desk.case.editorial_api import editorial_api
from service.desk.case.editorial_pages import editorial_pages
from service.desk.case.judge_again_api import judge_again_api
from service.desk.case.judge_again_pages import judge_again_pages
from service.desk.case.near_copy_api import near_copy_api
from service.desk.case.near_copy_pages import near_copy_pages
from service.desk.case.reveal_pages import reveal_pages
from service.desk.case.set_aside_api import set_aside_api
from service.desk.case.set_aside_pages import set_aside_pages
from service.desk.case.version_pages import version_pages
from service.desk.case.wrong_finding_api import wrong_finding_api
from service.desk.case.wrong_finding_pages import wrong_finding_pages
from service.desk.language_pages import language_pages
from service.desk.live.lease_api import lease_api
from service.desk.live.list_parts import list_parts
from service.desk.overview.audit_pages import audit_pages
from service.desk.overview.investigate_pages import investigate_pages
from service.desk.overview.settings_pages import settings_pages
from service.desk.overview.thread_pages import thread_pages
from service.desk.page_setup import DESK, choose_language, protect, say, to_sign_in
from service.desk.policy.api import policy_api
from service.desk.policy.entry_api import entry_api
from service.desk.policy.entry_pages import entry_pages
from service.desk.policy.job_api import job_api
from service.desk.policy.job_pages import job_pages
from service.desk.policy.list_api import list_api
from service.desk.policy.pages import policy_pages
from service.desk.queue.api import queue_api
from service.desk.queue.lists.list_pages import list_pages
from service.desk.queue.lists.saved_view_api import saved_view_api
from service.desk.queue.pages import pages
from service.desk.reader_form.api import reader_form_api
from service.desk.reader_form.pages import reader_form_pages
from service.desk.sign_in_pages import sign_in_pages
from service.desk.site.ban_api import ban_api
from service.desk.site.ban_pages import ban_pages
from service.desk.site.classifier_api import classifier_api
from service.desk.site.classifier_pages import classifier_pages
from service.desk.site.keys.key_api import key_api
from service.desk.site.keys.login_key_api import login_key_api
from service.desk.site.keys.login_key_pages import login_key_pages
from service.desk.site.outside_check_api import outside_check_api
from service.desk.site.outside_check_pages import outside_check_pages
from service.desk.site.people_api import people_api
from service.desk.site.people_pages import people_pages
from service.desk.site.reason_api import reason_api
from service.desk.site.reason_pages import reason_pages
from service.desk.site.settings.api import reader_setting_api
from service.desk.site.settings.pages import reader_setting_pages
from service.desk.site.thread_api import thread_api
from service.desk.writers.api import writer_api
from service.desk.writers.pages import writer_pages
from service.errors import NotFound

APIS = (
    queue_api,
    lease_api,
    saved_view_api,
    judge_again_api,
    set_aside_api,
    thread_api,
    policy_api,
    list_api,
    ban_api,
    outside_check_api,
    classifier_api,
    key_api,
    people_api,
    job_api,
    editorial_api,
    near_copy_api,
    wrong_finding_api,
    writer_api,
    entry_api,
    reason_api,
    reader_setting_api,
    login_key_api,
    reader_form_api,
)
# All of them get the desk's security headers, its words, and the way to the sign-in.
PAGES = (
    pages,
    list_parts,
    list_pages,
    set_aside_pages,
    sign_in_pages,
    language_pages,
    thread_pages,
    investigate_pages,
    audit_pages,
    settings_pages,
    policy_pages,
    job_pages,
    ban_pages,
    near_copy_pages,
    wrong_finding_pages,
    reveal_pages,
    version_pages,
    judge_again_pages,
    classifier_pages,
    people_pages,
    outside_check_pages,
    editorial_pages,
    writer_pages,
    entry_pages,
    reason_pages,
    reader_setting_pages,
    reader_form_pages,
    login_key_pages,
)

blueprint = Blueprint("desk", __name__, template_folder="templates")


@blueprint.before_request
def refuse_nul() -> None:
    """Nothing has a NUL in its name, and PostgreSQL does not even take the question."""
    if "\0" in request.path:
        raise NotFound()


blueprint.before_app_request(choose_language)


@blueprint.after_app_request
def protect_errors(response: Response) -> Response:
    """Also where no view was reached: a path that is none, a host that is not ours."""
    if request.path.startswith(DESK) and response.mimetype == "text/html":
        protect(response)
    return response


for page in PAGES:
    page.after_request(protect)
    page.context_processor(say)
    page.register_error_handler(SignInNeeded, to_sign_in)
for door in (*APIS, *PAGES):
    blueprint.register_blueprint(door)
