"""What stands between an installation and this version."""

import sqlite3
from collections.abc import Iterable, Mapping
from importlib.resources import files
from typing import Literal

import msgspec
from sqlalchemy import Engine, text

from models.migrations.pending import history, pending
from service.settings import SETTINGS

# PostgreSQL: paths in JSON (0008). SQLite: RETURNING and dropped columns.
OLDEST_POSTGRESQL = 12
OLDEST_SQLITE = (3, 35)
_OURS = "REJOINDER_"


class BreakingChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An entry of `breaking.yaml`, which explains the fields."""

    release: str
    after: str
    what: str
    do: str
    settings: dict[str, str | None] = {}


class PendingMigration(msgspec.Struct, frozen=True):
    """`runs`: "prepared" takes its time beside whoever writes, then locks shortly; "locked" keeps writers waiting."""

    revision: str
    what: str
    runs: Literal["prepared", "locked"]


class SettingProblem(msgspec.Struct, frozen=True):
    """A setting of the environment that this version does not read, and what to do."""

    name: str
    do: str


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """`at`: the database's revision, None where it is empty; `database_too_old`: what to do about its server, or
    None."""

    at: str | None
    to: str
    breaking: list[BreakingChange]
    migrations: list[PendingMigration]
    settings: list[SettingProblem]
    database_too_old: str | None


def breaking_changes() -> list[BreakingChange]:
    """The whole list, oldest first."""
    source = files(__package__).joinpath("breaking.yaml").read_bytes()
    return msgspec.yaml.decode(source, type=list[BreakingChange])


def breaking_since(
    revision: str | None, changes: Iterable[BreakingChange], revisions: list[str]
) -> list[BreakingChange]:
    """Those that an installation at `revision` may not know; none for an empty database, where nothing runs yet."""
    if revision is None:
        return []
    place = revisions.index(revision)
    return [change for change in changes if revisions.index(change.after) >= place]


def unread_settings(
    environ: Mapping[str, str], changes: Iterable[BreakingChange], known: Iterable[str]
) -> list[SettingProblem]:
    """Settings of the environment that are gone, renamed, or never were any of ours."""
    read = set(known)
    gone = {name: new for change in changes for name, new in change.settings.items() if name not in read}
    found = []
    for name in sorted(environ):
        # What `<NAME>_FILE` names was read into the environment before.
        if name in read:
            continue
        if name in gone:
            new = gone[name]
            found.append(SettingProblem(name, f"it is {new} now: rename it" if new else "it is gone: take it out"))
        elif name.startswith(_OURS):
            found.append(SettingProblem(name, "no setting has this name: correct it or take it out"))
    return found


def too_old(kind: str, version: tuple[int, ...]) -> str | None:
    """What to do about a database of this version (major first), or None."""
    if kind == "postgresql" and version < (OLDEST_POSTGRESQL,):
        return f"PostgreSQL {version[0]} is too old: upgrade the server to {OLDEST_POSTGRESQL} or newer first"
    if kind == "sqlite" and version < OLDEST_SQLITE:
        shown, oldest = (".".join(map(str, one)) for one in (version, OLDEST_SQLITE))
        return f"SQLite {shown} is too old: run Rejoinder with a Python that has {oldest} or newer"
    return None


def make_plan(engine: Engine, environ: Mapping[str, str]) -> Plan:
    """Reads only. Raises CannotUpgrade for a newer database, and DBAPIError where it cannot be reached."""
    at, migrations = pending(engine)
    changes, revisions = breaking_changes(), history()
    return Plan(
        at=at,
        to=revisions[-1],
        breaking=breaking_since(at, changes, revisions),
        migrations=[
            PendingMigration(one.revision, one.what, "prepared" if one.prepares else "locked") for one in migrations
        ],
        settings=unread_settings(environ, changes, SETTINGS),
        database_too_old=too_old(engine.dialect.name, _version(engine)),
    )


def _version(engine: Engine) -> tuple[int, ...]:
    if engine.dialect.name == "sqlite":
        return sqlite3.sqlite_version_info
    with engine.connect() as connection:
        return (int(str(connection.scalar(text("SHOW server_version_num")))) // 10_000,)
