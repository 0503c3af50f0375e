"""What a repair makes of some comments, and which of them it leaves alone; it writes nothing."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from msgspec.structs import replace
from sqlalchemy.orm import Session

from models import ActorKind, Site, Status, new_id
from models.queries.complaints import reported_from
from moderation_rules import Verdict
from service.moderation.complaints.own_decisions import not_theirs_to_undo, own_appeals
from service.moderation.jobs.repair_scope import (
    PastDecision,
    Scope,
    by_machine,
    by_standing_decision,
    histories,
    stands_by,
)
from service.moderation.jobs.replay import PastJudgement, judge_of, past_judgements
from service.moderation.judging.judge import VERDICTS, evidence, with_language
from service.moderation.moves import TO, Action, After, Cause, Move, Standing, after, before, kept
from service.moderation.near_copies.published_texts import published_copies
from service.moderation.policies.in_force import Policies
from service.moderation.policies.site_policy import SitePolicy
from service.moderation.record import standings
from service.moderation.watchdog.watchdog import WatchedThread
from service.queue import backlog
from service.wiring import Services

# By site; checked against the database at every use.
_POLICIES = Policies()


class Repair(StrEnum):
    REJUDGE = "rejudge"  # by the policy that is in force now, with the facts of then
    REVERT = "revert"  # as it was before; what had not been judged goes to a person
    APPROVE = "approve"
    REJECT = "reject"
    SPAM = "spam"
    KEEP = "keep"  # what readers have reported stays up: the reports come to nothing


# What a person says of every comment of the scope, however the machine came to what it did.
_REFUSALS = frozenset({Repair.REJECT, Repair.SPAM})
_ALIKE = _REFUSALS | {Repair.APPROVE, Repair.KEEP}
# What judging anew says of comments, by id.
Verdicts = Callable[[Sequence[PastJudgement]], Mapping[str, Verdict]]
# Comments that are named of those that people have decided.
MOST_NAMED = 20


@dataclass(slots=True)
class Plan:
    """What would be or is done to a chunk of comments. `counts`: changed, unchanged, touched, leased, elsewhere; and
    beside these `still_up`, of refused near copies: those of which readers still have an earlier, other text."""

    moves: list[Move] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    changes: Counter[str] = field(default_factory=Counter)
    # Ids of the first of those that people have decided, whether they change or not.
    decided: list[str] = field(default_factory=list)

    def add(self, move: Move) -> None:
        self.moves.append(move)
        self.counts["changed"] += 1
        self.changes[f"{move.standing.status.value}>{move.after.status.value}"] += 1


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


def plan_moves(
    services: Services,
    session: Session,
    order: RepairOrder,
    ids: Sequence[str],
    held: Mapping[str, str],
    *,
    lock: bool = False,
    verdicts: Verdicts | None = None,
) -> Plan:
    """The moves that the order makes of these comments; those that it leaves alone are counted, each for one reason.

    `verdicts`: what says how comments are judged anew where the moves are only counted; nothing is compiled then.
    """
    plan = Plan()
    found = standings(session, ids, lock=lock)
    lines = histories(session, ids, findings=order.scope.rule is not None)
    policy: SitePolicy | None = None
    judged: dict[str, PastJudgement] = {}
    told: Mapping[str, Verdict] = {}
    if order.action is Repair.REJUDGE:
        judged = past_judgements(session, order.site, ids)
        if verdicts is None:
            policy = policy_in_force(services, session, order.site.id)
        else:
            told = verdicts(list(judged.values()))
    refused_cluster = order.scope.cluster if order.action in _REFUSALS else None
    up: frozenset[str] = frozenset()
    if refused_cluster is not None:
        up = published_copies(session, order.site.id, refused_cluster, found.values())
    own: set[str] = set()
    if order.action in _ALIKE and order.actor_id is not None:
        appealed = [standing.id for standing in found.values() if standing.appealed]
        own = own_appeals(session, order.actor_id, appealed) if appealed else own
    elif order.action is Repair.REVERT and order.actor_id is not None:
        stand = [made.id for line in lines.values() if (made := stands_by(line)) is not None]
        theirs = not_theirs_to_undo(session, order.actor_id, stand) if stand else ()
        own = {comment_id for comment_id, line in lines.items() if any(made.id in theirs for made in line)}
    anew: set[str] = set()
    if order.action is Repair.KEEP:
        anew = set(session.scalars(reported_from(ids, order.until)))
    for comment_id in ids:
        standing, line = found[comment_id], lines.get(comment_id, [])
        decision = _decision(order, line)
        if decision is not None and not by_machine(decision) and len(plan.decided) < MOST_NAMED:
            plan.decided.append(comment_id)
        why = _left_alone(order, standing, line, decision)
        if why is None and comment_id in own:
            # People are refused that one by one, too (`complaints.own_decisions`).
            why = "touched"
        if why is None and comment_id in anew:
            # Of what is reported once more after the count nobody has seen why.
            why = "elsewhere"
        if why is None and comment_id in held:
            why = "leased"
        if why is not None:
            plan.counts[why] += 1
            continue
        assert decision is not None  # Else it would be left alone.
        past = judged.get(comment_id)
        move = _move(order, standing, decision, policy, past, told.get(comment_id), copy_up=comment_id in up)
        if move is None:
            plan.counts["unchanged"] += 1
        else:
            plan.add(move)
        if refused_cluster is not None and (standing if move is None else move.after).published_version is not None:
            plan.counts["still_up"] += 1
    return plan


def _decision(order: RepairOrder, line: Sequence[PastDecision]) -> PastDecision | None:
    """What the comment stands by; of near copies that are to be decided alike, where that was taken back, the last
    move."""
    found = stands_by(line)
    alike = order.scope.cluster is not None and order.action in _ALIKE
    if found is None and line and alike and line[-1].action != Action.EDIT:
        return line[-1]
    return found


def _left_alone(
    order: RepairOrder, standing: Standing, line: Sequence[PastDecision], decision: PastDecision | None
) -> str | None:
    """Why the repair does not concern the comment; None where it does."""
    if standing.status in (Status.RECEIVED, Status.WITHDRAWN, Status.ERASED) or not line:
        return "elsewhere"
    if line[-1].revision != standing.revision:
        return "touched"
    if decision is not None and not order.scope.decided and not by_machine(decision):
        return "touched"
    if decision is not None and order.action not in _ALIKE and by_standing_decision(decision):
        return "touched"
    if decision is None or not order.scope.holds(decision):
        return "unchanged" if decision is None else "elsewhere"
    since = [made for made in line if made.id > order.until]
    if order.action is Repair.REJUDGE or not since:
        return None
    # Whoever asked for it has not seen this text, or not how it was judged.
    return "touched" if any(made.action == Action.EDIT for made in since) else "elsewhere"


def _move(
    order: RepairOrder,
    standing: Standing,
    decision: PastDecision,
    policy: SitePolicy | None,
    past: PastJudgement | None,
    verdict: Verdict | None,
    *,
    copy_up: bool,
) -> Move | None:
    """None where nothing would change. `verdict`: of judging anew, where it is known. `copy_up`: readers have an
    earlier text that is to go with the one judged."""
    cause = Cause(Action.UNDO, order.actor_kind, order.actor_id, order.reason, order.note, job_id=order.job_id)
    if order.action is Repair.KEEP:
        if not standing.open_reports or standing.published_version is None or standing.edit:
            return None
        return Move(new_id(), standing, kept(standing), replace(cause, action=Action.KEEP))
    if order.action is Repair.REVERT:
        then = before(decision)
        cause = replace(cause, undoes=decision.id)
    elif verdict is not None:
        action, to = VERDICTS[verdict]
        then, cause = _after(standing, decision, to), replace(cause, action=action)
    elif order.action is Repair.REJUDGE:
        if policy is None or past is None:
            return None
        with WatchedThread() as watched:
            watched.comment_id = past.comment_id
            judging = judge_of(policy, past)
            judgement = judging.judge(past.typed, past.facts)
        action, to = VERDICTS[judgement.verdict]
        then = _after(standing, decision, to)
        cause = Cause(
            action,
            ActorKind.POLICY,
            policy_version=policy.version,
            score=judgement.score,
            findings=[evidence(found) for found in judgement.findings],
            facts=with_language(past.known, judgement),
            nearness=judging.nearness(judgement),
            job_id=order.job_id,
        )
    else:
        action = Action(order.action.value)
        then = _taken_down(standing, TO[action]) if copy_up else _after(standing, decision, TO[action])
        cause = replace(cause, action=action)
    if (then.status, then.published_version) == (standing.status, standing.published_version):
        return None
    return Move(new_id(), standing, then, cause)


def _after(standing: Standing, decision: PastDecision, to: Status) -> After:
    """What judging the text of that decision anew makes of the comment: a refused edit is an edit again."""
    edited = standing.published_version not in (None, decision.version_n)
    return after(replace(standing, status=Status.PENDING) if edited else standing, to)


def _taken_down(standing: Standing, to: Status) -> After:
    """Refused with the text that is up: one that waits is refused, and of one that was before the other."""
    judged = standing.current_version if standing.edit else standing.published_version or standing.current_version
    return After(to, None, judged, to)


def policy_in_force(services: Services, session: Session, site_id: str) -> SitePolicy:
    return _POLICIES.of(session, [site_id], services.clock.now().date())[site_id]


def leased_by_others(
    services: Services, site_id: str, ids: Sequence[str], actor_id: str | None, *, through: bool
) -> dict[str, str]:
    """Comments that another moderator is looking at; for an administrator (`through`) none counts.

    Asked for outside the transaction: no network inside one.
    """
    if through or not ids:
        return {}
    holders = backlog.holders(services.redis, site_id, list(ids))
    return {comment_id: found.moderator_id for comment_id, found in holders.items() if found.moderator_id != actor_id}
