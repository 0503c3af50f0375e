"""Comments that wait for a judge, as the database has them: each with its current text and its thread."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import and_, bindparam, select
from sqlalchemy.orm import Session

from models import Comment, CommentVersion, Status, Thread
from models.database.prepared import Prepared
from models.thread import is_settled, page_seen
from service.moderation.moves import Standing
from service.moderation.record import STANDING


class ThreadRow(NamedTuple):
    """A thread, as far as judging asks for it: columns of it by their names."""

    id: str
    title: str
    language: str | None
    state: str
    mode: str | None
    verified: bool
    published_count: int
    created_at: datetime
    key: str
    section: str | None
    tags: list[str]


class ReceivedRow(NamedTuple):
    """A comment that waits for a judge: how it stands, columns of its own by their names, its text and its thread."""

    standing: Standing
    chain_id: str
    proven: str | None
    disowned_at: datetime | None
    name: str
    website: str | None
    fingerprint: bytes
    sketch: bytes | None
    prefix_hash: bytes | None
    intake_facts: dict[str, Any]
    page_title: str | None
    text: str
    thread: ThreadRow

    @property
    def id(self) -> str:
        return self.standing.id

    @property
    def site_id(self) -> str:
        return self.standing.site_id

    @property
    def thread_id(self) -> str:
        return self.standing.thread_id

    @property
    def current_version(self) -> int:
        return self.standing.current_version

    @property
    def created_at(self) -> datetime:
        return self.standing.created_at

    @property
    def title(self) -> str:
        """What its page is called: as readers know it, before that as its own post says."""
        place = self.thread
        return page_seen(is_settled(place.verified, place.published_count), place.title, self.page_title)

    @property
    def first_in_chain(self) -> bool:
        """Whether nothing else can be in its writer chain: an unproven submission starts one, and only the
        receipt of an approved comment lets others join it."""
        return not self.proven and self.current_version == 1


_IDS: Any = bindparam("ids", expanding=True)
_OWN = [getattr(Comment, name) for name in ReceivedRow._fields if name not in ("standing", "text", "thread")]
_COMMENTS = Prepared(
    select(*STANDING, *_OWN, CommentVersion.text)
    .join(
        CommentVersion,
        and_(CommentVersion.comment_id == Comment.id, CommentVersion.n == Comment.current_version),
    )
    .where(Comment.id.in_(_IDS), Comment.status == Status.RECEIVED)
    .order_by(Comment.id)
)
# By themselves: the comments of a batch share few of them.
_THREADS = Prepared(select(*(getattr(Thread, name) for name in ThreadRow._fields)).where(Thread.id.in_(_IDS)))


def received(session: Session, comment_ids: Sequence[str]) -> list[ReceivedRow]:
    """Those of the comments that still wait for a judge, in id order."""
    found = [
        (Standing(*row[: len(STANDING)]), row[len(STANDING) :])
        for row in _COMMENTS.found(session, {"ids": comment_ids})
    ]
    if not found:
        return []
    places = _THREADS.found(session, {"ids": {standing.thread_id for standing, _ in found}})
    threads = {row[0]: ThreadRow._make(row) for row in places}
    return [ReceivedRow._make((standing, *own, threads[standing.thread_id])) for standing, own in found]
