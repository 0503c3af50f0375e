"""What the owner of an address says: this comment came with it, and is not theirs."""

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from models import ActorKind, Comment, Decision, new_id
from models.queries.comments import judgements_of
from moderation_rules.rules.disowned import MESSAGE, RULE
from service.moderation.moves import Action, Cause, Move, hidden, last_judgement
from service.moderation.record import standings, write


def disown(session: Session, comment_id: str, now: datetime) -> list[Move]:
    """Keeps that the comment is disowned and holds it for a person, as the rule `disowned` would; returns the move.

    The decision says again what the policy had found, and this beside it: whoever judges the comment anew, or looks at
    it, goes by the last judgement. The caller holds a writing transaction, has checked that the comment is pending,
    approved or received, and tells Redis after the commit.
    """
    session.execute(update(Comment).where(Comment.id == comment_id).values(disowned_at=now))
    standing = standings(session, [comment_id], lock=True)[comment_id]
    then = hidden(standing)
    last = _judgement(session, comment_id, then.version_n)
    finding = {
        "rule": RULE.name,
        "version": RULE.version,
        "score": RULE.score,
        "field": None,
        "start": None,
        "end": None,
        "message": MESSAGE,
        "verdict": "pending",
    }
    cause = Cause(
        Action.PENDING,
        ActorKind.POLICY,
        reason="disowned",
        policy_version=last.policy_version if last else None,
        score=(last.score or 0.0 if last else 0.0) + RULE.score,
        findings=[*(last.findings if last else ()), finding],
        facts=(last.facts if last else {}) | {"disowned": True},
    )
    return write(session, [Move(new_id(), standing, then, cause)], now=now, mails=False)


def _judgement(session: Session, comment_id: str, version_n: int) -> Decision | None:
    """What was found last in this text."""
    return last_judgement(session.scalars(judgements_of([comment_id])), version_n)
