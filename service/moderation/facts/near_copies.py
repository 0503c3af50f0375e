"""Near copies of the comments of a batch among those of the last day, whoever wrote them and wherever.

Each worker keeps the day's sketches in memory (`moderation_rules.near_copies.clusters`), the database stays the truth:
before a batch is judged, what has come in since the last one is read in the order of ids, whichever worker judges it.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Protocol

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from models import Comment
from models.database.bulk import Bulk
from models.database.ids import first_id
from models.database.prepared import Prepared
from moderation_rules import Clusters, stamp
from service.moderation.moves import Move

WINDOW = timedelta(days=1)
# Ids are made before they are committed: what is younger is read once more, for those that others overtook.
SETTLED = timedelta(seconds=5)
READ_AT_ONCE = 2000

_comment: Any = Comment.__table__
_TEXTS = Prepared(
    select(Comment.id, Comment.site_id, Comment.sketch, Comment.copy_of)
    .where(Comment.id > bindparam("after"), Comment.id <= bindparam("last"), Comment.sketch.is_not(None))
    .order_by(Comment.id)
    .limit(READ_AT_ONCE)
)
_STORE_CLUSTER = Bulk.update(
    lambda row: update(_comment).where(_comment.c.id == row["id"]).values(copy_of=row["first"]),
    {"id": _comment.c.id.type, "first": _comment.c.copy_of.type},
)


class NearCopyFacts(NamedTuple):
    """`copies`: comments of the last day with the same or nearly the same text. `cluster`: the id of the first."""

    copies: int
    cluster: str


class SketchedComment(Protocol):
    """A comment that is to be judged."""

    @property
    def id(self) -> str: ...
    @property
    def site_id(self) -> str: ...
    @property
    def sketch(self) -> bytes | None: ...
    @property
    def current_version(self) -> int: ...


class NearCopies:
    """What one worker remembers of the last day's texts. Not for several threads."""

    def __init__(self, clusters: Clusters | None = None) -> None:
        self._clusters = clusters or Clusters()
        # Up to `_read` all was read once; up to `_firm` when it was old enough for nothing to be missing.
        self._read = self._firm = ""
        self._young: set[str] = set()  # what was read between the two
        self._again_at: datetime | None = None

    def find(self, session: Session, texts: Sequence[SketchedComment], now: datetime) -> dict[str, NearCopyFacts]:
        """By id, for those of the comments that are long enough to tell.

        A new comment is compared with those before it, an edited one with all that came until now.
        """
        wanted = {text.id: text for text in texts if text.sketch is not None}
        if not wanted:
            return {}
        places: dict[str, int] = {}
        put = self._clusters.put
        for comment_id, site_id, sketch, copy_of in self._unread(session, max(wanted), now):
            place = put(site_id, comment_id, sketch, copy_of)
            if comment_id in wanted:
                places[comment_id] = place
        since = stamp(first_id(now - WINDOW))
        found: dict[str, NearCopyFacts] = {}
        for comment_id, text in wanted.items():
            place = places.get(comment_id) or put(text.site_id, comment_id, text.sketch or b"")
            until = stamp(comment_id) if text.current_version == 1 else stamp(self._read) + 1
            found[comment_id] = NearCopyFacts(
                self._clusters.count(place, comment_id, since, until), self._clusters.name(place)
            )
        return found

    def _unread(self, session: Session, last: str, now: datetime) -> Iterator[Any]:
        """Rows up to `last` that this worker has not read, in id order."""
        day, settled = first_id(now - WINDOW), first_id(now - SETTLED)
        again = self._again_at is None or now - self._again_at >= SETTLED
        if again:
            self._again_at = now
            self._clusters.forget(stamp(day))
        whole = again or self._firm == self._read
        after, last = max(self._firm if again else self._read, day), max(last, self._read)
        while after < last:
            page = _TEXTS.found(session, {"after": after, "last": last})
            yield from [row for row in page if row[0] not in self._young]
            after = page[-1][0] if len(page) == READ_AT_ONCE else last
            self._read = max(self._read, after)
            self._young.update([row[0] for row in page if row[0] > settled])
        if whole:
            self._firm = max(self._firm, min(self._read, settled))
            self._young = {comment_id for comment_id in self._young if comment_id > self._firm}


def store_clusters(session: Session, moves: Sequence[Move]) -> None:
    """Stores which cluster the judged comments belong to, in the transaction of their moves."""
    rows = []
    for move in moves:
        cluster = move.cause.facts.get("near_copy_cluster")
        first = cluster if cluster != move.standing.id else None
        # A comment's first text has no cluster to lose.
        if first is not None or move.standing.current_version > 1:
            rows.append({"id": move.standing.id, "first": first})
    _STORE_CLUSTER.run(session.connection(), rows)
