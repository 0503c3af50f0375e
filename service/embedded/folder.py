"""The data folder: made, checked, locked, with the secrets and addresses that its processes share."""

import fcntl
import json
import os
import tempfile
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from service.errors import Misconfigured
from service.privacy.sealing import new_secret
from service.settings import SECRET_FILE, SETTINGS

DATABASE_FILE = "rejoinder.db"
RUNNING_FILE = "running.json"
_SUPERVISOR_LOCK = "supervisor.lock"
_CHILDREN_LOCK = "children.lock"
_OF_EVERY_RUN = {"DATA_DIR", "PROMETHEUS_MULTIPROC_DIR", "REJOINDER_LOG_LEVEL", "REJOINDER_PUBLIC_URL"}


class CannotStart(Misconfigured):
    """The one-machine mode cannot start; the message is one line that says what to do."""


@dataclass(frozen=True, slots=True)
class Locks:
    """Two locks on a data folder. The kernel frees them with their last holder, however it dies.

    `supervisor` is ours alone. `children` is handed down to every child, so that a new start waits for the
    stragglers of a killed one instead of opening the same files beside them.
    """

    supervisor: int
    children: int


def prepare_folder(path: Path) -> Path:
    """Makes the folder (mode 0700) and tries to write in it. Raises CannotStart."""
    path = path.absolute()
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            pass
    except OSError as error:
        raise CannotStart(
            f"cannot write to the data folder {path}: {error.strerror}; choose another with --data-dir or DATA_DIR"
        ) from None
    return path


def lock_folder(path: Path, *, patience: float, waiting: Callable[[], None]) -> Locks:
    """Takes both locks; `waiting` is called once if stragglers make us wait, up to `patience` seconds.

    Raises CannotStart when another instance runs on this data.
    """
    supervisor = _open_lock(path / _SUPERVISOR_LOCK)
    if not _try_lock(supervisor):
        owner = os.pread(supervisor, 32, 0).decode("ascii", "replace").strip()
        os.close(supervisor)
        raise CannotStart(f"Rejoinder is already running on {path}" + (f" (process {owner})" if owner else ""))
    os.ftruncate(supervisor, 0)
    os.pwrite(supervisor, str(os.getpid()).encode("ascii"), 0)
    children = _open_lock(path / _CHILDREN_LOCK)
    deadline = time.monotonic() + patience
    told = False
    while not _try_lock(children):
        if not told:
            waiting()
            told = True
        if time.monotonic() > deadline:
            os.close(children)
            os.close(supervisor)
            raise CannotStart(f"processes of an earlier run still use {path}; stop them and start again")
        time.sleep(0.05)
    return Locks(supervisor, children)


def _open_lock(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def ensure_secrets(path: Path) -> None:
    """Makes the keyring's file on first use (newest secret first, one a line, mode 0600); never changes one.

    Raises CannotStart when it is gone but what it sealed is still there: a new one would open none of it.
    """
    file = path / SECRET_FILE
    # Asked first: another first start makes the secret and then the database, maybe between our two questions.
    sealed = (path / DATABASE_FILE).exists()
    if file.exists():
        if file.stat().st_mode & 0o077:
            file.chmod(0o600)
        return
    if sealed:
        raise CannotStart(
            f"{file} is missing, and what is in {path / DATABASE_FILE} is sealed under it: put it back from a copy"
        )
    # Written aside and linked: a crash leaves no empty file, and of two first starts one secret wins.
    descriptor, name = tempfile.mkstemp(dir=path, prefix=".secrets-")
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as written:
            written.write(new_secret() + "\n")
            written.flush()
            os.fsync(written.fileno())
        try:
            os.link(name, file)
        except FileExistsError:
            return
    finally:
        os.unlink(name)


def settings_given(environ: Mapping[str, str]) -> list[str]:
    """Names of the settings in an environment, without those that every run makes for itself; never a value."""
    return sorted(name for name in SETTINGS if environ.get(name, "").strip() and name not in _OF_EVERY_RUN)


def remember_running(path: Path, *, public_url: str, settings: Collection[str] = ()) -> None:
    """Notes the public URL of this run, so that commands beside it print links that work, and which settings it was
    given (`settings_given`)."""
    written = path / (RUNNING_FILE + ".new")
    written.write_text(json.dumps({"public_url": public_url, "settings": sorted(settings)}), encoding="utf-8")
    written.replace(path / RUNNING_FILE)


def last_public_url(path: Path) -> str:
    """The public URL of the run on this folder, or of the last one; empty when there was none."""
    found = _remembered(path).get("public_url")
    return found if isinstance(found, str) else ""


def last_settings(path: Path) -> list[str] | None:
    """Names of the settings that this folder's last run was given; None when no run has said so."""
    found = _remembered(path).get("settings")
    return [str(name) for name in found] if isinstance(found, list) else None


def _remembered(path: Path) -> dict[str, object]:
    try:
        found = json.loads((path / RUNNING_FILE).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
