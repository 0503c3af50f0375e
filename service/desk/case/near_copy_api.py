"""Near copies decided as one, and decisions that hold for copies still to come, for programs."""

from flask import Blueprint, Response

from models import StandingDecision
from models.database.ids import is_id
from service.accounts.access import current_actor, open_to
from service.described import described
from service.desk.actor_names import names_of_moderators
from service.desk.case.types import ClusterAnswer, ClusterBody, StandingAnswer, StandingQuery, StandingView
from service.desk.requests import read_json, read_query
from service.desk.responses import json_answer, keep_private
from service.desk.site_access import reached_site, site_named
from service.desk.types import By
from service.errors import NotFound
from service.moderation.jobs import near_copy_decisions
from service.moderation.jobs.repair import Repair
from service.moderation.jobs.report import repaired
from service.moderation.near_copies.standing_decisions import end, standing_of_site
from service.statement_limits import stop_with_client
from service.wiring import current_services

near_copy_api = Blueprint("near_copies", __name__, url_prefix="/api/v1/moderation/sites/<site>")
near_copy_api.after_request(keep_private)


@near_copy_api.post("/clusters/<cluster>")
@open_to("moderator")
@described(
    "One decision for all near copies of each other, those published included: counts first, then a job",
    body=ClusterBody,
    answers={200: ClusterAnswer, 202: ClusterAnswer},
    refusals=(400, 401, 403, 404, 409, 415, 422, 428, 429, 503),
)
def post_cluster(site: str, cluster: str) -> Response:
    services, actor = current_services(), current_actor()
    body = read_json(ClusterBody)
    at = reached_site(site, "moderator")
    if not is_id(cluster):
        raise NotFound("There is no such comment.")
    if body.dry_run:
        stop_with_client()
        seen = near_copy_decisions.preview(services, actor, at, cluster, Repair(body.action), decided=body.decided)
        return json_answer(
            ClusterAnswer(
                cluster=cluster,
                dry_run=True,
                complete=seen.found.complete,
                statuses=dict(seen.statuses),
                counts=repaired(seen.found.counts, seen.found.changes),
                decided=list(seen.found.decided),
                as_of=seen.found.as_of,
            )
        )
    job = near_copy_decisions.decide_all(
        services,
        actor,
        at,
        cluster,
        Repair(body.action),
        reason=body.reason,
        note=body.note,
        decided=body.decided,
        future=body.future,
        seen=body.comment_id,
        version=body.version,
        as_of=body.as_of,
    )
    with services.read() as session:
        statuses = near_copy_decisions.statuses_of(session, at.id, cluster)
    return json_answer(
        ClusterAnswer(
            cluster=cluster,
            dry_run=False,
            complete=job.finished_at is not None,
            statuses=statuses,
            counts=repaired(job.tally.get("counts", {}), job.tally.get("changes", {})),
            job=job.id,
            state=job.state,
        ),
        202,
    )


@near_copy_api.get("/standing-decisions")
@open_to("viewer")
@described(
    "What people decided for copies still to come, as far as it is in force; newest first",
    query=StandingQuery,
    answers={200: StandingAnswer},
    refusals=(401, 403, 404, 422),
)
def list_standing(site: str) -> Response:
    query = read_query(StandingQuery)
    return json_answer(find_standing(site, query.limit, query.cursor))


@near_copy_api.delete("/standing-decisions/<standing_id>")
@open_to("moderator")
@described("End one now; what it has decided stays", answers={204: None}, refusals=(401, 403, 404, 503))
def delete_standing(site: str, standing_id: str) -> Response:
    services, actor = current_services(), current_actor()
    at = reached_site(site, "moderator")
    end(services, actor, at.id, standing_id)
    return Response(status=204)


def find_standing(slug: str, limit: int, cursor: str) -> StandingAnswer:
    """One page of a site's standing decisions. Raises NotFound, Forbidden."""
    services = current_services()
    with services.read() as session:
        at = site_named(session, slug, "viewer")
        rows = list(session.scalars(standing_of_site(at.id, services.clock.now(), cursor).limit(limit + 1)))
        names = names_of_moderators(session, {row.actor_id or "" for row in rows})
    page = [_view(row, names) for row in rows[:limit]]
    return StandingAnswer(page, page[-1].id if len(rows) > limit else None)


def _view(row: StandingDecision, names: dict[str, str]) -> StandingView:
    return StandingView(
        id=row.id,
        cluster=row.first_id,
        action=row.action,
        reason=row.reason,
        by=By(row.actor_kind, names.get(row.actor_id or "")),
        created_at=row.created_at,
        until=row.until,
    )
