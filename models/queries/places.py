"""What is read of the places of comments: by id, as some come and go, and of a whole thread, to make them anew."""

from typing import NamedTuple

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import aliased

from models.comment import Comment
from models.database.base import Id
from models.database.bulk import Bulk
from models.queries.conditions import is_staff
from models.thread import Ancestor, Place

_reply = aliased(Comment)
_ID = {"id": Id}
# A `Moved`.
MOVED = Bulk.select(
    lambda row: select(
        Comment.id,
        Comment.thread_id,
        Comment.parent_id,
        Comment.votes,
        is_staff(),
        select(Place.comment_id).where(Place.comment_id == Comment.id).exists(),
        select(_reply.id).join(Place, Place.comment_id == _reply.id).where(_reply.parent_id == Comment.id).exists(),
    ).where(Comment.id == row["id"]),
    _ID,
)
# Where it stands and how many comments are to be seen there.
PLACES = Bulk.select(
    lambda row: select(Place.comment_id, Place.parent_id, Place.key, Place.turn, Place.rank, Place.live).where(
        Place.comment_id == row["id"]
    ),
    _ID,
)
# The ids above it, the conversation's first one first.
ABOVE = Bulk.select(
    lambda row: (
        select(Ancestor.comment_id, Ancestor.above_id)
        .where(Ancestor.comment_id == row["id"])
        .order_by(Ancestor.comment_id, Ancestor.below.desc())
    ),
    _ID,
)

# A `Row` each of all that a thread has or had to show, in the order of time.
PUBLISHED_ONCE = (
    select(Comment.id, Comment.parent_id, Comment.published_version.is_not(None), Comment.votes, is_staff())
    .where(
        Comment.thread_id == bindparam("thread_id"),
        or_(Comment.published_version.is_not(None), Comment.was_published),
    )
    .order_by(Comment.id)
)


class Moved(NamedTuple):
    """A comment that appears or goes, whether the newsroom wrote it, whether it has a place, and whether one of its
    replies has."""

    id: str
    thread_id: str
    parent_id: str | None
    votes: int
    staff: bool
    placed: bool
    replied: bool


class Row(NamedTuple):
    """One comment that is or was published, as the database has it."""

    id: str
    parent_id: str | None
    published: bool
    votes: int
    # Whether the newsroom wrote it.
    staff: bool = False
