"""Many decisions taken back, one after another; each is answered on its own."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from models import Comment, Decision
from service.accounts.actors import Actor
from service.errors import Refused
from service.moderation.decisions import AlreadyDecided, Outcome, undo
from service.wiring import Services


@dataclass(frozen=True, slots=True)
class Undone:
    """What became of taking back the decision `undoes`."""

    undoes: str
    outcome: Outcome


def undo_decisions(services: Services, decision_ids: Sequence[str], actor: Actor) -> list[Undone]:
    """Takes decisions back or says why not, in the order asked; of a comment's several ask for the newest first.

    One that the same caller has taken back already is answered as it was then: a retry after a lost answer is no
    conflict. Another site's is `not_found`, like one that never was. A transaction each, so that nobody waits for a
    hundred; whoever is cut off sends all of them again.
    """
    return [Undone(decision_id, _undo(services, decision_id, actor)) for decision_id in dict.fromkeys(decision_ids)]


def _undo(services: Services, decision_id: str, actor: Actor) -> Outcome:
    try:
        return undo(services, decision_id, actor)
    except AlreadyDecided as refusal:
        return _undone_before(services, decision_id, actor) or Outcome("", problem=refusal)
    except Refused as refusal:
        return Outcome("", problem=refusal)


def _undone_before(services: Services, decision_id: str, actor: Actor) -> Outcome | None:
    """The caller's own undoing of the decision, where nothing has moved the comment since."""
    with services.read() as session:
        decision = session.get_one(Decision, decision_id)
        comment = session.get_one(Comment, decision.comment_id)
        undone = session.scalar(
            select(Decision.id).where(
                Decision.comment_id == comment.id,
                Decision.undoes == decision_id,
                Decision.actor_id == actor.id,
                Decision.revision == comment.revision,
            )
        )
        return None if undone is None else Outcome(comment.id, undone, comment.status, comment.revision)
