"""Readers that a site knows by itself: the keys it signs their logins with, and whose writer each of them is."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.database.base import Base, Id


class LoginKey(Base):
    """A key that a site signs logins with: a secret, or the public half of a pair. Sealed, and never shown again."""

    __tablename__ = "login_key"
    __table_args__ = (UniqueConstraint("site_id", "kid"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    site_id: Mapped[str] = mapped_column(Id, ForeignKey("site.id"))
    kid: Mapped[str] = mapped_column(String(64))
    algorithm: Mapped[str] = mapped_column(String(10))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    key_id: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[datetime]


class LoginUse(Base):
    """That a login has sent its comment: it sends no other. Until it would have expired anyway."""

    __tablename__ = "login_use"
    __table_args__ = (Index("ix_login_use_expires_at", "expires_at"),)

    site_id: Mapped[str] = mapped_column(Id, ForeignKey("site.id"), primary_key=True)
    # Keyed, of the login's own id, or of what was signed.
    lookup: Mapped[bytes] = mapped_column(LargeBinary(16), primary_key=True)
    expires_at: Mapped[datetime]


class LoginWriter(Base):
    """The writer chain of one subject of a site's logins. `subject`: a keyed hash, under a key that outlasts the
    site's and the service's."""

    __tablename__ = "login_writer"

    site_id: Mapped[str] = mapped_column(Id, ForeignKey("site.id"), primary_key=True)
    subject: Mapped[bytes] = mapped_column(LargeBinary(16), primary_key=True)
    chain_id: Mapped[str] = mapped_column(Id, ForeignKey("writer_chain.id"))
    created_at: Mapped[datetime]
