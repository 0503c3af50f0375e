"""`rejoinder db upgrade` says what it did, takes its turn, and ends with one clear line where it can't."""

import json
import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, event, inspect, text

from models import Base, migrations
from models.migrations import state, upgrade
from service.cli import run
from service.embedded.first_run import prepare
from service.embedded.folder import CannotStart, ensure_secrets, prepare_folder
from service.wiring import make_engine, wire
from tests.migrations.histories import add_migration, copy_history, described
from tests.settings import TEST_SECRET, make_settings
from tests.waiting import wait_until

ROOT = Path(__file__).parents[2]
HEAD = str(ScriptDirectory(str(migrations.FOLDER)).get_current_head())
AT_ONCE = 3


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def installation(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The environment is that of a new installation whose database is empty; returns the database's URL."""
    for name in list(os.environ):
        if name.startswith("REJOINDER_") or name in {"DATABASE_URL", "REDIS_URL", "DATA_DIR"}:
            monkeypatch.delenv(name)
    if request.param == "sqlite":
        # Not there yet: neither the folder nor its secrets nor the file.
        monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
        return f"sqlite:///{tmp_path / 'data' / 'rejoinder.db'}"
    url: str = request.getfixturevalue("postgres_url")
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1")
    monkeypatch.setenv("REJOINDER_SECRET_KEYS", TEST_SECRET)
    return url.replace("postgresql://", "postgresql+psycopg://")


@pytest.fixture
def engine(installation: str, tmp_path: Path) -> Iterator[Engine]:
    """Over the installation's database."""
    if "DATA_DIR" in os.environ:
        ensure_secrets(prepare_folder(tmp_path / "data"))
    engine = make_engine(installation)
    yield engine
    engine.dispose()


class Starters:
    """Processes that have come up to `db upgrade` and wait for each other; `go` lets them all loose."""

    def __init__(self, count: int) -> None:
        waiting, self._gate = os.pipe()
        words = [sys.executable, "-m", "tests.migrations.an_upgrade", "--json"]
        self.processes = [
            subprocess.Popen(words, cwd=ROOT, stdin=waiting, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            for _ in range(count)
        ]
        os.close(waiting)
        for process in self.processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"

    def go(self) -> None:
        os.close(self._gate)
        self._gate = -1

    def answers(self) -> list[dict[str, str]]:
        """What each of them printed; all must have ended well, without a word of trouble."""
        ended = [(process.communicate(timeout=60), process.returncode) for process in self.processes]
        assert [(code, err) for (_, err), code in ended] == [(0, "")] * len(ended)
        return [json.loads(out) for (out, _), _ in ended]

    def close(self) -> None:
        if self._gate >= 0:
            os.close(self._gate)
        for process in self.processes:
            process.kill()
            process.communicate()


@pytest.fixture
def starters(request: pytest.FixtureRequest, installation: str) -> Iterator[Starters]:
    """One, or as many as the test asks for by `parametrize`."""
    starters = Starters(getattr(request, "param", 1))
    yield starters
    starters.close()


@pytest.mark.parametrize("starters", [AT_ONCE], indirect=True)
def test_of_several_processes_that_start_at_once_one_migrates(starters: Starters, installation: str) -> None:
    starters.go()
    answers = starters.answers()
    assert sorted(answers, key=lambda answer: answer["before"]) == [
        {"before": "current", "now": "current", "from": HEAD, "to": HEAD}
    ] * (AT_ONCE - 1) + [{"before": "empty", "now": "current", "from": None, "to": HEAD}]
    engine = make_engine(installation)
    assert state(engine) == "current"
    migrated = described(engine)
    Base.metadata.drop_all(engine)
    Base.metadata.create_all(engine)
    assert migrated == described(engine)
    engine.dispose()


@pytest.mark.postgres
@pytest.mark.parametrize("installation", ["postgresql"], indirect=True)
def test_a_process_waits_until_the_one_before_it_is_done(engine: Engine, starters: Starters) -> None:
    with engine.begin() as first:
        first.execute(text(f"SELECT pg_advisory_xact_lock({migrations.ADVISORY_LOCK})"))
        starters.go()
        waiting = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
        wait_until(lambda: first.execute(waiting).scalar(), what="the second process's wait")
        assert starters.processes[0].poll() is None
    assert starters.answers()[0]["before"] == "empty"


def test_it_says_what_it_did(installation: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["db", "upgrade"]) == 0
    assert capsys.readouterr() == (f"The database is migrated from nothing to revision {HEAD}.\n", "")
    assert run(["db", "upgrade"]) == 0
    assert capsys.readouterr() == (f"The database is up to date, at revision {HEAD}.\n", "")


def test_it_says_from_where(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    upgrade(engine)
    history = copy_history(tmp_path / "history")
    add_migration(history, "9999", HEAD, 'op.execute("SELECT 1")')
    monkeypatch.setattr(migrations, "upgrade", lambda engine: upgrade(engine, folder=history))
    assert run(["db", "upgrade"]) == 0
    assert capsys.readouterr() == (f"The database is migrated from {HEAD} to revision 9999.\n", "")


def _refused(capsys: pytest.CaptureFixture[str], line: str) -> None:
    assert run(["db", "upgrade"]) == 1
    assert capsys.readouterr() == ("", f"rejoinder: {line}\n")


def test_a_newer_database_is_refused(engine: Engine, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _make_newer(engine, tmp_path)
    _refused(capsys, "the database was migrated by a newer Rejoinder; run that version")


def test_somebody_elses_database_is_refused(engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE invoices (id INTEGER PRIMARY KEY)"))
    _refused(
        capsys,
        "the database has tables that are not Rejoinder's (invoices); give it one of its own, or check DATABASE_URL",
    )
    assert inspect(engine).get_table_names() == ["invoices"]


@pytest.mark.postgres
@pytest.mark.parametrize("installation", ["postgresql"], indirect=True)
def test_tables_of_an_extension_are_nobodys(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE shapes (id INTEGER PRIMARY KEY)"))
        connection.execute(text("ALTER EXTENSION plpgsql ADD TABLE shapes"))
    assert run(["db", "upgrade"]) == 0


@pytest.mark.parametrize("installation", ["sqlite"], indirect=True)
@pytest.mark.parametrize("words", [["db", "upgrade"], ["site", "list"]], ids=" ".join)
def test_a_file_that_is_no_database(
    installation: str, tmp_path: Path, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    ensure_secrets(prepare_folder(tmp_path / "data"))
    (tmp_path / "data" / "rejoinder.db").write_text("These are the minutes of a meeting. " * 100)
    assert run(words) == 1
    assert capsys.readouterr() == ("", "rejoinder: this is not a SQLite database; check DATABASE_URL or DATA_DIR\n")


def test_up_refuses_a_newer_database(tmp_path: Path, redis_url: str) -> None:
    services = wire(make_settings(f"sqlite:///{tmp_path / 'newer.db'}", redis_url))
    _make_newer(services.engine, tmp_path)
    with pytest.raises(CannotStart, match="a newer Rejoinder; run that version"):
        prepare(services, demo_port=None)
    services.close()


def _make_newer(engine: Engine, tmp_path: Path) -> None:
    history = copy_history(tmp_path / "history")
    add_migration(history, "9999", HEAD, 'op.execute("SELECT 1")')
    upgrade(engine, folder=history)


def test_it_does_not_wait_for_ever(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(migrations, "LOCK_SECONDS", 0.05)
    with engine.connect().execution_options(rejoinder_write=True) as other, other.begin():
        if engine.dialect.name != "sqlite":
            other.execute(text(f"SELECT pg_advisory_xact_lock({migrations.ADVISORY_LOCK})"))
        _refused(
            capsys,
            "somebody else has been writing to the database for 0.05 s; "
            "run `rejoinder db upgrade` again when they are done",
        )
    assert state(engine) == "empty"


def test_with_nothing_to_do_it_waits_for_nobody(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    upgrade(engine)
    monkeypatch.setattr(migrations, "LOCK_SECONDS", 0.05)
    with engine.connect().execution_options(rejoinder_write=True) as other, other.begin():
        if engine.dialect.name != "sqlite":
            other.execute(text(f"SELECT pg_advisory_xact_lock({migrations.ADVISORY_LOCK})"))
        assert run(["db", "upgrade"]) == 0


@pytest.mark.postgres
@pytest.mark.parametrize("installation", ["postgresql"], indirect=True)
def test_a_table_in_use_is_not_queued_for_long(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    upgrade(engine)
    history = copy_history(tmp_path / "history")
    add_migration(history, "9999", HEAD, 'op.add_column("site", sa.Column("motto", sa.Text()))')
    monkeypatch.setattr(migrations, "TABLE_SECONDS", 0.05)
    monkeypatch.setattr(migrations, "upgrade", lambda engine: upgrade(engine, folder=history))
    with engine.begin() as reader:
        reader.execute(text("SELECT 1 FROM site"))
        _refused(
            capsys,
            "a table was in use for 0.05 s, so nothing was migrated; "
            "end long transactions (pg_stat_activity shows them) and run `rejoinder db upgrade` again",
        )
    assert state(engine) == "current"
    assert run(["db", "upgrade"]) == 0


def test_a_new_file_that_is_being_switched_over_is_waited_for(tmp_path: Path) -> None:
    """SQLite refuses the second of two connections at once here, whatever time-out it was given."""
    path = tmp_path / "new.db"
    refused = threading.Event()

    class Watched(sqlite3.Connection):
        def execute(self, *arguments: str) -> sqlite3.Cursor:
            try:
                return super().execute(*arguments)
            except sqlite3.OperationalError:
                refused.set()
                raise

    engine = make_engine(f"sqlite:///{path}")
    event.listen(engine, "do_connect", lambda _dialect, _record, _words, named: named.update(factory=Watched))
    first = sqlite3.connect(path, isolation_level=None)
    first.execute("BEGIN IMMEDIATE")
    modes: list[object] = []

    def second() -> None:
        with engine.connect() as connection:
            modes.append(connection.exec_driver_sql("PRAGMA journal_mode").scalar())

    thread = threading.Thread(target=second)
    thread.start()
    assert refused.wait(20)
    first.execute("COMMIT")
    thread.join(20)
    assert modes == ["wal"]
    first.close()
    engine.dispose()
