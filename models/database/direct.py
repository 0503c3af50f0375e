"""Statements given to the driver as they are: what SQLAlchemy makes ready for each execution costs more than most of
ours do. Its transactions, its listeners and what it makes of errors stay."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection

Found = list[tuple[Any, ...]]


def execute(
    connection: Connection, sql: str, values: Sequence[Any], *, reads: bool = False, many: bool = False
) -> Found:
    """Runs one statement with its values by place: `?` for SQLite, `$1` and on for PostgreSQL through psycopg.

    `many`: once for each of several rows of values. `reads`: returns all that it finds, as the driver has it. Raises
    what SQLAlchemy raises.
    """
    if not connection.in_transaction():
        connection.begin()  # As by itself; it ends with the connection, or by a commit.
    driver: Any = connection.connection.driver_connection
    cursor = driver.cursor() if connection.dialect.name == "sqlite" else _raw_cursors()(driver)
    for listener in connection.dispatch.before_cursor_execute:
        listener(connection, cursor, sql, values, None, many)
    try:
        if many:
            cursor.executemany(sql, values)
        else:
            cursor.execute(sql, values)
        found: Found = cursor.fetchall() if reads else []
    except BaseException as error:
        # SQLAlchemy's own way from here: listeners are told, and a lost connection takes the pool's others along. It
        # has no public name. An error that is not the driver's passes as it is.
        own = isinstance(error, connection.dialect.loaded_dbapi.Error)
        connection._handle_dbapi_exception(error, sql if own else None, values if own else None, cursor, None)
    cursor.close()
    return found


@cache
def _raw_cursors() -> Any:
    # Only here: SQLite does without a driver of PostgreSQL's.
    from psycopg import RawCursor

    return RawCursor
