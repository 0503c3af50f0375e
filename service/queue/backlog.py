"""Pending comments of each site by priority and age, and the leases that keep two moderators apart.

Three keys a site, one hash tag: `waiting` (sorted set), `leases` (hash: who holds it), `until` (sorted set: till
when). Leases are courtesy: the revision is the fence, so all of this may vanish without harm.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

from redis import Redis
from redis.client import Pipeline

from service.queue.redis_guard import RedisUnavailable, guarded
from service.redis_keys import key

LEASE_SECONDS = 300
# A page that has just been sent: its script takes the lease for longer, and one without a script cannot let go of it.
PAGE_LEASE_SECONDS = 60
# So many comments of a site one moderator or key holds at once: nobody keeps the others from the whole queue.
MOST_HELD = 200
PARTS = ("waiting", "leases", "until")
# One step of priority outweighs any age; a double keeps milliseconds exact up to this many steps.
PRIORITY_STEP = 2**42
PRIORITY_MOST = 1000

# KEYS: waiting, leases, until. ARGV: moderator, lease in ms, how many, how many at once, the longest lease there is in
# ms, then ids (none: the first that wait). Returns {id, until in ms, id, until, …}. A moderator's own live lease is
# renewed, never cut short, and counted.
_LEASE = """
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local moderator, length, limit = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local most, longest = tonumber(ARGV[4]), tonumber(ARGV[5])
local over = redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', now, 'LIMIT', 0, 500)
for _, id in ipairs(over) do
  redis.call('HDEL', KEYS[2], id)
  redis.call('ZREM', KEYS[3], id)
end
local function live(id)
  return tonumber(redis.call('ZSCORE', KEYS[3], id) or 0) > now
end
local held, all = 0, redis.call('HGETALL', KEYS[2])
for i = 1, #all, 2 do
  if all[i + 1] == moderator and live(all[i]) then held = held + 1 end
