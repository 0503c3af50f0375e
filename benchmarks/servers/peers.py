"""Other comment services that the benchmarks compare with, from PyPI, each in an environment of its own."""

import os
import subprocess
import sys
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.servers.processes import end, free_port, wait_for

ISSO = ("isso==0.14.0", "gunicorn>=23")
_ISSO_SETTINGS = """[general]
dbpath = {folder}/isso.db
host = {origin}
[moderation]
enabled = false
[guard]
enabled = false
"""


def installed(name: str, packages: tuple[str, ...]) -> Path | None:
    """The folder of programs of an environment with these packages, made once; None where pip cannot install them."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "rejoinder-benchmarks" / name
    done = cache / "installed"
    if not done.exists():
        venv.create(cache, with_pip=True, clear=True)
        command = [str(cache / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check", *packages]
        if subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode != 0:
            print(f"left out: pip cannot install {' '.join(packages)}", file=sys.stderr)
            return None
        done.touch()
    return cache / "bin"


@contextmanager
def isso_server(folder: Path, origin: str = "http://news.test") -> Iterator[tuple[str, int] | None]:
    """Isso under gunicorn with two workers, moderation and its guard off: its address and process, or None.

    `origin`: whose pages may ask it.
    """
    programs = installed("isso", ISSO)
    if programs is None:
        yield None
        return
    settings = folder / "isso.cfg"
    settings.write_text(_ISSO_SETTINGS.format(folder=folder, origin=origin))
    port = free_port()
    command = [str(programs / "gunicorn"), "--bind", f"127.0.0.1:{port}", "--workers", "2", "--preload", "isso.run"]
    own = os.environ | {"ISSO_SETTINGS": str(settings)}
    process = subprocess.Popen(command, env=own, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(f"http://127.0.0.1:{port}/info")
        yield f"http://127.0.0.1:{port}", process.pid
    finally:
        end(process)
