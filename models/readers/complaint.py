"""What readers say of a comment, and its writer of a refusal: reports and appeals."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from models.database.base import Base, EnumText, Id
from models.decision import ActorKind


class ReportReason(StrEnum):
    """What a reader says is wrong, in the order in which it is offered."""

    SPAM = "spam"
    INSULT = "insult"
    HATE = "hate"
    THREAT = "threat"
    PERSONAL_DATA = "personal_data"
    UNFOUNDED = "unfounded"
    OFF_TOPIC = "off_topic"
    ILLEGAL = "illegal"
    CHILD_ABUSE = "child_abuse"
    OTHER = "other"


class ReportOutcome(StrEnum):
    FOUNDED = "founded"
    UNFOUNDED = "unfounded"
    MOOT = "moot"  # its writer changed or withdrew the text before anybody decided
    TAKEN_BACK = "taken_back"  # by the reader who sent it, before anybody decided


class AppealOutcome(StrEnum):
    UPHELD = "upheld"  # the refusal stands
    REVERSED = "reversed"  # the text is published
    MOOT = "moot"  # its writer changed or withdrew it before anybody decided


# Conditions of indexes: a query has to say the same words for SQLite to use one.
OPEN = "settled_at IS NULL"
SETTLED = "settled_at IS NOT NULL"
# The reason of the decision by which reports hide a comment.
REPORTED = "reported"


class Report(Base):
    """A reader's report of a comment as it was published then. While `settled_at` is empty, it is open.

    `network` is a keyed hash of the reader's IP prefix (`service.privacy.prefixes`): one network counts once a comment.
    A reporter's e-mail address is an `AddressRecord`.
    """

    __tablename__ = "report"
    __table_args__ = (
        Index("ix_report_comment_id_key_lookup", "comment_id", "key_lookup", unique=True),
        Index("ix_report_comment_id_id", "comment_id", "id"),
        Index("ix_report_site_id_network", "site_id", "network", "id"),
        Index("ix_report_open", "comment_id", "network", sqlite_where=text(OPEN), postgresql_where=text(OPEN)),
        Index("ix_report_settled", "settled_at", "id", sqlite_where=text(SETTLED), postgresql_where=text(SETTLED)),
        Index("ix_report_decision_id", "decision_id"),
        Index("ix_report_reopened_by", "reopened_by"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    comment_id: Mapped[str] = mapped_column(Id, ForeignKey("comment.id"))
    site_id: Mapped[str] = mapped_column(Id, ForeignKey("site.id"))
    # The text that was published when it was reported.
    version_n: Mapped[int]
    reason: Mapped[ReportReason] = mapped_column(EnumText(ReportReason))
    text: Mapped[str | None] = mapped_column(Text)
    # Of illegal content: the law that it is said to break, and who says so.
    law: Mapped[str | None] = mapped_column(String(200))
    name: Mapped[str | None] = mapped_column(String(200))
    network: Mapped[bytes] = mapped_column(LargeBinary(16))
    # What it adds to the comment's priority, if nothing else came from its network.
    weight: Mapped[int]
    # SHA-256, cut to 16 bytes, of the receipt, which is 128 bits that nobody can guess.
    lookup: Mapped[bytes] = mapped_column(LargeBinary(16), unique=True)
    # The idempotency key as a keyed hash, and a keyed digest of what came with it.
    key_lookup: Mapped[bytes | None] = mapped_column(LargeBinary(16))
    key_digest: Mapped[bytes | None] = mapped_column(LargeBinary(16))
    created_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    # What it came to, and by which decision. Kept where that decision is taken back: `reopened_by` then says by which
    # one, which may be taken back in its turn.
    outcome: Mapped[ReportOutcome | None] = mapped_column(EnumText(ReportOutcome))
    decision_id: Mapped[str | None] = mapped_column(Id)
    reopened_by: Mapped[str | None] = mapped_column(Id)
    # When its reader took it back: its words and who they are went then. What it came to stays, or is still to come.
    taken_back_at: Mapped[datetime | None]


class Appeal(Base):
    """What a writer says against the refusal of a text: one a decision. While `settled_at` is empty, it is open."""

    __tablename__ = "appeal"
    __table_args__ = (
        Index("ix_appeal_comment_id_id", "comment_id", "id"),
        Index("ix_appeal_decision_id", "decision_id"),
        Index("ix_appeal_reopened_by", "reopened_by"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    comment_id: Mapped[str] = mapped_column(Id, ForeignKey("comment.id"))
    site_id: Mapped[str] = mapped_column(Id, ForeignKey("site.id"))
    # The text that was refused, the decision that did so, and whose it was.
    version_n: Mapped[int]
    against: Mapped[str] = mapped_column(Id, unique=True)
    decider_kind: Mapped[ActorKind] = mapped_column(EnumText(ActorKind))
    decider_id: Mapped[str | None] = mapped_column(Id)
    text: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    # As a report has them.
    outcome: Mapped[AppealOutcome | None] = mapped_column(EnumText(AppealOutcome))
    decision_id: Mapped[str | None] = mapped_column(Id)
    reopened_by: Mapped[str | None] = mapped_column(Id)
