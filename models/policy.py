from datetime import datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Id


class PolicyVersion(Base):
    """A site's policy document; the highest `n` is the one in force."""

    __tablename__ = "policy_version"

    site_id: Mapped[str] = mapped_column(Id, ForeignKey("site.id"), primary_key=True)
    n: Mapped[int] = mapped_column(primary_key=True)
    document: Mapped[str] = mapped_column(Text)
    author_id: Mapped[str | None] = mapped_column(Id)
    note: Mapped[str] = mapped_column(String(500), default="")
    created_at: Mapped[datetime]
