"""`rejoinder upgrade` names what an installation has before it, and changes nothing while it is only asked."""

import json
import os
import re
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import inspect

from models.migrations import FOLDER, configuration, state
from models.migrations.pending import history
from service.cli import run
from service.cli.upgrade_plan.plan import (
    BreakingChange,
    SettingProblem,
    breaking_changes,
    breaking_since,
    too_old,
    unread_settings,
)
from service.embedded.folder import ensure_secrets, prepare_folder
from service.settings import SETTINGS
from service.wiring import make_engine
from tests.settings import TEST_SECRET

# Every setting that there ever was. One that is no longer in SETTINGS is named in breaking.yaml; new ones are added.
EVER = set(re.findall(r"[A-Z][A-Z_]+[A-Z]", """
DATABASE_URL REDIS_URL DATA_DIR SMTP_URL PROMETHEUS_MULTIPROC_DIR REJOINDER_REDIS_PREFIX REJOINDER_SECRET_KEYS
REJOINDER_PUBLIC_URL REJOINDER_ALLOWED_HOSTS REJOINDER_TRUSTED_PROXIES REJOINDER_SUBMIT_LIMIT REJOINDER_DNS
REJOINDER_DNS_CONTROLS REJOINDER_OUTGOING_NETWORKS REJOINDER_APPROVE_WITHOUT_REVISION REJOINDER_LOG_LEVEL
REJOINDER_MAIL_FROM REJOINDER_MAIL_DIR REJOINDER_METRICS REJOINDER_CACHE_MB REJOINDER_STATEMENT_SECONDS
REJOINDER_MAX_TIME_OFFSET REJOINDER_DATABASE_CONNECTIONS REJOINDER_PREPARE_THRESHOLD REJOINDER_TRACING
REJOINDER_WORKER_NICE
"""))  # fmt: skip
CHANGES = [
    BreakingChange("0.2", "0002", "The mode is a preset.", "Rename it.", {"REJOINDER_MODE": "REJOINDER_PRESET"}),
    BreakingChange("0.2", "0002", "There is no cache.", "Nothing.", {"CACHE_FILE": None}),
    BreakingChange("0.3", "0003", "Answers are shorter.", "Read them."),
]
REVISIONS = ["0001", "0002", "0003"]


def test_no_setting_disappears_without_a_word() -> None:
    named = {name for change in breaking_changes() for name in change.settings}
    assert EVER - set(SETTINGS) - named == set()


def test_every_entry_stands_at_a_revision_that_there_is() -> None:
    places = [history().index(change.after) for change in breaking_changes()]
    assert places == sorted(places)
    assert all(change.what.endswith(".") and change.do.endswith(".") for change in breaking_changes())


@pytest.mark.parametrize(
    ("at", "named"),
    [pytest.param(None, 0, id="empty"), ("0001", 3), ("0002", 3), ("0003", 1)],
)
def test_changes_are_told_to_whom_they_may_be_new(at: str | None, named: int) -> None:
    assert breaking_since(at, CHANGES, REVISIONS) == CHANGES[len(CHANGES) - named :]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("REJOINDER_MODE", "it is REJOINDER_PRESET now: rename it"),
        ("CACHE_FILE", "it is gone: take it out"),
        ("REJOINDER_PUBLIC_ULR", "no setting has this name: correct it or take it out"),
        ("REJOINDER_PRESET", None),
        ("REJOINDER_PRESET_FILE", "no setting has this name: correct it or take it out"),
        ("PATH", None),
    ],
)
def test_a_setting_that_nothing_reads_is_named(name: str, said: str | None) -> None:
    expected = [] if said is None else [SettingProblem(name, said)]
    assert unread_settings({name: "x"}, CHANGES, {"REJOINDER_PRESET"}) == expected


@pytest.mark.parametrize(
    ("kind", "version", "bad"),
    [
        ("postgresql", (11,), True),
        ("postgresql", (12,), False),
        ("sqlite", (3, 34, 1), True),
        ("sqlite", (3, 35, 0), False),
    ],
)
def test_a_database_that_is_too_old_is_named(kind: str, version: tuple[int, ...], bad: bool) -> None:
    assert (too_old(kind, version) is not None) is bad


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The environment of an installation whose database is empty; the engine's URL of that."""
    for name in list(os.environ):
        if name.startswith("REJOINDER_") or name in {"DATABASE_URL", "REDIS_URL", "DATA_DIR"}:
            monkeypatch.delenv(name)
    if request.param == "sqlite":
        ensure_secrets(prepare_folder(tmp_path / "data"))
        monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
        return f"sqlite:///{tmp_path / 'data' / 'rejoinder.db'}"
    found: str = request.getfixturevalue("postgres_url")
    monkeypatch.setenv("DATABASE_URL", found)
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1")
    monkeypatch.setenv("REJOINDER_SECRET_KEYS", TEST_SECRET)
    return found.replace("postgresql://", "postgresql+psycopg://")


def test_it_is_said_first_and_done_then(
    url: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "data" / "rejoinder.db"
    assert run(["upgrade", "--dry-run", "--json"]) == 0
    plan = json.loads(capsys.readouterr().out)
    assert (plan["from"], plan["to"], plan["breaking"]) == (None, history()[-1], [])
    assert {migration["runs"] for migration in plan["migrations"]} == {"locked"}
    assert not file.exists()

    monkeypatch.setenv("REJOINDER_LOG_LEVLE", "debug")
    engine = make_engine(url)
    try:
        with engine.connect() as connection:
            writing = connection.execution_options(rejoinder_write=True)
            command.upgrade(configuration(writing, FOLDER), "0009")
            writing.commit()
        tables = inspect(engine).get_table_names()
        assert run(["upgrade", "--dry-run"]) == 0
        said = capsys.readouterr().out
        assert "The database is at revision 0009" in said
        assert "- REJOINDER_LOG_LEVLE: no setting has this name" in said
        assert [line for line in said.splitlines() if line.startswith("- 0010 Find what the queue asks for")]
        assert ("prepared beside" in said) is url.startswith("postgresql")
        assert "total_is" in said
        assert inspect(engine).get_table_names() == tables
        assert run(["upgrade", "--json"]) == 0
        done = json.loads(capsys.readouterr().out)
        assert done["migrated"] == {"from": "0009", "to": history()[-1]}
        assert state(engine) == "current"
        monkeypatch.delenv("REJOINDER_LOG_LEVLE")
        assert run(["upgrade", "--dry-run"]) == 0
        assert "Nothing needs to be done." in capsys.readouterr().out
    finally:
        engine.dispose()
