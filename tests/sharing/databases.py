"""Databases with all tables, copied from one that was made once: making the tables takes longer than most tests."""

import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import psycopg
from sqlalchemy import Engine

from models import Base
from service.wiring import make_engine

_ADMIN = {"user": "rejoinder", "dbname": "postgres", "autocommit": True}


def make_tables(engine: Engine) -> None:
    """Gives the new SQLite file of `engine` all tables. Raises FileExistsError where a connection has made it."""
    with Path(str(engine.url.database)).open("xb") as file:
        file.write(_sqlite_with_tables())


@cache
def _sqlite_with_tables() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "tables.db")
        _make(f"sqlite:///{path}")
        return path.read_bytes()


def make_postgres_template(server: str) -> str:
    """The name of a database with all tables on the server in this folder, for `postgres_database`."""
    name = "tables"
    with psycopg.connect(host=server, **_ADMIN) as admin:
        admin.execute(f"CREATE DATABASE {name}")
    _make(_postgres_url(server, name))
    return name


@contextmanager
def postgres_database(server: str, template: str = "template1") -> Iterator[str]:
    """The URL of a new database like the template, which is gone afterwards."""
    name = "t" + secrets.token_hex(6)
    with psycopg.connect(host=server, **_ADMIN) as admin:
        # Files are copied instead of logged: nothing is synced here, so the checkpoint that this needs costs little.
        admin.execute(f'CREATE DATABASE "{name}" TEMPLATE {template} STRATEGY FILE_COPY')
    yield _postgres_url(server, name)
    with psycopg.connect(host=server, **_ADMIN) as admin:
        admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _postgres_url(server: str, name: str) -> str:
    return f"postgresql://rejoinder@/{name}?host={server}"


def _make(url: str) -> None:
    engine = make_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    Base.metadata.create_all(engine)
    engine.dispose()
