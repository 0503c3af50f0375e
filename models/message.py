from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.database.base import Base, EnumText, Id
from models.decision import ActorKind


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
