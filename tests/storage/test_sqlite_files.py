"""What a transaction on SQLite writes beside its database and its log: nothing."""

import os
import sys
from contextlib import suppress

import pytest
from sqlalchemy import text

from service.wiring import CHECKPOINT_PAGES, Services

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="open files are read from /proc")


def _temporary_files() -> list[str]:
    """Those that this process has open and that SQLite named so; it removes their names at once."""
    found = []
    for name in os.listdir("/proc/self/fd"):
        with suppress(OSError):
            found.append(os.readlink(f"/proc/self/fd/{name}"))
    return [path for path in found if "etilqs_" in path]


def test_what_a_savepoint_may_take_back_is_in_no_file(services: Services) -> None:
    with services.write() as session:
        session.execute(text("CREATE TABLE filled (n INTEGER PRIMARY KEY, page TEXT)"))
        for n in range(200):
            session.execute(text("INSERT INTO filled VALUES (:n, :page)"), {"n": n, "page": "x" * 3000})
    with services.write() as session:
        session.execute(text("SAVEPOINT one"))
        session.execute(text("UPDATE filled SET page = 'y' || page"))
        assert _temporary_files() == []
        session.execute(text("ROLLBACK TO SAVEPOINT one"))
        assert session.scalar(text("SELECT count(*) FROM filled WHERE page LIKE 'x%'")) == 200


def test_the_log_is_copied_into_the_database_every_few_thousand_pages(services: Services) -> None:
    with services.read() as session:
        assert session.scalar(text("PRAGMA wal_autocheckpoint")) == CHECKPOINT_PAGES
