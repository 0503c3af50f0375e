"""settings -> engine, Redis, keys, clock. Nothing opens at import, so two services can live in one process."""

import sqlite3
import threading
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import msgspec
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.orm import Session

from models.database.direct import begin_by
from models.database.liveness import check_before_use
from models.queries.comments import known_among
from service.clock import Clock
from service.database_errors import clear_answers, count_errors, drop_useless_connections
from service.privacy.sealing import Keyring
from service.redis_address import address_of, cluster_prefix, several_hosts
from service.redis_client import NotThisServer, open_client
from service.redis_keys import DEFAULT_PREFIX, use_prefix
from service.settings import Settings
from service.statement_limits import forget_client, limit_statements

# The request path gives Redis a blink, never the reader's patience; workers may block on it.
QUICK_SECONDS = 0.25
# Somebody at the desk waits so long to be handed a comment, rather than look at what a colleague looks at.
PATIENT_SECONDS = 2.0
SLOW_SECONDS = 10.0
# Pages (of 4 KB) that SQLite's log may have before a commit also copies it into the file. Four times its default: pages
# that every comment changes are copied once for four times as many, and the log is still no more than 16 MB.
CHECKPOINT_PAGES = 4000
# How long a connection to SQLite waits for another one's lock.
BUSY_SECONDS = 5.0
# What each connection to SQLite keeps of the file's pages. A worker's threads have one each, and forget all of it with
# every write of another process: more was no faster there, and took twenty megabytes.
MOST_CACHE_KIB = 8000
_CACHE_KIB = {"worker": 2000}
# Seconds between two tries to get the lock that every write to SQLite begins with.
LOCK_POLL = 0.001


