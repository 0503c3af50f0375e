"""Comments that wait for a judge, as the database has them: each with its current text and its thread."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import and_, bindparam, select
from sqlalchemy.orm import Session

from models import Comment, CommentVersion, Status, Thread
from service.moderation.moves import Standing
from service.moderation.record import WANTS_PROOF


class Place(NamedTuple):
    """A thread, as far as judging asks for it, in the order of the select."""

    id: str
    title: str
    language: str | None
    state: str
    mode: str | None
    created_at: datetime
    key: str
    section: str | None
    tags: list[str]


class Row(NamedTuple):
    """A comment that waits for a judge, in the order of the select; `thread` is where it stands."""

    id: str
    site_id: str
    thread_id: str
    revision: int
    current_version: int
    published_version: int | None
    was_published: bool
    priority: int
    created_at: datetime
    wants_proof: bool
    chain_id: str
    proven: str | None
    name: str
    website: str | None
    fingerprint: bytes
    sketch: bytes | None
    prefix_hash: bytes | None
    intake_facts: dict[str, Any]
    text: str
    thread: Place

    @property
    def standing(self) -> Standing:
        return Standing(
            self.id,
            self.site_id,
            self.thread_id,
            Status.RECEIVED,
            self.revision,
            self.current_version,
            self.published_version,
            self.was_published,
            self.priority,
            self.created_at,
            self.wants_proof,
        )

    @property
    def alone(self) -> bool:
        """Whether nothing else can be in its writer chain: an unproven submission starts one, and only the
        receipt of an approved comment lets others join it."""
        return not self.proven and self.current_version == 1


_IDS: Any = bindparam("ids", expanding=True)
_COMMENTS = (
    select(
        Comment.id,
        Comment.site_id,
        Comment.thread_id,
        Comment.revision,
        Comment.current_version,
        Comment.published_version,
        Comment.was_published,
        Comment.priority,
        Comment.created_at,
        WANTS_PROOF,
        Comment.chain_id,
        Comment.proven,
        Comment.name,
        Comment.website,
        Comment.fingerprint,
        Comment.sketch,
        Comment.prefix_hash,
        Comment.intake_facts,
        CommentVersion.text,
    )
    .join(
        CommentVersion,
        and_(CommentVersion.comment_id == Comment.id, CommentVersion.n == Comment.current_version),
    )
    .where(Comment.id.in_(_IDS), Comment.status == Status.RECEIVED)
    .order_by(Comment.id)
)
# By themselves: the comments of a batch share few of them.
_THREADS = select(
    Thread.id,
    Thread.title,
    Thread.language,
    Thread.state,
    Thread.mode,
    Thread.created_at,
    Thread.key,
    Thread.section,
    Thread.tags,
).where(Thread.id.in_(_IDS))


def waiting(session: Session, comment_ids: Sequence[str]) -> list[Row]:
    """Those of the comments that still wait for a judge, in id order."""
    found = session.execute(_COMMENTS, {"ids": list(comment_ids)}).all()
    if not found:
        return []
    places = session.execute(_THREADS, {"ids": list({row[2] for row in found})})
    threads = {row[0]: Place._make(row) for row in places}
    return [Row._make((*row, threads[row[2]])) for row in found]
