"""One statement for many rows, without what an ORM's core does for each of them: half the cost of a batch's writes."""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any

import msgspec
from sqlalchemy import (
    JSON,
    ColumnElement,
    Connection,
    Delete,
    Dialect,
    FromClause,
    Insert,
    LargeBinary,
    Select,
    Update,
    bindparam,
    cast,
    column,
    func,
    insert,
    literal_column,
    select,
    true,
)
from sqlalchemy.types import TypeEngine

from models.database.direct import Found, execute, read_all

Columns = Mapping[str, ColumnElement[Any]]
Rows = Sequence[Mapping[str, Any]]
Types = Mapping[str, TypeEngine[Any]]
Statement = Insert | Update | Delete | Select[*tuple[Any, ...]]


class Bulk:
    """A statement that is compiled once a dialect and run for batches of rows, which all have the same names.

    A single row's values are the statement's own. Of several, SQLite, which is in this process, gets updates one row
    after the other, and inserts in statements of up to 32 rows: each step of a statement gives the interpreter away,
    and a thread that is busy keeps it for milliseconds. A server gets them as one JSON document and makes
    a table of it: one round trip and one plan. There they are written in any order, so whoever shares rows with
    other writers locks them first.

    `indexed`: an FTS5 table follows these rows by triggers. Then SQLite gets a document as well, without bytes: at the
    end of each statement FTS5 writes what it has gathered, however little that is.
    """

    def __init__(
        self,
        types: Types,
        one: Callable[[Columns], Any],
        many: Callable[[Columns], Any],
        *,
        indexed: bool = False,
        inserts: bool = False,
    ) -> None:
        self._types, self._one, self._many, self._indexed, self._inserts = types, one, many, indexed, inserts
        self._compiled: dict[tuple[str, bool], _Compiled] = {}

    @classmethod
    def update(cls, make: Callable[[Columns], Update | Delete], types: Types, *, indexed: bool = False) -> "Bulk":
        """The update, or the delete, that `make` makes of a row's values; `types` by name."""
        return cls(types, make, make, indexed=indexed)

    @classmethod
    def insert(cls, table: FromClause, names: Collection[str] | None = None) -> "Bulk":
        """Inserts rows with these columns of the table, or with all of them.

        Raises ValueError where a column's default would have to be filled in: rows say all that they have.
        """
        into: Any = table
        types = {name: found.type for name, found in table.c.items() if names is None or name in names}
        if unsaid := [name for name, found in table.c.items() if name not in types and found.default is not None]:
            raise ValueError(f"rows for {table} say nothing of {', '.join(unsaid)}")
        return cls(
            types,
            lambda row: insert(into).values(dict(row)),
            lambda rows: insert(into).from_select(list(types), select(*(rows[name] for name in types))),
            inserts=True,
        )

    @classmethod
    def select(cls, make: Callable[[Columns], Select[*tuple[Any, ...]]], types: Types) -> "Bulk":
        """The select that `make` makes of a row's values; to be read by `found` or `run_together`.

        Of several, a server looks for one after the other by an index, unless it locks them: it would guess a hundred.
        """
        # One row after the other there is no select: SQLite gets a document as well.
        return cls(types, make, make, indexed=True)

    def run(self, connection: Connection, rows: Rows) -> None:
        """Executes it for all rows. Raises what the engine raises."""
        if rows:
            self._for(connection.dialect, len(rows)).run(connection, rows)

    def found(self, connection: Connection, rows: Rows) -> Found:
        """What a select finds for these rows, with values as the columns' types have them."""
        if not rows:
            return []
        compiled = self._statement(connection.dialect, len(rows))
        return compiled.converted(execute(connection, compiled.sql, compiled.bound(rows), reads=True))

    def _statement(self, dialect: Dialect, count: int) -> "_Statement":
        compiled = self._for(dialect, count)
        assert isinstance(compiled, _Statement)
        return compiled

    def _for(self, dialect: Dialect, count: int) -> "_Compiled":
        """As it is compiled for so many rows."""
        key = dialect.name, count == 1
        compiled = self._compiled.get(key)
        if compiled is None:
            if count == 1:
                compiled = _Single(self._one, self._types, dialect)
            elif dialect.name != "sqlite":
                compiled = _AtOnce(self._many, self._types, dialect)
            elif self._indexed:
                compiled = _InOneStatement(self._many, self._types, dialect)
            else:
                one_by_one = _OneByOne(self._one, self._types, dialect)
                compiled = _InParts(one_by_one) if self._inserts else one_by_one
            self._compiled[key] = compiled
        return compiled


# Statements, each with its rows, of which no other writes any.
Work = Sequence[tuple[Bulk, Rows]]


