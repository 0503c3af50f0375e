"""Repairs what the fast path lost: sends again, trims the stream, puts the backlog right, brings back what was
held until now, adds up readers' votes, measures the wait."""

import threading
import time
from collections.abc import Callable, Collection
from datetime import datetime, timedelta

from redis.exceptions import RedisError
from sqlalchemy import func, select, update

from models import Comment, Status
from models.queries.conditions import is_status
from service.errors import Refused
from service.moderation.complaints.retention import drop_settled
from service.moderation.decision_keys import forget_old
from service.moderation.judging.overdue import take
from service.moderation.outbox.rebuild import reconcile_backlogs
from service.moderation.outbox.recount import Recount
from service.moderation.outbox.told_replies import forget_told
from service.moderation.outbox.unlisted import list_unlisted
from service.moderation.outbox.vote_counts import VoteCounts, forget_votes
from service.moderation.set_aside.due import bring_back
from service.privacy.logins import forget_uses
from service.queue import stream
from service.queue.redis_guard import RedisUnavailable
from service.telemetry import QUEUE_OLDEST, REDIS_FAILURES, SWEPT, logger
from service.wiring import Services

log = logger(__name__)

# What is still `received` so long after its message was sent may have lost it.
# With the sweep's own pace and a batch's time a comment is judged within half a minute all the same.
RESEND_AFTER = timedelta(seconds=15)
# Between a comment's `sent_at` and its message lies its commit.
COMMIT_MOST = timedelta(seconds=5)
# Whatever the stream looks like, nobody waits longer than this for a second message.
RESEND_AT_LAST = timedelta(minutes=15)
READ_AT_ONCE = 500
MOST_READS = 20

SWEEP_EVERY = 2.0
TRIM_EVERY = 10.0
RECONCILE_EVERY = 60.0
RETIRE_EVERY = 600.0
BRING_BACK_EVERY = 1.0
LIST_EVERY = 1.0
RECOUNT_EVERY = 5.0
VOTES_EVERY = 1.0
FORGET_EVERY = 60.0


def resend(services: Services) -> int:
    """Sends the comments that wait without a message; how many. Does nothing without Redis.

    A comment waits without one when it was sent before anything that the stream still holds for the group: a long
    queue is not a lost message, and sending it twice would only make it longer.
    """
    now = services.clock.now()
    with services.read() as session:
        oldest_sent, oldest = session.execute(
            select(func.min(Comment.sent_at), func.min(Comment.created_at)).where(
                is_status(Comment.status, Status.RECEIVED)
            )
        ).one()
    QUEUE_OLDEST.set(0 if oldest is None else max(0.0, (now - oldest).total_seconds()))
    if oldest_sent is None or oldest_sent > now - RESEND_AFTER:
        return 0
    try:
        age = stream.waiting_since(services.redis)
    except RedisError as error:
        REDIS_FAILURES.labels("sweep").inc()
        log.warning("sweep_without_redis", error=type(error).__name__)
        return 0
    before = now - RESEND_AFTER
    if age is not None:
        before = max(min(before, now - timedelta(seconds=age) - COMMIT_MOST), now - RESEND_AT_LAST)
    swept = 0
    for _ in range(MOST_READS):
        page = [(comment_id, revision) for comment_id, revision, _ in take(services, before, now, READ_AT_ONCE)]
        if not stream.send(services.redis, page):
            _not_sent(services, page, before)
            break
        swept += len(page)
        if len(page) < READ_AT_ONCE:
            break
    if swept:
        SWEPT.inc(swept)
        log.warning("swept", comments=swept)
    return swept


def _not_sent(services: Services, page: Collection[tuple[str, int]], before: datetime) -> None:
    """Lets them be overdue again: a worker's poller judges them without Redis."""
    ids = [comment_id for comment_id, _ in page]
    with services.write() as session:
        waits = is_status(Comment.status, Status.RECEIVED)
        session.execute(update(Comment).where(Comment.id.in_(ids), waits).values(sent_at=before))


def _forget_logins(services: Services) -> None:
    with services.write() as session:
        forget_uses(session, services.clock.now())


def run(services: Services, stop: threading.Event) -> None:
    """Does all this now and then until `stop`, beside the worker. A job that fails is tried again at its turn."""
    reader = stream.Reader(services.slow_redis, "sweep")
    jobs: tuple[tuple[float, Callable[[], object]], ...] = (
        (SWEEP_EVERY, lambda: resend(services)),
        (TRIM_EVERY, lambda: stream.trim(services.slow_redis)),
        (RECONCILE_EVERY, lambda: reconcile_backlogs(services)),
        (RETIRE_EVERY, reader.retire_others),
        (BRING_BACK_EVERY, lambda: bring_back(services)),
        (LIST_EVERY, lambda: list_unlisted(services)),
        (RECOUNT_EVERY, Recount(services).step),
        (VOTES_EVERY, VoteCounts(services).step),
        (FORGET_EVERY, lambda: forget_old(services)),
        (FORGET_EVERY, lambda: forget_votes(services)),
        (FORGET_EVERY, lambda: _forget_logins(services)),
        (FORGET_EVERY, lambda: forget_told(services)),
        (FORGET_EVERY, lambda: drop_settled(services)),
    )
    due = [0.0 for _ in jobs]
    while not stop.is_set():
        for n, (every, job) in enumerate(jobs):
            if stop.is_set() or time.monotonic() < due[n]:
                continue
            due[n] = time.monotonic() + every
            try:
                job()
            except (RedisError, RedisUnavailable, Refused) as error:
                log.warning("sweep_waits", error=type(error).__name__)
            except Exception:
                log.exception("sweep_failed")
        stop.wait(0.5)
