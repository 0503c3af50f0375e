"""Schema histories to try things on, and what a database holds: its tables and its rows, read from itself."""

import shutil
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, MetaData, inspect, select, text

from models.migrations import FOLDER

FIRST = "0001_first_tables.py"


def copy_history(to: Path, *, only: str = "*.py") -> Path:
    """A copy of the migrations, or of those whose file's name fits `only`, for `upgrade(engine, folder=…)`."""
    shutil.copytree(FOLDER, to, ignore=shutil.ignore_patterns("versions", "__pycache__"))
    versions = to / "versions"
    versions.mkdir()
    for file in (FOLDER / "versions").glob(only):
        shutil.copy(file, versions)
    return to


def add_migration(history: Path, revision: str, after: str, upgrade: str) -> None:
    """Adds a migration whose `upgrade` consists of these lines."""
    body = "".join(f"    {line}\n" for line in upgrade.strip().splitlines())
    (history / "versions" / f"{revision}.py").write_text(
        "import sqlalchemy as sa\nfrom alembic import op\n\n"
        f"revision = {revision!r}\ndown_revision = {after!r}\n\n\ndef upgrade():\n{body}"
    )


def described(engine: Engine) -> dict[str, Any]:
    """Every table with its columns, keys and indexes. The order of columns, which a later one joins last, is left out.

    More than Alembic compares: defaults, primary keys, the conditions of partial indexes and every name are in it.
    """
    found = inspect(engine)
    made = _statements(engine)
    return {
        table: {
            "columns": {
                column["name"]: (repr(column["type"]), column["nullable"], column["default"])
                for column in found.get_columns(table)
            },
            "primary key": found.get_pk_constraint(table),
            "foreign keys": sorted(found.get_foreign_keys(table), key=str),
            "unique": sorted(found.get_unique_constraints(table), key=str),
            "checks": sorted(found.get_check_constraints(table), key=str),
            "indexes": {
                index["name"]: (
                    index["column_names"],
                    bool(index["unique"]),
                    {key: str(value) for key, value in index.get("dialect_options", {}).items()},
                    made.get(index["name"]),
                )
                for index in found.get_indexes(table)
            },
        }
        for table in found.get_table_names()
        if table != "alembic_version"
    }


def _statements(engine: Engine) -> dict[str | None, str]:
    """On SQLite, by an index's name: what it is made of, the order of each column among it."""
    if engine.dialect.name != "sqlite":
        return {}
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"))
        return {
            name: " ".join(sql.partition(" ON ")[2].replace(" (", "(").replace('"', "").split()) for name, sql in rows
        }


def all_rows(engine: Engine) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table, in the order of their keys."""
    tables = MetaData()
    tables.reflect(engine)
    with engine.connect() as connection:
        return {
            name: [dict(row) for row in connection.execute(select(table).order_by(*table.primary_key)).mappings()]
            for name, table in tables.tables.items()
            if name != "alembic_version"
        }
