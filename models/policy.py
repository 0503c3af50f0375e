from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from models.database.base import Base, Id


class PolicyVersion(Base):
    """A site's policy document; the highest `n` is the one in force."""

    __tablename__ = "policy_version"

    site_id: Mapped[str] = mapped_column(Id, ForeignKey("site.id"), primary_key=True)
    n: Mapped[int] = mapped_column(primary_key=True)
    document: Mapped[str] = mapped_column(Text)
    # Which version of each of the site's own list files it goes by: {name: n}.
    lists: Mapped[dict[str, Any]] = mapped_column(default=dict)
    author_id: Mapped[str | None] = mapped_column(Id)
    note: Mapped[str] = mapped_column(String(500), default="")
    created_at: Mapped[datetime]


class ListFile(Base):
    """A site's own list of words in versions, never changed. The newest counts when a policy is switched on."""

    __tablename__ = "list_file"

    site_id: Mapped[str] = mapped_column(Id, ForeignKey("site.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(100), primary_key=True)
    n: Mapped[int] = mapped_column(primary_key=True)
    # One word or phrase a line, up to 2 MiB.
    text: Mapped[str] = mapped_column(Text, deferred=True)
    # From this version on, until another one comes.
    removed: Mapped[bool] = mapped_column(default=False)
    # Words and phrases in it.
    entries: Mapped[int]
    author_id: Mapped[str | None] = mapped_column(Id)
    created_at: Mapped[datetime]
