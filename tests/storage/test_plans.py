"""No page, filter, search, count or sweep of the desk reads through a table that grows: each is found in an index.

What the benchmark of scale measures runs here on a small database, and the database is asked for the plan of every
statement of it. That the plans are good ones with a million comments is what the benchmark shows.
"""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Select, event, select

from benchmarks.desk.scale_overview import OVERVIEW
from benchmarks.scale import ROWS, Newsroom
from benchmarks.scale_fill import fill
from models import Comment, Vote
from models.database.direct import execute
from models.queries.threads import sections_of, threads_at, threads_keyed_so
from service.desk.overview import investigation
from service.moderation.complaints.retention import drop_settled
from service.moderation.outbox.rebuild import rebuild_backlog
from service.moderation.outbox.recount import Recount
from service.moderation.outbox.unlisted import list_unlisted
from service.moderation.outbox.vote_counts import count_votes, forget_votes
from service.moderation.set_aside.due import bring_back
from service.wiring import Services, wire
from tests.settings import make_settings

GROWING = {
    "address_record",
    "ancestor",
    "appeal",
    "audit_entry",
    "ban",
    "comment",
    "comment_rule",
    "comment_version",
    "decision",
    "delivery",
    "place",
    "policy_entry",
    "proof_link",
    "receipt",
    "report",
    "reply_mail",
    "search_entry",
    "search_word",
    "set_aside",
    "standing_decision",
    "submission_key",
    "thread",
    "vote",
    "writer_chain",
    "writer_mark",
    "wrong_finding",
}
ASIDE: dict[str, Any] = {
    "held": lambda room: room.queue(filter="held"),
    "held, oldest": lambda room: room.queue(filter="held", order="oldest"),
    "escalated": lambda room: room.queue(filter="escalated", cursor="priority.-29000000.01ARZ3NDEKTSV4RRFFQ69G5FAV"),
    "escalated, word": lambda room: room.queue(filter="escalated", q=room.filled.common_word),
    "for me": lambda room: room.queue(filter="for_me"),
    "sweep: held until now": lambda room: bring_back(room.services),
}
COMPLAINTS: dict[str, Any] = {
    "reported": lambda room: room.queue(filter="reported"),
    "reported, next page": lambda room: room.queue(filter="reported", cursor="priority.20.01ARZ3NDEKTSV4RRFFQ69G5FAV"),
    "reported, oldest": lambda room: room.queue(filter="reported", order="oldest"),
    "reported, last decided": lambda room: room.queue(filter="reported", order="decided"),
    "reported, word": lambda room: room.queue(filter="reported", q=room.filled.common_word),
    "reported and waiting, young": lambda room: room.queue(filter="reported", status="pending", younger="1d"),
    "appealed": lambda room: room.queue(filter="appealed"),
    "appealed, newest": lambda room: room.queue(filter="appealed", order="newest"),
    "sweep: reports settled long ago": lambda room: drop_settled(room.services),
}
STORIES: dict[str, Any] = {
    "an address that is pasted": lambda room: _read(room, lambda site: threads_at([site], ["https://a.example/b"])),
    "a key that is pasted": lambda room: _read(room, lambda site: threads_keyed_so([site], ["4711"])),
    "sections": lambda room: _read(room, lambda site: sections_of(site, 50)),
}
SAMPLED: dict[str, Any] = {f"sampled: {name}": row for name, row in OVERVIEW.items() if name.startswith("investigate")}
# Indexes that hold only what waits for the worker, and what is set aside now: they are read as a whole.
SHORT = {
    "ix_comment_received",
    "ix_comment_unlisted",
    "ix_set_aside_for",
    "ix_set_aside_open",
    "ix_set_aside_queue",
    "ix_thread_unlisted",
    "ix_vote_uncounted",
}
# Indexes that hold little of a site, or are read up to a page in the order they have.
NARROW = {"ix_ban_in_force", "ix_comment_dead", "ix_comment_unreviewed_nearness", "ix_standing_decision_in_force"}
_ALIAS = re.compile(r"_\d+$")


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    return request.param


@pytest.fixture
def room(request: pytest.FixtureRequest, database: str, tmp_path: Path, redis_url: str) -> Iterator[Newsroom]:
    """A filled installation."""
    url = f"sqlite:///{tmp_path / 'plans.db'}" if database == "sqlite" else request.getfixturevalue("postgres_url")
    services = wire(make_settings(url, redis_url))
    filled = fill(services, 1000)
    for site_id in filled.sites.values():
        rebuild_backlog(services, site_id)
    yield Newsroom(services, filled)
    services.close()


