"""Whoever waits for SQLite's write lock tries again at once: nobody sleeps on while it is free."""

import sqlite3
from typing import NoReturn

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from models.database import direct
from service import wiring
from service.errors import Unavailable
from service.wiring import Services

TRIES = 40


@pytest.fixture
def other(services: Services) -> sqlite3.Connection:
    """A connection of another process, as it were, that has the lock."""
    file = services.engine.url.database
    assert file
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    return connection


def test_the_lock_is_asked_for_again_and_again(
    services: Services, other: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == TRIES:
            other.execute("COMMIT")

    monkeypatch.setattr(wiring.time, "sleep", sleep)
    with services.write() as session:
        # What else may be locked is waited for as before.
        assert session.scalar(text("PRAGMA busy_timeout")) == wiring.BUSY_SECONDS * 1000
    assert slept == [wiring.LOCK_POLL] * TRIES
    other.close()


def test_nobody_waits_for_ever(services: Services, other: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    at = 0.0

    def sleep(seconds: float) -> None:
        nonlocal at
        at += seconds

    monkeypatch.setattr(wiring.time, "sleep", sleep)
    monkeypatch.setattr(wiring.time, "monotonic", lambda: at)
    with pytest.raises(Unavailable), services.write() as session:
        session.execute(text("SELECT 1"))
    assert at == pytest.approx(wiring.BUSY_SECONDS, abs=2 * wiring.LOCK_POLL)
    # Whoever migrates waits for as long as they have said.
    with services.engine.connect() as connection:
        writing = connection.execution_options(rejoinder_write=True)
        driver = connection.connection.driver_connection
        assert driver
        driver.execute("PRAGMA busy_timeout=60000")
        at = 0.0
        with pytest.raises(OperationalError), writing.begin():
            writing.execute(text("SELECT 1"))
        assert at == pytest.approx(60, abs=2 * wiring.LOCK_POLL)
        assert driver.execute("PRAGMA busy_timeout").fetchall() == [(60000,)]
        connection.detach()
    other.close()


def test_the_end_of_the_process_stays_one(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    class Ending(sqlite3.Cursor):
        def execute(self, *_: object) -> NoReturn:
            raise SystemExit

    monkeypatch.setattr(direct, "_cursor", lambda connection, *_: connection.connection.dbapi_connection.cursor(Ending))
    with pytest.raises(SystemExit), services.write() as session:
        session.execute(text("SELECT 1"))


def test_readers_wait_for_no_lock(services: Services, other: sqlite3.Connection) -> None:
    with services.read() as session:
        assert session.scalar(text("SELECT 1")) == 1
    other.close()