@dataclass(frozen=True, slots=True)
class Services:
    """What every part above the queue works with.

    `redis` has short time-outs and no retry (a retried XADD can send twice); `patient_redis` is for what people at the
    desk wait for; `slow_redis` may block.
    """

    settings: Settings
    engine: Engine
    redis: Redis
    patient_redis: Redis
    slow_redis: Redis
    keyring: Keyring
    clock: Clock
    # Set by `close`: threads that listen on these connections end instead of connecting again.
    closing: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def read(self, *, often: bool = False) -> Iterator[Session]:
        """A session on one snapshot that writes nothing. Raises Unavailable when the database is busy or gone.

        `often`: for selects that are asked again and again and are read off the same indexes whatever their values are.
        PostgreSQL keeps them prepared, and plans them once; all others are planned for their values each time.
        """
        engine = self.engine
        if not self.settings.sqlite:
            # SQLite reads from one snapshot by itself; PostgreSQL would take a new one for every statement.
            engine = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        with clear_answers(), Session(engine, expire_on_commit=False) as session:
            try:
                yield session
                if often and not self.settings.sqlite:
                    # Whatever was changed in memory stays there. With a rollback, which the others end with, the driver
                    # forgets all that it has prepared on the connection.
                    session.expunge_all()
                    session.commit()
            finally:
                forget_client()

    @contextmanager
    def look_up(self) -> Iterator[Connection]:
        """A connection for selects of which each may see what is newer. PostgreSQL begins and ends no transaction for
        them: two round trips less.

        Raises Unavailable as `read` does.
        """
        with clear_answers(), self.engine.connect() as connection:
            # Behind a pooler the limit of a statement stands in its transaction.
            if not self.settings.sqlite and self.settings.prepare_threshold is not None:
                connection = connection.execution_options(isolation_level="AUTOCOMMIT")
            try:
                yield connection
            finally:
                forget_client()

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A transaction that commits at the end and rolls back on any exception. Raises Unavailable as `read` does.

        On SQLite it is BEGIN IMMEDIATE: a deferred one that reads and then writes fails at once under load.
        """
        with clear_answers(), self.engine.connect() as connection:
            connection = connection.execution_options(rejoinder_write=True)
            # It begins with the first statement: what a caller prepares before that keeps nobody waiting on SQLite.
            with Session(connection, expire_on_commit=False) as session, session.begin():
                yield session

    @contextmanager
    def write_rows(self) -> Iterator[Connection]:
        """As `write`, for statements without objects; begun at once."""
        with clear_answers(), self.engine.connect() as connection:
            connection = connection.execution_options(rejoinder_write=True)
            with connection.begin():
                yield connection

    def know_one_of(self, comment_ids: Collection[str]) -> bool:
        """Whether at least one of these ids is a comment of our database. Raises Unavailable."""
        with self.read() as session:
            return session.scalar(known_among(comment_ids).limit(1)) is not None

    def close(self) -> None:
        self.closing.set()
        self.engine.dispose()
        self.redis.close()
        self.patient_redis.close()
        self.slow_redis.close()


def wire(
    settings: Settings, clock: Clock | None = None, *, role: str = "command", statement_seconds: float | None = None
) -> Services:
    """Builds the parts from settings; connections open on first use.

    `role`: what PostgreSQL's lists of connections call this process. `statement_seconds`: see `statement_limits`.
    """
    engine = make_engine(
        settings.database_url,
        role=role,
        connections=settings.database_connections,
        prepare_threshold=settings.prepare_threshold,
    )
    if statement_seconds is not None:
        limit_statements(engine, statement_seconds, pooled=settings.prepare_threshold is None)
    return Services(
        settings=settings,
        engine=engine,
        redis=make_redis(settings.redis_url, QUICK_SECONDS, prefix=settings.redis_prefix),
        patient_redis=make_redis(settings.redis_url, PATIENT_SECONDS, prefix=settings.redis_prefix),
        slow_redis=make_redis(settings.redis_url, SLOW_SECONDS, prefix=settings.redis_prefix),
        keyring=Keyring.from_secrets(list(settings.secrets)),
        clock=clock or Clock(),
    )


def on_sqlite(session: Session) -> bool:
    """Whether a session is one on SQLite: some selects have to be said otherwise there."""
    return session.get_bind().dialect.name == "sqlite"


def current_services() -> Services:
    """The services of the running Flask app."""
    # Only here: workers are wired as well, and Flask with its templates would take megabytes of each.
    from flask import current_app

    services: Services = current_app.extensions["rejoinder"]
    return services


def make_redis(url: str, timeout: float, *, prefix: str = DEFAULT_PREFIX) -> Redis:
    """A client that connects on first use. On a cluster the prefix becomes a hash tag (`cluster_prefix`)."""
    options: dict[str, Any] = {
        "socket_timeout": timeout,
        "socket_connect_timeout": min(timeout, 1.0),
        # Once more, elsewhere, where the server said that it is not the one and so did nothing. Never after a lost
        # answer, which does not say what was done.
        "retry": Retry(NoBackoff(), 1, supported_errors=(NotThisServer,)),
        "health_check_interval": 0,
        "protocol": 2,
    }
    client = open_client(url, options, prefix=prefix)
    if several_hosts(url) and address_of(url).kind == "cluster":
        prefix = cluster_prefix(prefix)
    use_prefix(client, prefix)
    return client


def make_engine(url: str, *, role: str = "command", connections: int = 24, prepare_threshold: int | None = 5) -> Engine:
    """An engine with the pragmas and transaction rules that the rest relies on.

    For PostgreSQL: under which name it connects, how often at once, and after how many times a statement is prepared
    (None: never).
    """
    # Parameters are people's texts and names: they must not be in an exception's words.
    options: dict[str, Any] = {
        "hide_parameters": True,
        "json_serializer": lambda value: msgspec.json.encode(value).decode(),
        "json_deserializer": msgspec.json.decode,
    }
    if url.startswith("sqlite"):
        connect = {"timeout": BUSY_SECONDS, "check_same_thread": False}
        # The last one used comes first: each connection has a cache of its own, and forgets it when another writes.
        engine = create_engine(url, connect_args=connect, pool_size=32, pool_use_lifo=True, **options)
        event.listen(engine, "connect", partial(_prepare_sqlite, cache_kib=_CACHE_KIB.get(role, MOST_CACHE_KIB)))
        event.listen(engine, "begin", _begin_sqlite)
        count_errors(engine)
        return engine
    # The encoding is ours to say: a database of no encoding would send bytes.
    told = {
        "application_name": f"rejoinder {role}",
        "prepare_threshold": prepare_threshold,
        "client_encoding": "utf8",
    }
    # As many as are needed, then kept; a few of many go again when they are not. The last one used comes first: it has
    # prepared what is asked most.
    kept = max(1, round(connections * 5 / 6))
    engine = create_engine(
        url,
        connect_args=told,
        pool_size=kept,
        max_overflow=connections - kept,
        pool_timeout=5,
        pool_use_lifo=True,
        **options,
    )
    if prepare_threshold is not None:
        event.listen(engine, "connect", _plan_short_statements)
    check_before_use(engine)
    drop_useless_connections(engine)
    count_errors(engine)
    return engine


def _plan_short_statements(driver: Any, _record: object) -> None:
    # PostgreSQL compiles what it guesses to be long, or starts processes to share it: that takes seconds, or tens of
    # milliseconds, for statements that stop after a few. Behind a pooler the session is not ours to set. Outside a
    # transaction, whose end would take it back.
    before, driver.autocommit = driver.autocommit, True
    # Two at once cannot be prepared, which may be asked of the first already.
    driver.execute("SET jit = off; SET max_parallel_workers_per_gather = 0", prepare=False)
    driver.autocommit = before


def _prepare_sqlite(connection: sqlite3.Connection, _record: object, *, cache_kib: int) -> None:
    # The driver must not open transactions by itself: `_begin_sqlite` does, in the right mode.
    connection.isolation_level = None
    _use_wal(connection)
    for pragma in (
        "synchronous=FULL",
        "foreign_keys=ON",
        f"cache_size=-{cache_kib}",
        # What a savepoint or a statement may have to take back is kept there, not in a file.
        "temp_store=MEMORY",
        f"wal_autocheckpoint={CHECKPOINT_PAGES}",
    ):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute(f"PRAGMA busy_timeout={round(BUSY_SECONDS * 1000)}")


def _use_wal(connection: sqlite3.Connection) -> None:
    # Switching a new file over is the one thing that SQLite does not wait for: with two at once, one is refused.
    give_up = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > give_up:
                raise
        time.sleep(0.01)


def _begin_sqlite(connection: Connection) -> None:
    if not connection.get_execution_options().get("rejoinder_write"):
        begin_by(connection, "BEGIN")
        return
    # SQLite itself would sleep longer and longer between two tries, up to a tenth of a second, while others who have
    # only just come get the lock. It waits as long in all: whoever migrates has said a longer time.
    driver: Any = connection.connection.dbapi_connection
    ((milliseconds,),) = driver.execute("PRAGMA busy_timeout").fetchall()
    driver.execute("PRAGMA busy_timeout=0")
    try:
        begin_by(connection, "BEGIN IMMEDIATE", partial(_waited, time.monotonic() + milliseconds / 1000))
    finally:
        # One that was given up, as at the end of the process, is closed: to fail here would hide why.
        if not connection.invalidated:
            driver.execute(f"PRAGMA busy_timeout={milliseconds}")


def _waited(give_up: float, error: BaseException) -> bool:
    """Waits a moment where another connection has the lock; False for other errors, and when it took too long."""
    if getattr(error, "sqlite_errorcode", 0) & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > give_up:
        return False
    time.sleep(LOCK_POLL)
    return True