def test_nothing_reads_through_a_table_that_grows(room: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    rows: dict[str, Any] = {
        **ROWS,
        "sweep: unlisted": lambda room: list_unlisted(room.services),
        "sweep: recount": lambda room: Recount(room.services).step(),
        "sweep: votes": lambda room: count_votes(room.services, room.services.clock.now() + timedelta(days=1)),
        "sweep: old votes": lambda room: forget_votes(room.services),
        **ASIDE,
        **COMPLAINTS,
        **STORIES,
        **SAMPLED,
    }
    _vote(room.services)
    found: list[str] = []
    explained: set[tuple[str, str]] = set()
    for name, row in rows.items():
        if name in SAMPLED:
            monkeypatch.setattr(investigation, "LOOKED_MOST", 3)
        with _Watched(room.services) as watched:
            row(room)
        assert watched.statements, name
        for statement, parameters in watched.statements:
            # SQLite's plan does not depend on what is asked for.
            asked = (statement, "" if room.services.settings.sqlite else repr(parameters))
            if asked in explained:
                continue
            explained.add(asked)
            if through := set(_read_through(room.services, statement, parameters)):
                found.append(f"{name}: {' and '.join(sorted(through))} for {' '.join(statement.split())[-400:]}")
    assert not found, "\n".join(found)


def _read(room: Newsroom, query_of: Callable[[str], Select[*tuple[Any, ...]]]) -> None:
    with room.services.read() as session:
        session.execute(query_of(next(iter(room.filled.sites.values())))).all()


def _vote(services: Services) -> None:
    with services.write() as session:
        some = session.scalars(select(Comment.id).where(Comment.parent_id.is_(None)).limit(20)).all()
        now = services.clock.now()
        session.add_all(
            Vote(comment_id=id_, voter=id_[:16].encode(), network=b"", value=1, counted=0, changed_at=now)
            for id_ in some
        )


class _Watched:
    """Every reading statement that is executed meanwhile."""

    def __init__(self, services: Services) -> None:
        self._engine = services.engine
        self.statements: list[tuple[str, Any]] = []

    def __enter__(self) -> "_Watched":
        event.listen(self._engine, "before_cursor_execute", self._note)
        return self

    def __exit__(self, *_error: object) -> None:
        event.remove(self._engine, "before_cursor_execute", self._note)

    def _note(self, _connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> None:
        if statement.startswith(("SELECT", "WITH", "UPDATE", "DELETE")):
            given = parameters[0] if many else parameters
            # A driver takes a list, too; SQLAlchemy, which asks for the plan, would read rows in it.
            self.statements.append((statement, tuple(given) if isinstance(given, list) else given))


def _read_through(services: Services, statement: str, parameters: Any) -> Iterator[str]:
    """The tables that grow of which this reads every row, or every entry of an index."""
    with services.engine.connect() as connection:
        if services.settings.sqlite:
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", tuple(parameters)):
                step, _, table = row[3].partition(" ")
                table = table.split(" ")[0]
                matches = table == "search_word" and ":M" in row[3]
                short = row[3].rpartition(" INDEX ")[2] in SHORT
                if step == "SCAN" and _ALIAS.sub("", table) in GROWING and not matches and not short:
                    yield table
                # All of a site's is as good as all there is; of threads there are few beside comments.
                index = row[3].rpartition(" INDEX ")[2]
                narrow = index.partition(" ")[0] in NARROW | SHORT or table == "thread"
                if index.endswith(" (site_id=?)") and _ALIAS.sub("", table) in GROWING and not narrow:
                    yield table
            return
        # So small tables are read as a whole, unless that is forbidden.
        ways = [f"set_config('enable_{way}', 'off', true)" for way in ("seqscan", "mergejoin", "hashjoin")]
        connection.exec_driver_sql(f"SELECT {', '.join(ways)}")
        explained = f"EXPLAIN (FORMAT JSON) {statement}"
        if "$1" in statement:  # It went past SQLAlchemy.
            ((plan,),) = execute(connection, explained, parameters, reads=True)
        else:
            plan = connection.exec_driver_sql(explained, parameters).scalar_one()
        yield from _of_plan(plan[0]["Plan"])


def _of_plan(node: dict[str, Any]) -> Iterator[str]:
    table = node.get("Relation Name", "")
    reads_all = node["Node Type"] == "Seq Scan" or (
        node["Node Type"] in ("Index Scan", "Index Only Scan")
        and "Index Cond" not in node
        and node["Index Name"] not in SHORT
    )
    if table in GROWING and reads_all:
        yield f"{table} by {node.get('Index Name')}"
    # Before version 18 it begins at a pair of columns, but does not stop at one.
    if table in GROWING and node.get("Index Cond", "").count("ROW(") > 2:
        yield f"{table} beyond the end of a stretch by {node['Index Name']}"
    for inner in node.get("Plans", ()):
        yield from _of_plan(inner)
