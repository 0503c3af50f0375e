"""A backup put back into an empty installation."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import msgspec
from sqlalchemy import Engine, delete, inspect, update

from models import DeskSession, SignInLink, Thread
from models.migrations import CannotUpgrade, known_revisions, upgrade
from service.accounts.audit import audit
from service.backup import postgres
from service.backup.erasures import Erasure, replay
from service.backup.manifest import Manifest, keep_on_disk, read_manifest
from service.backup.take import server_version
from service.backup.unfinished import MARK, is_unfinished, mark_finished, mark_unfinished
from service.clock import Clock
from service.errors import Misconfigured, Unavailable
from service.moderation.outbox.rebuild import rebuild
from service.privacy.rotation import fold_anew
from service.settings import Settings
from service.wiring import Services, wire

# How far threads' versions go ahead: readers may keep what bears the numbers that were given after the backup.
VERSIONS_AHEAD = 100_000
_MOST_NAMED = 3


@dataclass(frozen=True, slots=True)
class Restored:
    """What was put back. `erased`: how many erasures were done again; `queue`: whether Redis could be filled."""

    manifest: Manifest
    erased: int
    queue: bool


def check_backup(folder: Path, key_ids: list[str], *, sqlite: bool) -> Manifest:
    """The manifest of a backup that this installation can use. Reads only. Raises Misconfigured."""
    manifest = read_manifest(folder)
    kind = "sqlite" if sqlite else "postgresql"
    if manifest.database != kind:
        raise Misconfigured(f"the backup is of {manifest.database}, this installation's database is {kind}")
    if manifest.revision not in known_revisions():
        raise Misconfigured(
            f"the backup was made by a newer Rejoinder ({manifest.rejoinder}, revision {manifest.revision}); "
            "restore with that version"
        )
    missing = sorted(set(manifest.keys) - set(key_ids))
    if missing:
        raise Misconfigured(
            f"the backup is sealed under a secret (id {', '.join(missing)}) that is not here: put it into "
            "REJOINDER_SECRET_KEYS or the data folder's file `secrets` first; backups do not hold it"
        )
    return manifest


def put_back(settings: Settings, folder: Path, erasures: list[Erasure], *, clock: Clock | None = None) -> Restored:
    """Restores into an empty installation, migrates it, does the erasures again and fills Redis.

    On SQLite all is done to a file of another name, which gets its own in the end. On PostgreSQL:

    1. A mark says that a restore is under way. Stopped here, restoring may simply be begun again.
    2. The dump comes in one transaction. Stopped after it, the database must be emptied; nothing serves from it.
    3. Migrations and erasures; the last transaction takes the mark away.

    Raises Misconfigured.
    """
    services = wire(settings, clock)
    try:
        manifest = check_backup(folder, list(services.keyring.key_ids), sqlite=settings.sqlite)
        source = folder / Path(manifest.files[0].name).name
        _refuse_filled(settings, services.engine)
        if settings.sqlite:
            done = _into_file(settings, services, source, erasures)
        else:
            with services.engine.connect() as connection:
                server = server_version(connection)
            mark_unfinished(services.engine, services.clock.now())
            postgres.restore(services.engine, source, server=server)
            done = _finish(services, manifest, erasures)
        try:
            rebuild(services)
        except Unavailable:
            return Restored(manifest, done, queue=False)
        return Restored(manifest, done, queue=True)
    except CannotUpgrade as error:
        raise Misconfigured(str(error)) from None
    finally:
        services.close()


def _refuse_filled(settings: Settings, engine: Engine) -> None:
    if settings.sqlite:
        file = Path(str(engine.url.database))
        there = [path.name for path in (file, *file.parent.glob(f"{file.name}-*")) if path.exists()]
        if there:
            raise Misconfigured(
                f"{file.parent} is not empty: it has {', '.join(sorted(there))}; restore into a folder without them"
            )
        return
    tables = sorted(set(inspect(engine).get_table_names()) - {MARK})
    if tables:
        named = ", ".join(tables[:_MOST_NAMED]) + (", …" if len(tables) > _MOST_NAMED else "")
        raise Misconfigured(f"the database is not empty: it has {len(tables)} tables ({named}); restore into a new one")


def _into_file(settings: Settings, services: Services, source: Path, erasures: list[Erasure]) -> int:
    file = Path(str(services.engine.url.database))
    unfinished = file.with_name(f".{file.name}.unfinished")
    _forget(unfinished)
    try:
        shutil.copyfile(source, unfinished)
        unfinished.chmod(0o600)
        inner = wire(msgspec.structs.replace(settings, database_url=f"sqlite:///{unfinished}"), services.clock)
        try:
            done = _finish(inner, read_manifest(source.parent), erasures)
        finally:
            # The last connection brings what is in the `-wal` into the file.
            inner.close()
        keep_on_disk(unfinished)
        unfinished.rename(file)
        keep_on_disk(file.parent)
    finally:
        _forget(unfinished)
    return done


def _forget(file: Path) -> None:
    for path in (file, Path(f"{file}-wal"), Path(f"{file}-shm")):
        path.unlink(missing_ok=True)


def _finish(services: Services, manifest: Manifest, erasures: list[Erasure]) -> int:
    marked = is_unfinished(services.engine)
    upgrade(services.engine)
    fold_anew(services.read, services.write, services.keyring)
    now = services.clock.now()
    with services.write() as session:
        # Whoever was signed out since, or had a link taken away, would be let in by the copy's.
        session.execute(delete(DeskSession))
        session.execute(delete(SignInLink).where(SignInLink.used_at.is_(None)))
        session.execute(
            update(Thread).values(
                version=Thread.version + VERSIONS_AHEAD, placed_version=Thread.placed_version + VERSIONS_AHEAD
            )
        )
        done = replay(session, services.keyring, erasures)
        details = {"taken_at": manifest.taken_at.isoformat(), "erasures": done}
        audit(session, None, "backup.restore", now=now, details=details)
        if marked:
            mark_finished(session)
    return done
