"""A PostgreSQL of the benchmark's own: as Debian ships it, every commit on the disk before it is answered."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def installed() -> Path | None:
    """The folder of the newest one's programs."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


@contextmanager
def postgres_server() -> Iterator[str]:
    """A server with one empty database; yields its address. Raises SystemExit where PostgreSQL is not installed."""
    programs = installed()
    if programs is None:
        raise SystemExit("PostgreSQL is not installed (Debian: apt-get install postgresql)")
    folder = Path(tempfile.mkdtemp(prefix="rejoinder-pg-"))
    as_user: list[str] = []
    if os.geteuid() == 0:
        # It refuses to run as root; `runuser` lends it an account that Debian's package made.
        as_user = ["runuser", "-u", "postgres", "--"]
        shutil.chown(folder, "postgres")

    def run(*words: str) -> None:
        quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        subprocess.run([*as_user, *words], check=True, cwd=folder, **quiet)  # type: ignore[call-overload]

    data = folder / "data"
    try:
        run(str(programs / "initdb"), "-D", str(data), "-U", "rejoinder", "-A", "trust", "-E", "UTF8", "--locale=C")
        options = f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c max_connections=200"
        run(str(programs / "pg_ctl"), "-D", str(data), "-o", options, "-l", str(folder / "log"), "-w", "start")
        run(str(programs / "createdb"), "-h", str(folder), "-U", "rejoinder", "bench")
        yield f"postgresql+psycopg://rejoinder@/bench?host={folder}"
    finally:
        # Also where it was interrupted while it started.
        if (data / "postmaster.pid").exists():
            run(str(programs / "pg_ctl"), "-D", str(data), "-m", "immediate", "-w", "stop")
        shutil.rmtree(folder, ignore_errors=True)
