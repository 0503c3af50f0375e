from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from models.database.base import Base, EnumText, Id


class WriterChain(Base):
    """Submissions proven to come from one writer. Its id and seed are random: nothing in it is made from an address."""

    __tablename__ = "writer_chain"
    __table_args__ = (
        Index("ix_writer_chain_site_id", "site_id"),
        # Few chains ever merge; only those are in it.
        Index(
            "ix_writer_chain_merged_into",
            "merged_into",
            sqlite_where=text("merged_into IS NOT NULL"),
            postgresql_where=text("merged_into IS NOT NULL"),
        ),
        # One face for each name under which a newsroom answers.
        Index(
            "ix_writer_chain_staff",
            "site_id",
            "staff_name",
            unique=True,
            sqlite_where=text("staff_name IS NOT NULL"),
            postgresql_where=text("staff_name IS NOT NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    site_id: Mapped[str] = mapped_column(Id, ForeignKey("site.id"))
    avatar_seed: Mapped[str] = mapped_column(String(16))
    merged_into: Mapped[str | None] = mapped_column(Id)
    # Of comments that the newsroom writes itself: the name that they bear. None: a reader's.
    staff_name: Mapped[str | None] = mapped_column(String(200))
    created_at: Mapped[datetime]


class MarkKind(StrEnum):
    HOLD = "hold"  # whatever they write waits for a person
    TRUST = "trust"  # that they are new, or that people approve here, holds nothing of theirs
    NOTE = "note"  # words among moderators; no rule looks at them


_IN_FORCE = "lifted_at IS NULL"


class WriterMark(Base):
    """What moderators keep of a writer: set on a chain, and it counts for all chains that are one with that."""

    __tablename__ = "writer_mark"
    __table_args__ = (
        Index(
            "ix_writer_mark_chain_id",
            "chain_id",
            "id",
            sqlite_where=text(_IN_FORCE),
            postgresql_where=text(_IN_FORCE),
        ),
        Index(
            "ix_writer_mark_in_force",
            "site_id",
            "id",
            sqlite_where=text(_IN_FORCE),
            postgresql_where=text(_IN_FORCE),
        ),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    site_id: Mapped[str] = mapped_column(Id, ForeignKey("site.id"))
    chain_id: Mapped[str] = mapped_column(Id, ForeignKey("writer_chain.id"))
    kind: Mapped[MarkKind] = mapped_column(EnumText(MarkKind))
    # The comment beside which it was set.
    comment_id: Mapped[str | None] = mapped_column(Id)
    # Why; of a note, the note.
    reason: Mapped[str] = mapped_column(String(1000), default="")
    created_by: Mapped[str | None] = mapped_column(Id)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    lifted_at: Mapped[datetime | None]
