"""The desk's two doors, API and pages, as one blueprint."""

from flask import Blueprint, request

from service.accounts.access import SignInNeeded
from service.desk.policy.api import policy_api
from service.desk.policy.job_api import job_api
from service.desk.policy.list_api import list_api
from service.desk.policy.pages import policy_pages
from service.desk.queue.api import queue_api
from service.desk.queue.near_copy_pages import near_copy_pages
from service.desk.queue.pages import pages, protect, say, to_sign_in
from service.desk.sign_in_pages import sign_in_pages
from service.desk.site.ban_api import ban_api
from service.desk.site.ban_pages import ban_pages
from service.desk.site.classifier_api import classifier_api
from service.desk.site.classifier_pages import classifier_pages
from service.desk.site.key_api import key_api
from service.desk.site.outside_check_api import outside_check_api
from service.desk.site.people_api import people_api
from service.desk.site.people_pages import people_pages
from service.desk.site.thread_api import thread_api
from service.errors import NotFound

for paged in (sign_in_pages, policy_pages, ban_pages, classifier_pages, near_copy_pages, people_pages):
    paged.after_request(protect)
    paged.context_processor(say)
    paged.register_error_handler(SignInNeeded, to_sign_in)

blueprint = Blueprint("desk", __name__, template_folder="templates")


@blueprint.before_request
def refuse_nul() -> None:
    """Nothing has a NUL in its name, and PostgreSQL does not even take the question."""
    if "\0" in request.path:
        raise NotFound()


blueprint.register_blueprint(queue_api)
blueprint.register_blueprint(thread_api)
blueprint.register_blueprint(policy_api)
blueprint.register_blueprint(list_api)
blueprint.register_blueprint(ban_api)
blueprint.register_blueprint(outside_check_api)
blueprint.register_blueprint(classifier_api)
blueprint.register_blueprint(key_api)
blueprint.register_blueprint(people_api)
blueprint.register_blueprint(job_api)
blueprint.register_blueprint(pages)
blueprint.register_blueprint(policy_pages)
blueprint.register_blueprint(ban_pages)
blueprint.register_blueprint(near_copy_pages)
blueprint.register_blueprint(classifier_pages)
blueprint.register_blueprint(people_pages)
blueprint.register_blueprint(sign_in_pages)
