"""The page of a site's own classifier: what it learned from, how good it is, and who may change that."""

from typing import Any

from flask import Blueprint, render_template, request
from werkzeug.utils import redirect

from models import ClassifierState
from service.accounts.access import current_actor, open_to
from service.desk.requests import NUMBER_MOST, number_field
from service.desk.site.classifier_api import view
from service.desk.site_access import reached_site, site_named
from service.errors import BadRequest
from service.localization import Messages, translated
from service.localization import noop as N_
from service.moderation.learning.classifiers import NotReadable, set_state, train_now
from service.wiring import current_services

classifier_pages = Blueprint("classifier_pages", __name__, url_prefix="/moderate/sites/<site>/classifier")

STATES = Messages(
    {
        ClassifierState.IN_FORCE: N_("In force"),
        ClassifierState.CANDIDATE: N_("Not better, not used"),
        ClassifierState.REPLACED: N_("Replaced"),
        ClassifierState.OFF: N_("Switched off"),
    }
)
OUTCOMES = Messages(
    {
        "in_force": N_("The last training brought a better one, which is in force."),
        "candidate": N_("The last training brought none that was better; the one before stays."),
        "nothing_new": N_("Nothing was trained the last time: too little has been decided since the newest."),
        "too_few": N_("Nothing was trained the last time: there were too few decisions of one kind."),
        "too_few_fresh": N_("Nothing was trained the last time: too few new decisions to measure one by."),
        "superseded": N_("The last training was dropped: another classifier came in force while it ran."),
        "stopped": N_("The last training ended with its worker; it begins again the next night."),
        "failed": N_("The last training failed; the worker's log says how. It begins again the next night."),
    }
)
MESSAGES = Messages(
    {
        "in_force": N_("This classifier is in force now."),
        "off": N_("The classifier is switched off. None comes in force until you say so."),
        "train": N_("A worker trains a classifier within a minute or two. Come back to this page then."),
    }
)


@classifier_pages.get("")
@open_to("viewer")
def page(site: str) -> str:
    return _page(site, message=MESSAGES.get(request.args.get("done", "")))


@classifier_pages.post("")
@open_to("admin")
def act(site: str) -> Any:
    """One button: `what` is `train`, or `in_force` or `off` with the number `n`."""
    services, actor = current_services(), current_actor()
    at = reached_site(site, "admin")
    what, n = request.form.get("what", ""), number_field(request.form, "n", NUMBER_MOST)
    if what == "train":
        train_now(services, actor, at)
    elif what in ("in_force", "off") and n is not None:
        try:
            set_state(services, actor, at, n, ClassifierState(what))
        except NotReadable as error:
            return _page(site, trouble=f"{translated(error.title)}. {translated(error.detail)}"), error.status
    else:
        raise BadRequest("Say what is to be done with which classifier.")
    return redirect(f"/moderate/sites/{at.slug}/classifier?done={what}", 303)


def _page(slug: str, *, message: str | None = None, trouble: str = "") -> str:
    actor = current_actor()
    with current_services().read() as session:
        site = site_named(session, slug, "viewer")
        learned = view(session, site)
    return render_template(
        "desk/classifier.html",
        site=site,
        actor=actor,
        learned=learned,
        standing=next(
            (classifier for classifier in learned.classifiers if classifier.state is ClassifierState.IN_FORCE), None
        ),
        switched_off=any(classifier.state is ClassifierState.OFF for classifier in learned.classifiers),
        states=STATES,
        outcome=OUTCOMES.get(learned.last_outcome or ""),
        is_admin=actor.can("admin", site.id),
        message=message,
        trouble=trouble,
    )
