"""Writes the next migration: what the models say and the schema's history does not yet.

    python -m models.migrations.new Give threads a colour

What it wrote has to be read and mended by hand: a renamed column, say, looks to it like one dropped and one added.
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import JSON, MetaData, create_engine

from models import Base
from models.database.base import EnumText, UtcTime
from models.migrations import FOLDER, configuration, upgrade


def write_migration(title: str, *, metadata: MetaData = Base.metadata, folder: Path = FOLDER) -> Path:
    """Writes the file that leads from the newest revision in `folder` to `metadata`; returns where it is.

    Without a difference it has empty steps, to be filled by hand: for one that moves rows.
    """
    number = int(ScriptDirectory(str(folder)).get_current_head() or "0") + 1
    with TemporaryDirectory() as scratch:
        engine = create_engine(f"sqlite:///{scratch}/scratch.db")
        upgrade(engine, folder=folder)
        with engine.connect() as connection:
            config = configuration(
                connection, folder, target_metadata=metadata, render_item=_render, include_name=is_compared
            )
            written: Any = command.revision(config, title, autogenerate=True, rev_id=f"{number:04}")
        engine.dispose()
    return Path(written.path)


# What only one database has, by how its names begin, made by statements of its own: PostgreSQL's GIN, FTS5's tables.
_BY_HAND = {"index": ("ix_decision_rules", "ix_search_entry_"), "table": ("search_word",)}


def is_compared(name: str | None, kind: str, _parents: object) -> bool:
    """Alembic's `include_name`: what is made by statements as text is not in the models' tables."""
    return not str(name).startswith(_BY_HAND.get(kind, ()))


def _render(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Plain column types instead of ours: the migration must still run when today's classes are gone."""
    if kind != "type":
        return False
    if isinstance(item, UtcTime):
        return "sa.DateTime(timezone=True)"
    if isinstance(item, EnumText):
        return f"sa.String({item.impl.length})"
    if isinstance(item, JSON):
        return 'sa.JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")'
    return False


if __name__ == "__main__":
    write_migration(" ".join(sys.argv[1:]) or sys.exit("say what it does: python -m models.migrations.new WORDS"))
