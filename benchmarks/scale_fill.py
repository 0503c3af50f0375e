"""Fills a database by bulk with what a large newsroom has: see `benchmarks.scale_rows`."""

import random
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import msgspec
from sqlalchemy import Connection, Table, insert

from benchmarks.scale_rows import (
    BIG,
    OPEN,
    QUIET,
    RARE_LANGUAGE,
    RARE_RULE,
    RARE_SECTION,
    RARE_WORD,
    Filled,
    NewsroomRows,
)
from models import (
    ActorKind,
    AddressPurpose,
    AddressRecord,
    AsideKind,
    AuditEntry,
    Ban,
    Base,
    Comment,
    CommentRule,
    CommentVersion,
    Decision,
    Delivery,
    Receipt,
    SearchEntry,
    SetAside,
    StandingDecision,
    SubmissionKey,
    Thread,
    WrongFinding,
)
from models.decision import rank_of
from models.migrations import upgrade
from service.wiring import Services

__all__ = ["BIG", "QUIET", "RARE_LANGUAGE", "RARE_RULE", "RARE_SECTION", "RARE_WORD", "Filled", "fill"]

_PAGE = 5000


def fill(services: Services, count: int, *, long_thread: int = 0, seed: int = 10) -> Filled:
    """Makes the tables anew, empty whatever was there, and fills them with `count` comments, long thread apart."""
    upgrade(services.engine)
    with services.engine.begin() as connection:
        for table in reversed(Base.metadata.sorted_tables):
            connection.execute(table.delete())
    made = NewsroomRows(random.Random(seed), count, services.clock.now(), long_thread)
    _load(services, made)
    return made.filled()


def _proofs(made: NewsroomRows, comments: Sequence[dict[str, Any]]) -> Iterator[tuple[Any, list[dict[str, Any]]]]:
    """An address and a receipt for each comment, as bytes of the right length; idempotency keys of the last day."""
    some = made.random.randbytes
    yield AddressRecord, [
        {
            "id": made.id_of(row["created_at"]), "site_id": row["site_id"], "purpose": AddressPurpose.SUBMISSION,
            "owner_id": row["id"], "sealed": some(80), "exact_index": some(16), "ban_index": some(16),
            "ban_folding": 2, "key_id": "bench", "created_at": row["created_at"],
        }
        for row in comments
    ]  # fmt: skip
    yield Receipt, [
        {
            "comment_id": row["id"], "site_id": row["site_id"], "sealed": some(60), "lookup": some(16),
            "key_id": "bench", "created_at": row["created_at"],
        }
        for row in comments
    ]  # fmt: skip
    yield SubmissionKey, [
        {
            "site_id": row["site_id"], "lookup": some(16), "digest": some(16), "comment_id": row["id"],
            "created_at": row["created_at"],
        }
        for row in comments
        if row["created_at"] > made.now - timedelta(days=1)
    ]  # fmt: skip


