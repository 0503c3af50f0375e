"""The mark of a restore under way: PostgreSQL has no file that could get its name only when all is done.

It is a table beside the others, made and committed before the first row comes and dropped with the last change. While
it is there nothing serves from the database.
"""

from datetime import datetime

from sqlalchemy import Engine, inspect, text
from sqlalchemy.orm import Session

from service.errors import Misconfigured

MARK = "restore_unfinished"
ADVICE = "drop it, make an empty one and run `rejoinder restore` again"


def mark_unfinished(engine: Engine, now: datetime) -> None:
    """Leaves the mark, unless an earlier attempt did."""
    with engine.begin() as connection:
        connection.execute(text(f"CREATE TABLE IF NOT EXISTS {MARK} (since TIMESTAMP WITH TIME ZONE NOT NULL)"))
        connection.execute(text(f"INSERT INTO {MARK} VALUES (:now)"), {"now": now})


def mark_finished(session: Session) -> None:
    """Takes it away, with the transaction that makes the restored database whole."""
    session.execute(text(f"DROP TABLE {MARK}"))


def is_unfinished(engine: Engine) -> bool:
    """Whether a restore into this database was begun and did not come to its end."""
    # A restored SQLite file has no name before it is whole.
    return engine.dialect.name == "postgresql" and inspect(engine).has_table(MARK)


def refuse_unfinished(engine: Engine) -> None:
    """Raises Misconfigured where `is_unfinished`."""
    if is_unfinished(engine):
        raise Misconfigured(f"a restore into the database has not come to its end; {ADVICE}")
