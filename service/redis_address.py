"""What REDIS_URL says where Redis is several servers: sentinels and the master's name, or the nodes of a cluster."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import parse_qsl, unquote, urlsplit

SCHEMES = ("redis+sentinel", "rediss+sentinel", "redis+cluster", "rediss+cluster")
# What may stand behind the `?`, by redis-py's names. Those of the sentinels are without `sentinel_` there.
_OPTIONS = frozenset(
    {"ssl_ca_certs", "ssl_ca_path", "ssl_certfile", "ssl_keyfile", "ssl_password", "ssl_cert_reqs"}
    | {"ssl_check_hostname", "sentinel_username", "sentinel_password"}
)
_PORTS = {"sentinel": 26379, "cluster": 6379}


@dataclass(frozen=True, slots=True)
class Address:
    """What a URL with several hosts says. `options`: for each connection, in redis-py's words."""

    kind: Literal["sentinel", "cluster"]
    hosts: Sequence[tuple[str, int]]
    name: str
    db: int
    options: Mapping[str, Any]
    sentinel_options: Mapping[str, Any]


def several_hosts(url: str) -> bool:
    """Whether the URL is one that `address_of` reads; any other is redis-py's."""
    return url.partition("://")[0] in SCHEMES


def address_of(url: str) -> Address:
    """Reads `redis+sentinel://[user:password@]host[:port],…/name[/db]` and `redis+cluster://…host[:port],…`.

    Raises ValueError, whose words may be shown: they repeat nothing of the URL but names of options.
    """
    parts = urlsplit(url)
    scheme, _, kind = parts.scheme.partition("+")
    login, _, hosts = parts.netloc.rpartition("@")
    user, _, password = login.partition(":")
    options: dict[str, Any] = {"ssl": True} if scheme == "rediss" else {}
    options |= {name: unquote(text) for name, text in (("username", user), ("password", password)) if text}
    found = dict(parse_qsl(parts.query))
    if unknown := found.keys() - _OPTIONS:
        raise ValueError(f"it has the unknown option {min(unknown)}")
    tls: dict[str, Any] = {name: text for name, text in found.items() if name.startswith("ssl_")}
    if "ssl_check_hostname" in tls:
        tls["ssl_check_hostname"] = tls["ssl_check_hostname"].lower() in ("1", "true", "yes")
    if tls and scheme != "rediss":
        raise ValueError(f"its options {', '.join(sorted(tls))} need rediss+{kind}://")
    path = [unquote(part) for part in parts.path.split("/") if part]
    name, db = "", 0
    if kind == "sentinel":
        if not 1 <= len(path) <= 2 or not (len(path) == 1 or path[1].isdigit()):
            raise ValueError("it must end in /NAME, the master's name for the sentinels, or /NAME/DB")
        name, db = path[0], int(path[1]) if len(path) == 2 else 0
    elif path not in ([], ["0"]):
        raise ValueError("a cluster has no database but 0")
    sentinels = {key.removeprefix("sentinel_"): text for key, text in found.items() if key.startswith("sentinel_")}
    if sentinels and kind == "cluster":
        raise ValueError("a cluster has no sentinels")
    every: Any = kind
    return Address(
        every,
        [_host(one, _PORTS[kind]) for one in hosts.split(",")],
        name,
        db,
        {**options, **tls},
        {**sentinels, **tls, **({"ssl": True} if scheme == "rediss" else {})},
    )


def _host(text: str, port: int) -> tuple[str, int]:
    parts = urlsplit(f"//{text}")
    if not parts.hostname:
        raise ValueError("a host is missing")
    return parts.hostname, parts.port or port


def cluster_prefix(prefix: str) -> str:
    """The installation's prefix as a hash tag, so that all of its keys are in one slot."""
    return prefix if "{" in prefix else f"{{{prefix.rstrip(':') or 'rejoinder'}}}:"
