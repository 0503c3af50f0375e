"""Decisions asked for in one request, or taken back in one, and their answers item by item."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from models.queries.lists.decided import taken_back
from service.accounts.access import Actor
from service.desk.queue.types import DecidedItem, DecisionItem, UndoAnswer, UndoneItem
from service.errors import NotFound, Refused
from service.moderation.decision_keys import RequestKey
from service.moderation.decisions import AlreadyDecided, DecisionRequest, Outcome, apply_decisions
from service.moderation.undoing import undo, undo_all
from service.wiring import Services


@dataclass(frozen=True, slots=True)
class Undone:
    """What became of taking back the decision `undoes`."""

    undoes: str
    outcome: Outcome


def decide(
    services: Services, actor: Actor, items: Sequence[DecisionItem], key: RequestKey | None = None
) -> list[Outcome]:
    """Decides each item or says why not; see `apply_decisions`."""
    return apply_decisions(
        services,
        [
            DecisionRequest(
                comment_id=item.comment_id,
                action=item.action,
                actor=actor,
                reason=item.reason,
                note=item.note,
                expected_revision=item.expected_revision,
            )
            for item in items
        ],
        key,
    )


def take_back(services: Services, actor: Actor, decision_id: str) -> UndoAnswer:
    """Undoes one decision. Raises NotFound, and Conflict where the comment has moved since."""
    try:
        outcome = undo(services, decision_id, actor)
    except NotFound:
        raise NotFound("There is no such decision.") from None
    assert outcome.decision_id is not None
    assert outcome.status is not None
    assert outcome.revision is not None
    return UndoAnswer(outcome.comment_id, outcome.decision_id, outcome.status, outcome.revision)


def answer(outcome: Outcome) -> DecidedItem:
    """One item of the answer: what the comment has become, or a problem document beside its id."""
    if outcome.problem is not None:
        return DecidedItem(comment_id=outcome.comment_id, **_problem(outcome.problem))
    assert outcome.status is not None
    assert outcome.decision_id is not None
    assert outcome.revision is not None
    return DecidedItem(
        comment_id=outcome.comment_id,
        decision_id=outcome.decision_id,
        status=outcome.status,
        revision=outcome.revision,
    )


def _problem(problem: Refused) -> dict[str, Any]:
    if isinstance(problem, NotFound):
        # Word for word the same for what is elsewhere, or it would tell which ids there are.
        problem = NotFound("There is no such comment.")
    document = problem.problem()
    return {name: value for name, value in document.items() if name in DecidedItem.__struct_fields__}


def undone_answer(undone: Undone) -> UndoneItem:
    """One item of the answer: what the comment is again, or a problem document beside the decision's id."""
    outcome = undone.outcome
    if outcome.problem is None:
        said = answer(outcome)
        return UndoneItem(
            undoes=undone.undoes,
            comment_id=said.comment_id,
            decision_id=said.decision_id,
            status=said.status,
            revision=said.revision,
        )
    problem = outcome.problem
    if isinstance(problem, NotFound):
        problem = NotFound("There is no such decision.")
    document = problem.problem()
    return UndoneItem(
        undoes=undone.undoes,
        **{name: value for name, value in document.items() if name in UndoneItem.__struct_fields__},
    )


def undo_decisions(services: Services, decision_ids: Sequence[str], actor: Actor) -> list[Undone]:
    """Takes decisions back or says why not, in the order asked.

    One that the same caller has taken back already is answered as it was then: a retry after a lost answer is no
    conflict. Another site's is `not_found`, like one that never was.
    """
    ids = list(dict.fromkeys(decision_ids))
    outcomes = undo_all(services, ids, actor)
    late = [one for one, outcome in zip(ids, outcomes, strict=True) if isinstance(outcome.problem, AlreadyDecided)]
    before = _undone_before(services, late, actor)
    return [Undone(one, before.get(one, outcome)) for one, outcome in zip(ids, outcomes, strict=True)]


def _undone_before(services: Services, decision_ids: Sequence[str], actor: Actor) -> dict[str, Outcome]:
    """The caller's own undoing of these decisions, where nothing has moved the comment since."""
    if not decision_ids:
        return {}
    with services.read() as session:
        found = session.execute(taken_back(decision_ids, actor.id)).all()
    return {row[0] or "": Outcome(row[1], row[2], row[3], row[4]) for row in found}
