"""An appeal is settled by somebody else than who decided: unless there is nobody else, or who decided takes it back.

A key is its maker's hand: what either has decided, neither settles.
"""

from collections.abc import Collection, Sequence

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from models import ApiKey, Appeal, Decision, Moderator
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


def refuse_own_undo(session: Session, standing: Standing, decision_id: str, actor_id: str) -> None:
    """Raises OwnDecision where the decision is a colleague's about an appeal against this person's or key's own."""
    if standing.complained and not_theirs_to_undo(session, actor_id, [decision_id]):
        raise OwnDecision("A colleague has settled the appeal: it is not for you to take that back.")


def own_appeals(session: Session, actor_id: str, comment_ids: Sequence[str]) -> set[str]:
    """Those of these comments whose open appeal is against this person's or key's decision, and somebody else's to
    settle."""
    hands = hands_of(session, actor_id)
    mine = [appeal for appeal in session.scalars(open_appeals(comment_ids)) if appeal.decider_id in hands]
    alone = alone_on(session, {appeal.site_id for appeal in mine}, actor_id)
    return {appeal.comment_id for appeal in mine if appeal.site_id not in alone}


def not_theirs_to_undo(session: Session, actor_id: str, decision_ids: Collection[str]) -> set[str]:
    """Those of these decisions by which somebody else has settled an appeal against a decision of this person or key,
    or has taken such a settling back: while somebody else may decide on the site."""
    hands = hands_of(session, actor_id)
    settled = and_(Appeal.decision_id == Decision.id, Appeal.settled_at.is_not(None))
    reopened = and_(Appeal.reopened_by == Decision.id, Appeal.settled_at.is_(None))
    found = session.execute(
        select(Decision.id, Decision.site_id)
        .join(Appeal, and_(Appeal.comment_id == Decision.comment_id, or_(settled, reopened)))
        .where(
            Decision.id.in_(decision_ids),
            Appeal.decider_id.in_(hands),
            or_(Decision.actor_id.is_(None), Decision.actor_id.not_in(hands)),
        )
    ).all()
    alone = alone_on(session, {site_id for _, site_id in found}, actor_id)
    return {decision_id for decision_id, site_id in found if site_id not in alone}


def alone_on(session: Session, site_ids: Collection[str], actor_id: str) -> set[str]:
    """Those of these sites where no other person may decide."""
    person = _person_behind(session, actor_id) if site_ids else actor_id
    return {
        site_id
        for site_id in site_ids
        if session.scalar(deciding_on(site_id).where(Moderator.id != person).limit(1)) is None
    }


def nobody_else(session: Session, site_id: str, decider_id: str | None) -> bool:
    """Whether an appeal against what this person or key decided could be settled by nobody else; a policy's always
    is."""
    return decider_id is not None and bool(alone_on(session, [site_id], decider_id))


def same_person(session: Session, one: str | None, other: str | None) -> bool:
    """Whether one person stands behind both ids, of a moderator or a key."""
    return one is not None and other is not None and other in hands_of(session, one)


def _person_behind(session: Session, actor_id: str) -> str:
    """Whoever made the key; of another, or of one made at the command line, itself."""
    return session.scalar(select(ApiKey.made_by).where(ApiKey.id == actor_id)) or actor_id


def hands_of(session: Session, actor_id: str) -> set[str]:
    """The ids that one person decides under."""
    person = _person_behind(session, actor_id)
    return {actor_id, person, *session.scalars(select(ApiKey.id).where(ApiKey.made_by == person))}