def _noted(
    made: NewsroomRows, comments: Sequence[dict[str, Any]], before: int
) -> Iterator[tuple[Any, list[dict[str, Any]]]]:
    """Wrong findings, decisions on copies to come and holds, of every tenth comment: all over but `OPEN` of each,
    however many there are. `before`: so many comments came before these."""
    some = made.random.randbytes
    open_one = max(1, made.count // 10 // OPEN)
    tenths = enumerate(comments[::10], before // 10)
    rows = [(row, made.id_of(row["created_at"]), n % open_one > 0) for n, row in tenths]
    yield WrongFinding, [
        {
            "id": new, "site_id": row["site_id"], "comment_id": row["id"], "version_n": 1, "rule": RARE_RULE,
            "field": None, "start": None, "end": None, "policy_version": None, "note": "",
            "actor_kind": ActorKind.MODERATOR, "actor_id": made.moderator, "created_at": row["created_at"],
            "settled_at": made.now if over else None, "settled_by": made.moderator if over else None,
        }
        for row, new, over in rows
    ]  # fmt: skip
    yield StandingDecision, [
        {
            "id": new, "site_id": row["site_id"], "first_id": row["id"], "fingerprint": None if over else some(16),
            "sketch": None, "action": "reject", "reason": None, "actor_kind": ActorKind.MODERATOR,
            "actor_id": made.moderator, "job_id": new, "created_at": row["created_at"],
            "until": row["created_at"] + timedelta(days=1) if over else made.now + timedelta(days=1),
            "ended_at": made.now if over else None, "ended_by": None,
        }
        for row, new, over in rows
    ]  # fmt: skip
    yield SetAside, [
        {
            "id": new, "site_id": row["site_id"], "comment_id": row["id"], "kind": AsideKind.HELD, "asked": None,
            "for_id": None, "note": None, "due_at": made.now, "rank": rank_of(made.now),
            "by_kind": ActorKind.MODERATOR, "by_id": made.moderator, "created_at": row["created_at"],
            "ended_at": made.now, "ended_kind": ActorKind.MODERATOR, "ended_by": made.moderator, "decision_id": None,
            "answer": None,
        }
        for row, new, _ in rows
    ]  # fmt: skip


def _load(services: Services, made: NewsroomRows) -> None:
    """Without the indexes, which are made again from the finished tables: a fifth of the time."""
    with services.engine.connect() as connection:
        connection = connection.execution_options(rejoinder_write=True)
        sqlite = connection.dialect.name == "sqlite"
        if sqlite:
            driver: Any = connection.connection.driver_connection
            driver.execute("PRAGMA foreign_keys=OFF")
            driver.execute("PRAGMA synchronous=OFF")
        with connection.begin():
            if not sqlite:
                connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
            indexes = _drop_indexes(connection)
            for model, rows in made.first_rows():
                _copy_in(connection, model, rows)
            comments, done = made.comments(), 0
            while page := list(islice(comments, _PAGE)):
                told = [row.comment for row in page]
                _copy_in(connection, Comment, told)
                _copy_in(connection, CommentVersion, [row.version for row in page])
                _copy_in(connection, Decision, [decision for row in page for decision in row.decisions])
                _copy_in(connection, CommentRule, [rule for row in page for rule in row.rules])
                _copy_in(connection, SearchEntry, [_worded(row.entry, sqlite=sqlite) for row in page if row.entry])
                _copy_in(connection, AuditEntry, [row.audit for row in page if row.audit])
                _copy_in(connection, Ban, [row.ban for row in page if row.ban])
                _copy_in(connection, Delivery, [row.delivery for row in page if row.delivery])
                for model, rows in (*_proofs(made, told), *_noted(made, told, done)):
                    _copy_in(connection, model, rows)
                done += len(page)
            _copy_in(connection, Thread, made.threads)
            for statement in indexes:
                connection.exec_driver_sql(statement)
        connection.detach()  # Its settings are for here alone.
    if not sqlite:
        # What the server does by itself before long: statistics, and which pages all can see.
        with services.engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("VACUUM ANALYZE")


def _worded(entry: dict[str, Any], *, sqlite: bool) -> dict[str, Any]:
    words = entry["words"]
    return {**entry, "words": " ".join(words) if sqlite else " ".join([f"'{word}'" for word in words])}


def _drop_indexes(connection: Connection) -> list[str]:
    """Drops every index that holds no constraint; returns the statements that make them again."""
    if connection.dialect.name == "sqlite":
        found = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql NOT NULL")
    else:
        found = connection.exec_driver_sql(
            "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema() AND NOT EXISTS "
            "(SELECT 1 FROM pg_constraint WHERE conname = indexname) AND tablename <> 'alembic_version'"
        )
    rows = [(name, statement) for name, statement in found]
    for name, _ in rows:
        connection.exec_driver_sql(f'DROP INDEX "{name}"')
    return [statement for _, statement in rows]


def _copy_in(connection: Connection, model: Any, rows: Sequence[dict[str, Any]]) -> None:
    """Rows with the same names each, by COPY or one statement for all."""
    if not rows:
        return
    table: Table = model.__table__
    if connection.dialect.name == "sqlite":
        connection.execute(insert(table), list(rows))
        return
    names = [f'"{name}"' for name in rows[0]]
    cursor: Any = connection.connection.cursor()
    with cursor.copy(f"COPY {table.name} ({', '.join(names)}) FROM STDIN") as copy:
        copy.write("".join(_lines(rows)))


def _lines(rows: Iterable[dict[str, Any]]) -> Iterator[str]:
    for row in rows:
        yield "\t".join([_said(value) for value in row.values()]) + "\n"


def _said(value: Any) -> str:
    """A value in COPY's text format."""
    match value:
        case None:
            return "\\N"
        case bool():
            return "t" if value else "f"
        case str():
            return str(value).replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")
        case bytes():
            return f"\\\\x{value.hex()}"
        case datetime():
            return value.astimezone(UTC).isoformat()
        case dict() | list():
            return msgspec.json.encode(value).decode().replace("\\", "\\\\")
    return str(value)
