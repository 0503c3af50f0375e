"""By which decision a comment stands as it does."""

from collections.abc import Collection

from sqlalchemy import Select, and_, select

from models.comment import Comment
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
