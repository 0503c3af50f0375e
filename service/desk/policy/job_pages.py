"""A job's page: how far it is, what came of it, and its undoing.

What was decided on many comments at once, from the queue or an investigation, has a place of its own; rehearsals and
repairs of a policy's work stand with the policy.
"""

from collections.abc import Mapping

from flask import Blueprint, render_template, request
from sqlalchemy.orm import Session
from werkzeug.utils import redirect
from werkzeug.wrappers import Response as AnyResponse

from models import Job, JobKind, JobState
from service.accounts.access import current_actor, open_to
from service.desk import wording
from service.desk.page_setup import PART
from service.desk.policy.job_api import job_reached, view
from service.errors import NotFound
from service.localization import Messages
from service.localization import noop as N_
from service.moderation.jobs import repair
from service.wiring import current_services

job_pages = Blueprint("job_pages", __name__, url_prefix="/moderate/sites/<site>/jobs")

SKIPPED: Mapping[str, str] = Messages(
    {
        "never_judged": N_("No policy has judged it: a person was faster, or it still waits for the worker."),
        "no_facts": N_("What was known about it then was not kept."),
        "standing_decision": N_("A person had decided what it is a copy of, and its copies with it."),
    }
)


@job_pages.get("/<job_id>")
@open_to("viewer")
def page(site: str, job_id: str) -> str | AnyResponse:
    return show_job(site, job_id, of_policy=False)


@job_pages.post("/<job_id>/undo")
@open_to("moderator")
def undo(site: str, job_id: str) -> AnyResponse:
    del site  # The job says of which site it is.
    return undo_job(job_id)


def show_job(slug: str, job_id: str, *, of_policy: bool, message: str = "") -> str | AnyResponse:
    """The job at the place that was asked, or the way to its own. Raises NotFound, Forbidden."""
    with current_services().read() as session:
        found, at = job_reached(session, job_id, "viewer")
        if at.slug != slug:
            raise NotFound("There is no such job.")
        belongs = is_of_policy(session, found)
        if belongs is not of_policy:
            return redirect(address_of(at.slug, found.id, of_policy=belongs), 303)
        shown = view(session, found, at)
    running = shown.state in (JobState.WAITING, JobState.RUNNING)
    if request.headers.get(PART) == "progress":
        return render_template("desk/_progress.html", job=shown, running=running)
    return render_template(
        "desk/job.html",
        site=at,
        job=shown,
        actor=current_actor(),
        of_policy=of_policy,
        verdicts=wording.VERDICTS,
        skipped=SKIPPED,
        running=running,
        can_moderate=current_actor().can("moderator", at.id),
        can_undo=shown.kind is not JobKind.REHEARSAL
        and shown.state in (JobState.DONE, JobState.FAILED)
        and shown.undone_by is None,
        message=message,
    )


def undo_job(job_id: str) -> AnyResponse:
    """Begins the undoing, and leads to it."""
    services, actor = current_services(), current_actor()
    with services.read() as session:
        found, at = job_reached(session, job_id, "moderator")
        of_policy = is_of_policy(session, found)
    undoing = repair.begin_undo(services, actor, found.id)
    return redirect(address_of(at.slug, undoing.id, of_policy=of_policy), 303)


def address_of(slug: str, job_id: str, *, of_policy: bool) -> str:
    return f"/moderate/sites/{slug}/{'policy/' if of_policy else ''}jobs/{job_id}"


def is_of_policy(session: Session, job: Job) -> bool:
    """Whether the job is about what a policy does or did, and not what a person decides on many comments."""
    if job.undoes is not None:
        job = session.get_one(Job, job.undoes)
    repairs = "policy_version" in job.asked.get("scope", {}) or job.asked.get("action") in ("rejudge", "revert")
    return repairs or job.kind is JobKind.REHEARSAL
