import re
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from models.database.base import Base, EnumText, Id
from models.site import Site

T = TypeVar("T")

# C0, DEL and C1, and halves of surrogate pairs.
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


class ThreadState(StrEnum):
    OPEN = "open"
    CLOSED = "closed"
    HIDDEN = "hidden"


KEY_BYTES = 512
# The deepest that a comment can stand, counted from 0. What was answered deeper stands under the one just above it.
DEEPEST = 50

# A query has to say the same words for SQLite to use the index over these.
RETITLED = "title <> coalesce(listed_title, '')"
_WHILE_LIVE: dict[str, Any] = {"sqlite_where": text("live > 0"), "postgresql_where": text("live > 0")}
_WHILE_SHOWN: dict[str, Any] = {"sqlite_where": text("shown"), "postgresql_where": text("shown")}
_WHILE_UNANSWERED: dict[str, Any] = {
    "sqlite_where": text("shown AND NOT answered"),
    "postgresql_where": text("shown AND NOT answered"),
}


def key_fault(key: str) -> tuple[str, str] | None:
    """What is wrong with a site's name for a thread, as (code, words); None for a good one: 1-512 bytes of UTF-8,
    without controls, so that what is posted under it can also be asked for."""
    if not key.strip():
        return "required", "Say which thread: the article's id or address."
    if len(key.encode("utf-8", "surrogatepass")) > KEY_BYTES:
        return "too_long", f"A thread's key has at most {KEY_BYTES} bytes."
    if _CONTROLS.search(key):
        return "control_character", "A thread's key has no control characters."
    return None


def is_settled(verified: bool, published_count: int) -> bool:
    """Whether a thread's url and title are for readers: the newsroom's, or those of a comment that is published."""
    return verified or published_count > 0


def page_seen(settled: bool, known: T, said: T | None) -> T:
    """What is shown of a thread's page beside a comment: what readers know of it; before they know anything, what that
    comment's own post said, where that was kept."""
    return known if settled or said is None else said


