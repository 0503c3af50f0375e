from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from models.database.base import Base, Id

# How long a first answer is kept for a repeated submission: rows older than this are only waiting to be swept.
SUBMISSION_KEY_LIFE = timedelta(hours=24)


class Receipt(Base):
    """The writer's proof: 128 random bits, kept sealed (a retry gets the same one) and found by a keyed hash."""

    __tablename__ = "receipt"

    comment_id: Mapped[str] = mapped_column(Id, ForeignKey("comment.id"), primary_key=True)
    site_id: Mapped[str] = mapped_column(Id, ForeignKey("site.id"))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    lookup: Mapped[bytes] = mapped_column(LargeBinary(16), unique=True)
    key_id: Mapped[str] = mapped_column(String(16), index=True)
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class SubmissionKey(Base):
    """An idempotency key as a keyed hash, with a keyed digest of the body that first came with it."""

    __tablename__ = "submission_key"
    __table_args__ = (Index("ix_submission_key_created_at", "created_at"),)

    site_id: Mapped[str] = mapped_column(Id, ForeignKey("site.id"), primary_key=True)
    lookup: Mapped[bytes] = mapped_column(LargeBinary(16), primary_key=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary(16))
    comment_id: Mapped[str] = mapped_column(Id, ForeignKey("comment.id"))
    created_at: Mapped[datetime]
