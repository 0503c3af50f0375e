"""An upgrade from the first revision while comments come in: `python -m tests.soak.upgrade_of_0001 DATABASE_URL N`.

DATABASE_URL is of an empty database, or `sqlite:////a/new/file.db`. It gets N comments as a service at revision 0001
left them; then `rejoinder db upgrade` runs in one process, while another commits comments as that service did, and as
today's does once the new revision is there. Nothing of the old rows may change, and every comment that was accepted is
there.
"""

import hashlib
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, MetaData, Table, func, select
from sqlalchemy.exc import DBAPIError, IntegrityError

from models import AddressPurpose, Comment, CommentVersion, Thread, new_id
from models.migrations import revision_of, upgrade
from service.cli import run
from service.errors import Unavailable
from service.privacy.addresses import address_row
from service.privacy.sealing import Keyring
from service.wiring import make_engine, wire
from tests.factories.comment import add_comment
from tests.forked import Forked
from tests.migrations.histories import FIRST, copy_history
from tests.migrations.rows_of_0001 import COMMENT, EARLY, ROWS, SITE, THREAD, fill
from tests.settings import TEST_SECRET, make_settings
from tests.waiting import wait_until

FIRST_REVISION = "0001"
IN_A_THREAD = 500
AT_ONCE = 2_000
# Rows made here sort before every id of today.
LAST_FILLED = "00" + "9" * 24
# What each table's rows are told apart by. `address_record.ban_index` is made anew by the command, and no other column.
KEYS = {
    "writer_chain": "id",
    "comment": "id",
    "comment_version": "comment_id",
    "decision": "comment_id",
    "receipt": "comment_id",
    "address_record": "owner_id",
}
MADE_ANEW = {"ban_index"}
# How long one comment may be tried, in seconds: far more than any upgrade that is acceptable.
PATIENCE = 600.0
BETWEEN = 0.005
SOME = 5


@dataclass(frozen=True, slots=True)
class Report:
    """Times in seconds. `schema`: of the command until its migrations were there; `upgrade`: all of it, with addresses
    that are indexed anew. `refused`: attempts that were, of comments that were sent again until they were in."""

    database: str
    filled: int
    fill: float
    schema: float
    upgrade: float
    posted_before: int
    posted_meanwhile: int
    posted_after: int
    refused: int
    longest_post: float


def upgrade_of_0001(url: str, count: int, folder: Path) -> Report:
    """The whole run, in a database that is empty; `folder` is for what the processes tell each other.

    Raises AssertionError where anything is lost or changed.
    """
    settings = make_settings(url, "redis://127.0.0.1:1")
    engine = make_engine(settings.database_url)
    try:
        began = time.monotonic()
        upgrade(engine, folder=copy_history(folder / "first only", only=FIRST))
        fill(engine)
        fill_in_bulk(engine, Keyring.from_secrets([TEST_SECRET]), count)
        filled = time.monotonic() - began
        before = digests(engine, _tables(engine))
        told, over = folder / "accepted", folder / "over"
        told.touch()
        poster = Forked(post, settings.database_url, str(told), str(over))
        try:
            wait_until(lambda: len(_accepted(told)) >= SOME, what="comments of the old version")
            began = time.time()
            _migrate(settings.database_url)
            ended = time.time()
            wait_until(lambda: sum(one["as"] == "today" for one in _accepted(told)) >= SOME, what="today's comments")
            wait_until(lambda: any(one["at"] > ended for one in _accepted(told)), what="a comment after the upgrade")
        finally:
            over.touch()
            assert poster.wait(PATIENCE) == 0, "the process that posts failed"
        accepted = _accepted(told)
        assert digests(engine, before) == before, "rows of the first revision have changed"
        _all_there(engine, {one["id"] for one in accepted}, count)
    finally:
        engine.dispose()
    return Report(
        database=engine.dialect.name,
        filled=count,
        fill=round(filled, 1),
        schema=round(max(one["at"] for one in accepted if one["as"] == "0001") - began, 1),
        upgrade=round(ended - began, 1),
        posted_before=sum(one["at"] < began for one in accepted),
        posted_meanwhile=sum(began <= one["at"] <= ended for one in accepted),
        posted_after=sum(one["at"] > ended for one in accepted),
        refused=sum(one["refused"] for one in accepted),
        longest_post=round(max(one["took"] for one in accepted), 2),
    )


