"""The desk's two doors, API and pages, as one blueprint."""

from flask import Blueprint, request

from service.accounts.access import SignInNeeded
from service.desk.policy.api import policy
from service.desk.policy.job_api import jobs
from service.desk.policy.list_api import lists
from service.desk.policy.pages import policy_pages
from service.desk.queue.api import api
from service.desk.queue.near_copy_pages import cluster_pages
from service.desk.queue.pages import pages, protect, say, to_sign_in
from service.desk.sign_in_pages import signing_in
from service.desk.site.ban_api import bans
from service.desk.site.ban_pages import ban_pages
from service.desk.site.classifier_api import classifiers
from service.desk.site.classifier_pages import classifier_pages
from service.desk.site.key_api import keys
from service.desk.site.outside_check_api import checks
from service.desk.site.people_api import people
from service.desk.site.people_pages import people_pages
from service.desk.site.thread_api import threads
from service.errors import NotFound

for paged in (signing_in, policy_pages, ban_pages, classifier_pages, cluster_pages, people_pages):
    paged.after_request(protect)
    paged.context_processor(say)
    paged.register_error_handler(SignInNeeded, to_sign_in)

blueprint = Blueprint("desk", __name__, template_folder="templates")


@blueprint.before_request
def refuse_nul() -> None:
    """Nothing has a NUL in its name, and PostgreSQL does not even take the question."""
    if "\0" in request.path:
        raise NotFound()


blueprint.register_blueprint(api)
blueprint.register_blueprint(threads)
blueprint.register_blueprint(policy)
blueprint.register_blueprint(lists)
blueprint.register_blueprint(bans)
blueprint.register_blueprint(checks)
blueprint.register_blueprint(classifiers)
blueprint.register_blueprint(keys)
blueprint.register_blueprint(people)
blueprint.register_blueprint(jobs)
blueprint.register_blueprint(pages)
blueprint.register_blueprint(policy_pages)
blueprint.register_blueprint(ban_pages)
blueprint.register_blueprint(cluster_pages)
blueprint.register_blueprint(classifier_pages)
blueprint.register_blueprint(people_pages)
blueprint.register_blueprint(signing_in)
