"""Near copies decided all at once: counted first, then done by a repair, which can be undone. A plain form."""

from flask import Blueprint, render_template, request
from werkzeug.utils import redirect
from werkzeug.wrappers import Response as AnyResponse

from service.accounts.access import current_actor, open_to
from service.desk import wording
from service.desk.site_access import reached_site
from service.desk.wording import VERDICTS
from service.errors import FieldError, Invalid
from service.moderation.jobs import repair
from service.moderation.jobs.repair_scope import Scope
from service.moderation.jobs.report import repaired
from service.wiring import current_services

near_copy_pages = Blueprint("cluster_pages", __name__, url_prefix="/moderate/sites/<site>/clusters")


@near_copy_pages.post("/<cluster>")
@open_to("moderator")
def decide_all(site: str, cluster: str) -> str | AnyResponse:
    """Counts what deciding all of them would do; with `go` it is begun."""
    services, actor = current_services(), current_actor()
    at = reached_site(site, "moderator")
    action = request.form.get("action", "")
    if action not in wording.DECIDE_ALL:
        raise Invalid(errors=[FieldError("action", "unknown_value", "There is no such decision.")])
    scope, wanted = Scope(cluster=cluster[:26]), repair.Repair(action)
    if request.form.get("go"):
        job = repair.begin(services, actor, at, scope, wanted, as_of=request.form.get("as_of"))
        return redirect(f"/moderate/sites/{at.slug}/jobs/{job.id}", 303)
    found = repair.count(services, actor, at, scope, wanted)
    return render_template(
        "desk/cluster.html",
        site=at,
        cluster=scope.cluster,
        action=action,
        counts=repaired(found.counts, found.changes),
        complete=found.complete,
        as_of=found.as_of,
        actor=actor,
        verdicts=VERDICTS,
    )