end
local taken, count = {}, 0
local function take(id)
  local holder = redis.call('HGET', KEYS[2], id)
  local alive = holder and live(id)
  if alive and holder ~= moderator then return end
  if not alive then
    if held >= most then return end
    held = held + 1
  end
  local ends = now + length
  if alive then ends = math.max(ends, tonumber(redis.call('ZSCORE', KEYS[3], id))) end
  redis.call('HSET', KEYS[2], id, moderator)
  redis.call('ZADD', KEYS[3], ends, id)
  taken[#taken + 1] = id
  taken[#taken + 1] = tostring(ends)
  count = count + 1
end
if #ARGV > 5 then
  for i = 6, #ARGV do
    if count >= limit then break end
    take(ARGV[i])
  end
else
  local from = 0
  while count < limit and from < 5000 do
    local ids = redis.call('ZRANGE', KEYS[1], from, from + 99)
    if #ids == 0 then break end
    for _, id in ipairs(ids) do
      if count >= limit then break end
      take(id)
    end
    from = from + 100
  end
end
if count > 0 then
  local kept = math.max(length, longest) + 60000
  redis.call('PEXPIRE', KEYS[2], kept)
  redis.call('PEXPIRE', KEYS[3], kept)
end
return taken
"""

# KEYS: leases, until. ARGV: ids. The live ones among them: {id, holder, until in ms, …}.
_HOLDERS = """
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local found = {}
for i = 1, #ARGV do
  local ends = redis.call('ZSCORE', KEYS[2], ARGV[i])
  if ends and tonumber(ends) > now then
    local holder = redis.call('HGET', KEYS[1], ARGV[i])
    if holder then
      found[#found + 1] = ARGV[i]
      found[#found + 1] = holder
      found[#found + 1] = ends
    end
  end
end
return found
"""

# KEYS: leases, until. ARGV: moderator, ids. Lets go only of what this moderator holds.
_RELEASE = """
local released = 0
for i = 2, #ARGV do
  if redis.call('HGET', KEYS[1], ARGV[i]) == ARGV[1] then
    redis.call('HDEL', KEYS[1], ARGV[i])
    redis.call('ZREM', KEYS[2], ARGV[i])
    released = released + 1
  end
end
return released
"""


# KEYS: leases, until. ARGV: ids. Whoever holds them; returns {id, holder, …}.
_BREAK = """
local ended = {}
for i = 1, #ARGV do
  local holder = redis.call('HGET', KEYS[1], ARGV[i])
  if holder then
    redis.call('HDEL', KEYS[1], ARGV[i])
    redis.call('ZREM', KEYS[2], ARGV[i])
    ended[#ended + 1] = ARGV[i]
    ended[#ended + 1] = holder
  end
end
return ended
"""

# KEYS: leases, until. ARGV: moderator. All that this moderator holds; how many.
_RELEASE_ALL = """
local ended = 0
local all = redis.call('HGETALL', KEYS[1])
for i = 1, #all, 2 do
  if all[i + 1] == ARGV[1] then
    redis.call('HDEL', KEYS[1], all[i])
    redis.call('ZREM', KEYS[2], all[i])
    ended = ended + 1
  end
end
return ended
"""


@dataclass(frozen=True, slots=True)
class Lease:
    """A comment shown to one moderator until `until`; not `kept`: without Redis, so that others may be shown it too."""

    comment_id: str
    until: datetime
    kept: bool = True


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a live lease, and until when."""

    moderator_id: str
    until: datetime


Waiting = tuple[str, int, datetime]


def backlog_name(site_id: str, part: str) -> str:
    """One of a site's three keys (`PARTS`), without the installation's prefix."""
    return f"backlog:{{{site_id}}}:{part}"


def _key(client: Redis, site_id: str, part: str) -> str:
    return key(client, backlog_name(site_id, part))


def waiting_key(client: Redis, site_id: str) -> str:
    """The site's sorted set of waiting comments, as it is called for this client or pipeline."""
    return _key(client, site_id, "waiting")


def score(priority: int, created_at: datetime) -> float:
    """Lower comes first: higher priority, then older."""
    capped = max(-PRIORITY_MOST, min(PRIORITY_MOST, priority))
    return int(created_at.timestamp() * 1000) - capped * PRIORITY_STEP


def scores(comments: Iterable[Waiting]) -> dict[str | bytes, float]:
    """`(comment_id, priority, created_at)` as ZADD wants them."""
    return {comment_id: score(priority, created_at) for comment_id, priority, created_at in comments}


def put(redis: Redis, site_id: str, comments: Collection[Waiting]) -> bool:
    """Lets comments wait for a person. False without Redis: the database knows them, the sweep puts them back."""
    if not comments:
        return True
    try:
        with guarded(redis, "backlog_put"):
            redis.zadd(waiting_key(redis, site_id), cast(Any, scores(comments)))
    except RedisUnavailable:
        return False
    return True


def drop(redis: Redis, site_id: str, comment_ids: Collection[str]) -> bool:
    """Takes decided comments out, leases included. False without Redis."""
    if not comment_ids:
        return True
    try:
        with guarded(redis, "backlog_drop"):
            with redis.pipeline(transaction=False) as pipe:
                drop_on(pipe, site_id, comment_ids)
                pipe.execute()
    except RedisUnavailable:
        return False
    return True


def drop_on(pipe: Pipeline, site_id: str, comment_ids: Collection[str]) -> None:
    """`drop`, put on a pipeline of the caller's."""
    pipe.zrem(waiting_key(pipe, site_id), *comment_ids)
    pipe.hdel(_key(pipe, site_id, "leases"), *comment_ids)
    pipe.zrem(_key(pipe, site_id, "until"), *comment_ids)


def lease(
    redis: Redis,
    site_id: str,
    moderator_id: str,
    comment_ids: Sequence[str] | None,
    limit: int,
    *,
    seconds: float = LEASE_SECONDS,
) -> list[Lease]:
    """Leases up to `limit` comments that nobody else holds: of `comment_ids`, or the first that wait.

    One call, so that two moderators never get the same one; a moderator's own lease is renewed. Nobody holds more than
    `MOST_HELD` of a site: beyond them there are none to be had. What one holds for longer than `seconds` stays so.
    Raises RedisUnavailable without Redis.
    """
    if comment_ids is not None and not comment_ids:
        return []
    keys = [waiting_key(redis, site_id), _key(redis, site_id, "leases"), _key(redis, site_id, "until")]
    with guarded(redis, "lease"):
        script = redis.register_script(_LEASE)
        lengths = int(seconds * 1000), limit, MOST_HELD, LEASE_SECONDS * 1000
        found = script(keys=keys, args=[moderator_id, *lengths, *(comment_ids or ())])
    pairs = cast(list[bytes], found)
    return [
        Lease(comment_id.decode(), _time(float(until)))
        for comment_id, until in zip(pairs[::2], pairs[1::2], strict=True)
    ]


def release(redis: Redis, site_id: str, moderator_id: str, comment_ids: Sequence[str]) -> int:
    """Lets go of this moderator's leases; how many there were. 0 without Redis: they run out by themselves."""
    if not comment_ids:
        return 0
    keys = [_key(redis, site_id, "leases"), _key(redis, site_id, "until")]
    try:
        with guarded(redis, "release"):
            return int(redis.register_script(_RELEASE)(keys=keys, args=[moderator_id, *comment_ids]))
    except RedisUnavailable:
        return 0


def break_leases(redis: Redis, site_id: str, comment_ids: Sequence[str]) -> dict[str, str]:
    """Ends these comments' leases, whoever holds them: comment id -> the holder's. Empty without Redis."""
    if not comment_ids:
        return {}
    keys = [_key(redis, site_id, "leases"), _key(redis, site_id, "until")]
    try:
        with guarded(redis, "break_leases"):
            found = cast(list[bytes], redis.register_script(_BREAK)(keys=keys, args=list(comment_ids)))
    except RedisUnavailable:
        return {}
    return {comment_id.decode(): holder.decode() for comment_id, holder in zip(found[::2], found[1::2], strict=True)}


def release_all(redis: Redis, site_ids: Iterable[str], moderator_id: str) -> int:
    """Ends every lease that this moderator or key holds on these sites; how many. 0 without Redis: they run out."""
    ended = 0
    try:
        with guarded(redis, "release_all"):
            script = redis.register_script(_RELEASE_ALL)
            for site_id in site_ids:
                keys = [_key(redis, site_id, "leases"), _key(redis, site_id, "until")]
                ended += int(script(keys=keys, args=[moderator_id]))
    except RedisUnavailable:
        pass
    return ended


def holders(redis: Redis, site_id: str, comment_ids: Sequence[str]) -> dict[str, Holder]:
    """The live leases among these comments. Empty without Redis: then only the revision decides."""
    if not comment_ids:
        return {}
    keys = [_key(redis, site_id, "leases"), _key(redis, site_id, "until")]
    try:
        with guarded(redis, "holders"):
            found = cast(list[bytes], redis.register_script(_HOLDERS)(keys=keys, args=list(comment_ids)))
    except RedisUnavailable:
        return {}
    return {
        comment_id.decode(): Holder(holder.decode(), _time(float(until)))
        for comment_id, holder, until in zip(found[::3], found[1::3], found[2::3], strict=True)
    }


def _time(milliseconds: float) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
