"""Everything that Redis held, made anew from the database: the stream of what waits for a judge, and the backlogs."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any, cast

from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import select, update

from models import Comment, Site, Status
from models.queries.conditions import is_status
from models.queries.waiting import first_pending, pending_counts, still_waiting, waiting_after
from service.errors import Unavailable
from service.queue import backlog
from service.queue.redis_guard import RedisUnavailable, guarded
from service.queue.stream import Reader, send
from service.wiring import Services

READ_AT_ONCE = 1000
# A backlog is compared with what waits by its length up to so many. Of a longer one the front is put right, which is
# what moderators get next: whatever was lost further back comes there before it is missed.
COUNTED_MOST = 1000
FRONT = 100
SITES_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """How many comments were sent to be judged, and how many wait for a person."""

    sent: int
    pending: int


def rebuild(services: Services) -> Rebuilt:
    """Sends every `received` comment and fills every site's backlog. May run beside everything else, and twice.

    Raises Unavailable without database or Redis.
    """
    redis = services.slow_redis
    try:
        Reader(redis, "rebuild").make_group()
    except RedisError as error:
        raise Unavailable("Redis cannot be used.") from error
    sent = 0
    for page in _received(services):
        if not send(redis, page):
            raise Unavailable("Redis cannot be used.")
        sent += len(page)
    with services.read() as session:
        sites = list(session.scalars(select(Site.id)))
    try:
        return Rebuilt(sent, sum(rebuild_backlog(services, site_id) for site_id in sites))
    except RedisUnavailable as error:
        raise Unavailable("Redis cannot be used.") from error


def rebuild_backlog(services: Services, site_id: str) -> int:
    """Makes the site's backlog hold what is pending and nothing else; how many that is. Raises RedisUnavailable."""
    redis = services.slow_redis
    pending: set[str] = set()
    for page in _pending(services, site_id):
        if not backlog.put(redis, site_id, page):
            raise RedisUnavailable("rebuild")
        pending.update(comment_id for comment_id, _, _ in page)
    extra = _waiting(redis, site_id) - pending
    # Looked at again: one may have become pending after its page was read.
    gone = extra - _still_pending(services, extra)
    if gone and not backlog.drop(redis, site_id, gone):
        raise RedisUnavailable("rebuild")
    return len(pending)


def reconcile_backlogs(services: Services) -> int:
    """Rebuilds the backlogs whose length is wrong, after a flush or a lost message; how many.

    Costs the same however many comments wait. Raises RedisUnavailable.
    """
    counts: dict[str, int] = {}
    with services.read() as session:
        sites = list(session.scalars(select(Site.id)))
        for start in range(0, len(sites), SITES_AT_ONCE):
            counts |= dict(session.execute(pending_counts(sites[start : start + SITES_AT_ONCE], COUNTED_MOST)).all())
        long = [site_id for site_id, count in counts.items() if count > COUNTED_MOST]
        fronts = {site_id: session.execute(first_pending(site_id, FRONT)).all() for site_id in long}
    with guarded(services.slow_redis, "reconcile"):
        with services.slow_redis.pipeline(transaction=False) as pipe:
            for site_id in counts:
                pipe.zcard(backlog.waiting_key(pipe, site_id))
            lengths = pipe.execute() if counts else []
    for site_id, front in fronts.items():
        backlog.put(services.slow_redis, site_id, [(row[0], row[1], row[2]) for row in front])
    wrong = [
        site_id
        for (site_id, count), length in zip(counts.items(), lengths, strict=True)
        if count != min(length, COUNTED_MOST + 1)
    ]
    for site_id in wrong:
        rebuild_backlog(services, site_id)
    return len(wrong)


def _received(services: Services) -> Iterator[list[tuple[str, int]]]:
    """Pages of what waits for a judge, marked as sent now, so that the sweep does not send them once more."""
    last = ""
    while True:
        with services.write() as session:
            rows = session.execute(
                select(Comment.id, Comment.revision)
                .where(is_status(Comment.status, Status.RECEIVED), Comment.id > last)
                .order_by(Comment.id)
                .limit(READ_AT_ONCE)
            ).all()
            ids = [row[0] for row in rows]
            if ids:
                session.execute(update(Comment).where(Comment.id.in_(ids)).values(sent_at=services.clock.now()))
        if not rows:
            return
        yield [(row[0], row[1]) for row in rows]
        last = ids[-1]


def _pending(services: Services, site_id: str) -> Iterator[list[backlog.Waiting]]:
    last = ""
    while True:
        # A page a transaction: a long reader would keep SQLite from shortening its log.
        with services.read() as session:
            rows = session.execute(waiting_after(site_id, last, READ_AT_ONCE)).all()
        if not rows:
            return
        yield [(row[0], row[1], row[2]) for row in rows]
        last = rows[-1][0]


def _waiting(redis: Redis, site_id: str) -> set[str]:
    with guarded(redis, "rebuild"):
        found = cast(Any, redis).zscan_iter(backlog.waiting_key(redis, site_id), count=READ_AT_ONCE)
        return {member.decode() for member, _ in found}


def _still_pending(services: Services, comment_ids: Collection[str]) -> set[str]:
    wanted = sorted(comment_ids)
    found: set[str] = set()
    for start in range(0, len(wanted), READ_AT_ONCE):
        with services.read() as session:
            found.update(session.scalars(still_waiting(wanted[start : start + READ_AT_ONCE])))
    return found
