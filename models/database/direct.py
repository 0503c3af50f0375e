"""Statements given to the driver as they are: what SQLAlchemy makes ready for each execution costs more than most of
ours do. Its transactions, its listeners and what it makes of errors stay."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, NoReturn

from sqlalchemy import Connection

Found = list[tuple[Any, ...]]


def execute(
    connection: Connection,
    sql: str,
    values: Sequence[Any],
    *,
    reads: bool = False,
    many: bool = False,
    replan: bool = False,
) -> Found:
    """Runs one statement with its values by place: `?` for SQLite, `$1` and on for PostgreSQL through psycopg.

    `many`: once for each of several rows of values. `reads`: returns all that it finds, as the driver has it.
    `replan`: a server plans it for these values, and does not keep it prepared. Raises what SQLAlchemy raises.
    """
    _begin(connection)
    cursor = _cursor(connection, sql, values, many=many)
    try:
        if many:
            cursor.executemany(sql, values)
        elif replan and connection.dialect.name != "sqlite":
            cursor.execute(sql, values, prepare=False)
        else:
            cursor.execute(sql, values)
        for listener in connection.dispatch.after_cursor_execute:
            listener(connection, cursor, sql, values, None, many)
        found: Found = cursor.fetchall() if reads else []
    except BaseException as error:
        _fail(connection, error, sql, values, cursor)
    cursor.close()
    return found


def read_all(connection: Connection, selects: Sequence[tuple[str, Sequence[Any]]]) -> list[Found]:
    """What each of these selects finds, one after the other; a server gets them in one round trip, with the beginning
    of the transaction where this is the first of it. Each sees what the ones before have waited for.

    Behind a pooler, which is told to prepare nothing, each is asked by itself: what it knows of pipelines is not ours
    to say.
    """
    driver: Any = connection.connection.dbapi_connection
    if connection.dialect.name == "sqlite" or driver.prepare_threshold is None or not _can_pipeline():
        return [execute(connection, sql, values, reads=True) for sql, values in selects]
    _begin(connection)
    cursors = [_cursor(connection, sql, values) for sql, values in selects]
    try:
        with driver.pipeline():
            for cursor, (sql, values) in zip(cursors, selects, strict=True):
                cursor.execute(sql, values)
        for listener in connection.dispatch.after_cursor_execute:
            for cursor, (sql, values) in zip(cursors, selects, strict=True):
                listener(connection, cursor, sql, values, None, False)
        return [cursor.fetchall() for cursor in cursors]
    except BaseException as error:
        _fail(connection, error, selects[0][0], selects[0][1], cursors[0])


def begin_by(connection: Connection, sql: str, again: Callable[[BaseException], bool] = lambda _: False) -> None:
    """What the driver is told where a transaction begins: for SQLAlchemy's "begin". `again`: whether to try once more
    after an error, asked when it is time to."""
    cursor = _cursor(connection, sql, ())
    while True:
        try:
            cursor.execute(sql)
            break
        except BaseException as error:
            if not again(error):
                _fail(connection, error, sql, (), cursor)
    cursor.close()


def _begin(connection: Connection) -> None:
    if not connection.in_transaction():
        connection.begin()  # As by itself; it ends with the connection, or by a commit.


def _cursor(connection: Connection, sql: str, values: Sequence[Any], *, many: bool = False) -> Any:
    driver: Any = connection.connection.dbapi_connection
    cursor = driver.cursor() if connection.dialect.name == "sqlite" else _raw_cursors()(driver)
    for listener in connection.dispatch.before_cursor_execute:
        listener(connection, cursor, sql, values, None, many)
    return cursor


def _fail(connection: Connection, error: BaseException, sql: str, values: Any, cursor: Any) -> NoReturn:
    # SQLAlchemy's own way from here: listeners are told, and a lost connection takes the pool's others along. It has no
    # public name. An error that is not the driver's passes as it is.
    own = isinstance(error, connection.dialect.loaded_dbapi.Error)
    connection._handle_dbapi_exception(error, sql if own else None, values if own else None, cursor, None)


@cache
def _raw_cursors() -> Any:
    # Only here: SQLite does without a driver of PostgreSQL's.
    from psycopg import RawCursor

    return RawCursor


@cache
def _can_pipeline() -> bool:
    from psycopg import Pipeline

    return Pipeline.is_supported()
