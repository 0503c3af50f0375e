"""Slows guessing down: attempts to sign in are counted before the password is looked at, known account or not.

Whoever signed in before, on this device or from this network, has a budget of their own for the account: strangers who
type its address use up theirs, and lock only strangers out. What a limit refuses counts for no account.
"""

import time
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from threading import Lock
from typing import Literal, Protocol
from weakref import WeakKeyDictionary

import redis

from service.privacy.prefixes import network_of
from service.privacy.sealing import Keyring
from service.redis_keys import key as key_of
from service.telemetry import REDIS_FAILURES, logger

log = logger(__name__)

Limit = Literal["device", "address_and_network", "network", "address"]
Known = Literal["device", "network"]

# what is counted -> (attempts, seconds). By address alone only in the large, and only what strangers try: a tight limit
# there would let anybody lock a moderator out by typing the address.
LIMITS: dict[Limit, tuple[int, int]] = {
    "device": (10, 900),
    "address_and_network": (10, 900),
    "network": (50, 900),
    "address": (100, 3600),
}
# What an attempt counts for besides the address, by what is known of where it comes from.
_OWN: dict[Known | None, tuple[Limit, ...]] = {
    "device": ("device",),
    "network": ("address_and_network",),
    None: ("address_and_network", "network"),
}
# A network is known for an account for so many seconds after a good sign-in.
KNOWN_SECONDS = 30 * 86_400
_REMEMBERED = 10_000
_NOWHERE = "none"


@dataclass(frozen=True, slots=True)
class Attempt:
    """What became of one attempt. `known`: the device or network has signed in to this account before; None: neither.

    `wait`: seconds, where it is one too many; None: it may go on. `used_up`: the limits whose last attempt it was.
    """

    known: Known | None
    wait: int | None = None
    used_up: tuple[Limit, ...] = ()


def attempt(
    client: redis.Redis, keyring: Keyring, *, address: str, ip: str | None, device: str | None = None
) -> Attempt:
    """Counts one attempt, and says whether it is one too many.

    `address` in the form that accounts are found by; `device`: what `tokens.device_id` says of the browser's cookie.
    Redis sees keyed hashes only. Without Redis each process counts for itself, so the limits hold once per process:
    signing in stays possible, guessing stays slow.
    """
    keys = _keys(client, keyring, address, ip, device)
    known_keys = _known_keys(client, keyring, address, ip)
    try:
        return _count(_InRedis(client), keys, known_keys, device)
    except redis.RedisError as error:
        REDIS_FAILURES.labels("throttle").inc()
        log.warning("throttle_without_redis", error=type(error).__name__)
        return _count(_local(client), keys, known_keys, device)


def succeeded(
    client: redis.Redis, keyring: Keyring, *, address: str, ip: str | None, device: str | None = None
) -> None:
    """After a right password: forgets what had been tried for the address from where it came; the network is known.

    A known device is counted by itself, so it says nothing of what else was tried from its network.
    """
    keys = _keys(client, keyring, address, ip, device)
    tried = [keys["device" if device else "address_and_network"]]
    known = _known_keys(client, keyring, address, ip)[:1]
    local = _local(client)
    local.forget(tried)
    local.know(known)
    try:
        with client.pipeline(transaction=False) as pipe:
            for key in tried:
                pipe.delete(key)
            for key in known:
                pipe.set(key, 1, ex=KNOWN_SECONDS)
            pipe.execute()
    except redis.RedisError:
        REDIS_FAILURES.labels("throttle").inc()


class _Counters(Protocol):
    def holds_any(self, keys: Sequence[str]) -> bool:
        """Whether one of them was made known."""

    def look(self, key: str) -> tuple[int, int]:
        """(attempts in this window, seconds until it ends), nothing counted."""

    def count(self, keys: Mapping[Limit, str]) -> dict[Limit, tuple[int, int]]:
        """Counts one more each: the same pair by limit."""


def _count(counters: _Counters, keys: Mapping[Limit, str], known_keys: Sequence[str], device: str | None) -> Attempt:
    known: Known | None = "device" if device else "network" if counters.holds_any(known_keys) else None
    if known is None:
        # First, so that what is refused here is not counted against anybody's network either.
        tried, wait = counters.look(keys["address"])
        if tried >= LIMITS["address"][0]:
            return Attempt(known, wait)
    counts = counters.count({name: keys[name] for name in _OWN[known]})
    too_many = _too_many(counts)
    if known is None and too_many is None:
        counts |= counters.count({"address": keys["address"]})
        too_many = _too_many(counts)
    if too_many is not None:
        return Attempt(known, too_many)
    return Attempt(known, used_up=tuple(name for name, (tried, _) in counts.items() if tried == LIMITS[name][0]))


