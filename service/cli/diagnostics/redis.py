"""Whether Redis can be worked with, what of it is ours, and whether a worker asks it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from models import Site
from moderation_rules.text.counting import counted
from service.cli.diagnostics.check import Check, check_clock
from service.errors import Unavailable
from service.wiring import Services

OLDEST_REDIS = (7, 0)
# Redis may be full of other programs' keys.
SCAN_SECONDS = 2.0
# A worker that has nothing to do asks every few seconds.
WORKER_SEEN_SECONDS = 60.0
FOREIGN_NAMED = 10


def check_redis(services: Services) -> Iterator[Check]:
    from redis.exceptions import RedisError

    from service.queue.usable import CLUSTER_ADVICE, told, trouble

    redis: Any = services.slow_redis
    if wrong := trouble(redis):
        yield Check("redis", "problem", f"{wrong[0]}; comments are accepted and judged without it", wrong[1])
    try:
        info: dict[str, Any] = redis.info()
    except (RedisError, OSError) as error:
        if not wrong:
            said = told(error) if isinstance(error, RedisError) else ("cannot be reached", "check REDIS_URL")
            yield Check("redis", "problem", *said)
        return
    if info.get("cluster_enabled") and not services.settings.redis_url.startswith(("redis+cluster", "rediss+cluster")):
        yield Check("redis", "problem", "is a node of a cluster, and REDIS_URL names it as a server", CLUSTER_ADVICE)
    # Valkey says both what it is and the Redis version it is like.
    name = "Valkey" if "valkey_version" in info else "Redis"
    version = str(info.get("valkey_version") or info.get("redis_version", "0"))
    if tuple(int(part) for part in version.split(".")[:2]) < OLDEST_REDIS:
        yield Check("redis", "problem", f"{name} {version}", "Redis 7.0 or newer is needed")
    else:
        yield Check("redis", "ok", f"{name} {version}, {info.get('used_memory_human', '?')} in use")
    policy = info.get("maxmemory_policy")
    if policy not in (None, "noeviction"):
        yield Check("redis", "problem", f"maxmemory-policy is {policy}: it may forget messages", "set it to noeviction")
    if info.get("aof_enabled") == 0:
        yield Check("redis", "note", "the append-only file is off: a restart loses the queue", "set appendonly yes")
    yield from _foreign(services)
    yield from _old_names(services)
    yield _worker(services)
    seconds, micros = redis.time()
    yield check_clock("clock", "Redis's", services, datetime.fromtimestamp(seconds + micros / 1e6, UTC))


def _worker(services: Services) -> Check:
    from redis.exceptions import RedisError

    from service.queue.stream import workers_seen
    from service.queue.usable import told
    from service.redis_keys import key

    try:
        seen = workers_seen(services.slow_redis, WORKER_SEEN_SECONDS)
    except RedisError as error:
        wrong, do = told(error)
        return Check("worker", "problem", f"cannot be looked for: Redis {wrong}", do)
    if seen:
        return Check("worker", "ok", f"{counted(seen, 'worker asks', 'workers ask')} for comments")
    # In a cluster it is not quite the one that is set.
    prefix = key(services.slow_redis, "")
    found = f"none asks for comments at this Redis under the prefix {prefix!r}: what comes in waits"
    return Check(
        "worker", "note", found, "start `rejoinder worker` or `rejoinder up`, or check REDIS_URL and the prefix"
    )


def _foreign(services: Services) -> Iterator[Check]:
    from redis.exceptions import RedisError

    from service.queue.foreign import FOREIGN_ADVICE, foreign_keys, foreign_keys_scanned
    from service.queue.usable import told

    try:
        with services.read() as session:
            sites = list(session.scalars(select(Site.id)))
    except (Unavailable, SQLAlchemyError):
        sites = []  # Told above; the streams' names are known without it.
    try:
        scanned, all_seen = foreign_keys_scanned(services.slow_redis, seconds=SCAN_SECONDS)
        found = {one.name: one for one in (*foreign_keys(services.slow_redis, sites), *scanned)}
    except RedisError as error:
        wrong, do = told(error)
        yield Check("redis", "problem", f"our keys cannot be looked at: it {wrong}", do)
        return
    for foreign in list(found.values())[:FOREIGN_NAMED]:
        yield Check("redis", "problem", str(foreign), FOREIGN_ADVICE)
    if len(found) > FOREIGN_NAMED:
        yield Check("redis", "problem", f"{len(found) - FOREIGN_NAMED} more of our keys are not ours", FOREIGN_ADVICE)
    if not all_seen:
        yield Check("redis", "note", f"not all keys could be looked at in {SCAN_SECONDS:.0f} s", "")


def _old_names(services: Services) -> Iterator[Check]:
    from redis.exceptions import RedisError

    from service.queue.old_names import old_streams

    try:
        left = old_streams(services.slow_redis)
    except RedisError:
        return  # A user that may use our prefix only.
    for name in left:
        found = f"{name} looks like the stream of a version without prefixes, or of another installation"
        do = "web and worker move it at a start if it holds comments of this database; delete it if nobody needs it"
        yield Check("redis", "note", found, do)
