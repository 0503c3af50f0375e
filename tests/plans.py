"""How the database reads what is asked of it: by an index, or a whole table."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, event

from service.wiring import Services

# Of tables that grow with the comments of a site.
GROWING = ("comment", "comment_version", "decision", "place", "ancestor", "thread", "writer_chain")


@contextmanager
def whole_tables_read(services: Services) -> Iterator[list[str]]:
    """From now on: the plans of all that was read and that goes over a whole table, or its index from end to end.

    Tables of a test are small, and a planner would rather read them whole: it is told to do so only where it must.
    """
    found: list[str] = []
    sqlite = services.settings.sqlite
    explain = "EXPLAIN QUERY PLAN " if sqlite else "EXPLAIN "

    def look(
        connection: Connection, cursor: Any, statement: str, parameters: Any, context: Any, executemany: bool
    ) -> None:
        if not statement.lstrip("(").startswith(("SELECT", "WITH", "UPDATE")):
            return
        driver: Any = connection.connection.driver_connection
        # Of the same kind: one that goes past SQLAlchemy has its values as `$1` and on.
        other = driver.cursor() if sqlite else type(cursor)(driver)
        if not sqlite:
            other.execute("SET LOCAL enable_seqscan = off")
        other.execute(explain + statement, parameters[0] if executemany else parameters)
        plan = "\n".join(str(row[-1]) for row in other.fetchall())
        other.close()
        if any(_reads_whole(line) for line in plan.split("\n")):
            found.append(f"{statement}\n{plan}")

    event.listen(services.engine, "before_cursor_execute", look)
    yield found
    event.remove(services.engine, "before_cursor_execute", look)


@contextmanager
def database_steps(services: Services) -> Iterator[list[int]]:
    """From now on: how many steps SQLite takes for all that is asked of it, by the ten."""
    taken = [0]

    def count() -> int:
        taken[0] += 10
        return 0

    def watch(driver: Any, *_: object) -> None:
        driver.set_progress_handler(count, 10)

    def leave(driver: Any, *_: object) -> None:
        driver.set_progress_handler(None, 0)

    event.listen(services.engine, "checkout", watch)
    event.listen(services.engine, "checkin", leave)
    yield taken
    event.remove(services.engine, "checkout", watch)
    event.remove(services.engine, "checkin", leave)


def _reads_whole(line: str) -> bool:
    table = re.search(r"(?:^|\s)(?:SCAN|Seq Scan on) (\w+)", line)
    return table is not None and table[1].removesuffix("_1") in GROWING