def run_together(connection: Connection, work: Work, *, read: tuple[Bulk, Rows] | None = None) -> Found:
    """Runs each for its rows, all of which are other ones. A server gets them as one statement: one round trip.

    There none sees what another writes, and which comes first is nobody's to say
    (https://www.postgresql.org/docs/current/queries-with.html#QUERIES-WITH-MODIFYING).
    Returns what `read` finds, a select that is of rows which are not written here.
    """
    work = [(bulk, rows) for bulk, rows in work if rows]
    reads = [read] if read is not None and read[1] else []
    if connection.dialect.name == "sqlite" or len(work) + len(reads) < 2:
        for bulk, rows in work:
            bulk.run(connection, rows)
        return [row for bulk, rows in reads for row in bulk.found(connection, rows)]
    given = [(bulk._statement(connection.dialect, len(rows)), rows) for bulk, rows in (*work, *reads)]
    parts = tuple(part for part, _ in given)
    values = tuple(chain.from_iterable(part.bound(rows) for part, rows in given))
    found = execute(connection, _together(parts, reading=bool(reads)), values, reads=bool(reads))
    return parts[-1].converted(found) if reads else []


def find_together(connection: Connection, selects: Work) -> list[Found]:
    """What each of these finds for its rows, one after the other: see `read_all`."""
    compiled = [(bulk._statement(connection.dialect, len(rows)), rows) for bulk, rows in selects]
    found = read_all(connection, [(statement.sql, statement.bound(rows)) for statement, rows in compiled])
    return [statement.converted(one) for (statement, _), one in zip(compiled, found, strict=True)]


@lru_cache(maxsize=256)
def _together(parts: "tuple[_Statement, ...]", *, reading: bool) -> str:
    """One statement of several. There are few of them: a caller has the same parts each time, or leaves some out."""
    statements, values = [], 0
    for part in parts:
        statements.append(_numbered(part.pieces, values))
        values += len(part.pieces) - 1
    last = statements.pop() if reading else "SELECT 1"
    return f"WITH {', '.join(f'w{n} AS ({sql})' for n, sql in enumerate(statements))} {last}"


# As SQLAlchemy compiles them for psycopg: `%(name)s`, perhaps with a cast behind it.
_PARAMETER = re.compile(r"%\((\w+)\)s")


def _numbered(pieces: Sequence[str], before: int = 0) -> str:
    """A statement with `$1` and on between its pieces, after so many values of statements before it."""
    return pieces[0] + "".join(f"${before + n}{piece}" for n, piece in enumerate(pieces[1:], 1))


class _Statement(ABC):
    """One statement for all rows, with its values by place."""

    sql: str
    # On a server, what stands between the values, so that several become one statement.
    pieces: Sequence[str]
    _results: Sequence[Callable[[Any], Any] | None] = ()

    def take(self, made: Any, dialect: Dialect) -> tuple[Any, list[str]]:
        """Compiles it. Returns what SQLAlchemy knows of it, and the values' names in their order."""
        compiled = made.compile(dialect=dialect)
        if isinstance(made, Select):
            results = [one.type.dialect_impl(dialect).result_processor(dialect, None) for one in made.selected_columns]
            self._results = results if any(results) else ()
        if dialect.name == "sqlite":
            self.sql = compiled.string
            return compiled, list(compiled.positiontup)
        pieces = _PARAMETER.split(compiled.string)
        # Nothing is put into the text here, so a `%` of its own stands for itself.
        self.pieces = [piece.replace("%%", "%") for piece in pieces[::2]]
        self.sql = _numbered(self.pieces)
        return compiled, pieces[1::2]

    @abstractmethod
    def bound(self, rows: Rows) -> Sequence[Any]:
        """The rows' values, in the order of the statement's places."""

    def run(self, connection: Connection, rows: Rows) -> None:
        execute(connection, self.sql, self.bound(rows))

    def converted(self, found: Found) -> Found:
        """What the driver found, as the columns' types have it."""
        if not self._results:
            return found
        return [
            tuple(
                value if convert is None else convert(value) for value, convert in zip(row, self._results, strict=True)
            )
            for row in found
        ]


class _AtOnce(_Statement):
    """The rows are a table in the statement (PostgreSQL)."""

    def __init__(self, make: Callable[[Columns], Statement], types: Types, dialect: Dialect) -> None:
        document: Any = func.json_to_recordset(cast(bindparam("rows"), JSON))
        given = document.table_valued(*map(column, types, types.values())).render_derived(name="given", with_types=True)
        made = make(given.c)
        if isinstance(made, Select) and made._for_update_arg is None and len(made.get_final_froms()) > 1:
            # Left whole by the planner, as it has an offset.
            each = made.offset(literal_column("0")).lateral("found")
            made = select(*each.c).select_from(given.join(each, true()))
        found, names = self.take(made, dialect)
        self._places = [None if name == "rows" else found.params[name] for name in names]
        self._binary = [name for name, type_ in types.items() if isinstance(type_, LargeBinary)]

    def bound(self, rows: Rows) -> Sequence[Any]:
        if self._binary:
            rows = [{**row, **{name: _hex(row[name]) for name in self._binary}} for row in rows]
        document = msgspec.json.encode(rows).decode()
        return tuple(document if own is None else own for own in self._places)


