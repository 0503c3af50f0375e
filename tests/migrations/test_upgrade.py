"""A database that was made and filled at the first revision comes to today's schema, and to tomorrow's, with every row.

The later revisions here are made in the test: they show that what will carry a real one works, on both databases.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Boolean, Column, Engine, ForeignKey, Index, MetaData, String, Table, select, text

import models.migrations
from models import Base
from models.comment import JUDGED
from models.database.base import NAMING, Id, Json, UtcTime
from models.database.search_index import index_words
from models.migrations import FOLDER, CannotUpgrade, Upgraded, UpgradeFailed, state, upgrade
from models.migrations.new import write_migration
from service.wiring import make_engine
from tests.migrations.histories import FIRST, add_migration, all_rows, copy_history, described
from tests.migrations.rows_of_0001 import ROWS, fill

ADD_A_COLOUR = """
with op.batch_alter_table("comment") as comment:
    comment.add_column(sa.Column("colour", sa.String(20), nullable=True))
    comment.create_index("ix_comment_colour", ["colour"])
"""
DROP_THE_COLOUR = """
with op.batch_alter_table("comment") as comment:
    comment.drop_index("ix_comment_colour")
    comment.drop_column("colour")
"""


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """Over a new, empty database."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'upgraded.db'}"
    else:
        url = request.getfixturevalue("postgres_url").replace("postgresql://", "postgresql+psycopg://")
    engine = make_engine(url)
    yield engine
    engine.dispose()


@pytest.fixture
def first_only(tmp_path: Path) -> Path:
    return copy_history(tmp_path / "first only", only=FIRST)


@pytest.fixture
def filled(engine: Engine, first_only: Path) -> dict[str, list[dict[str, Any]]]:
    """Makes and fills the database with the first migration alone; returns its rows."""
    assert upgrade(engine, folder=first_only) == Upgraded(None, "0001")
    fill(engine)
    return all_rows(engine)


def _schema_of(metadata: MetaData, engine: Engine) -> dict[str, Any]:
    """What the database would look like if the models made it; it is empty again afterwards."""
    metadata.create_all(engine)
    schema = described(engine)
    metadata.drop_all(engine)
    return schema


def _tomorrows_models() -> MetaData:
    """Today's models with a table, a column, a reference and an index more."""
    metadata = MetaData(naming_convention=NAMING)
    for table in Base.metadata.sorted_tables:
        table.to_metadata(metadata)
    index_words(metadata.tables["search_entry"], JUDGED)
    Table(
        "thanks",
        metadata,
        Column("comment_id", Id, ForeignKey("comment.id"), primary_key=True),
        Column("up", Boolean, nullable=False),
        Column("details", Json, nullable=False),
        Column("created_at", UtcTime, nullable=False),
    )
    comment = metadata.tables["comment"]
    comment.append_column(Column("colour", String(20)))
    Index(
        "ix_comment_colour",
        comment.c.colour,
        sqlite_where=text("colour IS NOT NULL"),
        postgresql_where=text("colour IS NOT NULL"),
    )
    return metadata


def _same_rows(before: dict[str, list[dict[str, Any]]], after: dict[str, list[dict[str, Any]]]) -> None:
    """What stood in a column that is still there stands there still."""
    for table, rows in before.items():
        assert table in after, f"{table} is gone"
        columns = set(rows[0]) & set(after[table][0])
        assert [{name: row[name] for name in columns} for row in after[table]] == [
            {name: row[name] for name in columns} for row in rows
        ]


def test_every_column_of_the_first_tables_has_rows_with_and_without_a_value(
    engine: Engine, filled: dict[str, list[dict[str, Any]]]
) -> None:
    schema = described(engine)
    assert set(ROWS) == set(filled) == set(schema)
    for table, rows in filled.items():
        assert len(rows) == len(ROWS[table])
        for column, (_type, nullable, _default) in schema[table]["columns"].items():
            values = [row[column] for row in rows]
            assert any(value is not None for value in values), f"{table}.{column} is never filled"
            assert not nullable or None in values, f"{table}.{column} is always filled"


def test_a_filled_database_of_the_first_revision_comes_to_the_newest(engine: Engine, first_only: Path) -> None:
    wanted = _schema_of(Base.metadata, engine)
    upgrade(engine, folder=first_only)
    fill(engine)
    before = all_rows(engine)
    upgrade(engine)
    assert state(engine) == "current"
    _same_rows(before, all_rows(engine))
    assert described(engine) == wanted


def test_todays_models_read_what_the_first_revision_left(
    engine: Engine, filled: dict[str, list[dict[str, Any]]]
) -> None:
    upgrade(engine)
    with engine.connect() as connection:
        for table in Base.metadata.sorted_tables:
            connection.execute(select(table)).all()


def test_tomorrows_models_get_their_migration_and_the_filled_database_follows(
    engine: Engine, tmp_path: Path, first_only: Path
) -> None:
    tomorrow = _tomorrows_models()
    wanted = _schema_of(tomorrow, engine)
    upgrade(engine, folder=first_only)
    fill(engine)
    before = all_rows(engine)
    history = copy_history(tmp_path / "history")
    newest = upgrade(engine).after
    written = write_migration("Give comments a colour", metadata=tomorrow, folder=history)
    assert written.parent == history / "versions"
    assert written.name == f"{int(newest) + 1:04}_give_comments_a_colour.py"
    assert state(engine, folder=history) == "behind"
    assert upgrade(engine, folder=history) == Upgraded(newest, written.name[:4])
    assert state(engine, folder=history) == "current"
    _same_rows(before, all_rows(engine))
    assert described(engine) == wanted


