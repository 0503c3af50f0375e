"""The names of all that we keep in Redis: a prefix of the installation's own, then a family.

`FAMILIES` is the table of contents. Everything else here names keys without the prefix; `key` puts it in front, so
that two installations on one Redis have no name in common: keys, scripts' KEYS and the channel alike.
"""

from dataclasses import dataclass
from typing import Literal
from weakref import WeakKeyDictionary

from redis import ConnectionPool, Redis

from service.settings import SETTINGS

DEFAULT_PREFIX = SETTINGS["REJOINDER_REDIS_PREFIX"][0]

Kind = Literal["stream", "zset", "hash", "string"]


@dataclass(frozen=True, slots=True)
class Family:
    """Keys of one kind. `pattern`: `*` stands for an id or a hash. `number`: whether its strings are numbers."""

    pattern: str
    kind: Kind
    holds: str
    number: bool = False


FAMILIES = (
    # Messages and what could not be judged: one key each.
    Family("comments", "stream", "the comments to judge"),
    Family("comments:dead", "stream", "the dead letters"),
    # Three keys a site.
    Family("backlog:{*}:waiting", "zset", "a site's backlog"),
    Family("backlog:{*}:leases", "hash", "a site's leases"),
    Family("backlog:{*}:until", "zset", "when a site's leases end"),
    # Keys that end by themselves, some for every reader.
    Family("limit:{*}:*", "string", "a rate limit", number=True),
    Family("throttle:*", "string", "attempts to sign in", number=True),
    Family("policy-checks:looked-at", "zset", "whose policies are being checked"),
    Family("policy-checks:in-force", "zset", "whose policies are checked before they are put in force"),
    Family("probe", "string", "a look whether Redis takes writes", number=True),
    Family("comments:trail:*", "string", "the rules that a worker was lost over"),
)

# A pipeline shares its client's pool, and so its prefix.
_prefixes: "WeakKeyDictionary[ConnectionPool, str]" = WeakKeyDictionary()


def use_prefix(client: Redis, prefix: str) -> None:
    """From now on `key` gives this client's names that prefix."""
    _prefixes[client.connection_pool] = prefix


def key(client: Redis, name: str) -> str:
    """The whole name in Redis of what we call `name`, by the prefix of the client or pipeline."""
    return _prefixes.get(client.connection_pool, DEFAULT_PREFIX) + name
