"""An appeal is settled by somebody else than who decided: unless there is nobody else, or who decided takes it back."""

from collections.abc import Collection, Sequence

from sqlalchemy.orm import Session

from models import Moderator
from models.queries.complaints import open_appeals
from models.queries.set_aside import deciding_on
from service.errors import Conflict
from service.moderation.moves import Action, Standing

# What settles an appeal besides taking the refusal back; to let it wait for somebody else does not.
_SETTLES = frozenset({Action.APPROVE, Action.REJECT, Action.SPAM, Action.KEEP})


class OwnDecision(Conflict):
    code, title = "own_decision", "Somebody else settles an appeal against your own decision"


def refuse_own(session: Session, standing: Standing, action: Action, actor_id: str) -> None:
    """Raises OwnDecision where the move would settle an appeal against a decision of the same person or key, and
    somebody else may decide on the site."""
    if standing.appealed and action in _SETTLES and own_appeals(session, actor_id, [standing.id]):
        raise OwnDecision("Let a colleague look at it.")


def own_appeals(session: Session, actor_id: str, comment_ids: Sequence[str]) -> set[str]:
    """Those of these comments whose open appeal is against this person's or key's decision, and somebody else's to
    settle."""
    mine = [appeal for appeal in session.scalars(open_appeals(comment_ids)) if appeal.decider_id == actor_id]
    alone = alone_on(session, {appeal.site_id for appeal in mine}, actor_id)
    return {appeal.comment_id for appeal in mine if appeal.site_id not in alone}


def alone_on(session: Session, site_ids: Collection[str], actor_id: str) -> set[str]:
    """Those of these sites where no other person may decide."""
    return {
        site_id
        for site_id in site_ids
        if session.scalar(deciding_on(site_id).where(Moderator.id != actor_id).limit(1)) is None
    }
