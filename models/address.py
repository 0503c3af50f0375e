from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, LargeBinary, SmallInteger, String, text
from sqlalchemy.orm import Mapped, mapped_column

from models.database.base import Base, EnumText, Id


class AddressPurpose(StrEnum):
    SUBMISSION = "submission"  # owner: a comment
    CHAIN = "chain"  # owner: a writer chain that proved it
    MAIL = "mail"  # owner: a writer chain whose mail may come there, as who has the address says
    BAN = "ban"  # owner: a ban
    SUPPRESSION = "suppression"  # owner: the record itself; "never write to me"
    REPORT = "report"  # owner: a report; who says that content is illegal
    MODERATOR = "moderator"  # owner: a moderator; site_id is empty


class AddressRecord(Base):
    """The one place where an e-mail address is kept: sealed, and found by two keyed indexes.

    `exact_index` is over email-validator's normal form, `ban_index` over the lossy form; both are 16 bytes
    of HMAC-SHA-256 under the key that `key_id` names. Nothing in the row can be compared without that key.
    `ban_folding` is the version of the lossy form.
    """

    __tablename__ = "address_record"
    __table_args__ = (
        Index("ix_address_record_exact", "site_id", "purpose", "exact_index"),
        Index("ix_address_record_ban", "site_id", "purpose", "ban_index"),
        Index("ix_address_record_owner_id", "owner_id"),
        Index("ix_address_record_key_id", "key_id", "id"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    site_id: Mapped[str] = mapped_column(Id, default="")
    purpose: Mapped[AddressPurpose] = mapped_column(EnumText(AddressPurpose))
    owner_id: Mapped[str] = mapped_column(Id)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    exact_index: Mapped[bytes] = mapped_column(LargeBinary(16))
    ban_index: Mapped[bytes] = mapped_column(LargeBinary(16))
    ban_folding: Mapped[int] = mapped_column(SmallInteger, server_default=text("1"))
    key_id: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[datetime]


class KeyCheck(Base):
    """Which secrets this database was written with: tells a wrong key at start instead of at the first reveal."""

    __tablename__ = "key_check"

    key_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    created_at: Mapped[datetime]
