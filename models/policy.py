from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from models.database.base import Base, EnumText, Id
from models.decision import ActorKind

_UNSETTLED = "settled_at IS NULL"


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


class EntryKind(StrEnum):
    WORD = "word"
    DOMAIN = "domain"


class EntryState(StrEnum):
    PROPOSED = "proposed"  # waits for an administrator; the policy says nothing of it
    OBSERVED = "observed"  # in the policy as `observe`: found and shown, no effect
    ON = "on"
    DECLINED = "declined"


class PolicyEntry(Base):
    """A word or domain that somebody chose beside a comment for the site's policy, and what became of it.

    What is in force says the policy alone; this remembers who asked for it, and where.
    """

    __tablename__ = "policy_entry"
    __table_args__ = (Index("ix_policy_entry_site_id_id", "site_id", "id"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    site_id: Mapped[str] = mapped_column(Id, ForeignKey("site.id"))
    kind: Mapped[EntryKind] = mapped_column(EnumText(EntryKind))
    text: Mapped[str] = mapped_column(String(255))
    state: Mapped[EntryState] = mapped_column(EnumText(EntryState))
    # The comment in which it was chosen.
    comment_id: Mapped[str | None] = mapped_column(Id)
    # The version of the policy that last changed because of it.
    policy_n: Mapped[int | None]
    created_by: Mapped[str | None] = mapped_column(Id)
    created_at: Mapped[datetime]
    changed_by: Mapped[str | None] = mapped_column(Id)
    changed_at: Mapped[datetime | None]


class WrongFinding(Base):
    """What somebody on the desk said of one finding: that it is wrong there. Who owns the rules settles it.

    The words that were found are not kept here but read from the comment's version: with the text they are gone.
    """

    __tablename__ = "wrong_finding"
    __table_args__ = (
        Index(
            "ix_wrong_finding_open",
            "site_id",
            "id",
            sqlite_where=text(_UNSETTLED),
            postgresql_where=text(_UNSETTLED),
        ),
        Index("ix_wrong_finding_comment_id", "comment_id"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    site_id: Mapped[str] = mapped_column(Id, ForeignKey("site.id"))
    comment_id: Mapped[str] = mapped_column(Id, ForeignKey("comment.id"))
    # The text and the finding in it: code points, half-open, into the field as typed; none for one without a place.
    version_n: Mapped[int]
    rule: Mapped[str] = mapped_column(String(60))
    field: Mapped[str | None] = mapped_column(String(20))
    start: Mapped[int | None]
    end: Mapped[int | None]
    # By which the finding was made.
    policy_version: Mapped[str | None] = mapped_column(String(40))
    note: Mapped[str] = mapped_column(String(500), default="")
    actor_kind: Mapped[ActorKind] = mapped_column(EnumText(ActorKind))
    actor_id: Mapped[str | None] = mapped_column(Id)
    created_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[str | None] = mapped_column(Id)
