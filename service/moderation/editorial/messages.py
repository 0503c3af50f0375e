"""What the editors write to a comment's writer, who reads it where the receipt leads; no address is opened here."""

from collections.abc import Sequence

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from models import Comment, Delivery, DeliveryKind, DeliveryState, Receipt, Status, WriterMessage, new_id
from service.accounts.actors import Actor, refuse_shut_out
from service.accounts.audit import audit
from service.database_errors import again_when_contended
from service.errors import Conflict, NotFound
from service.moderation.decisions import CommentGone
from service.moderation.editorial.texts import checked_text
from service.moderation.mail_requests import delivery_row
from service.queue.wakes import wake_deliveries
from service.wiring import Services

MESSAGE_MAX = 2000
# A correspondence belongs elsewhere; and whoever opens the comment reads them all.
MOST_MESSAGES = 20


class NoReceipt(Conflict):
    """The newsroom's own comments have no receipt, nor has one whose receipt was revoked."""

    code, title = "no_receipt", "Its writer cannot be reached"


class TooManyMessages(Conflict):
    code, title = "too_many_messages", f"A writer gets at most {MOST_MESSAGES} messages about one comment"


@again_when_contended
def message_writer(services: Services, actor: Actor, comment_id: str, typed: str) -> WriterMessage:
    """Leaves a message where the comment's receipt leads. Where its proven writer asked for mail, one says that there
    is a message, and not which.

    Asked again with the same words, with nothing said between, it is the same message. Raises NotFound, Forbidden,
    Invalid, CommentGone, NoReceipt, TooManyMessages.
    """
    now = services.clock.now()
    text = checked_text(typed, field="text", most=MESSAGE_MAX)
    mail = False
    with services.write() as session:
        # Its lock puts two messages, and what they count, in an order.
        comment = session.get(Comment, comment_id, with_for_update={"key_share": True})
        if comment is None:
            raise NotFound("There is no such comment.")
        actor.require("moderator", comment.site_id)
        if comment.status in (Status.WITHDRAWN, Status.ERASED):
            raise CommentGone()
        receipt = session.get(Receipt, comment.id)
        if receipt is None or receipt.revoked_at is not None:
            raise NoReceipt()
        last = session.scalar(
            select(WriterMessage)
            .where(WriterMessage.comment_id == comment.id)
            .order_by(WriterMessage.id.desc())
            .limit(1)
        )
        if last is not None and last.text == text:
            return last
        said = session.scalar(select(func.count()).where(WriterMessage.comment_id == comment.id))
        if (said or 0) >= MOST_MESSAGES:
            raise TooManyMessages()
        message = WriterMessage(
            id=new_id(),
            site_id=comment.site_id,
            comment_id=comment.id,
            actor_kind=actor.kind,
            actor_id=actor.id,
            text=text,
            created_at=now,
        )
        session.add(message)
        if services.settings.sends_mail and _wants_mail(session, comment):
            mail = True
            session.add(Delivery(**delivery_row(comment.site_id, comment.id, DeliveryKind.MESSAGE, now)))
        refuse_shut_out(session, actor, now)
        audit(
            session,
            actor,
            "comment.message",
            target=comment.id,
            site_id=comment.site_id,
            details={"message": message.id},
            now=now,
        )
    if mail:
        wake_deliveries(services.redis)
    return message


def messages_to(session: Session, comment_id: str) -> Sequence[WriterMessage]:
    """All that was written to the comment's writer, first to last."""
    return session.scalars(
        select(WriterMessage).where(WriterMessage.comment_id == comment_id).order_by(WriterMessage.id)
    ).all()


def _wants_mail(session: Session, comment: Comment) -> bool:
    """Whether a mail is due; one that still waits will say it for all."""
    if comment.proven is None or not comment.wants_notify:
        return False
    waiting = exists().where(
        Delivery.comment_id == comment.id,
        Delivery.kind == DeliveryKind.MESSAGE,
        Delivery.state == DeliveryState.WAITING,
        # One that is being sent may be read before this message is there.
        Delivery.outcome.is_(None),
    )
    return not session.scalar(select(waiting))
