from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from models.database.base import Base, EnumText, Id


class BanKind(StrEnum):
    ADDRESS = "address"
    CHAIN = "chain"
    PREFIX = "prefix"


_UNLIFTED = "lifted_at IS NULL"


class Ban(Base):
    """A ban of a chain, of an address (an AddressRecord of purpose `ban` carries it), or of an IP prefix."""

    __tablename__ = "ban"
    __table_args__ = (
        Index("ix_ban_site_id_chain_id", "site_id", "chain_id"),
        Index("ix_ban_site_id_prefix_hash", "site_id", "prefix_hash"),
        Index("ix_ban_in_force", "site_id", "id", sqlite_where=text(_UNLIFTED), postgresql_where=text(_UNLIFTED)),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    site_id: Mapped[str] = mapped_column(Id, ForeignKey("site.id"))
    kind: Mapped[BanKind] = mapped_column(EnumText(BanKind))
    chain_id: Mapped[str | None] = mapped_column(Id)
    prefix_hash: Mapped[bytes | None] = mapped_column(LargeBinary(16))
    # The comment beside which it was set.
    comment_id: Mapped[str | None] = mapped_column(Id)
    reason: Mapped[str] = mapped_column(String(500), default="")
    created_by: Mapped[str | None] = mapped_column(Id)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    lifted_at: Mapped[datetime | None]
