from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, Integer, LargeBinary, String, Text, text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from models.database.base import Base, EnumText, Id
from models.database.search_index import index_words


class Status(StrEnum):
    """How a comment or one of its texts stands. `ALLOWED` says how a comment comes from one to another."""

    RECEIVED = "received"
    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    SPAM = "spam"
    WITHDRAWN = "withdrawn"
    ERASED = "erased"


# The badge of what the newsroom writes itself.
STAFF = "staff"
# What people may look at again: judged, and still there.
JUDGED = (Status.PENDING, Status.APPROVED, Status.REJECTED, Status.SPAM)


class ProofMethod(StrEnum):
    """How the submission, never the address, was proven."""

    RECEIPT = "receipt"
    LINK = "link"
    LOGIN = "login"


# Conditions of indexes. A query has to say the same words for SQLite to use one, and with them in place of a bound
# value PostgreSQL knows at once which index it is: `models.queries.conditions` says them.
_JUDGED = {
    # For a list of more than two SQLite builds a table, for each index and twice a row that is written.
    "sqlite": "(status = 'pending' OR status = 'approved' OR status = 'rejected' OR status = 'spam')",
    "postgresql": "status IN ('pending', 'approved', 'rejected', 'spam')",
}


def _where(condition: str | Mapping[str, str]) -> dict[str, Any]:
    by_dialect = dict.fromkeys(_JUDGED, condition) if isinstance(condition, str) else condition
    return {f"{dialect}_where": text(words) for dialect, words in by_dialect.items()}


def _judged_and(condition: str) -> dict[str, Any]:
    return _where({dialect: f"{judged} AND {condition}" for dialect, judged in _JUDGED.items()})


_WHILE_JUDGED = _where(_JUDGED)


