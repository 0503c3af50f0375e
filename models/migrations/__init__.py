"""The schema's history (Alembic). A migration suits the code that is still running: expand first, contract later."""

from pathlib import Path
from typing import Literal

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

FOLDER = Path(__file__).parent

# One lock for everybody who might migrate the same database at once; the number is arbitrary but fixed.
_ADVISORY_LOCK = 7_365_110


def upgrade(engine: Engine) -> None:
    """Brings the database to the newest revision; two that do it at once wait for each other."""
    if engine.dialect.name != "sqlite":
        with engine.begin() as connection:
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})")
            _run(connection)
        return
    # SQLite: the write lock is taken first, and tables that a migration copies may not check their keys meanwhile.
    with engine.connect() as connection:
        connection = connection.execution_options(rejoinder_write=True)
        with connection.begin():
            _run(connection)


def _run(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def state(engine: Engine) -> Literal["current", "behind", "ahead", "empty"]:
    """Where the database stands against this code."""
    scripts = ScriptDirectory(str(FOLDER))
    with engine.connect() as connection:
        at = MigrationContext.configure(connection).get_current_revision()
    if at is None:
        return "empty"
    if at == scripts.get_current_head():
        return "current"
    known = {script.revision for script in scripts.walk_revisions()}
    return "behind" if at in known else "ahead"