class Thread(Base):
    """The comments of one article, named by the site's own key."""

    __tablename__ = "thread"
    __table_args__ = (
        UniqueConstraint("site_id", "key"),
        Index("ix_thread_site_id_id", "site_id", "id"),
        # Where somebody pastes an article's address.
        Index("ix_thread_url", "site_id", "url"),
        Index("ix_thread_section", "site_id", "section"),
        Index("ix_thread_language", "site_id", "language"),
        # Of these the comments are not yet found by the title: soon nothing.
        Index("ix_thread_unlisted", "id", sqlite_where=text(RETITLED), postgresql_where=text(RETITLED)),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    site_id: Mapped[str] = mapped_column(Id, ForeignKey("site.id"))
    key: Mapped[str] = mapped_column(Text)
    url: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(String(200), default="")
    # The title that its comments can be searched by: `service.moderation.outbox.unlisted` brings it up to date.
    listed_title: Mapped[str | None] = mapped_column(String(200))
    section: Mapped[str | None] = mapped_column(String(100))
    tags: Mapped[list[str]] = mapped_column(default=list)
    language: Mapped[str | None] = mapped_column(String(35))
    mode: Mapped[str | None] = mapped_column(String(40))
    state: Mapped[ThreadState] = mapped_column(EnumText(ThreadState), default=ThreadState.OPEN)
    # Until the newsroom has spoken, url and title are what the post of a published comment said; where none is
    # published, of any, and then only for moderators. `url` may be empty: nobody who counts has said it.
    verified: Mapped[bool] = mapped_column(default=False)
    # Counts every change of what the public sees; a document built at version v is stale at v + 1.
    version: Mapped[int] = mapped_column(default=0)
    # The version that the rows of `place` are right for; none before they are made for the first time.
    placed_version: Mapped[int | None]
    published_count: Mapped[int] = mapped_column(default=0)
    # What moderators tell readers above the comments, as plain text.
    banner: Mapped[str | None] = mapped_column(String(300))
    # Whether readers ask here and the newsroom answers. Its places are then in another order, and it has `Question`s.
    questions: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    created_at: Mapped[datetime]

    @property
    def settled(self) -> bool:
        """Whether url and title are for readers."""
        return is_settled(self.verified, self.published_count)

    def page_for(self, url: str | None, title: str | None) -> tuple[str, str]:
        """Address and title of its page, as moderators and rules see it beside a comment.

        `url`, `title`: what that comment's own post said, which holds as long as readers know nothing else.
        """
        return page_seen(self.settled, (self.url, self.title), None if url is None else (url, title or ""))

    def page_for_reader(self, site: Site, url: str | None = None, title: str | None = None) -> tuple[str, str]:
        """The same as a reader sees it: nothing that another's post said, and no address elsewhere.

        `url`, `title`: what the reader's own post said. The address is "" where none is known.
        """
        url, title = page_seen(self.settled, (self.url, self.title), (url or "", title or ""))
        return url if site.owns(url) else "", title


class Place(Base):
    """Where a comment that is or was published stands in its thread, so that a page is read off an index.

    Worked out from `comment`, and to be trusted while `thread.placed_version` is `thread.version`; until then
    `service.moderation.places.place_thread` makes a thread's places anew. Nothing here refers to `comment`: checking
    that would lock its row after the thread's, and whoever moves a comment locks them the other way round.
    """

    __tablename__ = "place"
    __table_args__ = (
        # One for each order of a whole thread, and of its upper levels.
        Index("ix_place_oldest", "thread_id", "key", **_WHILE_LIVE),
        Index("ix_place_newest", "thread_id", "turn", "key", **_WHILE_LIVE),
        Index("ix_place_top", "thread_id", "rank", "turn", "key", **_WHILE_LIVE),
        Index("ix_place_level_oldest", "thread_id", "depth", "key", **_WHILE_LIVE),
        Index("ix_place_level_newest", "thread_id", "depth", "turn", "key", **_WHILE_LIVE),
        Index("ix_place_level_top", "thread_id", "depth", "rank", "turn", "key", **_WHILE_LIVE),
    )

    comment_id: Mapped[str] = mapped_column(Id, primary_key=True)
    thread_id: Mapped[str] = mapped_column(Id, ForeignKey("thread.id"))
    # Its own, or the comment just above `DEEPEST`.
    parent_id: Mapped[str | None] = mapped_column(Id)
    depth: Mapped[int]
    # Sorts by time, and never before the parent's; among questions as `service.moderation.questions` says.
    key: Mapped[str] = mapped_column(Text)
    # The id of the conversation's first comment with its letters reversed: the newest sorts first.
    turn: Mapped[str] = mapped_column(String(26))
    # Minus the votes of the conversation's first comment: the most sort first.
    rank: Mapped[int]
    # Published comments here and below. A comment is shown while there are any, as a tombstone if it isn't one of them.
    live: Mapped[int]
    # Published comments directly below.
    replies: Mapped[int]


class Ancestor(Base):
    """That one comment stands somewhere above another; `shown` and `key` are the lower one's, `below` says how far."""

    __tablename__ = "ancestor"
    __table_args__ = (
        Index("ix_ancestor_oldest", "above_id", "key", **_WHILE_SHOWN),
        Index("ix_ancestor_level_oldest", "above_id", "below", "key", **_WHILE_SHOWN),
    )

    comment_id: Mapped[str] = mapped_column(Id, primary_key=True)
    above_id: Mapped[str] = mapped_column(Id, primary_key=True)
    below: Mapped[int]
    key: Mapped[str] = mapped_column(Text)
    shown: Mapped[bool]


class Question(Base):
    """What a reader asked in a thread of questions: a conversation's first comment, and whether the newsroom has
    answered it.

    Worked out from `comment`, made and trusted together with the thread's places, and as they are under the thread's
    lock. Only threads of questions have any.
    """

    __tablename__ = "question"
    __table_args__ = (
        # One for each order in which readers go through those with or without an answer.
        Index("ix_question_oldest", "thread_id", "answered", "comment_id", **_WHILE_SHOWN),
        Index("ix_question_newest", "thread_id", "answered", "turn", **_WHILE_SHOWN),
        Index("ix_question_top", "thread_id", "answered", "rank", "turn", **_WHILE_SHOWN),
        # What the newsroom still has to answer, on all threads of a site.
        Index("ix_question_unanswered", "site_id", "comment_id", **_WHILE_UNANSWERED),
    )

    comment_id: Mapped[str] = mapped_column(Id, primary_key=True)
    thread_id: Mapped[str] = mapped_column(Id, ForeignKey("thread.id"))
    site_id: Mapped[str] = mapped_column(Id, ForeignKey("site.id"))
    # As the comment's place has them.
    turn: Mapped[str] = mapped_column(String(26))
    rank: Mapped[int]
    # Whether it is published itself.
    shown: Mapped[bool]
    # The newsroom's published answers anywhere below it, and whether there are any.
    answers: Mapped[int]
    answered: Mapped[bool]
