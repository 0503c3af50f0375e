"""Why a comment is held that no rule holds: the finding that goes with such a move, so that every hold says why."""

from collections.abc import Mapping, Sequence
from typing import Any

from models import ActorKind, Status
from models.decision import PEOPLE
from service.moderation.moves import Action, Move

# What is said of a comment that waits by a decision of an older release, which kept no reason.
NOT_KEPT = "the rules found nothing: by the mode of its site or article a person decides"


def unsaid_hold(move: Move) -> Sequence[Mapping[str, Any]]:
    """The finding of a move that leads to a person without one; none for a move that leads elsewhere."""
    if move.after.status is not Status.PENDING or move.standing.status is Status.PENDING:
        return ()
    cause = move.cause
    if cause.job_id is not None:
        return (finding_of("job", "a job over many comments has put it back to wait for a person"),)
    if cause.action is Action.UNDO:
        return (finding_of("undo", "a decision was taken back: a person decides again"),)
    if cause.kind in PEOPLE:
        return (finding_of("moderator", "a moderator has put it back to wait"),)
    if cause.kind is ActorKind.AUTHOR:
        return (finding_of("writer", "its writer has changed something"),)
    return (finding_of("service", "the service could not leave it as it was: a person decides"),)


def finding_of(cause: str, message: str) -> dict[str, Any]:
    """A finding as a decision keeps it, that weighs nothing and means no place in the text."""
    return {
        "rule": cause,
        "version": 1,
        "score": 0.0,
        "field": None,
        "start": None,
        "end": None,
        "message": message,
        "code": "hold",
    }
