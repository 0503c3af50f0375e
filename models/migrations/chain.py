"""Which migrations there are, and at which of them a database is.

Read without Alembic, which takes ten megabytes of each process that only wants to know whether it may start.
"""

import re
from pathlib import Path

from sqlalchemy import Connection, inspect, select, table
from sqlalchemy import column as column_of

# Alembic's own: there, whatever it says, the tables are ours.
VERSION_TABLE = "alembic_version"

_NAMED = re.compile(r"^(revision|down_revision)\b[^=\n]*=\s*(?:['\"]([^'\"\n]+)['\"]|None)", re.MULTILINE)
_VERSION = table(VERSION_TABLE, column_of("version_num"))


def revisions(folder: Path) -> list[str]:
    """Every revision in the folder, oldest first. Raises ValueError where they are not one chain."""
    behind: dict[str, str] = {}
    count = 0
    for file in folder.glob("versions/*.py"):
        said = dict(_NAMED.findall(file.read_text("utf-8")))
        if said.get("revision"):
            behind[said.get("down_revision", "")] = said["revision"]
            count += 1
    found: list[str] = []
    at = behind.get("")
    while at is not None and len(found) < count:
        found.append(at)
        at = behind.get(at)
    if len(found) != count or at is not None:
        raise ValueError(f"the migrations in {folder} do not follow each other one by one")
    return found


def revision_of(connection: Connection) -> str | None:
    """The revision that a database is at; None where no migration has seen it."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    return connection.execute(select(_VERSION.c.version_num)).scalar_one_or_none()
