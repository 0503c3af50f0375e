"""Moves what an earlier version kept under names without a prefix: the streams, and the backlogs of our sites.

What ends by itself (limits, attempts to sign in) stays where it is until then. Old and new processes may run side by
side while an update is rolled out, and several new ones may start at once:

1. A key that has its new name already keeps what is there; a stream's waiting messages are added to it.
2. An old process that is still running makes its stream and its group anew, and works on; what it leaves there when it
   stops is moved by the next start, or sent again by the sweep (the row is the outbox).
3. A message that both have is judged once: the revision decides.

A crash after any step leaves a state that the next start goes on from. A key that is not ours (another program's
`comments`) is left alone.
"""

from collections.abc import Iterable
from typing import Any

from redis import Redis
from redis.exceptions import NoPermissionError, RedisError

from service.queue.backlog import PARTS, backlog_name
from service.queue.stream import DEAD_STREAM, MODERATION, SCHEMA, STREAM
from service.redis_keys import key
from service.telemetry import REDIS_FAILURES, logger

log = logger(__name__)

# More than this the sweep sends again: a call must not hold up the server.
MOST_MESSAGES = 10_000

# KEYS: old stream, new stream. ARGV: how many messages at most. One call, so that two that start at once, and whoever
# sends meanwhile, see the stream under exactly one of its names.
_MOVE_STREAM = """
if redis.call('EXISTS', KEYS[2]) == 0 then
  redis.call('RENAME', KEYS[1], KEYS[2])
  return
end
for _, entry in ipairs(redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', ARGV[1])) do
  redis.call('XADD', KEYS[2], '*', unpack(entry[2]))
end
redis.call('DEL', KEYS[1])
"""


def move_old_names(redis: Redis, site_ids: Iterable[str]) -> list[str]:
    """Moves all that is found; the old names of what was moved. Without Redis nothing: the next start tries again."""
    moved: list[str] = []
    try:
        for name in (STREAM, DEAD_STREAM):
            if _is_our_stream(redis, name):
                redis.register_script(_MOVE_STREAM)([name, key(redis, name)], [MOST_MESSAGES])
                moved.append(name)
        backlogs = [backlog_name(site_id, part) for site_id in site_ids for part in PARTS]
        for name in _there(redis, backlogs):
            # What has its new name is as good: the sweep puts backlogs right by the database.
            if not redis.renamenx(name, key(redis, name)):
                redis.delete(name)
            moved.append(name)
    except NoPermissionError:
        # A user that may use our prefix only. Then there is nothing here that an earlier version could have used.
        return moved
    except RedisError as error:
        # In a cluster the two names may live on two servers: then this says so, and the sweep sends again.
        REDIS_FAILURES.labels("move").inc()
        log.warning("old_names_not_moved", error=type(error).__name__)
    if moved:
        log.warning("old_names_moved", keys=len(moved))
    return moved


def _is_our_stream(redis: Redis, name: str) -> bool:
    """Whether it is a stream that our workers read, or whose newest message is one of ours."""
    client: Any = redis
    if client.type(name) != b"stream":
        return False
    if any(group["name"] == MODERATION.encode() for group in client.xinfo_groups(name)):
        return True
    newest = client.xrevrange(name, count=1)
    return bool(newest) and newest[0][1].get(b"v") == SCHEMA and {b"c", b"r"} <= newest[0][1].keys()


def _there(redis: Redis, names: list[str]) -> list[str]:
    if not names:
        return []
    with redis.pipeline(transaction=False) as pipe:
        for name in names:
            pipe.exists(name)
        return [name for name, there in zip(names, pipe.execute(), strict=True) if there]
