"""What stands under our keys in Redis and is not ours: of another type, or text where numbers belong.

Every command on such a key fails (`WRONGTYPE`), deep inside and without a name. Looked for here, so that readiness and
`rejoinder doctor` can say what it is.
"""

import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from redis import Redis

from service.redis_keys import FAMILIES, Family, key

SCAN_AT_ONCE = 500
FOREIGN_ADVICE = "Delete it if nobody needs it, or choose other names for ours with REJOINDER_REDIS_PREFIX."


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """`name` as it is in Redis, the `family` it should belong to, and what was `found` there instead."""

    name: str
    family: Family
    found: str

    def __str__(self) -> str:
        return self._told(self.name)

    @property
    def in_family(self) -> str:
        """The same without the ids in its name and the installation's prefix."""
        return self._told(self.family.pattern)

    def _told(self, name: str) -> str:
        return f"{name} is {self.found}; it should be a {self.family.kind} with {self.family.holds}"


def foreign_keys(redis: Redis, site_ids: Iterable[str]) -> list[ForeignKey]:
    """Looks at the keys whose names are known: the streams and the sites' backlogs. One trip. Raises RedisError."""
    sites = list(site_ids)
    return list(_of_wrong_type(redis, [(name, family) for family in FAMILIES for name in _names(redis, family, sites)]))


def foreign_keys_scanned(redis: Redis, *, seconds: float) -> tuple[list[ForeignKey], bool]:
    """Looks at every key of every family; gives up after `seconds`. The keys, and whether all were seen.

    Walks through the whole database, which other programs may fill; of a cluster through the node that has our slot,
    and so all of our keys. Raises RedisError.
    """
    ends = time.monotonic() + seconds
    patterns = [(_expression(redis, family), family) for family in FAMILIES]
    found: set[ForeignKey] = set()
    client: Any = redis
    cursor = -1
    while cursor:
        cursor, names = client.scan(max(cursor, 0), match=key(redis, "*"), count=SCAN_AT_ONCE)
        texts = [name.decode("utf-8", "replace") for name in names]
        ours = [pair for text in texts if (pair := _family_of(text, patterns))]
        found.update(_of_wrong_type(redis, ours))
        strange = {foreign.name for foreign in found}
        found.update(_not_numbers(redis, [pair for pair in ours if pair[1].number and pair[0] not in strange]))
        if cursor and time.monotonic() > ends:
            return _sorted(found), False
    return _sorted(found), True


def _family_of(name: str, patterns: list[tuple[re.Pattern[str], Family]]) -> tuple[str, Family] | None:
    return next(((name, family) for pattern, family in patterns if pattern.fullmatch(name)), None)


def _sorted(found: set[ForeignKey]) -> list[ForeignKey]:
    return sorted(found, key=lambda foreign: foreign.name)


def _names(redis: Redis, family: Family, site_ids: Iterable[str]) -> Iterator[str]:
    if "*" not in family.pattern:
        yield key(redis, family.pattern)
    elif family.pattern.startswith("backlog:"):
        for site_id in site_ids:
            yield key(redis, family.pattern.replace("*", site_id))


def _expression(redis: Redis, family: Family) -> re.Pattern[str]:
    return re.compile(re.escape(key(redis, family.pattern)).replace(r"\*", ".*"), re.DOTALL)


def _of_wrong_type(redis: Redis, names: list[tuple[str, Family]]) -> Iterator[ForeignKey]:
    if not names:
        return
    with redis.pipeline(transaction=False) as pipe:
        for name, _ in names:
            pipe.type(name)
        types = [kind.decode() for kind in pipe.execute()]
    for (name, family), kind in zip(names, types, strict=True):
        if kind not in (family.kind, "none"):
            yield ForeignKey(name, family, f"a {kind}")


def _not_numbers(redis: Redis, names: list[tuple[str, Family]]) -> Iterator[ForeignKey]:
    if not names:
        return
    with redis.pipeline(transaction=False) as pipe:
        for name, _ in names:
            pipe.get(name)
        # One that has ended, or changed its type, since it was looked at is nobody's trouble now.
        values = pipe.execute(raise_on_error=False)
    for (name, family), value in zip(names, values, strict=True):
        if isinstance(value, bytes) and not re.fullmatch(rb"-?\d{1,20}(\.\d+)?", value):
            yield ForeignKey(name, family, "text")