class Comment(Base):
    """One reader's comment. The row is also the outbox: `received` means that it still has to be judged."""

    __tablename__ = "comment"
    __table_args__ = (
        ForeignKeyConstraint(["thread_id"], ["thread.id"]),
        Index("ix_comment_thread_id_id", "thread_id", "id"),
        Index("ix_comment_site_id_status_id", "site_id", "status", "id"),
        Index("ix_comment_chain_id_status", "chain_id", "status"),
        Index("ix_comment_site_id_fingerprint", "site_id", "fingerprint", "id"),
        Index("ix_comment_parent_id", "parent_id"),
        # The sweep asks for these every few seconds: only what still waits for a judge is in the index.
        Index(
            "ix_comment_received",
            "sent_at",
            sqlite_where=text("status = 'received'"),
            postgresql_where=text("status = 'received'"),
        ),
        # Of these the first one of a thread names its page, where the newsroom has not.
        Index(
            "ix_comment_naming",
            "thread_id",
            "id",
            sqlite_where=text("published_version IS NOT NULL AND page_url IS NOT NULL"),
            postgresql_where=text("published_version IS NOT NULL AND page_url IS NOT NULL"),
        ),
        # Few are disowned; they are left out of what a writer's record counts.
        Index(
            "ix_comment_disowned",
            "chain_id",
            sqlite_where=text("disowned_at IS NOT NULL"),
            postgresql_where=text("disowned_at IS NOT NULL"),
        ),
        # A thread has few of these: they stand first on its first page. With `pinned` among its columns SQLite prefers
        # it to the index of all comments of the thread.
        Index(
            "ix_comment_pinned",
            "thread_id",
            "pinned",
            "id",
            sqlite_where=text("pinned"),
            postgresql_where=text("pinned"),
        ),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    site_id: Mapped[str] = mapped_column(Id, ForeignKey("site.id"))
    thread_id: Mapped[str] = mapped_column(Id)
    parent_id: Mapped[str | None] = mapped_column(Id, ForeignKey("comment.id"))
    chain_id: Mapped[str] = mapped_column(Id, ForeignKey("writer_chain.id"))
    proven: Mapped[ProofMethod | None] = mapped_column(EnumText(ProofMethod))
    # When the owner of the address given said that the comment is not theirs: that address can never prove it.
    disowned_at: Mapped[datetime | None]
    status: Mapped[Status] = mapped_column(EnumText(Status), default=Status.RECEIVED)
    # Counts moves: who makes one says which revision it read, a stale one gets a conflict.
    revision: Mapped[int] = mapped_column(default=0)
    name: Mapped[str] = mapped_column(Text)
    website: Mapped[str | None] = mapped_column(Text)
    current_version: Mapped[int] = mapped_column(default=1)
    # Which version the columns and rows say that the queue is asked by: `language`, `CommentRule`, `SearchEntry`.
    # None: not judged since, or by an older release; `service.moderation.outbox.listing` makes up for that.
    listed_version: Mapped[int | None]
    # What its current text was found to be written in. None: nobody asked, or it could not be told.
    language: Mapped[str | None] = mapped_column(String(35))
    # The version the public sees; none while nothing of it was ever approved, or after it was taken down.
    published_version: Mapped[int | None]
    # Whether it was ever visible: with published replies it then leaves a tombstone.
    was_published: Mapped[bool] = mapped_column(default=False)
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary(16))
    # Made from the text and gone with it: which of its shingles hash lowest. None: too short to tell.
    sketch: Mapped[bytes | None] = mapped_column(LargeBinary(96))
    # The first of the comments with nearly the same text, all of which have its id here. None: the first, or alone.
    copy_of: Mapped[str | None] = mapped_column(Id)
    prefix_hash: Mapped[bytes | None] = mapped_column(LargeBinary(16))
    # What intake found out about the form and the address; names no part of either.
    intake_facts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    wants_confirm: Mapped[bool] = mapped_column(default=False)
    wants_notify: Mapped[bool] = mapped_column(default=False)
    # To hear of replies that are published.
    wants_replies: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    # When its writer said that they have heard enough; a restored backup is told.
    replies_stopped_at: Mapped[datetime | None]
    # The page that its writer's browser named. None: not kept (a comment of an older release).
    page_url: Mapped[str | None] = mapped_column(Text)
    page_title: Mapped[str | None] = mapped_column(String(200))
    created_at: Mapped[datetime]
    edited_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    # When its id was last put on the stream, and how often judging it alone has failed.
    sent_at: Mapped[datetime]
    solo_failures: Mapped[int] = mapped_column(default=0)
    dead_at: Mapped[datetime | None]
    priority: Mapped[int] = mapped_column(default=0)
    reviewed_at: Mapped[datetime | None]
    # How near the last judgement by a policy came to holding it: the sum of scores in thousandths of what holds;
    # 0 where nothing speaks against it or no sum ever holds.
    nearness: Mapped[int] = mapped_column(default=0, server_default="0")
    # Whether anybody has ever reported it or appealed for it; how many reports of it are open (`models.Report`), and
    # since when its writer's appeal is. Kept by `service.moderation.complaints`.
    complained: Mapped[bool] = mapped_column(server_default=text("false"))
    open_reports: Mapped[int] = mapped_column(server_default="0")
    appealed_at: Mapped[datetime | None]
    featured: Mapped[bool] = mapped_column(default=False)
    pinned: Mapped[bool] = mapped_column(default=False)
    votes: Mapped[int] = mapped_column(default=0)
    badge: Mapped[str | None] = mapped_column(String(20))