class _Single(_Statement):
    """One row. A server's planner knows then that it is one, and neither side packs and unpacks a document."""

    def __init__(self, make: Callable[[Columns], Statement], types: Types, dialect: Dialect) -> None:
        self._places = _places(self, make, types, dialect)

    def bound(self, rows: Rows) -> Sequence[Any]:
        (row,) = rows
        return tuple(
            [
                (own if name is None else row[name]) if convert is None else convert(own if name is None else row[name])
                for name, own, convert in self._places
            ]
        )


# For each place in the statement: the row's name, or a value that the statement brings along, such as the 1 in
# `revision + 1`; and what makes a driver's value of it.
_Places = list[tuple[str | None, Any, Callable[[Any], Any] | None]]


def _places(statement: _Statement, make: Callable[[Columns], Any], types: Types, dialect: Dialect) -> _Places:
    """Compiles a statement of one row's values."""
    # In an update a parameter may not be called as a column is.
    given = {f"given_{name}": name for name in types}
    found, keys = statement.take(
        make({name: bindparam(key, type_=types[name]) for key, name in given.items()}), dialect
    )
    converters = {
        key: bind.type.dialect_impl(dialect).bind_processor(dialect) for bind, key in found.bind_names.items()
    }
    return [(given.get(key), found.params[key], converters[key]) for key in keys]


def _hex(value: bytes | None) -> str | None:
    """Bytes as PostgreSQL reads them in text. https://www.postgresql.org/docs/current/datatype-binary.html"""
    return None if value is None else f"\\x{value.hex()}"


class _InOneStatement(_Statement):
    """The rows are a table in the statement, as SQLite makes one of JSON."""

    def __init__(self, make: Callable[[Columns], Statement], types: Types, dialect: Dialect) -> None:
        given = func.json_each(bindparam("rows")).table_valued("value", name="given")
        columns: dict[str, ColumnElement[Any]] = {
            name: func.json_extract(given.c.value, literal_column(f"'$[{n}]'"), type_=type_)
            for n, (name, type_) in enumerate(types.items())
        }
        found, keys = self.take(make(columns), dialect)
        self._places = [None if key == "rows" else found.params[key] for key in keys]
        self._columns = [(name, type_.dialect_impl(dialect).bind_processor(dialect)) for name, type_ in types.items()]

    def bound(self, rows: Rows) -> Sequence[Any]:
        columns = [_values(name, None, convert, rows) for name, convert in self._columns]
        document = msgspec.json.encode(list(zip(*columns, strict=True))).decode()
        return tuple(document if own is None else own for own in self._places)


class _OneByOne(_Statement):
    """The driver's `executemany`, with values converted column by column (SQLite)."""

    def __init__(self, make: Callable[[Columns], Statement], types: Types, dialect: Dialect) -> None:
        self._places = _places(self, make, types, dialect)

    def bound(self, rows: Rows) -> list[tuple[Any, ...]]:
        return list(zip(*(_values(*place, rows) for place in self._places), strict=True))

    def run(self, connection: Connection, rows: Rows) -> None:
        execute(connection, self.sql, self.bound(rows), many=True)


# Rows of one statement: few numbers, for the driver keeps the 128 statements that were used last. Of the widest table,
# 32 rows stay below the 999 values that SQLite took before 3.32.
_ROWS_AT_ONCE = (32, 16, 8, 4, 3, 2, 1)


class _InParts:
    """INSERT … VALUES with several rows (SQLite)."""

    def __init__(self, one: _OneByOne) -> None:
        self._bound = one.bound
        row = one.sql[one.sql.rindex("(") :]
        self._sql = {count: one.sql + f", {row}" * (count - 1) for count in _ROWS_AT_ONCE}

    def run(self, connection: Connection, rows: Rows) -> None:
        """In one statement after the other."""
        bound, done = self._bound(rows), 0
        for count, sql in self._sql.items():
            while len(bound) - done >= count:
                execute(connection, sql, tuple(chain.from_iterable(bound[done : done + count])))
                done += count


_Compiled = _Statement | _InParts


def _values(name: str | None, own: Any, convert: Callable[[Any], Any] | None, rows: Rows) -> Sequence[Any]:
    values = [own] * len(rows) if name is None else [row[name] for row in rows]
    if convert is None:
        return values
    first = values[0]
    if all(value is first for value in values):
        return [convert(first)] * len(rows)  # The time of the batch, one status for all.
    return [convert(value) for value in values]
