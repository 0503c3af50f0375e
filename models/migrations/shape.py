"""Whether a database has what its revision says: one that another program or an unfinished commit made may not."""

from typing import Any

from sqlalchemy import Connection, MetaData

from models import Base

# (table, column or index) of everything there is, in one statement each.
_SQLITE = """
    SELECT m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table'
    UNION ALL SELECT tbl_name, name FROM sqlite_master WHERE type = 'index'
"""
_POSTGRESQL = """
    SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = current_schema()
    UNION ALL SELECT tablename, indexname FROM pg_indexes WHERE schemaname = current_schema()
"""


def missing(connection: Connection, metadata: MetaData = Base.metadata) -> list[str]:
    """What the code works with and the database lacks, in words, in order: "table site", "column comment.name".

    What the database has besides is nobody's business: indexes of its operators, columns that go with a later release.
    """
    found: dict[str, set[str]] = {}
    rows: Any = connection.exec_driver_sql(_SQLITE if connection.dialect.name == "sqlite" else _POSTGRESQL)
    for table, name in rows:
        found.setdefault(table, set()).add(name)
    lacking = []
    for table in metadata.sorted_tables:
        there = found.get(table.name)
        if there is None:
            lacking.append(f"table {table.name}")
            continue
        lacking += [f"column {table.name}.{column.name}" for column in table.columns if column.name not in there]
        lacking += [f"index {index.name}" for index in table.indexes if index.name not in there]
    return sorted(lacking)
