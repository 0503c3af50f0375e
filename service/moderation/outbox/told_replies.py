"""Rows of mails about replies that are too old to be of use."""

from sqlalchemy import delete, select

from models import ReplyMail
from models.delivery import REPLY_MAIL_LIFE
from service.wiring import Services

DROPPED_AT_ONCE = 1000


def forget_told(services: Services) -> int:
    """Drops those rows, the oldest first; how many. Some at a time."""
    before = services.clock.now() - REPLY_MAIL_LIFE
    oldest = (
        select(ReplyMail.id).where(ReplyMail.created_at < before).order_by(ReplyMail.created_at).limit(DROPPED_AT_ONCE)
    )
    with services.write() as session:
        old = list(session.scalars(oldest))
        if old:
            session.execute(delete(ReplyMail).where(ReplyMail.id.in_(old)))
    return len(old)
