"""Moves what an earlier version kept under names without a prefix: the streams, and the backlogs of our sites.

What ends by itself (limits, attempts to sign in) stays where it is until then. Old and new processes may run side by
side while an update is rolled out, and several new ones may start at once:

1. A key that has its new name already keeps what is there; a stream's waiting messages are added to it.
2. An old process that is still running makes its stream and its group anew, and works on; what it leaves there when it
   stops is moved by the next start, or sent again by the sweep (the row is the outbox).
3. A message that both have is judged once: the revision decides.

A crash after any step leaves a state that the next start goes on from. What is not surely ours (another program's
`comments`, another installation's, a key of another type) is left alone; `rejoinder doctor` names it.
"""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from redis import Redis
from redis.exceptions import ConnectionError, NoPermissionError, RedisError, TimeoutError

from models.database.ids import is_id
from service.queue.backlog import PARTS, backlog_name
from service.queue.stream import DEAD_STREAM, MODERATION, SCHEMA, STREAM
from service.redis_client import in_reach
from service.redis_keys import FAMILIES, key
from service.telemetry import REDIS_FAILURES, logger

log = logger(__name__)

# Entries that one call looks at: none may hold up the server.
CHUNK = 1000
SAMPLED = 100
_FIELDS = {
    STREAM: frozenset({b"v", b"c", b"r"}),
    DEAD_STREAM: frozenset({b"v", b"c", b"r", b"error"}),
}
_KINDS = {part: next(f.kind for f in FAMILIES if f.pattern == backlog_name("*", part)) for part in PARTS}

# KEYS: old stream, new stream. ARGV: where to go on, how many entries at most, our schema, fields of an entry of ours.
# Answers with the last entry that was looked at, or nothing at the end. One call, so that two that start at once, and
# whoever sends meanwhile, see each entry under exactly one of the names. What is not ours stays.
_MOVE_STREAM = """
if redis.call('EXISTS', KEYS[1]) == 0 then return false end
if redis.call('EXISTS', KEYS[2]) == 0 then
  redis.call('RENAME', KEYS[1], KEYS[2])
  return false
end
local entries = redis.call('XRANGE', KEYS[1], ARGV[1], '+', 'COUNT', ARGV[2])
for _, entry in ipairs(entries) do
  local fields, ours = entry[2], #entry[2] == 2 * ARGV[4]
  for i = 1, #fields, 2 do
    if fields[i] == 'v' and fields[i + 1] ~= ARGV[3] then ours = false end
    if not (fields[i] == 'v' or fields[i] == 'c' or fields[i] == 'r' or fields[i] == 'error') then ours = false end
  end
  if ours then
    redis.call('XADD', KEYS[2], '*', unpack(fields))
    redis.call('XDEL', KEYS[1], entry[1])
  end
end
if redis.call('XLEN', KEYS[1]) == 0 then
  redis.call('UNLINK', KEYS[1])
  return false
end
if #entries < tonumber(ARGV[2]) then return false end
return entries[#entries][1]
"""

# Whether at least one of these ids is a comment of our database.
Known = Callable[[list[str]], bool]


def move_old_names(redis: Redis, site_ids: Iterable[str], known: Known) -> list[str]:
    """Moves all that is found and ours; the old names of it. Without Redis nothing: the next start tries again.

    Each key has one try: what fails with it is logged, and the sweep sends again. In a cluster nothing is moved: the
    old names are in other slots, maybe on other servers, where no earlier version could use them together.
    """
    moved: list[str] = []
    steps = {name: partial(_move_stream, redis, name, known) for name in (STREAM, DEAD_STREAM)}
    for site_id in site_ids:
        for part in PARTS:
            name = backlog_name(site_id, part)
            steps[name] = partial(_move_backlog, redis, name, part)
    for name, step in steps.items():
        if key(redis, name) == name or not in_reach(redis, name):
            continue
        try:
            if step():
                moved.append(name)
        except NoPermissionError:
            # A user that may use our prefix only. Then there is nothing here that an earlier version could have used.
            break
        except RedisError as error:
            REDIS_FAILURES.labels("move").inc()
            log.warning("old_name_not_moved", error=type(error).__name__)
            if isinstance(error, ConnectionError | TimeoutError):
                break
    if moved:
        log.warning("old_names_moved", keys=len(moved))
    return moved


def old_streams(redis: Redis) -> list[str]:
    """Streams without our prefix that look like an earlier version's, whosoever they are. Raises RedisError."""
    reached = [name for name in (STREAM, DEAD_STREAM) if key(redis, name) != name and in_reach(redis, name)]
    return [name for name in reached if _looks_like_ours(redis, name)]


def _looks_like_ours(redis: Redis, name: str) -> bool:
    client: Any = redis
    if client.type(name) != b"stream":
        return False
    if any(group["name"] == MODERATION.encode() for group in client.xinfo_groups(name)):
        return True
    return bool(_ids(name, client.xrevrange(name, count=1)))


def _move_stream(redis: Redis, name: str, known: Known) -> bool:
    if not _is_our_stream(redis, name, known):
        return False
    script = redis.register_script(_MOVE_STREAM)
    after: Any = "-"
    while after is not None:
        after = script([name, key(redis, name)], [after, CHUNK, SCHEMA, len(_FIELDS[name])])
        after = None if after is None else b"(" + after
    return True


def _is_our_stream(redis: Redis, name: str, known: Known) -> bool:
    """Whether its newest message is written as ours are, and one of the newest is about a comment that we have."""
    client: Any = redis
    if client.type(name) != b"stream" or not _ids(name, client.xrevrange(name, count=1)):
        return False
    return known(_ids(name, client.xrevrange(name, count=SAMPLED)))


def _ids(name: str, entries: Iterable[tuple[bytes, dict[bytes, bytes]]]) -> list[str]:
    """The comments that those entries name which are written as ours are."""
    ours = [f for _, f in entries if f.keys() == _FIELDS[name] and f[b"v"] == SCHEMA and f[b"r"].isdigit()]
    texts = [fields[b"c"].decode("ascii", "replace") for fields in ours]
    return [text for text in texts if is_id(text)]


def _move_backlog(redis: Redis, name: str, part: str) -> bool:
    client: Any = redis
    if client.type(name) != _KINDS[part].encode():
        return False
    # What has its new name is as good: the sweep puts backlogs right by the database.
    if not client.renamenx(name, key(redis, name)):
        client.unlink(name)
    return True
