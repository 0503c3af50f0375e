"""The schema's history (Alembic). A migration suits the code that is still running: expand first, contract later.

A file in `versions/` imports SQLAlchemy and Alembic and nothing of ours: it must still run when today's classes are
gone. Once others may have run it, it never changes. `python -m models.migrations.new` writes the next one.

May enter: what makes, and finds, the steps from one schema to the next.
"""

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import Connection, Engine, inspect
from sqlalchemy.exc import DBAPIError, OperationalError

from models.migrations.chain import VERSION_TABLE, revisions
from models.migrations.chain import revision_of as revision_of
from models.migrations.shape import missing

if TYPE_CHECKING:
    from alembic.config import Config

FOLDER = Path(__file__).parent

# How long to wait for another process that migrates the same database: it may have many rows to go through.
LOCK_SECONDS = 60.0
# How often a process that is to prepare a migration looks whether another one is done with that.
LOOK_AGAIN_SECONDS = 0.2
# How long a migration waits for one table on PostgreSQL. Short: whoever wants that table meanwhile queues behind it.
TABLE_SECONDS = 5.0

# One lock for everybody who might migrate the same database at once; the number is arbitrary but fixed.
ADVISORY_LOCK = 7_365_110
PREPARING_LOCK = ADVISORY_LOCK + 1
# PostgreSQL's codes for a lock that did not come in time, and for two that wait for each other.
_LOCK_NOT_AVAILABLE = "55P03"
_DEADLOCK_DETECTED = "40P01"

_MOST_NAMED = 3
ENCODING_ADVICE = "make a new one with `createdb --encoding UTF8 --template template0`"
# Such as those of PostGIS, which an empty database may be made with.
_TABLES_OF_EXTENSIONS = """
    SELECT c.relname FROM pg_class c JOIN pg_depend d ON d.objid = c.oid
    WHERE d.classid = 'pg_class'::regclass AND d.deptype = 'e' AND pg_table_is_visible(c.oid)
"""


class CannotUpgrade(Exception):
    """The database was left as it was; the message is one line that says what to do."""


class UpgradeFailed(Exception):
    """A migration is wrong for this database, which was left as it was. The database's own words are the cause."""


@dataclass(frozen=True, slots=True)
class Upgraded:
    """From which revision to which. `before` is None for an empty database; with nothing to do both are the same."""

    before: str | None
    after: str


def upgrade(engine: Engine, *, folder: Path = FOLDER) -> Upgraded:
    """Brings the database to the newest revision in `folder`, in one transaction: all of it or nothing.

    On PostgreSQL a migration may have a `prepare` besides, for what takes long and can be done beside whoever writes,
    such as an index. It runs before, outside of the transaction, and again when that failed; what it leaves until then
    is in nobody's way.
    Processes that do it at once wait for each other, and all but the first find nothing to do. Raises CannotUpgrade
    (a newer database, somebody else's, or somebody is in the way), UpgradeFailed, and OperationalError where there is
    no database.
    """
    known = revisions(folder)
    if not known:
        raise ValueError(f"there is no migration in {folder}")
    head = known[-1]
    # Without the lock, so that a start with nothing to do waits for nobody.
    with engine.connect() as connection:
        before = revision_of(connection)
        lacking = missing(connection) if before == head and folder == FOLDER else []
    if lacking:
        raise CannotUpgrade(
            f"the database says that it is at revision {head} and lacks {few_of(lacking)}: it was made by an "
            "unfinished release or changed by hand. Restore a backup, or give the service a new database"
        )
    if before == head:
        return Upgraded(before, head)
    with _prepared(engine, folder, known), _locked(engine) as connection:
        before = revision_of(connection)
        if before is not None and before not in known:
            raise CannotUpgrade("the database was migrated by a newer Rejoinder; run that version")
        if before is None:
            _refuse_others(connection)
            _refuse_encoding(connection)
        if before != head:
            _run(connection, folder)
    return Upgraded(before, head)


State = Literal["current", "behind", "ahead", "empty", "incomplete"]


def state(engine: Engine, *, folder: Path = FOLDER) -> State:
    """Where the database stands against this code. `incomplete`: it says that it is current, and lacks something."""
    known = revisions(folder)
    with engine.connect() as connection:
        at = revision_of(connection)
        if at == (known[-1] if known else None):
            return "incomplete" if folder == FOLDER and missing(connection) else "current"
    if at is None:
        return "empty"
    return "behind" if at in known else "ahead"


def known_revisions(*, folder: Path = FOLDER) -> set[str]:
    """Every revision that this code can start from."""
    return set(revisions(folder))


def configuration(connection: Connection, folder: Path, **options: Any) -> "Config":
    """Alembic's settings for work over `connection`; `options` are its context's, such as `target_metadata`."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    config.attributes["connection"] = connection
    config.attributes["options"] = options
    return config


def _refuse_others(connection: Connection) -> None:
    """Raises CannotUpgrade for a database that no migration of ours has seen and that has tables all the same."""
    tables = set(inspect(connection).get_table_names())
    if connection.dialect.name == "postgresql":
        tables -= set(connection.exec_driver_sql(_TABLES_OF_EXTENSIONS).scalars())
    if not tables or VERSION_TABLE in tables:
        return
    named = few_of(sorted(tables))
    raise CannotUpgrade(
        f"the database has tables that are not Rejoinder's ({named}); give it one of its own, or check DATABASE_URL"
    )


def encoding_of(connection: Connection) -> str:
    """How the database keeps letters, by PostgreSQL's name; always UTF8 on SQLite."""
    if connection.dialect.name == "sqlite":
        return "UTF8"
    return str(connection.exec_driver_sql("SHOW server_encoding").scalar())


