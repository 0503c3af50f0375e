"""A consistent copy of a database that is in use."""

import errno
import os
import shutil
import sqlite3
import tempfile
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from sqlalchemy import Connection, Engine, MetaData, create_engine, func, inspect, select, text
from sqlalchemy.orm import Session

from models.migrations import revision_of
from service.backup import postgres
from service.backup.manifest import FORMAT, Manifest, described, keep_on_disk, write_manifest
from service.errors import Misconfigured
from service.privacy.key_checks import sealing_key_ids
from service.wiring import Services

SQLITE_COPY = "rejoinder.db"
POSTGRES_COPY = "rejoinder.dump"


def take_backup(services: Services, folder: Path) -> Manifest:
    """Copies the database into `folder`, which must be new or empty, while everybody goes on reading and writing.

    1. Everything is written into `.<name>.unfinished-…`, a folder of its own: killed here, that is all there is.
    2. The manifest comes last and is on the disk, with its files.
    3. One rename gives it its name: only a whole backup has it, and of two at once the first to be done.

    Raises Misconfigured.
    """
    folder = folder.absolute()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Misconfigured(f"{folder} is not empty; name a new folder, one for each backup")
    folder.parent.mkdir(parents=True, exist_ok=True)
    # Made with mode 0700.
    unfinished = Path(tempfile.mkdtemp(prefix=f".{folder.name}.unfinished-", dir=folder.parent))
    try:
        manifest = (_copy_sqlite if services.settings.sqlite else _copy_postgres)(services, unfinished)
        write_manifest(unfinished, manifest)
        try:
            unfinished.rename(folder)
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
            raise Misconfigured(f"another backup has come into {folder} meanwhile; name a folder for each") from None
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    keep_on_disk(folder.parent)
    return manifest


def _copy_sqlite(services: Services, folder: Path) -> Manifest:
    copy = folder / SQLITE_COPY
    # Made first, for its mode; SQLite accepts an empty file.
    os.close(os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    started = services.clock.now()
    source = sqlite3.connect(str(services.engine.url.database), isolation_level=None)
    try:
        # One read transaction, beside which others write; and, unlike a copy page by page, nothing of what was
        # deleted is left in it.
        source.execute("VACUUM INTO ?", (str(copy),))
    finally:
        source.close()
    engine = create_engine(f"sqlite:///{copy}")
    try:
        with engine.connect() as connection:
            return _manifest(connection, copy, started)
    finally:
        engine.dispose()


def _copy_postgres(services: Services, folder: Path) -> Manifest:
    copy = folder / POSTGRES_COPY
    os.close(os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    engine: Engine = services.engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    with engine.connect() as connection, connection.begin():
        started = services.clock.now()
        # What is counted here and what is dumped is of the same moment.
        snapshot = str(connection.scalar(text("SELECT pg_export_snapshot()")))
        postgres.dump(services.engine, copy, snapshot=snapshot, server=server_version(connection))
        return _manifest(connection, copy, started)


def server_version(connection: Connection) -> int:
    """PostgreSQL's major version."""
    return int(str(connection.scalar(text("SHOW server_version_num")))) // 10_000


def count_rows(connection: Connection) -> dict[str, int]:
    """Rows of each table; without those that SQLite's search keeps for itself."""
    tables = MetaData()
    wanted = [name for name in inspect(connection).get_table_names() if not name.startswith("search_word")]
    tables.reflect(connection, only=wanted)
    return {
        name: connection.scalar(select(func.count()).select_from(table)) or 0
        for name, table in sorted(tables.tables.items())
    }


def _manifest(connection: Connection, copy: Path, started: datetime) -> Manifest:
    return Manifest(
        format=FORMAT,
        rejoinder=version("rejoinder"),
        revision=revision_of(connection) or "",
        database="sqlite" if connection.dialect.name == "sqlite" else "postgresql",
        taken_at=started,
        keys=sealing_key_ids(Session(connection)),
        counts=count_rows(connection),
        files=[described(copy)],
    )
