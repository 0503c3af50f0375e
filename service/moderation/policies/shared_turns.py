"""Turns at having policies checked, for all processes of an installation: Redis has who is there.

`checking.Turns` holds within a process. With several, a viewer could have a check in each, and as many children beside
each other as there are processes. Without Redis each process takes turns by itself.
"""

import contextlib
import secrets
import threading
import time
from collections.abc import Iterator

from redis import Redis

from service.moderation.policies.checking import (
    MOST_AT_ONCE,
    MOST_AT_ONCE_IN_FORCE,
    MOST_OF_A_SITE,
    MOST_WAITING,
    enough_of_all,
    enough_of_person,
    enough_of_site,
)
from service.queue.redis_guard import RedisUnavailable, guarded
from service.redis_keys import key

NAME = "policy-checks:{}"
# Who runs says so again and again, and who waits at each look. Where a process was killed, others wait so long.
RUNS_SECONDS = 10.0
RENEW_SECONDS = 3.0
WAITS_SECONDS = 5.0
LOOK_SECONDS = 0.1

# Redis has one clock for all.
_NOW = """
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
"""
# Members are `w|site|person|token` of one who waits and `r|…` of one who runs; scores, when it ends, in milliseconds.
# KEYS[1]: the turns. ARGV: `site|person|token`, site, person, milliseconds, most here, most of a site.
# Returns 0 and puts it among those who wait; 1: the person is there, 2: enough of the site, 3: enough of all.
_COME = (
    _NOW
    + """
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
local here, of_site = 0, 0
for _, member in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  local site, person = string.match(member, '^%a|([^|]*)|([^|]*)|')
  if person == ARGV[3] then return 1 end
  if site == ARGV[2] then of_site = of_site + 1 end
  here = here + 1
end
if of_site >= tonumber(ARGV[6]) then return 2 end
if here >= tonumber(ARGV[5]) then return 3 end
redis.call('ZADD', KEYS[1], now + tonumber(ARGV[4]), 'w|' .. ARGV[1])
redis.call('PEXPIRE', KEYS[1], 1000000)
return 0
"""
)

# KEYS[1]: the turns. ARGV: `site|person|token`, site, milliseconds of one who waits and of one who runs, most at once.
# Returns 1 where it runs from now on, 0 where it waits on.
_BEGIN = (
    _NOW
    + """
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
local running = 0
local free = true
for _, member in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  if string.sub(member, 1, 1) == 'r' then
    running = running + 1
    if string.match(member, '^r|([^|]*)|') == ARGV[2] then free = false end
  end
end
if not free or running >= tonumber(ARGV[5]) then
  redis.call('ZADD', KEYS[1], now + tonumber(ARGV[3]), 'w|' .. ARGV[1])
  return 0
end
redis.call('ZREM', KEYS[1], 'w|' .. ARGV[1])
redis.call('ZADD', KEYS[1], now + tonumber(ARGV[4]), 'r|' .. ARGV[1])
redis.call('PEXPIRE', KEYS[1], 1000000)
return 1
"""
)

# KEYS[1]: the turns. ARGV: `site|person|token`, milliseconds. One that has ended already is not brought back.
_RENEW = (
    _NOW
    + """
return redis.call('ZADD', KEYS[1], 'XX', now + tonumber(ARGV[2]), 'r|' .. ARGV[1])
"""
)

# What `_COME` refuses for.
_REFUSALS = {1: enough_of_person, 2: enough_of_site, 3: enough_of_all}


@contextlib.contextmanager
def shared_turn(redis: Redis, site_id: str, person: str, *, in_force: bool) -> Iterator[None]:
    """Waits for the turn of a check among all processes. `person`: who asks, a moderator's or a key's id.

    Raises TooMany where the person or the site has enough there already, Unavailable where all have.
    """
    name = key(redis, NAME.format("in-force" if in_force else "looked-at"))
    at_once = MOST_AT_ONCE_IN_FORCE if in_force else MOST_AT_ONCE
    who = f"{site_id}|{person}|{secrets.token_hex(8)}"
    try:
        # Without Redis the turns of this process are left.
        with contextlib.suppress(RedisUnavailable):
            _wait(redis, name, who, site_id, person, at_once)
        with _renewed(redis, name, who):
            yield
    finally:
        with contextlib.suppress(RedisUnavailable), guarded(redis, "policy_checks"):
            redis.zrem(name, f"w|{who}", f"r|{who}")


@contextlib.contextmanager
def _renewed(redis: Redis, name: str, who: str) -> Iterator[None]:
    """Says that this process lives, from a thread beside the one that waits for the child."""
    over = threading.Event()

    def renew() -> None:
        script = redis.register_script(_RENEW)
        while not over.wait(RENEW_SECONDS):
            with contextlib.suppress(RedisUnavailable), guarded(redis, "policy_checks"):
                script(keys=[name], args=[who, int(RUNS_SECONDS * 1000)])

    thread = threading.Thread(target=renew, name="policy-turn", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _wait(redis: Redis, name: str, who: str, site_id: str, person: str, at_once: int) -> None:
    waits, runs = int(WAITS_SECONDS * 1000), int(RUNS_SECONDS * 1000)
    with guarded(redis, "policy_checks"):
        args: list[str | int] = [who, site_id, person, waits, at_once + MOST_WAITING, MOST_OF_A_SITE]
        refused = redis.register_script(_COME)(keys=[name], args=args)
    if refused:
        raise _REFUSALS[refused]()
    begin = redis.register_script(_BEGIN)
    while True:
        with guarded(redis, "policy_checks"):
            if begin(keys=[name], args=[who, site_id, waits, runs, at_once]):
                return
        time.sleep(LOOK_SECONDS)
