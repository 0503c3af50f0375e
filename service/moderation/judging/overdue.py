"""Comments that wait for a judge for too long, taken so that no two workers take the same."""

from datetime import datetime

from sqlalchemy import select, update

from models import Comment, Status
from models.queries.conditions import is_status
from service.wiring import Services


def take(services: Services, before: datetime, now: datetime, limit: int) -> list[tuple[str, int, bool]]:
    """(id, revision, whether it was taken before) of what was sent before `before`, oldest first; marked as sent now.

    Rows that somebody else is taking are passed over. Raises Unavailable.
    """
    with services.write() as session:
        page = session.execute(
            select(Comment.id, Comment.revision, Comment.sent_at, Comment.created_at)
            .where(is_status(Comment.status, Status.RECEIVED), Comment.sent_at < before)
            .order_by(Comment.sent_at)
            .limit(limit)
            .with_for_update(key_share=True, skip_locked=True)
        ).all()
        if page:
            session.execute(update(Comment).where(Comment.id.in_([row[0] for row in page])).values(sent_at=now))
    # An edit sets it as well: such a comment is only judged more carefully than it had to be.
    return [(row[0], row[1], row[2] > row[3]) for row in page]
