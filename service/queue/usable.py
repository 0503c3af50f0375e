"""Whether Redis can be worked with: one that answers a ping may still be a replica, full, or without our keys."""

from ssl import SSLCertVerificationError
from typing import Any

from redis import Redis
from redis.exceptions import (
    AuthenticationError,
    AuthenticationWrongNumberOfArgsError,
    NoPermissionError,
    RedisError,
    ResponseError,
)
from redis.exceptions import ConnectionError as Disconnected
from redis.exceptions import TimeoutError as TooSlow
from redis.sentinel import MasterNotFoundError

from service.queue.stream import STREAM
from service.redis_client import NotThisServer
from service.redis_keys import key

PROBE = "probe"
PROBE_MS = 60_000

CLUSTER_ADVICE = "write REDIS_URL as redis+cluster://host1,host2"
# The first word of what the server says -> (what is wrong, what to do).
_SAID: dict[str, tuple[str, str]] = {
    "READONLY": (
        "is a replica and takes no writes",
        "let REDIS_URL name the master, or the sentinels (redis+sentinel://)",
    ),
    "OOM": ("is full (maxmemory) and takes no writes", "give it more memory; keep maxmemory-policy noeviction"),
    "MISCONF": ("takes no writes, because it cannot save to its disk", "look at its log and its disk's space"),
    "NOREPLICAS": (
        "takes no writes, because too few replicas follow",
        "look at its replicas, or min-replicas-to-write",
    ),
    "LOADING": ("is loading its data", "wait until it has"),
    "MASTERDOWN": ("is a replica without its master", "look at the master, or let REDIS_URL name the sentinels"),
    "CLUSTERDOWN": ("belongs to a cluster that is down", "look at `redis-cli --cluster check`"),
    "MOVED": ("is a node of a cluster without our keys", CLUSTER_ADVICE),
    "ASK": ("is a node of a cluster that is moving our keys", "wait until it has"),
    "TRYAGAIN": ("is a node of a cluster that is moving our keys", "wait until it has"),
    "NOAUTH": ("wants a password", "write user and password into REDIS_URL"),
    "WRONGPASS": ("does not take the user or the password", "check them in REDIS_URL"),
    "NOPERM": ("does not let its user do what is needed", "give the user the rights that docs/operations.md lists"),
    "BUSY": ("is busy with a script", "look at what runs there"),
}


def probe(redis: Redis) -> None:
    """Writes what ends by itself. Raises RedisError where that, or the stream, cannot be used."""
    name = key(redis, PROBE)
    with redis.pipeline(transaction=False) as pipe:
        pipe.set(name, 1, px=PROBE_MS)
        pipe.exists(key(redis, STREAM))
        pipe.execute()


def trouble(redis: Redis) -> tuple[str, str] | None:
    """What is wrong with Redis and what to do, as ends of "Redis …"; None where it can be used. Asks it."""
    try:
        probe(redis)
        if _is_replica(redis):
            return "is a replica that takes writes and will lose them", _SAID["READONLY"][1]
    except RedisError as error:
        return told(error)
    return None


def told(error: RedisError) -> tuple[str, str]:
    """The same of an error: what the server said, never with its own words, which may quote a key."""
    if isinstance(error, NotThisServer):
        return _SAID[error.word]
    if isinstance(error, NoPermissionError):
        return _SAID["NOPERM"]
    if isinstance(error, AuthenticationWrongNumberOfArgsError):
        return _SAID["WRONGPASS"]
    if isinstance(error, AuthenticationError):
        return _SAID["NOAUTH" if "required" in str(error) else "WRONGPASS"]
    if isinstance(error, TooSlow):
        return "does not answer in time", "check the server and the way to it"
    if isinstance(error, MasterNotFoundError):
        return "has no master that a sentinel names", "check the sentinels, their login and certificates, and the name"
    if isinstance(error, Disconnected):
        if isinstance(error.__cause__ or error.__context__, SSLCertVerificationError):
            return "shows a certificate that is not trusted", "name its authority: ?ssl_ca_certs=FILE behind REDIS_URL"
        return f"cannot be reached ({type(error).__name__})", "check REDIS_URL and the server"
    for word, said in _SAID.items():
        if isinstance(error, ResponseError) and _first_word(error) == word:
            return said
    return f"refuses what is needed ({type(error).__name__})", "check REDIS_URL, the server and the kinds of our keys"


def _first_word(error: ResponseError) -> str:
    # redis-py takes the word away where it has a class for it, and leaves it, in a pipeline behind its own, elsewhere.
    kind = {"OutOfMemoryError": "OOM"}.get(type(error).__name__)
    return kind or str(error).rpartition("caused error: ")[2].partition(" ")[0]


def _is_replica(redis: Redis) -> bool:
    client: Any = redis
    try:
        return bool(client.info("replication").get("role") == "slave")
    except NoPermissionError:
        return False  # Its user may not ask; a write went well.
