"""PostgreSQL's own tools, on the database of an engine."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from psycopg import pq
from psycopg.conninfo import make_conninfo
from sqlalchemy import Engine

from service.errors import Misconfigured


def dump(engine: Engine, to: Path, *, snapshot: str, server: int) -> None:
    """Writes `pg_dump`'s custom format of what the exported snapshot sees. `server`: its major version.

    Raises Misconfigured.
    """
    _run(engine, "pg_dump", server, ["--format=custom", f"--snapshot={snapshot}", f"--file={to}"])


def restore(engine: Engine, source: Path, *, server: int) -> None:
    """Makes everything of a dump in an empty database: all of it, or nothing. Raises Misconfigured."""
    _run(engine, "pg_restore", server, ["--exit-on-error", "--single-transaction", str(source)])


def _run(engine: Engine, program: str, server: int, words: list[str]) -> None:
    found = shutil.which(program)
    hint = f"install postgresql-client-{server} (Debian, or apt.postgresql.org) on this machine"
    if found is None:
        raise Misconfigured(f"{program} is not installed; {hint}")
    version = subprocess.run([found, "--version"], capture_output=True, text=True, check=False).stdout
    major = re.search(r"\b(\d+)", version)
    if major is None or int(major[1]) < server:
        raise Misconfigured(f"{program} is of version {major[1] if major else '?'}, the server of {server}; {hint}")
    conninfo, environ = _connection(engine)
    # Not on the command line, which other users of the machine can read: the password.
    done = subprocess.run(
        [found, "--no-owner", "--no-privileges", "--no-password", f"--dbname={conninfo}", *words],
        capture_output=True,
        text=True,
        env=environ,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no reason given"])[0]
        # It may quote a row.
        raise Misconfigured(f"{program} failed: {last.partition('DETAIL')[0][:200]}")


def _connection(engine: Engine) -> tuple[str, dict[str, str]]:
    """What libpq connects with, as the engine does, and the environment that has the password."""
    _, options = engine.dialect.create_connect_args(engine.url)
    known = {option.keyword.decode() for option in pq.Conninfo.get_defaults()}
    options = {name: value for name, value in options.items() if name in known}
    password = options.pop("password", None)
    environ = dict(os.environ)
    if password is not None:
        environ["PGPASSWORD"] = str(password)
    return make_conninfo(**options), environ