def _refuse_encoding(connection: Connection) -> None:
    """Raises CannotUpgrade for a database that cannot keep what people write."""
    encoding = encoding_of(connection)
    if encoding != "UTF8":
        raise CannotUpgrade(f"the database's encoding is {encoding}; {ENCODING_ADVICE}")


def few_of(names: Sequence[str]) -> str:
    """The first of them, for a message of one line."""
    return ", ".join(names[:_MOST_NAMED]) + (", …" if len(names) > _MOST_NAMED else "")


@contextmanager
def _prepared(engine: Engine, folder: Path, known: Sequence[str]) -> Iterator[None]:
    """What the migrations that are to come do beforehand; until the end nobody else prepares any."""
    if engine.dialect.name != "postgresql":
        yield
        return
    from alembic.script import ScriptDirectory

    with engine.connect() as holder, engine.connect() as connection:
        connection = connection.execution_options(isolation_level="AUTOCOMMIT")
        # The lock is a transaction's: behind a pooler, a session's would stay on a server connection of somebody else.
        # Idle and READ COMMITTED it has no snapshot that an index made beside others' writes would wait for.
        holder = holder.execution_options(isolation_level="READ COMMITTED")
        give_up = time.monotonic() + LOCK_SECONDS
        # Asked again and again instead of waited for: an index that is made beside others' writes waits for whoever
        # has a statement under way.
        while not holder.exec_driver_sql(f"SELECT pg_try_advisory_xact_lock({PREPARING_LOCK})").scalar():
            if time.monotonic() > give_up:
                raise _somebody_else()
            time.sleep(LOOK_AGAIN_SECONDS)
        before = revision_of(connection)
        if before in known:
            try:
                for script in reversed(list(ScriptDirectory(str(folder)).iterate_revisions("head", before))):
                    getattr(script.module, "prepare", _nothing)(connection)
            except DBAPIError as error:
                raise _failed(error) from error
        yield


def _nothing(_connection: Connection) -> None:
    """What most migrations prepare."""


def _run(connection: Connection, folder: Path) -> None:
    from alembic import command

    try:
        command.upgrade(configuration(connection, folder), "head")
    except DBAPIError as error:
        raise _failed(error) from error


def _failed(error: DBAPIError) -> CannotUpgrade | UpgradeFailed:
    if getattr(error.orig, "sqlstate", None) in {_LOCK_NOT_AVAILABLE, _DEADLOCK_DETECTED}:
        return CannotUpgrade(
            f"a table was in use for {TABLE_SECONDS:g} s, so nothing was migrated; "
            "end long transactions (pg_stat_activity shows them) and run `rejoinder db upgrade` again"
        )
    return UpgradeFailed(f"a migration failed and nothing of it was kept ({type(error.orig).__name__})")


@contextmanager
def _locked(engine: Engine) -> Iterator[Connection]:
    """A transaction that nobody else who migrates this database can have at the same time."""
    with _locked_file(engine) if engine.dialect.name == "sqlite" else _locked_server(engine) as connection:
        yield connection


@contextmanager
def _locked_server(engine: Engine) -> Iterator[Connection]:
    with engine.connect() as connection:
        # What the other one committed is seen after the wait, whatever isolation the server gives by default.
        connection = connection.execution_options(isolation_level="READ COMMITTED")
        with connection.begin():
            _give_up_after(connection, LOCK_SECONDS)
            try:
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({ADVISORY_LOCK})")
            except OperationalError as error:
                if getattr(error.orig, "sqlstate", None) != _LOCK_NOT_AVAILABLE:
                    raise
                raise _somebody_else() from None
            _give_up_after(connection, TABLE_SECONDS)
            yield connection


def _give_up_after(connection: Connection, seconds: float) -> None:
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = {round(seconds * 1000)}")


@contextmanager
def _locked_file(engine: Engine) -> Iterator[Connection]:
    with engine.connect() as connection:
        # BEGIN IMMEDIATE: the lock on the whole file is taken before anything is read.
        connection = connection.execution_options(rejoinder_write=True)
        driver: Any = connection.connection.driver_connection
        # It is closed in the end instead of going back to the pool, since these settings are for here alone.
        connection.detach()
        driver.execute(f"PRAGMA busy_timeout={round(LOCK_SECONDS * 1000)}")
        # A table that is copied and replaced is dropped on the way, and the rows that point to it must not mind.
        # SQLite ignores this inside a transaction.
        driver.execute("PRAGMA foreign_keys=OFF")
        # An index of a large table is sorted for; not in memory, as the service's own small statements may be.
        driver.execute("PRAGMA temp_store=FILE")
        try:
            transaction = connection.begin()
        except OperationalError as error:
            # An extended code keeps what it extends in its lowest byte.
            if getattr(error.orig, "sqlite_errorcode", 0) & 0xFF != sqlite3.SQLITE_BUSY:
                raise
            raise _somebody_else() from None
        with transaction:
            yield connection
            broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
            if broken is not None:
                raise UpgradeFailed(f"a migration failed and nothing of it was kept (rows of {broken[0]} lead nowhere)")


def _somebody_else() -> CannotUpgrade:
    return CannotUpgrade(
        f"somebody else has been writing to the database for {LOCK_SECONDS:g} s; "
        "run `rejoinder db upgrade` again when they are done"
    )