def test_expanding_and_contracting_leaves_the_schema_as_it_was(
    engine: Engine, filled: dict[str, list[dict[str, Any]]], first_only: Path
) -> None:
    """On SQLite a column goes by copying and replacing its table, here one that others and itself point to."""
    before = described(engine)
    add_migration(first_only, "0002", "0001", ADD_A_COLOUR)
    add_migration(first_only, "0003", "0002", """op.execute("UPDATE comment SET colour = 'red'")""")
    assert upgrade(engine, folder=first_only) == Upgraded("0001", "0003")
    assert {row["colour"] for row in all_rows(engine)["comment"]} == {"red"}
    add_migration(first_only, "0004", "0003", DROP_THE_COLOUR)
    assert upgrade(engine, folder=first_only) == Upgraded("0003", "0004")
    assert all_rows(engine) == filled
    assert described(engine) == before


@pytest.mark.postgres
def test_what_was_prepared_is_gone_on_with(postgres_url: str, tmp_path: Path) -> None:
    """An index that was cut off is made again; what was done once may be done twice."""
    engine = make_engine(postgres_url.replace("postgresql://", "postgresql+psycopg://"))
    before = copy_history(tmp_path / "before", only="000[1-9]*.py")
    prepared = ScriptDirectory(str(FOLDER)).get_revision("0010").module.prepare
    upgrade(engine, folder=before)
    with engine.connect() as connection:
        connection = connection.execution_options(isolation_level="AUTOCOMMIT")
        prepared(connection)
        connection.exec_driver_sql(
            "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'ix_comment_queue'::regclass"
        )
        prepared(connection)
        valid = connection.exec_driver_sql(
            "SELECT indisvalid FROM pg_index WHERE indexrelid = 'ix_comment_queue'::regclass"
        )
        assert valid.scalar_one()
        # What the release before does not know is in nobody's way.
        assert state(engine, folder=before) == "current"
    upgrade(engine)
    assert state(engine) == "current"
    engine.dispose()


@pytest.mark.postgres
def test_only_one_process_prepares(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = make_engine(postgres_url.replace("postgresql://", "postgresql+psycopg://"))
    monkeypatch.setattr(models.migrations, "LOCK_SECONDS", 0.0)
    with engine.connect() as other:
        other.exec_driver_sql(f"SELECT pg_advisory_lock({models.migrations.PREPARING_LOCK})")
        with pytest.raises(CannotUpgrade, match="somebody else"):
            upgrade(engine)
    engine.dispose()


@pytest.mark.parametrize(
    "wrong",
    [
        'op.execute("UPDATE comment SET no_such_column = 1")',
        "op.execute(\"DELETE FROM thread WHERE section = 'local'\")",
    ],
    ids=["a statement is wrong", "rows would lead nowhere"],
)
def test_a_migration_that_fails_leaves_nothing(
    engine: Engine, filled: dict[str, list[dict[str, Any]]], first_only: Path, wrong: str
) -> None:
    before = described(engine)
    add_migration(first_only, "0002", "0001", ADD_A_COLOUR)
    add_migration(first_only, "0003", "0002", wrong)
    with pytest.raises(UpgradeFailed, match="nothing of it was kept"):
        upgrade(engine, folder=first_only)
    assert state(engine, folder=first_only) == "behind"
    assert described(engine) == before
    assert all_rows(engine) == filled
    # What the upgrade did to its own connection stays its own.
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


def test_a_newer_database_is_refused_and_left_alone(engine: Engine, first_only: Path) -> None:
    newer = first_only
    add_migration(newer, "9999", "0001", ADD_A_COLOUR)
    upgrade(engine, folder=newer)
    before = described(engine)
    assert state(engine) == "ahead"
    with pytest.raises(CannotUpgrade, match=r"^the database was migrated by a newer Rejoinder; run that version$"):
        upgrade(engine)
    assert described(engine) == before


def test_a_migration_that_changes_nothing_can_be_written_by_hand(tmp_path: Path) -> None:
    history = copy_history(tmp_path / "history")
    written = write_migration("Move rows", folder=history).read_text()
    assert (
        "def upgrade() -> None:\n    # ### commands auto generated by Alembic - please adjust! ###\n    pass" in written
    )


@pytest.mark.parametrize(
    "change", ["DROP TABLE job", "DROP INDEX ix_comment_dead", "ALTER TABLE thread DROP COLUMN tags"]
)
def test_a_database_that_only_says_that_it_is_current(engine: Engine, change: str) -> None:
    """As one that an unfinished commit made: its revision is the newest, and something is not there."""
    upgrade(engine)
    assert state(engine) == "current"
    with engine.begin() as connection:
        connection.exec_driver_sql(change)
    assert state(engine) == "incomplete"
    lacking = change.split()[-1]
    with pytest.raises(CannotUpgrade, match=lacking):
        upgrade(engine)
