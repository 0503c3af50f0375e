"""From cases to moves: the rules speak, the policy decides, nothing is fetched and nothing is written."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from msgspec.structs import replace
from redis import Redis

from models import ActorKind, Status, new_id, new_ids
from moderation_rules import Finding, Judgement, Verdict
from moderation_rules.rules import learned
from service.moderation.facts.gather import JudgeInput
from service.moderation.listed import LANGUAGE
from service.moderation.moves import Action, Cause, Move, Standing, after
from service.moderation.watchdog import suspects
from service.moderation.watchdog.penalty_box import PenaltyBox
from service.moderation.watchdog.watchdog import WatchedThread
from service.telemetry import RULE_FAILURES, logger
from service.tracing import span

log = logger(__name__)

_PENALTY_BOX = PenaltyBox()

VERDICTS: dict[Verdict, tuple[Action, Status]] = {
    Verdict.APPROVE: (Action.APPROVE, Status.APPROVED),
    Verdict.PENDING: (Action.PENDING, Status.PENDING),
    Verdict.REJECT: (Action.REJECT, Status.REJECTED),
    Verdict.SPAM: (Action.SPAM, Status.SPAM),
}


def judge(case: JudgeInput, decision_id: str) -> Move:
    """The move that the site's policy makes of this comment, or a person's decision on what it is a copy of."""
    judgement = case.judge.judge(case.typed, case.facts)
    action, status = VERDICTS[judgement.verdict]
    findings = [evidence(finding, case.policy.classifier_n) for finding in judgement.findings]
    stands = case.standing_decision
    if stands is not None and not stands.decides(status, findings):
        stands = None
    if stands is not None:
        action, status = stands.action, stands.status
        findings.append(stands.finding())
    return Move(
        decision_id=decision_id,
        standing=case.standing,
        after=after(case.standing, status),
        cause=Cause(
            action,
            ActorKind.POLICY,
            # Whose word it is: of what a policy decides by itself it is nobody's.
            actor_id=None if stands is None else stands.actor_id,
            reason=None if stands is None else stands.reason,
            policy_version=case.policy.version,
            score=judgement.score,
            findings=findings,
            facts=with_language(case.known, judgement),
            nearness=case.judge.nearness(judgement),
        ),
    )


def with_language(known: dict[str, Any], judgement: Judgement) -> dict[str, Any]:
    """What was known, and the text's language if somebody asked for it (`und`: it could not be told)."""
    return known if judgement.language is None else {**known, LANGUAGE: judgement.language}


def judge_all(
    cases: Collection[JudgeInput],
    suspects_in: Redis | None = None,
    traceparents: Mapping[str, str] | None = None,
    batch: str = "",
) -> tuple[list[Move], list[str]]:
    """Moves, and the ids of comments at which the engine itself stumbled: those are to be judged alone.

    `suspects_in`: where to note each rule before it runs, because a worker may have been lost over the comment.
    `traceparents`: of the requests that brought them, by comment id; `batch`: that of what is done for all of them.
    """
    traceparents, beside = traceparents or {}, [batch] if batch else []
    moves: list[Move] = []
    stumbled: list[str] = []
    with WatchedThread() as watched:
        for case, decision_id in zip(cases, new_ids(len(cases)), strict=True):
            standing = case.standing
            watched.comment_id = standing.id
            penalised = _PENALTY_BOX.penalised(standing.site_id)
            careful = replace(case, judge=suspects.without_rules(case.judge, penalised)) if penalised else case
            above = traceparents.get(standing.id, "")
            try:
                with span("judge comment", kind="consumer", parent=above, links=beside, comment=standing.id) as judging:
                    move = (
                        judge(careful, decision_id)
                        if suspects_in is None
                        else _judge_tracked(careful, decision_id, suspects_in)
                    )
                    judging.set(action=move.cause.action.value)
                moves.append(move)
            except Exception as error:
                log.warning("judge_stumbled", comment=standing.id, error=type(error).__name__)
                stumbled.append(standing.id)
            if watched.cuts:
                for rule in watched.cuts:
                    _PENALTY_BOX.add(standing.site_id, rule)
                watched.cuts.clear()
    return moves, stumbled


def _judge_tracked(case: JudgeInput, decision_id: str, redis: Redis) -> Move:
    """Judges without the rules that workers were lost in, and notes suspects for whoever comes after this one."""
    comment_id = case.standing.id
    lost = suspects.load(redis, comment_id)
    tracked = suspects.tracked(case.judge, lost, lambda rule: suspects.save(redis, comment_id, *lost, rule))
    try:
        return judge(replace(case, judge=tracked), decision_id)
    finally:
        # Still alive: the last rule is no suspect.
        suspects.save(redis, comment_id, *lost)


def dead_letter_move(standing: Standing, rules: Sequence[str] = ()) -> Move:
    """What becomes of a comment that no worker can judge: it waits for a person, and says why.

    `rules`: those that were running when workers were lost over it.
    """
    message = "This comment could not be judged automatically, although it was tried several times."
    if rules:
        message += f" Workers were lost in: {', '.join(rules)}."
    finding = {
        "rule": "worker",
        "version": 1,
        "score": 0.0,
        "field": None,
        "start": None,
        "end": None,
        "message": message,
        "could_not_check": True,
        "code": "dead_letter",
    }
    return Move(
        decision_id=new_id(),
        standing=standing,
        after=after(standing, Status.PENDING),
        cause=Cause(Action.PENDING, ActorKind.SYSTEM, score=0.0, findings=[finding]),
        dead=True,
    )


def evidence(finding: Finding, classifier_n: int | None = None) -> dict[str, Any]:
    """The finding as it is stored with the decision; what does not apply is left out. `classifier_n`: which classifier
    of the site was asked."""
    stored: dict[str, Any] = {
        "rule": finding.rule,
        "version": finding.version,
        "score": finding.score,
        "field": finding.field,
        "start": finding.start,
        "end": finding.end,
        "message": finding.message,
    }
    if finding.rule == learned.RULE.name and classifier_n is not None:
        stored["model"] = classifier_n
    if finding.verdict is not None:
        stored["verdict"] = finding.verdict.value
    if finding.observe:
        stored["observe"] = True
    if finding.could_not_check:
        stored["could_not_check"] = True
        RULE_FAILURES.labels(finding.rule).inc()
    if finding.doubtful:
        stored["doubtful"] = True
    if finding.code:
        stored["code"] = finding.code
    return stored
