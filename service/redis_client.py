"""Clients for Redis as it is run: one server, the master that sentinels name, or a cluster.

However it is run, one server answers for all of our keys at a time: in a cluster they share one slot
(`cluster_prefix`). So scripts, pipelines and blocking reads are the same everywhere, and only the question which server
that is differs. It is asked anew for each connection, and a connection whose server turns out not to be the right one
any more is closed.
"""

from collections.abc import Mapping, Sequence
from threading import Lock
from typing import Any

from redis import Redis, Sentinel
from redis.connection import AbstractConnection, Connection, ConnectionPool, SSLConnection, UnixDomainSocketConnection
from redis.crc import key_slot
from redis.exceptions import (
    AskError,
    BusyLoadingError,
    ClusterDownError,
    MasterDownError,
    MovedError,
    ReadOnlyError,
    RedisError,
    TryAgainError,
)
from redis.exceptions import ConnectionError as Disconnected
from redis.sentinel import SentinelConnectionPool, SentinelManagedConnection, SentinelManagedSSLConnection

from service.redis_address import address_of, cluster_prefix, several_hosts

_NOT_HERE = (ReadOnlyError, BusyLoadingError, MasterDownError, ClusterDownError, MovedError, AskError, TryAgainError)


class NotThisServer(Disconnected):
    """The server answers and cannot serve us: a replica, loading, or without our slot. `word`: the error's first."""

    def __init__(self, word: str) -> None:
        super().__init__(word)
        self.word = word


class _Checked(AbstractConnection):
    """Closes when its server says that it is not the one: the next use connects anew, wherever that is then."""

    def read_response(self, *args: Any, **options: Any) -> Any:
        try:
            return super().read_response(*args, **options)
        except _NOT_HERE as error:
            self.disconnect()  # type: ignore[no-untyped-call]
            self.moved(error)
            raise NotThisServer(_word(error)) from error

    def moved(self, error: RedisError) -> None:
        """For those that know several servers."""


def _word(error: RedisError) -> str:
    words = {
        ReadOnlyError: "READONLY",
        BusyLoadingError: "LOADING",
        MasterDownError: "MASTERDOWN",
        MovedError: "MOVED",
        AskError: "ASK",
        TryAgainError: "TRYAGAIN",
    }
    return next((word for kind, word in words.items() if isinstance(error, kind)), "CLUSTERDOWN")


class _Tcp(_Checked, Connection):
    pass


class _Tls(_Checked, SSLConnection):
    pass


class _Unix(_Checked, UnixDomainSocketConnection):
    pass


class _SentinelTcp(_Checked, SentinelManagedConnection):
    pass


class _SentinelTls(_Checked, SentinelManagedSSLConnection):
    pass


_CHECKED: dict[type[Any], type[Any]] = {Connection: _Tcp, SSLConnection: _Tls, UnixDomainSocketConnection: _Unix}


class SlotOwner:
    """Which node of a cluster has our slot, asked of whichever node answers."""

    def __init__(self, hosts: Sequence[tuple[str, int]], slot: int, options: Mapping[str, Any]) -> None:
        self.slot = slot
        self._hosts = list(hosts)
        self._options = dict(options)
        self._told: tuple[str, int] | None = None
        self._lock = Lock()

    def tell(self, host: str, port: int) -> None:
        """A node said that this one has it: it knows best, and is believed for one connection."""
        with self._lock:
            self._told = (host, port)

    def find(self) -> tuple[str, int]:
        """Raises redis-py's ConnectionError where no node answers or none has it."""
        with self._lock:
            told, self._told = self._told, None
            hosts = list(self._hosts)
        if told is not None:
            return told
        why: BaseException | None = None
        for host in hosts:
            try:
                found = self._ask(host)
            except (RedisError, OSError) as error:
                found, why = None, error.__cause__ or error.__context__ or error
            if found is not None:
                return found
            with self._lock:
                # The others first from now on.
                if host in self._hosts:
                    self._hosts.remove(host)
                    self._hosts.append(host)
        raise Disconnected("no node of the cluster says who has our slot") from why

    def _ask(self, host: tuple[str, int]) -> tuple[str, int] | None:
        with Redis(host=host[0], port=host[1], **self._options) as node:
            rows: Any = node.execute_command("CLUSTER SLOTS", NEVER_DECODE=True)
        owner = None
        for start, end, *servers in rows:
            named = [((server[0] or host[0].encode()).decode(), int(server[1])) for server in servers]
            if start <= self.slot <= end:
                owner = named[0]
            with self._lock:
                self._hosts += [one for one in named if one not in self._hosts]
        return owner


class _InCluster(_Checked):
    def __init__(self, *, owner: SlotOwner, **options: Any) -> None:
        self._owner = owner
        super().__init__(**options)

    def _connect(self) -> Any:
        self.host, self.port = self._owner.find()
        return super()._connect()  # type: ignore[no-untyped-call, safe-super]

    def moved(self, error: RedisError) -> None:
        # An AskError says where single keys are while the slot moves, not who has the slot.
        if isinstance(error, MovedError) and error.slot_id == self._owner.slot:
            self._owner.tell(error.host or self.host, error.port)


class _ClusterTcp(_InCluster, Connection):
    pass


class _ClusterTls(_InCluster, SSLConnection):
    pass


def in_reach(client: Redis, name: str) -> bool:
    """Whether this client may ask for the key of this whole name: in a cluster, whether it is in our slot."""
    owner = client.connection_pool.connection_kwargs.get("owner")
    return not isinstance(owner, SlotOwner) or key_slot(name.encode()) == owner.slot


def open_client(url: str, options: Mapping[str, Any], *, prefix: str) -> Redis:
    """A client for the URL; connects on first use. `options`: redis-py's, for each connection."""
    if not several_hosts(url):
        pool = ConnectionPool.from_url(url, **options)
        pool.connection_class = _CHECKED[pool.connection_class]
        return Redis.from_pool(pool)
    address = address_of(url)
    every = {**options, **address.options}
    tls = every.pop("ssl", False)
    if address.kind == "sentinel":
        sentinels = Sentinel(list(address.hosts), sentinel_kwargs={**options, **address.sentinel_options})  # type: ignore[no-untyped-call]
        managed = SentinelConnectionPool(
            address.name,
            sentinels,
            db=address.db,
            connection_class=_SentinelTls if tls else _SentinelTcp,
            **every,
        )  # type: ignore[no-untyped-call]
        return Redis.from_pool(managed)
    owner = SlotOwner(address.hosts, key_slot(cluster_prefix(prefix).encode()), {**every, "ssl": tls})
    kind = _ClusterTls if tls else _ClusterTcp
    return Redis.from_pool(ConnectionPool(connection_class=kind, owner=owner, **every))
