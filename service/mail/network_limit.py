"""How many confirmation mails one network may cause: whoever types strangers' addresses has many, but few networks."""

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import Comment, Delivery, DeliveryKind, DeliveryState

MOST_MAILS, MAILS_PER = 20, timedelta(hours=1)


def network_is_over_limit(session: Session, row: Delivery, comment: Comment, now: datetime, claim: timedelta) -> bool:
    """Whether the comment's network, a keyed prefix, has caused its mails of the last hour already, on all sites.

    Counted is what was taken in hand, whatever became of it: `next_at` is then `claim` later, or when it is tried
    again. A row that was tried before is counted and may go on. Where no network is known, there is no limit.
    """
    if comment.prefix_hash is None or row.attempts > 0:
        return False
    counted = session.scalar(
        select(func.count())
        .select_from(Delivery)
        .join(Comment, Comment.id == Delivery.comment_id)
        .where(
            Delivery.state.in_([DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.WAITING]),
            Delivery.next_at > now - MAILS_PER + claim,
            Delivery.attempts > 0,
            Delivery.kind == DeliveryKind.CONFIRM,
            Comment.prefix_hash == comment.prefix_hash,
        )
    )
    return (counted or 0) >= MOST_MAILS
