"""Undoes what a policy or a rule did, or decides many comments alike: counted first, then done chunk by chunk.

Whatever a person has touched since stays as it is, and so does what was edited after the count. Each chunk is one
transaction: its moves and its progress. It looks at a bounded number of comments, however many there are.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from typing import Any

import msgspec
from msgspec.structs import replace
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import ActorKind, Decision, Job, JobKind, JobState, Site, Status, new_id
from models.database.ids import is_id
from service.accounts.actors import Actor
from service.errors import Conflict, FieldError, Invalid
from service.moderation.decisions import before
from service.moderation.jobs.job import AT_LEAST, Chunk, NotDone, create_job
from service.moderation.jobs.repair_scope import (
    PastDecision,
    Scope,
    Step,
    by_machine,
    found_by_rule,
    histories,
    stands_by,
    walk,
)
from service.moderation.jobs.replay import PastJudgement, judge_of, past_judgements
from service.moderation.judging.judge import VERDICTS, evidence, with_language
from service.moderation.mail_requests import bring_news_once
from service.moderation.moves import TO, Action, After, Cause, Move, Standing, after
from service.moderation.policies.in_force import Policies
from service.moderation.policies.site_policy import SitePolicy
from service.moderation.reasons import check_reason
from service.moderation.record import count_moves, send_hints, standings, write
from service.moderation.watchdog.watchdog import WatchedThread
from service.queue import backlog
from service.queue.wakes import wake_deliveries
from service.wiring import Services

CHUNK = 100
# By site; checked against the database at every use.
_POLICIES = Policies()
# A count answers in one request: beyond so many comments or seconds it says "at least".
MOST_COUNTED = 10_000
COUNT_SECONDS = 2.0
# Comments that are counted with one set of queries, and moves that are shown of all that were counted.
COUNTED_AT_ONCE = 500
MOST_SHOWN = 10


class Repair(StrEnum):
    REJUDGE = "rejudge"  # by the policy that is in force now, with the facts of then
    REVERT = "revert"  # as it was before; what had not been judged goes to a person
    APPROVE = "approve"
    REJECT = "reject"
    SPAM = "spam"


class NoRepair(Conflict):
    code, title = "nothing_to_undo", "This job has changed nothing that could be undone"


@dataclass(slots=True)
class Plan:
    """What would be or is done to a chunk of comments. `counts`: changed, unchanged, touched, leased, elsewhere."""

    moves: list[Move] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    changes: Counter[str] = field(default_factory=Counter)

    def add(self, move: Move) -> None:
        self.moves.append(move)
        self.counts["changed"] += 1
        self.changes[f"{move.standing.status.value}>{move.after.status.value}"] += 1


@dataclass(frozen=True, slots=True)
class Counted:
    """What a repair would do. `complete`: whether that is all of it. `as_of`: an id of the moment that it holds for;
    a repair that is told it leaves alone what came or was edited since. `sample`: some of what would move."""

    counts: Mapping[str, int]
    changes: Mapping[str, int]
    complete: bool
    as_of: str
    sample: Sequence[Move]


@dataclass(frozen=True, slots=True)
class RepairOrder:
    """What a repair is to do, and for whom. `until`: an id of the moment it was counted or asked for."""

    site: Site
    scope: Scope
    action: Repair
    until: str
    actor_kind: ActorKind
    actor_id: str | None
    reason: str | None = None
    note: str | None = None
    job_id: str | None = None


def count(
    services: Services,
    actor: Actor,
    site: Site,
    scope: Scope,
    action: Repair,
    *,
    monotonic: Callable[[], float] = time.monotonic,
) -> Counted:
    """The dry run: what would be done, exact up to `MOST_COUNTED` comments and `COUNT_SECONDS`. Writes nothing."""
    until = new_id()
    order = RepairOrder(site, scope, action, until, actor.kind, actor.id)
    whole, give_up = Plan(), monotonic() + COUNT_SECONDS
    seen, complete = 0, True
    for ids in _candidates(services, site.id, scope, until):
        if ids is None or seen + len(ids) > MOST_COUNTED or monotonic() > give_up:
            complete = False
            break
        if not ids:
            continue
        held = _held(services, site.id, ids, actor.id, through=actor.can("admin", site.id))
        with services.read() as session:
            plan = _plan(services, session, order, ids, held)
        whole.moves = (whole.moves + plan.moves)[:MOST_SHOWN]
        whole.counts += plan.counts
        whole.changes += plan.changes
        seen += len(ids)
    return Counted(whole.counts, whole.changes, complete, until, whole.moves)


def _candidates(services: Services, site_id: str, scope: Scope, until: str) -> Iterator[list[str] | None]:
    """The comments that the scope may be about, some at a time, none where a step found none; at last None where there
    are more than can be counted."""
    if scope.rule is not None and scope.thread is None and scope.cluster is None:
        # What a rule found may be rare, and stand anywhere.
        with services.read() as session:
            ids, complete = found_by_rule(session, site_id, scope, until, MOST_COUNTED)
        for start in range(0, len(ids), COUNTED_AT_ONCE):
            yield ids[start : start + COUNTED_AT_ONCE]
        if not complete:
            yield None
        return
    cursor, last = "", False
    while not last:
        with services.read() as session:
            step = walk(session, site_id, scope, until, cursor, COUNTED_AT_ONCE)
        cursor, last = step.cursor, step.last
        yield step.ids


def _estimate(services: Services, site_id: str, scope: Scope, until: str) -> tuple[int, bool]:
    """How many comments a repair has to look at, and whether it knows: as bounded as `count` is."""
    seen, give_up = 0, time.monotonic() + COUNT_SECONDS
    for ids in _candidates(services, site_id, scope, until):
        if ids is None or seen + len(ids) > MOST_COUNTED or time.monotonic() > give_up:
            return seen, False
        seen += len(ids)
    return seen, True


def begin(
    services: Services,
    actor: Actor,
    site: Site,
    scope: Scope,
    action: Repair,
    reason: str | None = None,
    note: str | None = None,
    as_of: str | None = None,
) -> Job:
    """Asks for the repair; a worker does it. `as_of`: of the count that the actor has seen.

    Raises Invalid for a reason that is no known code, or what no count has answered.
    """
    check_reason(site.settings, reason)
    if as_of and not is_id(as_of):
        raise Invalid(errors=[FieldError("as_of", "not_an_id", "Send what the count has answered.")])
    now_id, now = new_id(), services.clock.now()
    until = min(as_of or now_id, now_id)
    total, known = _estimate(services, site.id, scope, until)
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
        return create_job(
            session, actor, JobKind.REPAIR, site_id=site.id, asked=asked, total=total, now=now, details=said
        )


def begin_undo(services: Services, actor: Actor, job_id: str) -> Job:
    """Asks for everything that the job did to be taken back. Raises Conflict where there is nothing to take back."""
    with services.write() as session:
        # Locked: two presses of the button are one undo.
        job = session.get_one(Job, job_id, with_for_update=True)
        if job.kind is JobKind.REHEARSAL:
            raise NoRepair("A rehearsal changes nothing.")
        if job.state not in (JobState.DONE, JobState.FAILED):
            raise NotDone("Wait until it has ended.")
        if session.scalar(select(Job.id).where(Job.undoes == job.id, Job.state != JobState.FAILED)) is not None:
            raise NoRepair("It is being undone, or has been.")
        # As many as it has written down with its chunks.
        total = int(job.tally.get("counts", {}).get("changed", 0))
        if not total:
            raise NoRepair()
        return create_job(
            session,
            actor,
            JobKind.UNDO,
            site_id=job.site_id,
            asked={"through_leases": actor.can("admin", job.site_id)},
            total=total,
            now=services.clock.now(),
            undoes=job.id,
        )


def repair_chunk(services: Services, job: Job) -> Callable[[Session], Chunk]:
    """Repairs the next chunk of comments."""
    scope = msgspec.convert(job.asked["scope"], Scope)
    with services.read() as session:
        site = session.get_one(Site, job.site_id)
        step = walk(session, site.id, scope, job.asked["before"], job.cursor, CHUNK)
        if job.asked["action"] == Repair.REJUDGE:
            _policy(services, session, site.id)  # Compiled here, not while others wait for the transaction.
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
    held = _held(services, site.id, step.ids, job.actor_id, through=bool(job.asked.get("through_leases")))
    return partial(_do, services, job, step, lambda session: _plan(services, session, order, step.ids, held, lock=True))


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
    held = _held(services, job.site_id, ids, job.actor_id, through=bool(job.asked.get("through_leases")))
    step = Step(ids, ids[-1] if ids else job.cursor, last=len(ids) < CHUNK)
    return partial(_do, services, job, step, lambda session: _take_back(session, job, ids, held))


def _do(
    services: Services, job: Job, step: Step, plan_in: Callable[[Session], Plan], session: Session
) -> Chunk:
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


def _plan(
    services: Services,
    session: Session,
    order: RepairOrder,
    ids: Sequence[str],
    held: Mapping[str, str],
    *,
    lock: bool = False,
) -> Plan:
    """The moves that the order makes of these comments; those that it leaves alone are counted, each for one reason."""
    plan = Plan()
    found = standings(session, ids, lock=lock)
    lines = histories(session, ids, findings=order.scope.rule is not None)
    policy: SitePolicy | None = None
    judged: dict[str, PastJudgement] = {}
    if order.action is Repair.REJUDGE:
        policy = _policy(services, session, order.site.id)
        judged = past_judgements(session, order.site, ids)
    for comment_id in ids:
        standing, line = found[comment_id], lines.get(comment_id, [])
        why = _left_alone(order, standing, line)
        if why is None and comment_id in held:
            why = "leased"
        if why is not None:
            plan.counts[why] += 1
            continue
        decision = stands_by(line)
        assert decision is not None  # Else it would be left alone.
        move = _move(order, standing, decision, policy, judged.get(comment_id))
        if move is None:
            plan.counts["unchanged"] += 1
        else:
            plan.add(move)
    return plan


def _left_alone(order: RepairOrder, standing: Standing, line: Sequence[PastDecision]) -> str | None:
    """Why the repair does not concern the comment; None where it does."""
    decision = stands_by(line)
    if standing.status in (Status.RECEIVED, Status.WITHDRAWN, Status.ERASED) or not line:
        return "elsewhere"
    if line[-1].revision != standing.revision or (decision is not None and not by_machine(decision)):
        return "touched"
    if decision is None or not order.scope.holds(decision):
        return "unchanged" if decision is None else "elsewhere"
    since = [made for made in line if made.id > order.until]
    if order.action is Repair.REJUDGE or not since:
        return None
    # Whoever asked for it has not seen this text, or not how it was judged.
    return "touched" if any(made.action == Action.EDIT for made in since) else "elsewhere"


def _move(
    order: RepairOrder, standing: Standing, decision: PastDecision, policy: SitePolicy | None, past: PastJudgement | None
) -> Move | None:
    cause = Cause(Action.UNDO, order.actor_kind, order.actor_id, order.reason, order.note, job_id=order.job_id)
    if order.action is Repair.REVERT:
        then = before(decision)
        cause = replace(cause, undoes=decision.id)
    elif order.action is Repair.REJUDGE:
        if policy is None or past is None:
            return None
        with WatchedThread() as watched:
            watched.comment_id = past.comment_id
            judgement = judge_of(policy, past).judge(past.typed, past.facts)
        action, to = VERDICTS[judgement.verdict]
        then = _after(standing, decision, to)
        cause = Cause(
            action,
            ActorKind.POLICY,
            policy_version=policy.version,
            score=judgement.score,
            findings=[evidence(found) for found in judgement.findings],
            facts=with_language(past.known, judgement),
            job_id=order.job_id,
        )
    else:
        action = Action(order.action.value)
        then = _after(standing, decision, TO[action])
        cause = replace(cause, action=action)
    if (then.status, then.published_version) == (standing.status, standing.published_version):
        return None
    return Move(new_id(), standing, then, cause)


def _after(standing: Standing, decision: PastDecision, to: Status) -> After:
    """What judging the text of that decision anew makes of the comment: a refused edit is an edit again."""
    edited = standing.published_version not in (None, decision.version_n)
    return after(replace(standing, status=Status.PENDING) if edited else standing, to)


def _take_back(session: Session, job: Job, ids: Sequence[str], held: Mapping[str, str]) -> Plan:
    plan = Plan()
    found = standings(session, ids, lock=True)
    made = session.scalars(select(Decision).where(Decision.job_id == job.undoes, Decision.comment_id.in_(ids)))
    for decision in sorted(made, key=lambda made: made.comment_id):
        standing = found[decision.comment_id]
        if standing.revision != decision.revision:
            plan.counts["touched"] += 1
        elif standing.id in held:
            plan.counts["leased"] += 1
        else:
            cause = Cause(Action.UNDO, job.actor_kind, job.actor_id, undoes=decision.id, job_id=job.id)
            plan.add(Move(new_id(), standing, before(decision), cause))
    return plan


def _policy(services: Services, session: Session, site_id: str) -> SitePolicy:
    return _POLICIES.of(session, [site_id], services.clock.now().date())[site_id]


def _held(
    services: Services, site_id: str, ids: Sequence[str], actor_id: str | None, *, through: bool
) -> dict[str, str]:
    """Comments that another moderator is looking at; for an administrator (`through`) none counts.

    Asked for outside the transaction: no network inside one.
    """
    if through or not ids:
        return {}
    holders = backlog.holders(services.redis, site_id, list(ids))
    return {comment_id: found.moderator_id for comment_id, found in holders.items() if found.moderator_id != actor_id}
