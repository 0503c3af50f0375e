"""One decision for all near copies of each other, those published included, and for copies of the next day too.

It is a repair of the cluster: counted first, undone as one. Up to some hundreds of copies are decided before the caller
gets an answer, the rest by a worker.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import Comment, Job, Site, Status
from models.comment import JUDGED
from models.queries.conditions import of_site
from models.queries.queue_filter import in_cluster
from service.accounts.actors import Actor
from service.errors import NotFound
from service.moderation.decisions import RevisionRequired
from service.moderation.jobs import repair, runner
from service.moderation.jobs.repair_count import Counted
from service.moderation.jobs.repair_scope import Scope
from service.moderation.near_copies import standing_decisions
from service.wiring import Services

# Chunks of `repair.CHUNK` comments that are done at once.
AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class Preview:
    """`statuses`: how the copies stand now, all of them; `found`: what the decision would change."""

    statuses: Mapping[Status, int]
    found: Counted


def preview(
    services: Services, actor: Actor, site: Site, cluster: str, action: repair.Repair, *, decided: bool
) -> Preview:
    """What one decision for all would do. `decided`: also to those that people have decided. Writes nothing. Raises
    NotFound where there is no such cluster."""
    _refuse_unknown(services, site, cluster)
    found = repair.count(services, actor, site, Scope(cluster=cluster, decided=decided), action)
    with services.read() as session:
        return Preview(statuses_of(session, site.id, cluster), found)


def statuses_of(session: Session, site_id: str, cluster: str) -> dict[Status, int]:
    """How many near copies of each other have which status, the first of them among them."""
    rows = session.execute(
        select(Comment.status, func.count())
        .where(of_site(Comment.site_id, site_id), in_cluster(cluster), Comment.status.in_(JUDGED))
        .group_by(Comment.status)
    ).all()
    counts = {row[0]: row[1] for row in rows}
    return {status: counts[status] for status in JUDGED if status in counts}


def decide_all(
    services: Services,
    actor: Actor,
    site: Site,
    cluster: str,
    action: repair.Repair,
    *,
    reason: str | None = None,
    note: str | None = None,
    decided: bool = False,
    future: bool = False,
    seen: str = "",
    version: int | None = None,
    as_of: str | None = None,
) -> Job:
    """Decides all of them. `future`: also copies that come within a day; `seen`: the copy that the actor has read,
    and the `version` of its text.

    Raises as `repair.begin` and `standing_decisions.let_stand` do, NotFound where there is no such cluster, and
    RevisionRequired for an approval of copies to come that does not say which text was read: then nothing is decided.
    """
    _refuse_unknown(services, site, cluster)
    unseen = services.settings.approve_without_revision
    if future and action is repair.Repair.APPROVE and version is None and not unseen:
        raise RevisionRequired("Say as version which text of comment_id was read.")

    def let_stand(session: Session, job: Job) -> None:
        standing_decisions.let_stand(
            session,
            actor,
            site_id=site.id,
            first_id=cluster,
            comment_id=seen or cluster,
            action=action.value,
            reason=reason,
            now=services.clock.now(),
            version=version,
            job=job,
        )

    job = repair.begin(
        services,
        actor,
        site,
        Scope(cluster=cluster, decided=decided),
        action,
        reason,
        note,
        as_of,
        beside=let_stand if future else None,
    )
    runner.run_at_once(services, job.id, AT_ONCE)
    return _as_it_is(services, job.id)


def _refuse_unknown(services: Services, site: Site, cluster: str) -> None:
    query = select(Comment.id).where(of_site(Comment.site_id, site.id), in_cluster(cluster)).limit(1)
    with services.read() as session:
        if session.scalar(query) is None:
            raise NotFound("There is no such comment.")


def undo_all(services: Services, actor: Actor, job_id: str) -> Job:
    """Takes back all that it did, and lets copies to come be judged by the policy again. Raises as `begin_undo`."""
    undoing = repair.begin_undo(services, actor, job_id)
    runner.run_at_once(services, undoing.id, AT_ONCE)
    return _as_it_is(services, undoing.id)


def _as_it_is(services: Services, job_id: str) -> Job:
    with services.read() as session:
        return session.get_one(Job, job_id)
