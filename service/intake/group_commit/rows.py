"""The rows of a group of arrivals, written inside one transaction."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any, cast

from sqlalchemy import Connection, FromClause, Table, bindparam, delete, select
from sqlalchemy.dialects.postgresql import insert as insert_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_sqlite
from sqlalchemy.exc import DBAPIError, OperationalError

from models import AddressRecord, Comment, CommentVersion, LoginUse, Receipt, SubmissionKey, Thread, WriterChain
from models.database.bulk import Bulk, run_together
from models.submission import SUBMISSION_KEY_LIFE
from service.intake.arrivals import Arrival

FORGET_AT_ONCE = 1000

# In the order in which they refer to each other, which a server looks at when all are written; each with the
# attribute of Arrival that has its row.
_TABLES = (
    (WriterChain.__table__, "chain"),
    (Comment.__table__, "comment"),
    (CommentVersion.__table__, "version"),
    (AddressRecord.__table__, "address"),
    (Receipt.__table__, "receipt"),
    (SubmissionKey.__table__, "key_row"),
    (LoginUse.__table__, "login_use"),
)
_THREAD = cast(Table, Thread.__table__)
_NEW_THREAD = {
    "sqlite": insert_sqlite(_THREAD).on_conflict_do_nothing(),
    "postgresql": insert_postgresql(_THREAD).on_conflict_do_nothing(),
}
_FIND_THREAD = select(_THREAD.c.id).where(_THREAD.c.site_id == bindparam("site"), _THREAD.c.key == bindparam("key"))
_KEY = cast(Table, SubmissionKey.__table__)
_FORGET_KEY = delete(_KEY).where(_KEY.c.site_id == bindparam("b_site"), _KEY.c.lookup == bindparam("b_lookup"))
# The same key may have come in anew meanwhile, through another process.
_FORGET_EXPIRED = _FORGET_KEY.where(_KEY.c.created_at <= bindparam("b_oldest"))


def store_rows(connection: Connection, group: Sequence[Arrival], now: datetime) -> None:
    """Writes the group, or raises what the first that cannot be written raises: the transaction is lost then."""
    _make_threads(connection, group)
    _insert(connection, group, now)


def store_each(connection: Connection, group: Sequence[Arrival], now: datetime) -> dict[int, Exception]:
    """Writes each under a savepoint; position -> why that arrival could not be written, for those that could not.

    Raises what stops the whole transaction.
    """
    _make_threads(connection, group)
    failures: dict[int, Exception] = {}
    for i, arrival in enumerate(group):
        failure = _try(connection, arrival, now)
        if failure is not None:
            failures[i] = failure
    return failures


def forget_keys(connection: Connection, now: datetime) -> int:
    """Deletes up to 1,000 idempotency keys older than 24 hours; how many."""
    old = (
        select(_KEY.c.site_id, _KEY.c.lookup)
        .where(_KEY.c.created_at <= now - SUBMISSION_KEY_LIFE)
        .limit(FORGET_AT_ONCE)
    )
    rows = connection.execute(old).all()
    if rows:
        wanted = [{"b_site": site_id, "b_lookup": lookup} for site_id, lookup in rows]
        connection.execute(_FORGET_KEY, wanted)
    return len(rows)


def _try(connection: Connection, arrival: Arrival, now: datetime) -> Exception | None:
    try:
        with connection.begin_nested():
            _insert(connection, [arrival], now)
    except OperationalError:
        raise  # The database itself: nothing more can be written in this transaction.
    except DBAPIError as error:
        if error.connection_invalidated:
            raise
        return error
    except Exception as error:
        return error
    return None


def _insert(connection: Connection, arrivals: Sequence[Arrival], now: datetime) -> None:
    expired = [arrival.key_row for arrival in arrivals if arrival.key_row is not None and arrival.key_expired]
    if expired:
        oldest = now - SUBMISSION_KEY_LIFE
        wanted = [{"b_site": key["site_id"], "b_lookup": key["lookup"], "b_oldest": oldest} for key in expired]
        connection.execute(_FORGET_EXPIRED, wanted)
    work: list[tuple[Bulk, list[dict[str, Any]]]] = []
    for table, attribute in _TABLES:
        rows = [row for arrival in arrivals if (row := getattr(arrival, attribute))]
        if rows:
            work.append((_insert_into(table, tuple(rows[0])), rows))
    run_together(connection, work)


@cache
def _insert_into(table: FromClause, names: tuple[str, ...]) -> Bulk:
    return Bulk.insert(table, names)


def _make_threads(connection: Connection, group: Sequence[Arrival]) -> None:
    """The first comment of a page makes its thread; another process may be making it at the same time."""
    fresh = [arrival for arrival in group if arrival.thread is not None]
    made: dict[tuple[str, str], str] = {}
    # In one order everywhere, so that two processes cannot wait for each other's threads in a ring.
    for arrival in sorted(fresh, key=_place):
        place = _place(arrival)
        if place not in made:
            assert arrival.thread is not None
            connection.execute(_NEW_THREAD[connection.dialect.name], arrival.thread)
            found = connection.execute(_FIND_THREAD, {"site": place[0], "key": place[1]})
            made[place] = found.scalar_one()
        arrival.comment["thread_id"] = made[place]


def _place(arrival: Arrival) -> tuple[str, str]:
    return arrival.site.id, arrival.submission.thread