# The moderators' queue, in its own order, with the thread so that a section is found without the rows. What waits for a
# judge is in none of these: taking comments in costs nothing here.
_IN_ORDER = (Comment.priority.desc(), Comment.id)
Index("ix_comment_queue", Comment.site_id, Comment.status, *_IN_ORDER, Comment.thread_id, **_WHILE_JUDGED)
Index("ix_comment_queue_thread", Comment.thread_id, Comment.status, *_IN_ORDER, **_WHILE_JUDGED)
Index(
    "ix_comment_queue_language",
    Comment.site_id,
    Comment.status,
    Comment.language,
    *_IN_ORDER,
    Comment.thread_id,
    **_WHILE_JUDGED,
)
Index("ix_comment_queue_copies", Comment.copy_of, Comment.status, *_IN_ORDER, **_where("copy_of IS NOT NULL"))
# A writer's latest comments, beside the one that is looked at.
Index("ix_comment_chain_id_id", Comment.chain_id, Comment.id, **_WHILE_JUDGED)
# What no person has looked at, and what no worker could judge.
Index(
    "ix_comment_unreviewed",
    Comment.site_id,
    Comment.status,
    *_IN_ORDER,
    **_judged_and("reviewed_at IS NULL"),
)
# The same where it is published, the doubtful first.
Index(
    "ix_comment_unreviewed_nearness",
    Comment.site_id,
    Comment.nearness.desc(),
    Comment.id,
    **_where("status = 'approved' AND reviewed_at IS NULL"),
)
Index("ix_comment_dead", Comment.site_id, *_IN_ORDER, **_where("dead_at IS NOT NULL"))
# What readers have reported, and what writers appeal against.
for _name, _open in (("reported", "open_reports > 0"), ("appealed", "appealed_at IS NOT NULL")):
    Index(f"ix_comment_{_name}", Comment.site_id, Comment.status, *_IN_ORDER, **_judged_and(_open))
# Judged by a release that knew nothing of words to search by, or not yet gone through: soon nothing.
Index("ix_comment_unlisted", Comment.id, **_judged_and("listed_version IS NULL"))


class CommentRule(Base):
    """That a rule found something in a comment's current text, by the last judgement of it.

    None where it could not check. How the comment stands is kept here as well, so that what a rule found is read off an
    index in the queue's order.
    """

    __tablename__ = "comment_rule"

    comment_id: Mapped[str] = mapped_column(Id, ForeignKey("comment.id"), primary_key=True)
    rule: Mapped[str] = mapped_column(String(60), primary_key=True)
    site_id: Mapped[str] = mapped_column(Id, ForeignKey("site.id"))
    status: Mapped[Status] = mapped_column(EnumText(Status))
    priority: Mapped[int]


Index(
    "ix_comment_rule_queue",
    CommentRule.site_id,
    CommentRule.rule,
    CommentRule.status,
    CommentRule.priority.desc(),
    CommentRule.comment_id,
)


class SearchEntry(Base):
    """The words of a judged comment's name and current text (`models.database.words`), to find it by.

    How the comment stands is kept here as well: who looks for a word that is everywhere looks among what waits.
    On PostgreSQL each status has an index of its own; on SQLite an FTS5 table is kept up by triggers.
    """

    __tablename__ = "search_entry"

    # FTS5 goes by whole numbers, which must stay what they are.
    n: Mapped[int] = mapped_column(Integer, primary_key=True)
    comment_id: Mapped[str] = mapped_column(Id, ForeignKey("comment.id"), unique=True)
    site_id: Mapped[str] = mapped_column(Id, ForeignKey("site.id"))
    status: Mapped[Status] = mapped_column(EnumText(Status))
    priority: Mapped[int]
    # The last one: what was decided lately is shown by it.
    decision_id: Mapped[str] = mapped_column(Id)
    words: Mapped[str] = mapped_column(Text().with_variant(TSVECTOR(), "postgresql"))


# What came to a status, by when it did.
Index("ix_search_decided", SearchEntry.site_id, SearchEntry.status, SearchEntry.decision_id)
index_words(SearchEntry.__table__, JUDGED)


class CommentVersion(Base):
    """What the reader typed, once per edit, with the HTML it was rendered to when it was stored.

    HTML of an older renderer is not shown: `service.markup.up_to_date` makes it anew from the text.
    """

    __tablename__ = "comment_version"

    comment_id: Mapped[str] = mapped_column(Id, ForeignKey("comment.id"), primary_key=True)
    n: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text)
    renderer: Mapped[int]
    status: Mapped[Status] = mapped_column(EnumText(Status), default=Status.RECEIVED)
    # The version whose text this is without a passage that the editors removed. None: its writer's own text.
    redacts: Mapped[int | None]
    created_at: Mapped[datetime]
