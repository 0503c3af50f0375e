"""How many confirmation mails one network may cause, and how many mails of its replies: whoever types strangers'
addresses, or answers strangers, has many, but few networks."""

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import Comment, Delivery, DeliveryKind, DeliveryState, ReplyMail

MOST_MAILS, MAILS_PER = 20, timedelta(hours=1)


def charge_network(session: Session, row: Delivery | ReplyMail, comment: Comment, now: datetime) -> bool:
    """Counts the row for the network of `comment`, a keyed prefix; whether it may go on, or that network has caused its
    mails of the last hour already, on all sites.

    Each row is counted once, when it is first looked at, before anything is asked of an address: what is left of a
    network's mails must not say whether one of them was wanted. Where no network is known, there is no limit.
    """
    if row.charged_at is not None or row.attempts > 0 or comment.prefix_hash is None:
        return True
    table = type(row)
    counted = select(func.count()).select_from(table)
    if isinstance(row, Delivery):
        counted = counted.join(Comment, Comment.id == Delivery.comment_id).where(Delivery.kind == DeliveryKind.CONFIRM)
    else:
        counted = counted.join(Comment, Comment.id == ReplyMail.reply_id)
    since = now - MAILS_PER
    charged = session.scalar(
        counted.where(
            # No row is due before it was counted: an index finds what is due.
            table.state.in_(list(DeliveryState)),
            table.next_at > since,
            table.charged_at > since,
            Comment.prefix_hash == comment.prefix_hash,
        )
    )
    if (charged or 0) >= MOST_MAILS:
        return False
    row.charged_at = row.next_at = now
    session.flush()
    return True
