"""Undoes what a policy or a rule did, or decides many comments alike: counted first, then done chunk by chunk.

Whatever a person has touched since stays as it is, and so does what was edited after the count. Each chunk is one
transaction: its moves and its progress. It looks at a bounded number of comments, however many there are.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import msgspec
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from models import Decision, Job, JobKind, JobState, Site, new_id
from models.database.ids import is_id
from service.accounts.actors import Actor
from service.errors import Conflict, FieldError, Invalid, PreconditionRequired
from service.moderation.complaints.own_decisions import not_theirs_to_undo
from service.moderation.jobs.job import AT_LEAST, Chunk, NotDone, create_job
from service.moderation.jobs.repair_count import count as count
from service.moderation.jobs.repair_count import estimate
from service.moderation.jobs.repair_plan import Plan, RepairOrder, leased_by_others, plan_moves, policy_in_force
from service.moderation.jobs.repair_plan import Repair as Repair
from service.moderation.jobs.repair_scope import Scope, Step, walk
from service.moderation.mail_requests import bring_news_once
from service.moderation.moves import Action, Cause, Move, before
from service.moderation.near_copies import standing_decisions
from service.moderation.reasons import check_reason
from service.moderation.record import count_moves, send_hints, standings, write
from service.queue.wakes import wake_deliveries
from service.wiring import Services

CHUNK = 100


class NoRepair(Conflict):
    code, title = "nothing_to_undo", "This job has changed nothing that could be undone"


class CountRequired(PreconditionRequired):
    """Many approved or left up without a count: what came, was edited or reported since nobody has looked at."""

    code, title = "count_required", "Say which count is approved"


def begin(
    services: Services,
    actor: Actor,
    site: Site,
    scope: Scope,
    action: Repair,
    reason: str | None = None,
    note: str | None = None,
    as_of: str | None = None,
    *,
    beside: Callable[[Session, Job], object] | None = None,
) -> Job:
    """Asks for the repair; a worker does it. `as_of`: of the count that the actor has seen. `beside`: what else is
    written in the transaction that puts the job where workers find it.

    Raises Invalid for a reason that is no known code, or what no count has answered; CountRequired for an approval, or
    leaving up what is reported, without a count.
    """
    check_reason(site.settings, reason)
    if as_of and not is_id(as_of):
        raise Invalid(errors=[FieldError("as_of", "not_an_id", "Send what the count has answered.")])
    unseen = services.settings.approve_without_revision and action is Repair.APPROVE
    if action in (Repair.APPROVE, Repair.KEEP) and not as_of and not unseen:
        raise CountRequired("Count with dry_run first, and send the as_of that it answers.")
    now_id, now = new_id(), services.clock.now()
    until = min(as_of or now_id, now_id)
    total, known = estimate(services, site.id, scope, until)
    asked = {
        "scope": msgspec.to_builtins(scope),
        "action": action.value,
        "reason": reason,
        "note": note,
        "before": until,
        "through_leases": actor.can("admin", site.id),
        AT_LEAST: not known,
    }
    with services.write() as session:
        said = {"action": action.value, "filter": asked["scope"]}
        job = create_job(
            session, actor, JobKind.REPAIR, site_id=site.id, asked=asked, total=total, now=now, details=said
        )
        if beside is not None:
            beside(session, job)
        return job


def undoing(job_id: str) -> Select[str]:
    """The id of the job that takes it back, or has; one that failed may be tried again."""
    wanted = (Job.undoes == job_id, Job.state != JobState.FAILED)
    return select(Job.id).where(*wanted).order_by(Job.id.desc()).limit(1)


def begin_undo(services: Services, actor: Actor, job_id: str) -> Job:
    """Asks for everything that the job did to be taken back. Raises Conflict where there is nothing to take back."""
    with services.write() as session:
        # Locked: two presses of the button are one undo.
        job = session.get_one(Job, job_id, with_for_update={"key_share": True})
        if job.kind is JobKind.REHEARSAL:
            raise NoRepair("A rehearsal changes nothing.")
        if job.state not in (JobState.DONE, JobState.FAILED):
            raise NotDone("Wait until it has ended.")
        if session.scalar(undoing(job.id)) is not None:
            raise NoRepair("It is being undone, or has been.")
        # As many as it has written down with its chunks.
        total = int(job.tally.get("counts", {}).get("changed", 0))
        now = services.clock.now()
        # A job that found nothing to change may have let its decision stand for copies to come.
        if not standing_decisions.end_with_job(session, actor, job.id, now) and not total:
            raise NoRepair()
        return create_job(
            session,
            actor,
            JobKind.UNDO,
            site_id=job.site_id,
            asked={"through_leases": actor.can("admin", job.site_id)},
            total=total,
            now=now,
            undoes=job.id,
        )


def repair_chunk(services: Services, job: Job) -> Callable[[Session], Chunk]:
    """Repairs the next chunk of comments."""
    scope = msgspec.convert(job.asked["scope"], Scope)
    with services.read() as session:
        site = session.get_one(Site, job.site_id)
        step = walk(session, site.id, scope, job.asked["before"], job.cursor, CHUNK)
        if job.asked["action"] == Repair.REJUDGE:
            policy_in_force(services, session, site.id)  # Compiled here, not while others wait for the transaction.
    order = RepairOrder(
        site,
        scope,
        Repair(job.asked["action"]),
        job.asked["before"],
        job.actor_kind,
        job.actor_id,
        job.asked.get("reason"),
        job.asked.get("note"),
        job.id,
    )
    held = leased_by_others(services, site.id, step.ids, job.actor_id, through=bool(job.asked.get("through_leases")))
    return partial(
        carry_out, services, job, step, lambda session: plan_moves(services, session, order, step.ids, held, lock=True)
    )


def undo_chunk(services: Services, job: Job) -> Callable[[Session], Chunk]:
    """Takes back what the other job did to the next chunk of comments."""
    with services.read() as session:
        ids = list(
            session.scalars(
                select(Decision.comment_id)
                .where(Decision.job_id == job.undoes, Decision.comment_id > job.cursor)
                .order_by(Decision.comment_id)
                .limit(CHUNK)
            )
        )
    held = leased_by_others(services, job.site_id, ids, job.actor_id, through=bool(job.asked.get("through_leases")))
    step = Step(ids, ids[-1] if ids else job.cursor, last=len(ids) < CHUNK)
    return partial(carry_out, services, job, step, lambda session: _take_back(session, job, ids, held))


def carry_out(services: Services, job: Job, step: Step, plan_in: Callable[[Session], Plan], session: Session) -> Chunk:
    """Writes what was planned for a step, in the transaction that says how far the job came."""
    plan = plan_in(session)
    now = services.clock.now()
    # Mails go by another way here: a writer of forty repaired comments gets one.
    written = write(session, plan.moves, now=now, mails=False)
    mails = bring_news_once(session, job, written, now) if services.settings.sends_mail else 0
    tally = _added(job.tally, plan)

    def then() -> None:
        send_hints(services.redis, written, mails=False)
        if mails:
            wake_deliveries(services.redis)
        count_moves(written, now)

    return Chunk(step.cursor, len(step.ids), tally, step.last, then)


def _added(tally: Mapping[str, Any], plan: Plan) -> dict[str, Any]:
    return {
        "counts": dict(Counter(tally.get("counts", {})) + plan.counts),
        "changes": dict(Counter(tally.get("changes", {})) + plan.changes),
    }


def _take_back(session: Session, job: Job, ids: Sequence[str], held: Mapping[str, str]) -> Plan:
    plan = Plan()
    found = standings(session, ids, lock=True)
    made = session.scalars(select(Decision).where(Decision.job_id == job.undoes, Decision.comment_id.in_(ids)))
    decisions = sorted(made, key=lambda made: made.comment_id)
    theirs = not_theirs_to_undo(session, job.actor_id, [one.id for one in decisions]) if job.actor_id else ()
    for decision in decisions:
        standing = found[decision.comment_id]
        if standing.revision != decision.revision or decision.id in theirs:
            plan.counts["touched"] += 1
        elif standing.id in held:
            plan.counts["leased"] += 1
        else:
            cause = Cause(Action.UNDO, job.actor_kind, job.actor_id, undoes=decision.id, job_id=job.id)
            plan.add(Move(new_id(), standing, before(decision), cause))
    return plan
