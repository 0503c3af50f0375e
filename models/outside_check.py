from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.database.base import Base, EnumText, Id


class CheckKind(StrEnum):
    AKISMET = "akismet"  # Akismet, or a service that speaks as it does
    OWN = "own"  # the site's own, asked by signed JSON


class OutsideCheck(Base):
    """A service that a site has its comments checked by. Nobody asks it unless the site's policy says so too."""

    __tablename__ = "outside_check"
    __table_args__ = (UniqueConstraint("site_id", "name"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    site_id: Mapped[str] = mapped_column(Id, ForeignKey("site.id"))
    name: Mapped[str] = mapped_column(String(40))
    kind: Mapped[CheckKind] = mapped_column(EnumText(CheckKind))
    url: Mapped[str] = mapped_column(Text)
    # The API key or the signing secret: used, never shown.
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    key_id: Mapped[str] = mapped_column(String(16), index=True)
    # Whether the site wants writers' addresses to be sent along.
    sends_address: Mapped[bool] = mapped_column(default=False)
    # Seconds for one question, from the name to the last byte.
    timeout: Mapped[float]
    changed_at: Mapped[datetime]
