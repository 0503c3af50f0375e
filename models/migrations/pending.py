"""Which migrations a database has still before it, and what each does to those who use it meanwhile."""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine

from models.migrations import FOLDER, CannotUpgrade, revision_of
from models.migrations.chain import revisions


@dataclass(frozen=True, slots=True)
class Migration:
    """`what`: its first line. `prepares`: whether what takes long is done beside whoever writes, before the lock."""

    revision: str
    what: str
    prepares: bool


def history(*, folder: Path = FOLDER) -> list[str]:
    """All revisions, oldest first."""
    return revisions(folder)


def pending(engine: Engine, *, folder: Path = FOLDER) -> tuple[str | None, list[Migration]]:
    """The revision that the database is at (None: empty) and the migrations that are to come, oldest first.

    Reads only. Raises CannotUpgrade for a newer database, and OperationalError where there is none.
    """
    file = engine.url.database if engine.dialect.name == "sqlite" else None
    if file and not Path(file).exists():
        # To look into it would make it.
        at = None
    else:
        with engine.connect() as connection:
            at = revision_of(connection)
    known = history(folder=folder)
    if at is not None and at not in known:
        raise CannotUpgrade("the database was migrated by a newer Rejoinder; run that version")
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory(str(folder))
    found = []
    for revision in known[0 if at is None else known.index(at) + 1 :]:
        script = scripts.get_revision(revision)
        # Only PostgreSQL can do anything beside others; on SQLite whoever migrates has the whole file.
        prepares = engine.dialect.name == "postgresql" and at is not None and hasattr(script.module, "prepare")
        found.append(Migration(revision, script.doc.splitlines()[0], prepares))
    return at, found
