"""Judging one comment by itself, and giving up on it. One poison comment must not condemn those beside it.

Attempts are counted in the database before they are made: a comment that kills the worker is counted too.
"""

from sqlalchemy import select, update

from models import Comment, Status
from service.moderation.judging.judge import dead_letter_move
from service.moderation.moves import Move
from service.moderation.record import standings, write
from service.moderation.watchdog import suspects
from service.queue.stream import add_dead_letter
from service.telemetry import DEAD_LETTERS, logger
from service.wiring import Services

log = logger(__name__)

MOST_FAILURES = 3


def begin_attempt(services: Services, comment_id: str) -> int | None:
    """Counts an attempt; how many failed before it, or None where there is nothing left to judge."""
    with services.write() as session:
        failures = session.scalar(
            select(Comment.solo_failures)
            .where(Comment.id == comment_id, Comment.status == Status.RECEIVED)
            .with_for_update(key_share=True)
        )
        if failures is not None and failures < MOST_FAILURES:
            session.execute(update(Comment).where(Comment.id == comment_id).values(solo_failures=failures + 1))
    return failures


def uncount_attempt(services: Services, comment_id: str, failures: int) -> None:
    """The attempt did not count: the database was away, and that is not the comment's fault."""
    with services.write() as session:
        session.execute(
            update(Comment)
            .where(Comment.id == comment_id, Comment.status == Status.RECEIVED)
            .values(solo_failures=failures)
        )


def give_up(services: Services, comment_id: str, error: str, request_id: str = "") -> list[Move]:
    """Lets a person decide what no worker could judge, and notes a dead letter; no move if somebody was faster."""
    mails = services.settings.sends_mail
    rules = suspects.load(services.redis, comment_id)
    with services.write() as session:
        standing = standings(session, [comment_id], lock=True).get(comment_id)
        if standing is None or standing.status is not Status.RECEIVED:
            return []
        moves = write(session, [dead_letter_move(standing, rules)], now=services.clock.now(), mails=mails)
    for move in moves:
        DEAD_LETTERS.inc()
        log.error("dead_letter", comment=comment_id, error=error, request_id=request_id or None)
        add_dead_letter(services.slow_redis, comment_id, move.revision, error)
    return moves
