"""Near copies decided all at once, counted first and undone as one; decisions for copies still to come. Plain forms."""

from collections.abc import Mapping

from flask import Blueprint, render_template, request
from sqlalchemy.orm import Session
from werkzeug.utils import redirect
from werkzeug.wrappers import Response as AnyResponse

from models import Comment, Job, JobState, Site
from models.database.ids import is_id
from models.queries.comments import comments_named
from service.accounts.access import current_actor, open_to
from service.desk import wording
from service.desk.actor_names import names_of_moderators
from service.desk.case.near_copy_api import find_standing
from service.desk.queue.answers import answer_case
from service.desk.requests import NUMBER_MOST, id_field, line_field, number_field
from service.desk.site_access import reached_site
from service.errors import FieldError, Invalid, NotFound
from service.moderation.jobs import near_copy_decisions, repair
from service.moderation.jobs.report import repaired
from service.moderation.near_copies.standing_decisions import end
from service.wiring import current_services

near_copy_pages = Blueprint("cluster_pages", __name__, url_prefix="/moderate/sites/<site>")

PAGE_SIZE = 50


@near_copy_pages.post("/clusters/<cluster>")
@open_to("moderator")
def decide_all(site: str, cluster: str) -> str | AnyResponse:
    """Counts what deciding all of them would do; with `go` it is done."""
    services, actor = current_services(), current_actor()
    at = reached_site(site, "moderator")
    form = request.form
    action, seen = form.get("action", ""), line_field(form, "comment_id", 26)
    if not is_id(cluster):
        raise NotFound("There is no such comment.")
    if action not in wording.DECIDE_ALL:
        raise Invalid(errors=[FieldError("action", "unknown_value", "There is no such decision.")])
    reason = line_field(form, "reason", 40) if action == repair.Repair.REJECT else ""
    version = number_field(form, "version", NUMBER_MOST)
    decided, future = bool(form.get("decided")), bool(form.get("future"))
    if form.get("go"):
        job = near_copy_decisions.decide_all(
            services,
            actor,
            at,
            cluster,
            repair.Repair(action),
            reason=reason or None,
            decided=decided,
            future=future,
            seen=seen,
            version=version,
            as_of=form.get("as_of"),
        )
        return redirect(f"/moderate/sites/{at.slug}/clusters/{cluster}?job={job.id}", 303)
    found = near_copy_decisions.preview(services, actor, at, cluster, repair.Repair(action), decided=decided)
    with services.read() as session:
        people = list(session.scalars(comments_named(at.id, found.found.decided)))
    return render_template(
        "desk/cluster.html",
        site=at,
        cluster=cluster,
        action=action,
        seen=seen,
        version=version,
        reason=reason,
        decided=decided,
        future=future,
        people=people,
        counts=repaired(found.found.counts, found.found.changes),
        statuses=found.statuses,
        complete=found.found.complete,
        as_of=found.found.as_of,
        actor=actor,
        verdicts=wording.VERDICTS,
    )


@near_copy_pages.get("/clusters/<cluster>")
@open_to("viewer")
def decided(site: str, cluster: str) -> str:
    """What a decision for all of them has done, or its undoing."""
    services, actor = current_services(), current_actor()
    at = reached_site(site, "viewer")
    with services.read() as session:
        job = _job(session, at, line_field(request.args, "job", 26))
        undone_by = session.scalar(repair.undoing(job.id))
        statuses = near_copy_decisions.statuses_of(session, at.id, cluster[:26])
        by = names_of_moderators(session, {job.actor_id or ""}).get(job.actor_id or "")
    return render_template(
        "desk/cluster_decided.html",
        site=at,
        cluster=cluster[:26],
        job=job,
        by=by,
        counts=repaired(job.tally.get("counts", {}), job.tally.get("changes", {})),
        running=job.state in (JobState.WAITING, JobState.RUNNING),
        may_undo=job.undoes is None and undone_by is None and actor.can("moderator", at.id),
        undone_by=undone_by,
        statuses=statuses,
        actor=actor,
        verdicts=wording.VERDICTS,
    )


@near_copy_pages.post("/clusters/<cluster>/undo")
@open_to("moderator")
def undo(site: str, cluster: str) -> AnyResponse:
    services, actor = current_services(), current_actor()
    at = reached_site(site, "moderator")
    with services.read() as session:
        job = _job(session, at, line_field(request.form, "job", 26))
    undoing = near_copy_decisions.undo_all(services, actor, job.id)
    return redirect(f"/moderate/sites/{at.slug}/clusters/{cluster[:26]}?job={undoing.id}", 303)


@near_copy_pages.get("/standing-decisions")
@open_to("viewer")
def standing(site: str) -> str:
    at = reached_site(site, "viewer")
    found = find_standing(site, PAGE_SIZE, id_field(request.args, "cursor"))
    with current_services().read() as session:
        named: Mapping[str, Comment] = {
            row.id: row
            for row in session.scalars(comments_named(at.id, [one.cluster for one in found.standing_decisions]))
        }
    return render_template(
        "desk/standing_decisions.html",
        site=at,
        found=found,
        comments=named,
        actor=current_actor(),
        may_end=current_actor().can("moderator", at.id),
        ended=request.args.get("done") == "ended",
    )


@near_copy_pages.post("/standing-decisions/end")
@open_to("moderator")
def end_one(site: str) -> str | AnyResponse:
    """Ends it; answered by the comment beside which it was ended, or by the list."""
    services, actor = current_services(), current_actor()
    at = reached_site(site, "moderator")
    end(services, actor, at.id, line_field(request.form, "standing_id", 26))
    if comment_id := line_field(request.form, "comment_id", 26):
        return answer_case(comment_id, "standing_ended")
    return redirect(f"/moderate/sites/{at.slug}/standing-decisions?done=ended", 303)


def _job(session: Session, site: Site, job_id: str) -> Job:
    job = session.get(Job, job_id)
    if job is None or job.site_id != site.id:
        raise NotFound("There is no such job.")
    return job
