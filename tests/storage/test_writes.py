"""What a row costs SQLite to write: no table of its own for an index's condition, no index of its own for its words."""

from sqlalchemy import text

from models.comment import JUDGED
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
