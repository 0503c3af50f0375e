from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.database.base import Base, EnumText, Id
from models.decision import ActorKind


class DeliveryKind(StrEnum):
    CONFIRM = "confirm"
    DECIDED = "decided"
    MESSAGE = "message"


class DeliveryState(StrEnum):
    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"
    SKIPPED = "skipped"


class Delivery(Base):
    """A mail still to be sent, committed together with its cause; Redis only wakes the sender."""

    __tablename__ = "delivery"
    __table_args__ = (
        Index("ix_delivery_state_next_at", "state", "next_at"),
        Index("ix_delivery_comment_id", "comment_id"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    site_id: Mapped[str] = mapped_column(Id, ForeignKey("site.id"))
    comment_id: Mapped[str] = mapped_column(Id, ForeignKey("comment.id"))
    kind: Mapped[DeliveryKind] = mapped_column(EnumText(DeliveryKind))
    state: Mapped[DeliveryState] = mapped_column(EnumText(DeliveryState), default=DeliveryState.WAITING)
    attempts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime]
    # Why it failed or was skipped: a code of ours, never a server's text (it may quote the address).
    outcome: Mapped[str | None] = mapped_column(String(40))
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    # When it was first looked at, and counted for the network that caused it, whatever became of it then. None: not
    # yet, or that network was over its limit.
    charged_at: Mapped[datetime | None]


# Rows older than this are only waiting to be swept: by then each was sent, or never will be.
REPLY_MAIL_LIFE = timedelta(days=30)
# `outcome` where the address was not yet confirmed.
UNPROVEN = "unproven"


class ReplyMail(Base):
    """That a comment was answered, for its writer who asked to hear of it: committed with the move that publishes the
    reply, a row a reply. What has come together for one reader and thread goes out in one mail."""

    __tablename__ = "reply_mail"
    __table_args__ = (
        Index("ix_reply_mail_state_next_at", "state", "next_at"),
        Index("ix_reply_mail_comment_id", "comment_id"),
        Index("ix_reply_mail_created_at", "created_at"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    site_id: Mapped[str] = mapped_column(Id, ForeignKey("site.id"))
    thread_id: Mapped[str] = mapped_column(Id)
    # What was answered, whose writer gets the mail; and the answer.
    comment_id: Mapped[str] = mapped_column(Id, ForeignKey("comment.id"))
    reply_id: Mapped[str] = mapped_column(Id, ForeignKey("comment.id"))
    # The row whose mail tells of this reply as well.
    told_with: Mapped[str | None] = mapped_column(Id)
    state: Mapped[DeliveryState] = mapped_column(EnumText(DeliveryState), default=DeliveryState.WAITING)
    attempts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime]
    # As of a Delivery.
    outcome: Mapped[str | None] = mapped_column(String(40))
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    charged_at: Mapped[datetime | None]


class ProofLink(Base):
    """The link in a confirmation mail: opens a page, and only the page's button proves the comment."""

    __tablename__ = "proof_link"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    comment_id: Mapped[str] = mapped_column(Id, ForeignKey("comment.id"), index=True)
    lookup: Mapped[bytes] = mapped_column(LargeBinary(16), unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class LinkKey(Base):
    """What links that last for ever are signed with: random, kept sealed, so that it outlives every secret."""

    __tablename__ = "link_key"

    purpose: Mapped[str] = mapped_column(String(40), primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    key_id: Mapped[str] = mapped_column(String(16), index=True)
    created_at: Mapped[datetime]


class WriterMessage(Base):
    """What the editors say to a comment's writer, and to nobody else: shown to whoever holds the receipt."""

    __tablename__ = "writer_message"
    __table_args__ = (Index("ix_writer_message_comment_id_id", "comment_id", "id"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    site_id: Mapped[str] = mapped_column(Id, ForeignKey("site.id"))
    comment_id: Mapped[str] = mapped_column(Id, ForeignKey("comment.id"))
    # Who wrote it, for the other moderators: the writer hears of "the editors".
    actor_kind: Mapped[ActorKind] = mapped_column(EnumText(ActorKind))
    actor_id: Mapped[str | None] = mapped_column(Id)
    text: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]


class SavedReply(Base):
    """Words that a site's moderators use again and again, under a name of their own."""

    __tablename__ = "saved_reply"
    __table_args__ = (UniqueConstraint("site_id", "name"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    site_id: Mapped[str] = mapped_column(Id, ForeignKey("site.id"))
    name: Mapped[str] = mapped_column(String(80))
    text: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
