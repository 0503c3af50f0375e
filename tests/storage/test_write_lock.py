"""Whoever waits for SQLite's write lock tries again at once: nobody sleeps on while it is free."""

import sqlite3

import pytest
from sqlalchemy import text

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
    monkeypatch.setattr(wiring, "BUSY_SECONDS", -1.0)
    with pytest.raises(Unavailable), services.write() as session:
        session.execute(text("SELECT 1"))
    other.close()


def test_readers_wait_for_no_lock(services: Services, other: sqlite3.Connection) -> None:
    with services.read() as session:
        assert session.scalar(text("SELECT 1")) == 1
    other.close()
