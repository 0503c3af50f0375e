from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from models.database.base import Base, Id


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
