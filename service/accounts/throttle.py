"""Slows guessing down: attempts to sign in are counted before the password is looked at, known account or not."""

import time
from collections import OrderedDict
from dataclasses import dataclass, field
from math import ceil
from threading import Lock
from weakref import WeakKeyDictionary

import redis

from service.privacy.prefixes import network_of
from service.privacy.sealing import Keyring
from service.redis_keys import key as key_of
from service.telemetry import REDIS_FAILURES, logger

log = logger(__name__)

# what is counted -> (attempts, seconds). By address alone only in the large: a tight limit there would let
# anybody lock a moderator out by typing the address.
LIMITS: dict[str, tuple[int, int]] = {
    "address_and_network": (10, 900),
    "network": (50, 900),
    "address": (100, 3600),
}
_REMEMBERED = 10_000


def attempt(client: redis.Redis, keyring: Keyring, *, address: str, ip: str | None) -> int | None:
    """Counts one attempt; seconds to wait if it is one too many, else None.

    `address` in the form that accounts are found by. Redis sees keyed hashes only. Without Redis each process
    counts for itself, so the limits hold once per process: signing in stays possible, guessing stays slow.
    """
    keys = _keys(client, keyring, address, ip)
    try:
        counts = _count_in_redis(client, keys)
    except redis.RedisError as error:
        REDIS_FAILURES.labels("throttle").inc()
        log.warning("throttle_without_redis", error=type(error).__name__)
        counts = _local(client).count(keys)
    waits = [wait for name, (count, wait) in counts.items() if count > LIMITS[name][0]]
    return max(waits, default=None)


def succeeded(client: redis.Redis, keyring: Keyring, *, address: str, ip: str | None) -> None:
    """Forgets what this network had tried for the address, after a right password."""
    key = _keys(client, keyring, address, ip)["address_and_network"]
    _local(client).forget(key)
    try:
        client.delete(key)
    except redis.RedisError:
        REDIS_FAILURES.labels("throttle").inc()


def _keys(client: redis.Redis, keyring: Keyring, address: str, ip: str | None) -> dict[str, str]:
    try:
        network = "none" if ip is None else str(network_of(ip))
    except ValueError:
        network = "none"  # A unix socket has no address; all of its callers are one.
    counted = {
        "address_and_network": f"{network}|{address}",
        "network": network,
        "address": address,
    }
    return {
        name: key_of(client, f"throttle:{keyring.index('sign-in-throttle', f'{name}|{value}')[1].hex()}")
        for name, value in counted.items()
    }


def _count_in_redis(client: redis.Redis, keys: dict[str, str]) -> dict[str, tuple[int, int]]:
    """name -> (attempts in this window, seconds until it ends)."""
    # Not a transaction: the keys may live on different nodes of a cluster.
    with client.pipeline(transaction=False) as pipe:
        for name, key in keys.items():
            pipe.incr(key)
            pipe.expire(key, LIMITS[name][1], nx=True)
            pipe.pttl(key)
        answers = pipe.execute()
    return {name: (int(answers[3 * at]), max(1, ceil(int(answers[3 * at + 2]) / 1000))) for at, name in enumerate(keys)}


@dataclass(slots=True)
class _Local:
    """The same counters in this process; the oldest are dropped."""

    windows: "OrderedDict[str, tuple[float, int]]" = field(default_factory=OrderedDict)
    lock: Lock = field(default_factory=Lock)

    def count(self, keys: dict[str, str]) -> dict[str, tuple[int, int]]:
        now = time.monotonic()
        counts: dict[str, tuple[int, int]] = {}
        with self.lock:
            for name, key in keys.items():
                ends, count = self.windows.get(key, (0.0, 0))
                if ends <= now:
                    ends, count = now + LIMITS[name][1], 0
                self.windows[key] = (ends, count + 1)
                self.windows.move_to_end(key)
                counts[name] = (count + 1, max(1, ceil(ends - now)))
            while len(self.windows) > _REMEMBERED:
                self.windows.popitem(last=False)
        return counts

    def forget(self, key: str) -> None:
        with self.lock:
            self.windows.pop(key, None)


# By client, so that two services in one process do not count for each other.
_locals: "WeakKeyDictionary[redis.Redis, _Local]" = WeakKeyDictionary()
_locals_lock = Lock()


def _local(client: redis.Redis) -> _Local:
    with _locals_lock:
        return _locals.setdefault(client, _Local())
