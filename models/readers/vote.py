"""Readers' votes for comments."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from models.database.base import Base, Id
from models.site import VoteKinds

# What a vote may be, as sites choose.
VALUES: Mapping[VoteKinds, Sequence[int]] = {
    VoteKinds.OFF: (),
    VoteKinds.UP: (1, 0),
    VoteKinds.UP_DOWN: (1, 0, -1),
}

# A query has to say the same words for SQLite to use the index over these.
UNCOUNTED = "value <> counted"


class Vote(Base):
    """What one form's token says of one comment: 1, -1, or 0 once it is taken back.

    `comment.votes` has what was counted of it; the rest is added by `service.moderation.outbox.vote_counts`. The row
    goes after `KEPT_DAYS` there, and its count stays. Both hashes are made with the comment's id, so that neither tells
    which votes on other comments are the same browser's or the same network's.
    """

    __tablename__ = "vote"
    __table_args__ = (
        Index("ix_vote_comment_id_network", "comment_id", "network"),
        Index(
            "ix_vote_uncounted",
            "comment_id",
            "changed_at",
            "value",
            "counted",
            sqlite_where=text(UNCOUNTED),
            postgresql_where=text(UNCOUNTED),
        ),
        Index("ix_vote_changed_at", "changed_at"),
    )

    comment_id: Mapped[str] = mapped_column(Id, ForeignKey("comment.id"), primary_key=True)
    # Keyed hashes: of the nonce of the form's token, and of the network's prefix with a key of 30 days.
    voter: Mapped[bytes] = mapped_column(LargeBinary(16), primary_key=True)
    network: Mapped[bytes] = mapped_column(LargeBinary(16))
    value: Mapped[int] = mapped_column(SmallInteger)
    counted: Mapped[int] = mapped_column(SmallInteger)
    changed_at: Mapped[datetime]