def _too_many(counts: Mapping[Limit, tuple[int, int]]) -> int | None:
    """Seconds until the last of the limits that are exceeded lets somebody in again; None where none is exceeded."""
    return max((wait for name, (tried, wait) in counts.items() if tried > LIMITS[name][0]), default=None)


def _network(ip: str | None) -> str:
    # A unix socket has no address; all of its callers are one.
    return _NOWHERE if ip is None else str(network_of(ip))


def _keys(client: redis.Redis, keyring: Keyring, address: str, ip: str | None, device: str | None) -> dict[Limit, str]:
    network = _network(ip)
    counted: dict[Limit, str] = {
        "address_and_network": f"{network}|{address}",
        "network": network,
        "address": address,
    }
    if device:
        counted["device"] = f"{device}|{address}"
    return {
        name: key_of(client, f"throttle:{keyring.index('sign-in-throttle', f'{name}|{value}')[1].hex()}")
        for name, value in counted.items()
    }


def _known_keys(client: redis.Redis, keyring: Keyring, address: str, ip: str | None) -> list[str]:
    """Under every secret of the ring, newest first; none for callers that have no network."""
    network = _network(ip)
    if network == _NOWHERE:
        return []
    indexes = keyring.indexes("sign-in-known", f"{network}|{address}")
    return [key_of(client, f"throttle:{index.hex()}") for index in indexes]


@dataclass(frozen=True, slots=True)
class _InRedis:
    """Counters that all processes share. Nothing here is one transaction: the keys may live on different nodes of a
    cluster."""

    client: redis.Redis

    def holds_any(self, keys: Sequence[str]) -> bool:
        with self.client.pipeline(transaction=False) as pipe:
            for key in keys:
                pipe.exists(key)
            return any(pipe.execute()) if keys else False

    def look(self, key: str) -> tuple[int, int]:
        with self.client.pipeline(transaction=False) as pipe:
            pipe.get(key)
            pipe.pttl(key)
            tried, left = pipe.execute()
        return int(tried or 0), _seconds(left)

    def count(self, keys: Mapping[Limit, str]) -> dict[Limit, tuple[int, int]]:
        with self.client.pipeline(transaction=False) as pipe:
            for name, key in keys.items():
                pipe.incr(key)
                pipe.expire(key, LIMITS[name][1], nx=True)
                pipe.pttl(key)
            answers = pipe.execute()
        return {name: (int(answers[3 * at]), _seconds(answers[3 * at + 2])) for at, name in enumerate(keys)}


def _seconds(milliseconds: float) -> int:
    return max(1, ceil(int(milliseconds) / 1000))


@dataclass(slots=True)
class _Local:
    """The same counters in this process; the oldest are dropped."""

    windows: "OrderedDict[str, tuple[float, int]]" = field(default_factory=OrderedDict)
    lock: Lock = field(default_factory=Lock)

    def holds_any(self, keys: Sequence[str]) -> bool:
        return any(self.look(key)[0] for key in keys)

    def look(self, key: str) -> tuple[int, int]:
        now = time.monotonic()
        with self.lock:
            ends, tried = self.windows.get(key, (0.0, 0))
        return (tried, max(1, ceil(ends - now))) if ends > now else (0, 1)

    def count(self, keys: Mapping[Limit, str]) -> dict[Limit, tuple[int, int]]:
        now = time.monotonic()
        counts: dict[Limit, tuple[int, int]] = {}
        with self.lock:
            for name, key in keys.items():
                ends, tried = self.windows.get(key, (0.0, 0))
                if ends <= now:
                    ends, tried = now + LIMITS[name][1], 0
                self._keep(key, ends, tried + 1)
                counts[name] = (tried + 1, max(1, ceil(ends - now)))
        return counts

    def know(self, keys: Iterable[str]) -> None:
        with self.lock:
            for key in keys:
                self._keep(key, time.monotonic() + KNOWN_SECONDS, 1)

    def forget(self, keys: Iterable[str]) -> None:
        with self.lock:
            for key in keys:
                self.windows.pop(key, None)

    def _keep(self, key: str, ends: float, tried: int) -> None:
        self.windows[key] = (ends, tried)
        self.windows.move_to_end(key)
        while len(self.windows) > _REMEMBERED:
            self.windows.popitem(last=False)


# By client, so that two services in one process do not count for each other.
_locals: "WeakKeyDictionary[redis.Redis, _Local]" = WeakKeyDictionary()
_locals_lock = Lock()


def _local(client: redis.Redis) -> _Local:
    with _locals_lock:
        return _locals.setdefault(client, _Local())
