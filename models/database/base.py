from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any, TypeVar

from sqlalchemy import JSON, DateTime, Dialect, MetaData, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator

# Constraint names are fixed by convention so that a migration can name what it drops.
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}

E = TypeVar("E", bound=StrEnum)


class UtcTime(TypeDecorator[datetime]):
    """An aware time in UTC. A naive one raises TypeError: it could mean any zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise TypeError("a time without a zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)

    # SQLite has text, which is made and read in one call: a worker does so for thousands of times a second.

    def bind_processor(self, dialect: Dialect) -> Any:
        return _text_of_utc if dialect.name == "sqlite" else super().bind_processor(dialect)

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        return _utc_of_text if dialect.name == "sqlite" else super().result_processor(dialect, coltype)


# A comment's rows have one time in seven places.
@lru_cache(maxsize=256)
def _text_of_utc(value: datetime | None) -> str | None:
    if value is None:
        return None
    if value.tzinfo is None:
        raise TypeError("a time without a zone")
    return value.astimezone(UTC).isoformat(" ", "microseconds")[:26]


def _utc_of_text(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(f"{text}+00:00")


class EnumText(TypeDecorator[E]):
    """A StrEnum kept as its word, so that the database can be read without the code."""

    impl = String(20)
    cache_ok = True

    def __init__(self, enum: type[E]) -> None:
        super().__init__()
        self.enum = enum

    def process_bind_param(self, value: E | str | None, dialect: Dialect) -> str | None:
        return None if value is None else self.enum(value).value

    # Look-ups in a dictionary, without a call of Python's for each row.

    def bind_processor(self, dialect: Dialect) -> Any:
        words: dict[str | None, str | None] = {member.value: member.value for member in self.enum}
        words[None] = None
        return words.__getitem__

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        members: dict[str | None, E | None] = {member.value: member for member in self.enum}
        members[None] = None
        return members.__getitem__


# SQLite keeps JSON as text; PostgreSQL keeps it parsed, so that it can be searched.
Json = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")

Id = String(26)


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {datetime: UtcTime(), dict[str, Any]: Json, list[Any]: Json, list[str]: Json}
