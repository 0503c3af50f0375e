"""By which decision a comment stands as it does."""

from collections.abc import Collection

from sqlalchemy import Select, and_, select

from models.comment import Comment, Status
from models.decision import Decision


def comments_decided(decision_ids: Collection[str]) -> Select[str, str]:
    """(decision, the comment that it is about)."""
    return select(Decision.id, Decision.comment_id).where(Decision.id.in_(decision_ids))


def last_decisions(comment_ids: Collection[str]) -> Select[Decision]:
    """The last decision about each of these comments. Not ordered."""
    return (
        select(Decision)
        .join(Comment, and_(Comment.id == Decision.comment_id, Comment.revision == Decision.revision))
        .where(Decision.comment_id.in_(comment_ids))
    )


def taken_back(decision_ids: Collection[str], actor_id: str) -> Select[str | None, str, str, Status, int]:
    """(what was taken back, comment, by which decision, status, revision) of those of these decisions that the actor
    has taken back, where nothing has moved the comment since."""
    return (
        select(Decision.undoes, Comment.id, Decision.id, Comment.status, Comment.revision)
        .join(Comment, Comment.id == Decision.comment_id)
        .where(
            Decision.comment_id.in_(select(Decision.comment_id).where(Decision.id.in_(decision_ids))),
            Decision.undoes.in_(decision_ids),
            Decision.actor_id == actor_id,
            Decision.revision == Comment.revision,
        )
    )
