"""Numbers that are kept beside what they count, compared with a recount, a little at a time.

Every move keeps them in its own transaction (`service.moderation.record`), so that nothing should ever be found here.
What is found is put right, told as an error with both numbers, and counted: it is a fault of this program, or
somebody's hand in the database.

- of a thread: its number of published comments, the places that its pages are read off, and where readers ask, its
  questions and which of them are answered;
- of a comment: how the entries say it stands that the queue's filters and the search are counted by, and what it says
  of open reports and appeals.

The moderators' backlog in Redis has its own (`rebuild.reconcile_backlogs`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from models import Comment, Question, Thread
from models.comment import JUDGED
from models.queries.upkeep.counts import (
    complaints_counted,
    complaints_said,
    counted_threads,
    is_astray,
    listed_after,
    rules_astray,
    threads_after,
)
from models.queries.upkeep.questions import questions_astray
from service.database_errors import again_when_contended
from service.moderation import listed
from service.moderation.complaints.settling import recount
from service.moderation.moved_threads import PAGE
from service.moderation.places import place_in_steps
from service.moderation.record import standings
from service.queue.wakes import wake_threads
from service.telemetry import COUNTS_COMPARED, COUNTS_MENDED, logger
from service.wiring import Services

log = logger(__name__)

# What is compared, as the metric of what was put right names it.
KEPT = ("published_count", "places", "questions", "listed", "complaints")
THREADS_AT_ONCE = 50
# Published comments of the threads of one look, one large thread excepted.
IN_THREADS_AT_ONCE = 20_000
COMMENTS_AT_ONCE = 500


@dataclass(slots=True)
class Recount:
    """Goes round through all threads and all comments; where it is lasts as long as this does."""

    services: Services
    _thread: str = ""
    _comment: str = ""
    # What was compared, and what was put right, so far.
    compared: dict[str, int] = field(default_factory=lambda: {"threads": 0, "comments": 0})
    mended: dict[str, int] = field(default_factory=lambda: dict.fromkeys(KEPT, 0))

    def step(self) -> None:
        """The next few of both; from the start again after the last. Raises Unavailable."""
        self._step_threads()
        self._step_comments()

    def all(self) -> None:
        """All of them once."""
        while self._step_threads():
            pass
        while self._step_comments():
            pass

    def _step_threads(self) -> bool:
        with self.services.read() as session:
            page = session.execute(threads_after(self._thread).limit(THREADS_AT_ONCE)).all()
            ids: list[str] = []
            within = 0
            for thread_id, published in page:
                within += published
                if ids and within > IN_THREADS_AT_ONCE:
                    break
                ids.append(thread_id)
            found = session.execute(counted_threads(ids)).all() if ids else []
            asked = set(session.scalars(questions_astray(ids))) if ids else set()
        for thread_id, said, published, placed, live in found:
            if said != published:
                self._tell(self._mend_count(thread_id), "published_count", thread=thread_id)
            elif placed and live != published:
                self._tell(self._mend_places(thread_id), "places", thread=thread_id)
            elif thread_id in asked:
                self._tell(self._mend_questions(thread_id), "questions", thread=thread_id)
        self._thread = ids[-1] if ids else ""
        self._count("threads", len(ids))
        return bool(ids)

    def _step_comments(self) -> bool:
        with self.services.read() as session:
            rows = session.execute(listed_after(self._comment).limit(COMMENTS_AT_ONCE)).all()
            ids = [row[0] for row in rows]
            astray = {row[0] for row in rows if is_astray(row[1], row[2], row[3])}
            astray |= set(session.scalars(rules_astray(ids[0], ids[-1]))) if ids else set()
            complaints = _complaints_astray(session, ids[0], ids[-1]) if ids else []
        for comment_id in complaints:
            self._tell(self._mend_complaints(comment_id), "complaints", comment=comment_id)
        if astray:
            self._tell(self._mend_listed(sorted(astray)), "listed", comment=min(astray))
        self._comment = ids[-1] if ids else ""
        self._count("comments", len(ids))
        return bool(ids)

    def _count(self, what: str, count: int) -> None:
        self.compared[what] += count
        COUNTS_COMPARED.labels(what).inc(count)

    def _tell(self, differed: tuple[int, int] | None, what: str, **where: str) -> None:
        """`differed`: what was said and what was counted; None where it was right once looked at under a lock."""
        if differed is None:
            return
        said, counted = differed
        log.error("count_drifted", what=what, said=said, counted=counted, **where)
        COUNTS_MENDED.labels(what).inc()
        self.mended[what] += 1

    @again_when_contended
    def _mend_count(self, thread_id: str) -> tuple[int, int] | None:
        with self.services.write() as session:
            verified = session.scalar(
                select(Thread.verified).where(Thread.id == thread_id).with_for_update(key_share=True)
            )
            row = session.execute(counted_threads([thread_id])).one_or_none()
            if row is None or row[1] == row[2]:
                return None
            session.execute(
                update(Thread)
                .where(Thread.id == thread_id)
                # Its documents are built anew, and its places made anew with them.
                .values(
                    published_count=row[2],
                    version=Thread.version + 1,
                    placed_version=None,
                    **({} if verified else PAGE),
                )
            )
        wake_threads(self.services.redis, [thread_id])
        return row[1], row[2]

    @again_when_contended
    def _mend_places(self, thread_id: str) -> tuple[int, int] | None:
        with self.services.write() as session:
            session.execute(select(Thread.id).where(Thread.id == thread_id).with_for_update(key_share=True))
            row = session.execute(counted_threads([thread_id])).one_or_none()
            if row is None or not row[3] or row[4] == row[2]:
                return None
            session.execute(
                update(Thread).where(Thread.id == thread_id).values(version=Thread.version + 1, placed_version=None)
            )
        wake_threads(self.services.redis, [thread_id])
        return row[4], row[2]

    def _mend_questions(self, thread_id: str) -> tuple[int, int] | None:
        differed = self._forget_questions(thread_id)
        if differed is not None:
            # The desk lists them too, and makes nothing anew.
            place_in_steps(self.services, thread_id)
            wake_threads(self.services.redis, [thread_id])
        return differed

    @again_when_contended
    def _forget_questions(self, thread_id: str) -> tuple[int, int] | None:
        """Lets them be made anew with the places. How many differed, of none that may."""
        with self.services.write() as session:
            session.execute(select(Thread.id).where(Thread.id == thread_id).with_for_update(key_share=True))
            astray = session.execute(questions_astray([thread_id])).all()
            if not astray:
                return None
            none = [comment_id for _, comment_id, is_question in astray if not is_question]
            session.execute(delete(Question).where(Question.comment_id.in_(none)))
            session.execute(
                update(Thread).where(Thread.id == thread_id).values(version=Thread.version + 1, placed_version=None)
            )
        return len(astray), 0

    @again_when_contended
    def _mend_complaints(self, comment_id: str) -> tuple[int, int] | None:
        with self.services.write() as session:
            standings(session, [comment_id], lock=True)
            # Looked at again, now that nobody can decide about it nor report it.
            if not _complaints_astray(session, comment_id, comment_id):
                return None
            said = session.execute(complaints_said(comment_id, comment_id)).first()
            recount(session.connection(), [comment_id])
            counted = session.execute(complaints_said(comment_id, comment_id)).first()
        return _sum(said), _sum(counted)

    @again_when_contended
    def _mend_listed(self, comment_ids: Sequence[str]) -> tuple[int, int] | None:
        """Lets `unlisted` list them anew. `comment_ids` in order; how many are listed rightly of how many."""
        with self.services.write() as session:
            standing = (
                select(Comment.id, Comment.status)
                .where(Comment.id.in_(comment_ids))
                .order_by(Comment.id)
                .with_for_update(key_share=True)
            )
            statuses = {row[0]: row[1] for row in session.execute(standing)}
            # Looked at again, now that nobody can move them.
            rows = session.execute(listed_after("").where(Comment.id.in_(comment_ids))).all()
            wrong = {row[0] for row in rows if is_astray(row[1], row[2], row[3])}
            wrong |= set(session.scalars(rules_astray(comment_ids[0], comment_ids[-1]))) & set(comment_ids)
            if not wrong:
                return None
            listed.forget(session.connection(), sorted(wrong))
            anew = [comment_id for comment_id in wrong if statuses[comment_id] in JUDGED]
            if anew:
                session.execute(update(Comment).where(Comment.id.in_(anew)).values(listed_version=None))
        return len(comment_ids) - len(wrong), len(comment_ids)


def _complaints_astray(session: Session, first: str, last: str) -> list[str]:
    """Which comments from `first` to `last` say something else of open reports and appeals than there are."""
    said = {row[0]: (row[1], int(row[2])) for row in session.execute(complaints_said(first, last))}
    reports, appeals = (dict(session.execute(query).all()) for query in complaints_counted(first, last))
    return sorted(
        comment_id
        for comment_id in {*said, *reports, *appeals}
        if said.get(comment_id, (0, 0)) != (reports.get(comment_id, 0), appeals.get(comment_id, 0))
    )


def _sum(said: Sequence[Any] | None) -> int:
    return 0 if said is None else said[1] + int(said[2])
