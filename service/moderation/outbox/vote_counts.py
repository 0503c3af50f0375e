"""Readers' votes, added up: into the documents every ten seconds, however many there are.

A vote that is not counted yet is its own outbox: a row whose `value` is not what was `counted`. A thread moves on at
most once in each ten seconds of the clock, whoever counts, since only votes from before these ten seconds make it due.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Integer, bindparam, case, delete, func, select, text, tuple_, update
from sqlalchemy.orm import Session

from models import Comment, Place, Question, Thread, Vote
from models.database.bulk import Bulk
from models.database.ids import reverse
from models.readers.vote import UNCOUNTED
from service.database_errors import again_when_contended
from service.queue.wakes import wake_threads
from service.wiring import Services

STEP_SECONDS = 10
KEPT_DAYS = 30
COMMENTS_AT_ONCE = 2_000
FORGET_AT_ONCE = 1_000

# In the words of the index.
_LIVE = text("place.live > 0")
_comment: Any = Comment.__table__
_place: Any = Place.__table__
_question: Any = Question.__table__
_COUNT = Bulk.update(
    lambda row: update(_comment).where(_comment.c.id == row["id"]).values(votes=row["votes"]),
    {"id": _comment.c.id.type, "votes": Integer()},
)
# Of a whole conversation, found by the comment that it began with. What is hidden gets its rank when it comes back
# (`service.moderation.places`). One after the other: for many at once PostgreSQL would rather read all places.
_RANK = (
    update(_place)
    .where(_place.c.thread_id == bindparam("of_thread"), _place.c.turn == bindparam("of_turn"), _LIVE)
    .values(rank=bindparam("ranked"))
)
_RANK_QUESTION = (
    update(_question)
    .where(_question.c.thread_id == bindparam("of_thread"), _question.c.comment_id == bindparam("of_comment"))
    .values(rank=bindparam("ranked"))
)
_STEP = (
    update(Thread)
    .where(Thread.id.in_(bindparam("ids", expanding=True)))
    .values(
        version=Thread.version + 1,
        # What is ranked anew is in its place: places that were right are right.
        placed_version=case((Thread.placed_version == Thread.version, Thread.version + 1)),
    )
)


class VoteCounts:
    """Adds up what came, once in each ten seconds of the clock."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._counted_to: datetime | None = None

    def step(self) -> int:
        """Counts the votes that are due, if that was not done within these ten seconds; of how many comments.

        Raises Unavailable; then nothing is lost, and the next call counts them.
        """
        now = self._services.clock.now()
        until = datetime.fromtimestamp(now.timestamp() // STEP_SECONDS * STEP_SECONDS, UTC)
        if until == self._counted_to:
            return 0
        counted = count_votes(self._services, until)
        self._counted_to = until
        return counted


def count_votes(services: Services, until: datetime) -> int:
    """Counts all votes in the threads where one from before `until` waits; for how many comments."""
    with services.read() as session:
        rows = session.execute(
            select(Comment.thread_id, Vote.comment_id, func.min(Vote.changed_at))
            .join(Comment, Comment.id == Vote.comment_id)
            .where(text(UNCOUNTED))
            .group_by(Comment.thread_id, Vote.comment_id)
        ).all()
    due = {thread_id for thread_id, _, oldest in rows if oldest < until}
    waiting: defaultdict[str, list[str]] = defaultdict(list)
    for thread_id, comment_id, _ in rows:
        if thread_id in due:
            waiting[thread_id].append(comment_id)
    return sum(_count(services, sorted(some)) for some in _in_parts(waiting.values()))


def forget_votes(services: Services) -> int:
    """Drops rows that nothing has changed for 30 days; how many. What they counted stays counted."""
    before = services.clock.now() - timedelta(days=KEPT_DAYS)
    old = (Vote.changed_at < before, Vote.value == Vote.counted)
    some = select(Vote.comment_id, Vote.voter).where(*old).order_by(Vote.changed_at).limit(FORGET_AT_ONCE)
    # The conditions once more: of one that is changed meanwhile.
    forget = delete(Vote).where(tuple_(Vote.comment_id, Vote.voter).in_(some), *old).returning(Vote.comment_id)
    forgotten = 0
    while True:
        with services.write() as session:
            gone = len(session.execute(forget.execution_options(synchronize_session=False)).all())
        forgotten += gone
        if gone < FORGET_AT_ONCE:
            return forgotten


def _in_parts(threads: Iterable[Sequence[str]]) -> Iterator[list[str]]:
    """Comments of whole threads, as many as one transaction takes. A thread that has more moves on more than once."""
    part: list[str] = []
    for comment_ids in threads:
        if part and len(part) + len(comment_ids) > COMMENTS_AT_ONCE:
            yield part
            part = []
        part += comment_ids
        while len(part) > COMMENTS_AT_ONCE:
            yield part[:COMMENTS_AT_ONCE]
            part = part[COMMENTS_AT_ONCE:]
    if part:
        yield part


@again_when_contended
def _count(services: Services, comment_ids: Sequence[str]) -> int:
    """Counts the votes of these comments, of whole threads, in one transaction. Somebody else may be doing the same."""
    with services.write() as session:
        comments = {
            row.id: row
            for row in session.execute(
                select(Comment.id, Comment.thread_id, Comment.votes)
                .where(Comment.id.in_(comment_ids))
                .order_by(Comment.id)
                .with_for_update(key_share=True)
            )
        }
        more = _take(session, comment_ids)
        changed = [
            {"id": id_, "thread_id": row.thread_id, "votes": row.votes + more[id_]}
            for id_, row in comments.items()
            if more.get(id_)
        ]
        threads = sorted({row["thread_id"] for row in changed})
        if changed:
            connection = session.connection()
            _COUNT.run(connection, [{"id": row["id"], "votes": row["votes"]} for row in changed])
            session.execute(
                select(Thread.id).where(Thread.id.in_(threads)).order_by(Thread.id).with_for_update(key_share=True)
            )
            tops = set(
                session.scalars(
                    select(Place.comment_id).where(
                        Place.comment_id.in_([row["id"] for row in changed]), Place.depth == 0
                    )
                )
            )
            ranked = [
                {
                    "of_thread": row["thread_id"],
                    "of_turn": reverse(row["id"]),
                    "of_comment": row["id"],
                    "ranked": -row["votes"],
                }
                for row in changed
                if row["id"] in tops
            ]
            if ranked:
                connection.execute(_RANK, ranked)
                connection.execute(_RANK_QUESTION, ranked)
            session.execute(_STEP, {"ids": threads}, execution_options={"synchronize_session": False})
    wake_threads(services.redis, threads)
    return len(changed)


def _take(session: Session, comment_ids: Collection[str]) -> dict[str, int]:
    """Marks the votes of these comments, which are locked, as counted; what they add, by comment.

    A statement for each value that was counted before, since only what is there afterwards can be returned. Nobody else
    changes what was counted: a vote that changes meanwhile is in what is returned, or still waits.
    """
    more: defaultdict[str, int] = defaultdict(int)
    for before in (-1, 0, 1):
        taken = (
            update(Vote)
            .where(Vote.comment_id.in_(comment_ids), Vote.counted == before, text(UNCOUNTED))
            .values(counted=Vote.value)
            .returning(Vote.comment_id, Vote.value)
            .execution_options(synchronize_session=False)
        )
        for comment_id, value in session.execute(taken):
            more[comment_id] += value - before
    # What was taken back and counted back says nothing any more.
    nothing = delete(Vote).where(Vote.comment_id.in_(comment_ids), Vote.value == 0, Vote.counted == 0)
    session.execute(nothing.execution_options(synchronize_session=False))
    return more
