"""What a row costs SQLite to write: no table of its own for an index's condition, no index of its own for its words."""

import pytest
from sqlalchemy import (
    Column,
    Connection,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    create_engine,
    event,
    select,
    text,
    update,
)

from models.comment import JUDGED
from models.database.bulk import Bulk, run_together
from service.moderation import listed
from service.wiring import Services


def test_no_condition_of_an_index_builds_a_table_for_each_row(services: Services) -> None:
    with services.engine.connect() as connection:
        steps = connection.execute(text("EXPLAIN UPDATE comment SET status = 'pending', priority = 1 WHERE id = 'x'"))
        assert "OpenEphemeral" not in {step[1] for step in steps}


def test_a_batch_makes_one_index_of_its_words(services: Services) -> None:
    found = [(listed.facets(f"c{n}", "s", JUDGED[0], 0, f"d{n}", ()), [f"word{n}"]) for n in range(20)]
    with services.engine.begin() as connection:
        connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
        listed.write(connection, found)
        segments = connection.execute(text("SELECT count(DISTINCT segid) FROM search_word_idx")).scalar_one()
        connection.exec_driver_sql("DELETE FROM search_entry")
    assert segments <= 1


@pytest.mark.postgres
def test_a_server_gets_writes_to_several_tables_as_one_statement(postgres_url: str) -> None:
    tables = MetaData()
    first = Table("first", tables, Column("id", Integer, primary_key=True), Column("typed", LargeBinary))
    second = Table("second", tables, Column("id", Integer, primary_key=True), Column("typed", LargeBinary))
    engine = create_engine(postgres_url.replace("postgresql://", "postgresql+psycopg://"))
    tables.create_all(engine)
    update_first = Bulk.update(
        lambda row: update(first).where(first.c.id == row["key"]).values(typed=row["typed"]),
        {"key": Integer(), "typed": LargeBinary()},
    )
    ran: list[str] = []
    with engine.begin() as connection:
        Bulk.insert(first).run(connection, [{"id": n, "typed": b"old"} for n in range(3)])
        event.listen(engine, "before_cursor_execute", lambda *given: ran.append(given[2]))
        new, added = [{"key": 1, "typed": b"%(rows)s"}], [{"id": 7, "typed": b"\0:x"}]
        run_together(connection, [(update_first, new), (Bulk.insert(second), added), (update_first, [])])
        assert len(ran) == 1
        assert connection.execute(select(first.c.typed).order_by(first.c.id)).scalars().all() == [
            b"old", b"%(rows)s", b"old",
        ]  # fmt: skip
        assert connection.execute(select(second)).all() == [(7, b"\0:x")]
    engine.dispose()


def test_rows_are_inserted_in_few_statements_and_in_their_order() -> None:
    table = Table("kept", MetaData(), Column("n", Integer), Column("typed", LargeBinary))
    engine = create_engine("sqlite://")
    table.metadata.create_all(engine)
    ran: list[str] = []

    @event.listens_for(engine, "before_cursor_execute")
    def _note(_connection: Connection, _cursor: object, sql: str, *_rest: object) -> None:
        ran.append(sql)

    rows = [{"n": n, "typed": bytes([n])} for n in range(77)]
    with engine.begin() as connection:
        Bulk.insert(table).run(connection, rows)
    assert len(ran) == 5  # 32, 32, 8, 4, 1
    with engine.connect() as connection:
        found = connection.exec_driver_sql("SELECT n, typed FROM kept ORDER BY rowid").all()
    assert [tuple(row) for row in found] == [tuple(row.values()) for row in rows]
    engine.dispose()
