from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.database.base import Base, Id


class Moderator(Base):
    """Somebody who signs in to the desk. Their address is an AddressRecord of purpose `moderator`."""

    __tablename__ = "moderator"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    password_hash: Mapped[str | None] = mapped_column(String(255))
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]


class Membership(Base):
    """A role (admin, moderator or viewer) on one site, or on every site where site_id is empty."""

    __tablename__ = "membership"

    moderator_id: Mapped[str] = mapped_column(Id, ForeignKey("moderator.id"), primary_key=True)
    site_id: Mapped[str] = mapped_column(Id, primary_key=True, default="")
    role: Mapped[str] = mapped_column(String(20))


class SignInLink(Base):
    """A link that signs in once, within minutes; kept as a hash."""

    __tablename__ = "sign_in_link"

    lookup: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    moderator_id: Mapped[str] = mapped_column(Id, ForeignKey("moderator.id"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class DeskSession(Base):
    """A signed-in browser; the cookie's value is kept as a hash."""

    __tablename__ = "desk_session"

    lookup: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    moderator_id: Mapped[str] = mapped_column(Id, ForeignKey("moderator.id"), index=True)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class ApiKey(Base):
    """A key of a site's own programs, kept as a hash and shown once."""

    __tablename__ = "api_key"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    site_id: Mapped[str] = mapped_column(Id, ForeignKey("site.id"))
    scope: Mapped[str] = mapped_column(String(20))
    lookup: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    # The moderator who answers for it: who made it, or made the key that made it. Empty: an operator.
    made_by: Mapped[str | None] = mapped_column(Id)
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class AuditEntry(Base):
    """The append-only trail of what people and keys did."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index("ix_audit_entry_site_id_id", "site_id", "id"),
        # When somebody last signed in.
        Index("ix_audit_entry_actor_id", "actor_id", "action", "id"),
        # What was done to one comment, account or key.
        Index("ix_audit_entry_target", "target", "id"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    site_id: Mapped[str] = mapped_column(Id, default="")
    actor_kind: Mapped[str] = mapped_column(String(20))
    actor_id: Mapped[str | None] = mapped_column(Id)
    action: Mapped[str] = mapped_column(String(60))
    target: Mapped[str | None] = mapped_column(String(60))
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime]


class SavedView(Base):
    """What somebody asks the queue for, under a name: their own, or shared with all moderators of a site."""

    __tablename__ = "saved_view"
    __table_args__ = (UniqueConstraint("owner_id", "name"), Index("ix_saved_view_site_id", "site_id", "id"))

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    # A moderator's account or an API key.
    owner_id: Mapped[str] = mapped_column(Id)
    # With whose moderators it is shared. None: it is its owner's alone.
    site_id: Mapped[str | None] = mapped_column(Id, ForeignKey("site.id"))
    name: Mapped[str] = mapped_column(String(60))
    # The queue's filters that are set, by the names that the API has for them.
    narrowing: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
