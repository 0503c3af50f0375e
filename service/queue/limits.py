"""Rate limits: GCRA in one Lua call, so that several limits are taken together or not at all."""

from collections.abc import Sequence
from typing import cast

from redis import Redis

from service.queue.redis_guard import RedisUnavailable, guarded
from service.redis_keys import key
from service.settings import Rate
from service.telemetry import LIMITER_OPEN

# KEYS: one a limit. ARGV: milliseconds between two events and the period of each, in the order of KEYS.
# Returns 0 and takes one event from every limit, or the milliseconds to wait and takes none.
# Source: https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm ; the value is the theoretical arrival time.
_GCRA = """
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + tonumber(time[2]) / 1000
local wait = 0
local arrivals = {}
for i, key in ipairs(KEYS) do
  local interval = tonumber(ARGV[2 * i - 1])
  local period = tonumber(ARGV[2 * i])
  local arrival = tonumber(redis.call('GET', key) or now)
  if arrival < now then arrival = now end
  arrivals[i] = arrival + interval
  -- Half a microsecond of slack: sums of fractions must not refuse the last event of a full burst.
  local early = arrivals[i] - period - now - 0.0005
  if early > wait then wait = early end
end
if wait > 0 then return math.ceil(wait) end
for i, key in ipairs(KEYS) do
  redis.call('SET', key, string.format('%.4f', arrivals[i]), 'PX', math.ceil(arrivals[i] - now))
end
return 0
"""

# Who is limited, and how many events they may have.
Wanted = Sequence[tuple[str, Rate]]


class Limiter:
    """Takes events from limits that all processes share, by the clock of Redis.

    Fails open: without Redis every event passes and `rejoinder_limiter_open_total` counts it.
    """

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._script = redis.register_script(_GCRA)

    def take(self, wanted: Wanted, *, tag: str = "all") -> float | None:
        """Takes one event from each limit; None, or the seconds until all of them have room again.

        `wanted` names who is limited: by a keyed hash, never an address. A refused call takes nothing. `tag` is the
        hash tag (a site's id): limits of one call have to live in one slot of a cluster.
        """
        return self.take_each([(wanted, tag)])[0]

    def take_each(self, calls: Sequence[tuple[Wanted, str]]) -> list[float | None]:
        """`take` for each of the (wanted, tag), in their order, in one round trip."""
        waits: list[float | None] = [None] * len(calls)
        asked = [n for n, (wanted, _) in enumerate(calls) if wanted]
        if not asked:
            return waits
        try:
            with guarded(self._redis, "limit"), self._redis.pipeline(transaction=False) as pipe:
                for n in asked:
                    keys, numbers = self._arguments(*calls[n])
                    self._script(keys=keys, args=numbers, client=pipe)
                answers = cast(list[int], pipe.execute())
        except RedisUnavailable:
            LIMITER_OPEN.inc(len(asked))
            return waits
        for n, wait in zip(asked, answers, strict=True):
            waits[n] = wait / 1000 if wait else None
        return waits

    def _arguments(self, wanted: Wanted, tag: str) -> tuple[list[str], list[float]]:
        numbers: list[float] = []
        for _, rate in wanted:
            numbers += [rate.period * 1000 / rate.count, rate.period * 1000]
        return [key(self._redis, f"limit:{{{tag}}}:{who}") for who, _ in wanted], numbers
