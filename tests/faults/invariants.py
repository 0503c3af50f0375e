"""What must be true whatever was broken: nothing lost, nothing published twice, nothing published unjudged."""

import itertools
from typing import Any

from redis.exceptions import ResponseError
from sqlalchemy import func, select

from models import Comment, Decision, Status, Thread
from service.queue.stream import CLAIM_SECONDS, MODERATION, STREAM
from service.redis_keys import key
from service.wiring import Services
from tests.factories import add_comment
from tests.waiting import wait_until

_numbers = itertools.count(1)


def add_comments(services: Services, thread: Thread, count: int) -> list[Comment]:
    # Each says something else: the same text again would be held, and so would random letters that spell a listed word.
    return [add_comment(services, thread, f"On the lock gates, remark {next(_numbers)}.") for _ in range(count)]


def unjudged(services: Services) -> int:
    with services.read() as session:
        found = session.scalar(select(func.count()).select_from(Comment).where(Comment.status == Status.RECEIVED))
    return found or 0


def wait_until_judged(services: Services, seconds: float = 60.0) -> None:
    wait_until(lambda: not unjudged(services), seconds=seconds, what="every comment's judgement")


def check(services: Services, thread: Thread, count: int) -> None:
    """Every comment is published once, by one decision, and the thread counts them all."""
    with services.read() as session:
        comments = list(session.scalars(select(Comment)))
        found: Any = select(Decision.comment_id, Decision.action, Decision.reason, Decision.findings)
        odd = [
            comment
            for comment in comments
            if (comment.status, comment.revision, comment.published_version) != (Status.APPROVED, 1, 1)
        ]
        why = [row for row in session.execute(found) if row[0] in {one.id for one in odd}]
        decisions: Any = session.execute(select(Decision.comment_id, func.count()).group_by(Decision.comment_id)).all()
        counted = session.get_one(Thread, thread.id).published_count
    assert [(one.status, one.revision, one.published_version, one.solo_failures, why) for one in odd] == []
    assert len(comments) == count
    assert sorted(row[1] for row in decisions) == [1] * count
    assert counted == count


def pending_messages(services: Services) -> int:
    # By the client that is patient: the machine may be busy.
    found: Any = services.slow_redis.xpending(key(services.redis, STREAM), MODERATION)
    return int(found["pending"])


def forget_worker(services: Services, pid: int) -> None:
    """As if this worker, which is dead, had had its messages for so long that others may take them.

    So nobody has to wait, and a live worker that takes its time keeps its own.
    """
    redis: Any = services.slow_redis
    stream = key(redis, STREAM)
    for entry in redis.xpending_range(stream, MODERATION, "-", "+", 1000):
        if entry["consumer"].split(b"-")[-2] == str(pid).encode():
            long = int(CLAIM_SECONDS * 2000)
            redis.xclaim(stream, MODERATION, entry["consumer"], 0, [entry["message_id"]], idle=long, justid=True)


def consumers(services: Services) -> int:
    """How many workers read the stream."""
    try:
        found: Any = services.slow_redis.xinfo_consumers(key(services.redis, STREAM), MODERATION)
    except ResponseError:
        return 0  # No group yet.
    return len(found)
