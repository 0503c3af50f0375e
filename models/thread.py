import re
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.database.base import Base, EnumText, Id

# C0, DEL and C1, and halves of surrogate pairs.
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


class ThreadState(StrEnum):
    OPEN = "open"
    CLOSED = "closed"
    HIDDEN = "hidden"


KEY_BYTES = 512


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


class Thread(Base):
    """The comments of one article, named by the site's own key."""

    __tablename__ = "thread"
    __table_args__ = (UniqueConstraint("site_id", "key"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    site_id: Mapped[str] = mapped_column(Id, ForeignKey("site.id"))
    key: Mapped[str] = mapped_column(Text)
    url: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(String(200), default="")
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
    created_at: Mapped[datetime]

    @property
    def settled(self) -> bool:
        """Whether url and title are for readers: the newsroom's, or those of a comment that is published."""
        return self.verified or self.published_count > 0

    def page_for(self, url: str | None, title: str | None) -> tuple[str, str]:
        """Address and title of its page, as moderators and rules see it beside a comment.

        `url`, `title`: what that comment's own post said, which holds as long as readers know nothing else.
        """
        return (self.url, self.title) if self.settled or url is None else (url, title or "")
