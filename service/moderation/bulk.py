"""One statement for many rows, without what an ORM's core does for each of them: half the cost of a batch's writes."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Dialect, Insert, Update


class Bulk:
    """A statement compiled once a dialect; values are converted column by column.

    Every row has the same names: the statement's own parameters, or an insert's columns. Only for statements whose
    SQL does not depend on the values (no IN lists).
    """

    def __init__(self, statement: Insert | Update) -> None:
        self._statement = statement
        self._compiled: dict[str, _Compiled] = {}

    def run(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Executes it for all rows, in order. Raises what the engine raises."""
        if not rows:
            return
        dialect = connection.dialect
        compiled = self._compiled.get(dialect.name)
        if compiled is None:
            compiled = self._compiled[dialect.name] = _Compiled(self._statement, dialect, list(rows[0]))
        connection.exec_driver_sql(compiled.sql, compiled.bound(rows))


class _Compiled:
    def __init__(self, statement: Insert | Update, dialect: Dialect, names: list[str]) -> None:
        columns = names if isinstance(statement, Insert) else None
        found: Any = statement.compile(dialect=dialect, column_keys=columns)
        self.sql: str = found.string
        self._positional: bool = found.positional
        self._names: list[str] = list(found.positiontup if found.positional else found.params)
        types = {name: bind.type for bind, name in found.bind_names.items()}
        # Values that the statement brings along, such as the 1 in `revision + 1`.
        self._own: dict[str, Any] = {name: value for name, value in found.params.items() if name not in names}
        self._convert: dict[str, Callable[[Any], Any] | None] = {
            name: types[name].dialect_impl(dialect).bind_processor(dialect) for name in self._names
        }

    def bound(self, rows: Sequence[Mapping[str, Any]]) -> Any:
        columns = [self._column(name, rows) for name in self._names]
        if self._positional:
            return list(zip(*columns, strict=True))
        return [dict(zip(self._names, values, strict=True)) for values in zip(*columns, strict=True)]

    def _column(self, name: str, rows: Sequence[Mapping[str, Any]]) -> Sequence[Any]:
        convert = self._convert[name]
        if name in self._own:
            own = self._own[name]
            return [own if convert is None else convert(own)] * len(rows)
        values = [row[name] for row in rows]
        if convert is None:
            return values
        first = values[0]
        if all(value is first for value in values):
            return [convert(first)] * len(rows)  # The time of the batch, one status for all.
        return [convert(value) for value in values]
