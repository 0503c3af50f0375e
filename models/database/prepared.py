"""A select that is asked again and again with other values, compiled once: what SQLAlchemy makes ready for each
execution, and does for each row, costs several times what most of ours do."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import Any

from sqlalchemy import Connection, Dialect, LargeBinary, String
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine

from models.database.direct import Found, execute, read_all

Values = Mapping[str, Any]
_Convert = Callable[[Any], Any] | None

# How SQLAlchemy leaves room for the values of a list, and what a list becomes on a server.
_LISTS = re.compile(r"(NOT IN|IN) \(__\[POSTCOMPILE_(\w+)[^\]]*\]\)")
_ANY = {"IN": "= ANY", "NOT IN": "<> ALL"}
_PARAMETER = re.compile(r"%\((\w+)\)s")
# In place of an empty list, which would keep SQLite from its indexes.
_NONE = "SELECT 1 FROM (SELECT 1) WHERE 1 != 1"
# Longer lists are few; below it, one of each power of two keeps the driver's statements few.
_MOST_PADDED = 4096


class Prepared:
    """A select of named parameters (`bindparam`); one that is `expanding` takes a list.

    It goes past the session: nothing that was added to one is written before it. Rows come as tuples, with values as
    the columns' types have them.

    `replan`: a server plans it for its values each time where it is asked by `found`. For one that stops after some
    rows in an index's order, or has a range of them: what that is good for it can only guess without the values.
    """

    def __init__(self, statement: Any, *, replan: bool = False) -> None:
        self.statement, self._replan = statement, replan
        self._compiled: dict[str, _Compiled] = {}

    def found(self, within: Session | Connection, values: Values) -> Found:
        """All that it finds for these values, the lists' among them. Raises what the engine raises."""
        connection = within.connection() if isinstance(within, Session) else within
        compiled = self._for(connection.dialect)
        return compiled.converted(execute(connection, *compiled.bound(values), reads=True, replan=self._replan))

    def _for(self, dialect: Dialect) -> "_Compiled":
        compiled = self._compiled.get(dialect.name)
        if compiled is None:
            compiled = self._compiled[dialect.name] = _compile(self.statement, dialect)
        return compiled


def found_together(connection: Connection, asked: Sequence[tuple[Prepared, Values]]) -> list[Found]:
    """What each of these finds for its values, one after the other, on a server in one round trip: see `read_all`."""
    compiled = [prepared._for(connection.dialect) for prepared, _ in asked]
    found = read_all(connection, [one.bound(values) for one, (_, values) in zip(compiled, asked, strict=True)])
    return [one.converted(rows) for one, rows in zip(compiled, found, strict=True)]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a value stands: the parameter's name, what else stands there, how the driver has it."""

    name: str
    own: Any
    convert: _Convert
    is_list: bool

    def value(self, values: Values) -> Any:
        given = values.get(self.name, self.own)
        if self.is_list:
            return list(given) if self.convert is None else [self.convert(one) for one in given]
        return given if self.convert is None else self.convert(given)


class _Compiled:
    """As one dialect has it."""

    def __init__(self, text: str, places: Sequence[_Place], results: Sequence[_Convert]) -> None:
        self._text, self._places = text, places
        # Only of the columns that need it.
        self._results = [(n, convert) for n, convert in enumerate(results) if convert is not None]

    def bound(self, values: Values) -> tuple[str, Sequence[Any]]:
        """The statement and its values by place."""
        return self._text, [place.value(values) for place in self._places]

    def converted(self, found: Found) -> Found:
        if not found or not self._results:
            return found
        columns: list[Any] = list(zip(*found, strict=True))
        for n, convert in self._results:
            columns[n] = map(convert, columns[n])
        return list(zip(*columns, strict=True))


class _InProcess(_Compiled):
    """SQLite has no lists: each value of one has a place, and the last is repeated up to a power of two."""

    def __init__(self, text: str, places: Sequence[_Place], results: Sequence[_Convert]) -> None:
        super().__init__(text, places, results)
        self._lists = [place for place in places if place.is_list]
        self._sized = lru_cache(maxsize=64)(self._of_sizes)

    def bound(self, values: Values) -> tuple[str, Sequence[Any]]:
        if not self._lists:
            return super().bound(values)
        bound = [_padded(place.value(values)) if place.is_list else [place.value(values)] for place in self._places]
        lengths = [len(some) for some, place in zip(bound, self._places, strict=True) if place.is_list]
        return self._sized(*lengths), list(chain.from_iterable(bound))

    def _of_sizes(self, *sizes: int) -> str:
        left = iter(sizes)
        return _LISTS.sub(lambda found: f"{found[1]} ({', '.join('?' * next(left)) or _NONE})", self._text)


def _padded(values: list[Any]) -> list[Any]:
    count = len(values)
    if count > _MOST_PADDED or not count & (count - 1):
        return values
    return values + values[-1:] * ((1 << count.bit_length()) - count)


def _compile(statement: Any, dialect: Dialect) -> _Compiled:
    compiled = statement.compile(dialect=dialect)
    binds = {name: bind for bind, name in compiled.bind_names.items()}
    columns = [one.type.dialect_impl(dialect).result_processor(dialect, None) for one in statement.selected_columns]

    def place(name: str) -> _Place:
        bind = binds[name]
        convert = bind.type.dialect_impl(dialect).bind_processor(dialect)
        return _Place(name, compiled.params[name], convert, bind.expanding)

    if dialect.name == "sqlite":
        return _InProcess(compiled.string, [place(name) for name in compiled.positiontup], columns)
    with_lists = _LISTS.sub(
        lambda found: f"{_ANY[found[1]]}(%({found[2]})s::{_array(binds[found[2]].type, dialect)})", compiled.string
    )
    names = _PARAMETER.findall(with_lists)
    numbers = iter(range(1, len(names) + 1))
    # Nothing is put into the text here, so a `%` of its own stands for itself.
    text = _PARAMETER.sub(lambda _: f"${next(numbers)}", with_lists).replace("%%", "%")
    return _Compiled(text, [place(name) for name in names], columns)


def _array(of: TypeEngine[Any], dialect: Dialect) -> str:
    impl = of.dialect_impl(dialect)
    if isinstance(impl, LargeBinary):
        return "BYTEA[]"
    if isinstance(impl, String):
        return "TEXT[]"
    return f"{dialect.type_compiler_instance.process(impl)}[]"
