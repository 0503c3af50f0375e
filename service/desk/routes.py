"""The desk's two doors, API and pages, as one blueprint."""

from flask import Blueprint, request

from service.accounts.access import SignInNeeded
from service.desk.api import api
from service.desk.ban_pages import ban_pages
from service.desk.bans import bans
from service.desk.checks import checks
from service.desk.classifier import classifiers
from service.desk.classifier_pages import classifier_pages
from service.desk.cluster_pages import cluster_pages
from service.desk.jobs import jobs
from service.desk.lists import lists
from service.desk.pages import pages, protect, say, to_sign_in
from service.desk.policy import policy
from service.desk.policy_pages import policy_pages
from service.desk.signing_in import signing_in
from service.desk.threads import threads
from service.errors import NotFound

for paged in (signing_in, policy_pages, ban_pages, classifier_pages, cluster_pages):
    paged.after_request(protect)
    paged.context_processor(say)
    paged.register_error_handler(SignInNeeded, to_sign_in)

blueprint = Blueprint("desk", __name__)


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
blueprint.register_blueprint(jobs)
blueprint.register_blueprint(pages)
blueprint.register_blueprint(policy_pages)
blueprint.register_blueprint(ban_pages)
blueprint.register_blueprint(cluster_pages)
blueprint.register_blueprint(classifier_pages)
blueprint.register_blueprint(signing_in)
