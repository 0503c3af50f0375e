"""How many confirmation mails one network may cause, and how many mails of its replies: whoever types strangers'
addresses, or answers strangers, has many, but few networks."""

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import Comment, Delivery, DeliveryKind, DeliveryState, ReplyMail

MOST_MAILS, MAILS_PER = 20, timedelta(hours=1)


def network_is_over_limit(
    session: Session, row: Delivery | ReplyMail, comment: Comment, now: datetime, claim: timedelta
) -> bool:
    """Whether the network of `comment`, a keyed prefix, has caused its mails of the last hour already, on all sites.

    Counted is what was taken in hand, whatever became of it: `next_at` is then `claim` later, or when it is tried
    again. A row that was tried before is counted and may go on. Where no network is known, there is no limit.
    """
    if comment.prefix_hash is None or row.attempts > 0:
        return False
    table = type(row)
    counted = select(func.count()).select_from(table)
    if isinstance(row, Delivery):
        counted = counted.join(Comment, Comment.id == Delivery.comment_id).where(Delivery.kind == DeliveryKind.CONFIRM)
    else:
        counted = counted.join(Comment, Comment.id == ReplyMail.reply_id)
    caused = session.scalar(
        counted.where(
            table.state.in_([DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.WAITING]),
            table.next_at > now - MAILS_PER + claim,
            table.attempts > 0,
            Comment.prefix_hash == comment.prefix_hash,
        )
    )
    return (caused or 0) >= MOST_MAILS