def _migrate(url: str) -> None:
    environ = os.environ | {
        "DATABASE_URL": url,
        "REDIS_URL": "redis://127.0.0.1:1",
        "REJOINDER_SECRET_KEYS": TEST_SECRET,
    }
    code = Forked(run, ["db", "upgrade"], environ=environ).wait(PATIENCE)
    assert code == 0, f"`rejoinder db upgrade` ended with {code}"


# The old rows.


def fill_in_bulk(engine: Engine, keyring: Keyring, count: int) -> None:
    """`count` judged comments beside those of `rows_of_0001`, each with writer, version, decision, receipt, address."""
    tables = MetaData()
    tables.reflect(engine)
    numbers = iter(range(count))
    with engine.connect() as connection:
        writing = connection.execution_options(rejoinder_write=True)
        with writing.begin():
            threads = [_thread(n) for n in range(count // IN_A_THREAD + 1)]
            writing.execute(tables.tables["thread"].insert(), threads)
        while some := list(islice(numbers, AT_ONCE)):
            made = [_rows(keyring, n) for n in some]
            with writing.begin():
                for name in KEYS:
                    table = tables.tables[name]
                    writing.execute(table.insert(), [_only(table, rows[name]) for rows in made])


def _only(table: Table, row: dict[str, Any]) -> dict[str, Any]:
    """Without columns that came later."""
    return {name: value for name, value in row.items() if name in table.c}


def _id(n: int) -> str:
    return f"00{n + 1:024d}"


def _thread(n: int) -> dict[str, Any]:
    row: dict[str, Any] = next(row for row in ROWS["thread"] if row["id"] == THREAD)
    return row | {"id": _id(n), "key": f"filled/{n}", "published_count": IN_A_THREAD}


def _rows(keyring: Keyring, n: int) -> dict[str, dict[str, Any]]:
    """Comment `n` with all that is committed with it: every tenth answers the one before, every fifth waits."""
    number, status = n.to_bytes(16, "big"), "pending" if n % 5 == 4 else "approved"
    published = 1 if status == "approved" else None
    base: dict[str, dict[str, Any]] = {name: ROWS[name][0] for name in KEYS}
    comment = base["comment"] | {
        "id": _id(n),
        "thread_id": _id(n // IN_A_THREAD),
        "parent_id": _id(n - 1) if n % 10 == 9 else None,
        "chain_id": _id(n),
        "status": status,
        "revision": 1,
        "current_version": 1,
        "published_version": published,
        "was_published": published is not None,
        "fingerprint": number,
        "dead_at": None,
        "reviewed_at": None,
    }
    address = address_row(
        keyring,
        site_id=SITE,
        purpose=AddressPurpose.SUBMISSION,
        owner_id=_id(n),
        address=f"reader.{n}@{'gmail.com' if n % 3 == 0 else 'reader.example'}",
        now=EARLY,
    )
    return {
        "writer_chain": base["writer_chain"] | {"id": _id(n), "merged_into": None},
        "comment": comment,
        "comment_version": base["comment_version"]
        | {"comment_id": _id(n), "n": 1, "text": f"Remark {n} about the harbour and its cranes. " * (1 + n % 5)},
        "decision": base["decision"]
        | {"id": _id(n), "comment_id": _id(n), "to_status": status, "action": "approve" if published else "pending"},
        "receipt": base["receipt"] | {"comment_id": _id(n), "lookup": number, "revoked_at": None},
        "address_record": address,
    }


# What is compared.


def _tables(engine: Engine) -> dict[str, tuple[list[str], str]]:
    """Of each table its columns, and nothing yet of its rows."""
    tables = MetaData()
    tables.reflect(engine, only=list(KEYS))
    return {name: ([c.name for c in tables.tables[name].c if c.name not in MADE_ANEW], "") for name in KEYS}


def digests(engine: Engine, of: dict[str, tuple[list[str], str]]) -> dict[str, tuple[list[str], str]]:
    """The same columns, with a digest of what stands in them in all rows that were filled in."""
    tables = MetaData()
    tables.reflect(engine, only=list(KEYS))
    found = {}
    with engine.connect() as connection:
        for name, (columns, _) in of.items():
            table, digest = tables.tables[name], hashlib.sha256()
            wanted = (
                select(*(table.c[column] for column in columns))
                .where(table.c[KEYS[name]] <= LAST_FILLED)
                .order_by(*table.primary_key)
            )
            for row in connection.execution_options(yield_per=AT_ONCE).execute(wanted):
                digest.update(repr(tuple(row)).encode())
            found[name] = (columns, digest.hexdigest())
    return found


def _all_there(engine: Engine, accepted: set[str], count: int) -> None:
    with engine.connect() as connection:
        posted = set(connection.scalars(select(Comment.id).where(Comment.id > LAST_FILLED)))
        versions = set(connection.scalars(select(CommentVersion.comment_id).where(Comment.id > LAST_FILLED)
                                          .join(Comment, Comment.id == CommentVersion.comment_id)))  # fmt: skip
        there = connection.scalar(select(func.count()).select_from(Comment)) or 0
    assert posted == versions == accepted, f"{len(accepted - posted)} accepted comments are lost"
    assert there == count + len(ROWS["comment"]) + len(accepted)


# The process that posts.


def post(url: str, told: str, over: str) -> None:
    """Commits comments, one transaction each, until the file `over` is there; a line of JSON in `told` for each."""
    services = wire(make_settings(url, "redis://127.0.0.1:1"))
    tables = MetaData()
    tables.reflect(services.engine)
    with services.read() as session:
        site_id, thread_id = session.execute(select(Thread.site_id, Thread.id).where(Thread.id == THREAD)).one()
    thread = Thread(id=thread_id, site_id=site_id, url="https://gazette.example/4711", title="A bridge is built")
    with open(told, "a", encoding="utf-8", buffering=1) as lines:
        while not Path(over).exists():
            one, began, refused = new_id(), time.monotonic(), 0
            while True:
                try:
                    with services.engine.connect() as connection:
                        old = revision_of(connection) == FIRST_REVISION
                    if old:
                        with services.engine.connect() as connection:
                            _post_as_0001(connection, tables, one)
                    else:
                        add_comment(services, thread, f"Remark {one}.", id=one)
                    break
                except IntegrityError:
                    # The attempt before was kept although it was said to have failed: it is in.
                    break
                except (DBAPIError, Unavailable):
                    refused += 1
                    if time.monotonic() - began > PATIENCE:
                        raise
            said = {"id": one, "as": "0001" if old else "today", "at": time.time(), "refused": refused}
            lines.write(json.dumps(said | {"took": time.monotonic() - began}) + "\n")
            time.sleep(BETWEEN)
    services.close()


def _post_as_0001(connection: Connection, tables: MetaData, one: str) -> None:
    """What the service committed with a comment at the first revision, by that revision's columns alone."""
    rows: dict[str, dict[str, Any]] = {
        "writer_chain": ROWS["writer_chain"][0] | {"id": one},
        "comment": ROWS["comment"][1] | {"id": one, "chain_id": one, "parent_id": None, "copy_of": None},
        "comment_version": ROWS["comment_version"][0] | {"comment_id": one, "n": 1, "text": f"Remark {one}."},
        "receipt": ROWS["receipt"][1] | {"comment_id": one, "lookup": one.encode()[-16:]},
    }
    assert rows["comment"]["id"] != COMMENT
    with connection.execution_options(rejoinder_write=True).begin():
        for name, row in rows.items():
            connection.execute(tables.tables[name].insert(), row)


def _accepted(told: Path) -> list[dict[str, Any]]:
    """Whole lines of what was told so far."""
    return [json.loads(line) for line in _whole_lines(told.read_text("utf-8"))]


def _whole_lines(text: str) -> Iterator[str]:
    return (line for line in text.splitlines(keepends=True) if line.endswith("\n"))


def main() -> int:
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        report = upgrade_of_0001(sys.argv[1], int(sys.argv[2]), Path(folder))
    print(json.dumps(asdict(report)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
