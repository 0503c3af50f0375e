"""What a moderator's decision takes in the server, against a bare insert: one row, one commit, the same database.

    python -m benchmarks.desk.decisions [--database URL | own] [--rounds 400] [--bulk 500] [--profile]

The application as the web server calls it, in this process, with the embedded Valkey and SQLite with
`synchronous=FULL` (or PostgreSQL by --database; `own` starts one as Debian ships it): a request with a session's cookie
and token, or with a key, goes in, and the time ends with its answer's last byte. The comments wait in 200 threads, each
leased by whoever decides it. The three ways take turns, so that whatever else the machine does meets all of them; of
each the 95th of 100 is compared. `--bulk`: so many comments in one request. `--profile` prints where the time of the
decisions went instead.
"""

import argparse
import cProfile
import json
import pstats
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import Column, MetaData, String, Table, insert, select, update
from sqlalchemy.orm import Session
from werkzeug.test import EnvironBuilder, run_wsgi_app

from benchmarks import report
from benchmarks.load import environment, fill, texts
from benchmarks.servers.postgres import postgres_server
from benchmarks.servers.processes import interruptible
from models import Comment, CommentVersion, Site, Status, new_id
from service.accounts.api_keys import key_actor
from service.accounts.sessions import cookie_name, session_actor
from service.app import create_app
from service.moderation import listed
from service.queue import backlog
from service.settings import Settings
from service.wiring import Services, wire
from tests.factories import add_api_key, add_desk_session, add_moderator
from tests.servers import RedisServer, valkey_binary

THREADS, WARM = 200, 20
ADDRESS = "/api/v1/moderation/decisions"
# A decision may take so many times what a bare insert does, and the bulk so many seconds.
TIMES, BULK_SECONDS = 3.0, 1.5
ACTIONS = ("approve", "reject", "spam")

_BARE = Table("bare_insert", MetaData(), Column("id", String(26), primary_key=True), Column("what", String(200)))


@dataclass(frozen=True)
class Caller:
    """Who decides, and the headers that say so."""

    holder: str
    headers: Mapping[str, str]


def callers(services: Services, site: Site) -> dict[str, Caller]:
    """A moderator at the desk, and a program."""
    moderator = add_moderator(services, "moderator", site, address="anna@desk.example", name="Anna")
    token, key = add_desk_session(services, moderator), add_api_key(services, site, "moderate")
    person, program = session_actor(services, token), key_actor(services, key)
    assert person is not None
    assert person.csrf is not None
    assert program is not None
    cookie = f"{cookie_name(services.settings.secure)}={token}"
    return {
        "session": Caller(person.id, {"Cookie": cookie, "X-CSRF-Token": person.csrf}),
        "key": Caller(program.id, {"Authorization": f"Bearer {key}"}),
    }


def waiting(services: Services, sayings: list[str]) -> list[str]:
    """The ids of comments that wait for a person, as the policy left them: in the database and the backlog."""
    ids = fill(services, sayings, sites=1, threads=THREADS)
    with services.write() as session:
        session.execute(
            update(Comment).values(status=Status.PENDING, revision=1, decided_at=services.clock.now(), listed_version=1)
        )
        session.execute(update(CommentVersion).values(status=Status.PENDING))
        for start in range(0, len(ids), 1000):
            put_on_lists(services, session, ids[start : start + 1000])
    return ids


def put_on_lists(services: Services, session: Session, ids: Sequence[str]) -> None:
    """What the desk finds these comments by, in the database and the backlog."""
    query = select(Comment.site_id, Comment.id, Comment.priority, Comment.created_at).where(Comment.id.in_(ids))
    rows = session.execute(query).all()
    words = listed.texts_of(session.connection(), ids)
    found = [{"rule": "first_comment"}]
    entries = [
        (listed.facets(comment_id, site_id, Status.PENDING, priority, new_id(), found), words[comment_id])
        for site_id, comment_id, priority, _ in rows
    ]
    listed.write(session.connection(), entries)
    backlog.put(services.redis, rows[0].site_id, [(row[1], row[2], row[3]) for row in rows])


def post(app: Flask, caller: Caller, decisions: Sequence[Mapping[str, Any]]) -> tuple[float, list[dict[str, Any]]]:
    """Seconds in the application, and its answer. Each request has a key of its own, as the desk's have.

    Raises RuntimeError for anything but 200.
    """
    body = json.dumps({"decisions": decisions}).encode()
    environ = EnvironBuilder(
        ADDRESS,
        method="POST",
        data=body,
        content_type="application/json",
        headers={**caller.headers, "Idempotency-Key": new_id()},
    ).get_environ()
    began = time.perf_counter()
    chunks, status, _ = run_wsgi_app(app, environ, buffered=True)
    content = b"".join(chunks)
    took = time.perf_counter() - began
    if not status.startswith("200"):
        raise RuntimeError(f"{status} {content[:300]!r}")
    answers: list[dict[str, Any]] = json.loads(content)["decisions"]
    refused = [one for one in answers if one.get("decision_id") is None]
    if refused:
        raise RuntimeError(f"not decided: {refused[0]}")
    return took, answers


def insert_one(services: Services) -> float:
    """Seconds of a bare insert with its commit, through the service's own engine."""
    row = {"id": new_id(), "what": "A row of a table with one index, which nobody else writes."}
    began = time.perf_counter()
    with services.engine.connect() as connection:
        with connection.execution_options(rejoinder_write=True).begin():
            connection.execute(insert(_BARE), row)
    return time.perf_counter() - began


def decision(comment_id: str, n: int) -> dict[str, Any]:
    return {"comment_id": comment_id, "action": ACTIONS[n % len(ACTIONS)], "expected_revision": 1}


def p95(times: Sequence[float]) -> float:
    return sorted(times)[int(len(times) * 0.95)]


def measure(services: Services, app: Flask, rounds: int) -> dict[str, list[float]]:
    """way -> seconds of each call; the first ones, which compile what all others use, are left out."""
    ids = iter(waiting(services, texts(None, (rounds + WARM) * 2)))
    with services.read() as session:
        site = session.scalars(select(Site)).one()
    people = callers(services, site)
    _BARE.metadata.create_all(services.engine)
    taken: dict[str, list[float]] = {name: [] for name in ("insert", *people)}
    for n in range(rounds + WARM):
        calls: dict[str, Callable[[], float]] = {"insert": lambda: insert_one(services)}
        for name, caller in people.items():
            comment_id = next(ids)
            backlog.lease(services.redis, site.id, caller.holder, [comment_id], 1)
            calls[name] = lambda caller=caller, wanted=decision(comment_id, n): post(app, caller, [wanted])[0]  # type: ignore[misc]
        for name in (*list(calls)[n % 3 :], *list(calls)[: n % 3]):
            took = calls[name]()
            if n >= WARM:
                taken[name].append(took)
    _BARE.metadata.drop_all(services.engine)
    return taken


def measure_bulk(services: Services, app: Flask, count: int) -> float:
    """Seconds of one request that decides so many; the median of three."""
    ids = waiting(services, texts(None, count * 3))
    with services.read() as session:
        site = session.scalars(select(Site)).one()
    caller = callers(services, site)["session"]
    times = []
    for n in range(3):
        wanted = [decision(comment_id, n) for comment_id in ids[n * count : (n + 1) * count]]
        times.append(post(app, caller, wanted)[0])
    return sorted(times)[1]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=400)
    parser.add_argument("--bulk", type=int, default=500)
    parser.add_argument("--database", default="", help="an empty PostgreSQL; `own` starts one")
    parser.add_argument("--profile", action="store_true")
    report.add_option(parser)
    asked = parser.parse_args()
    with ExitStack() as stack:
        # Beside this file's folder, not in memory: a commit waits for a disk.
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="rejoinder-bench-")))
        redis = stack.enter_context(RedisServer(valkey_binary()))
        database = stack.enter_context(postgres_server()) if asked.database == "own" else asked.database
        services = wire(Settings.from_environment(environment(database or f"sqlite:///{folder}/bench.db", redis.url)))
        stack.callback(services.close)
        app = create_app(services)
        if asked.profile:
            with cProfile.Profile() as profile:
                measure(services, app, asked.rounds)
            pstats.Stats(profile).sort_stats("cumulative").print_stats(90)
            return 0
        taken = measure(services, app, asked.rounds)
        bulk = measure_bulk(services, app, asked.bulk)
    where = "PostgreSQL" if asked.database else "SQLite"
    for name, times in taken.items():
        middle, late = sorted(times)[len(times) // 2] * 1000, p95(times) * 1000
        print(f"{name:<8} median {middle:6.2f} ms   95 of 100 within {late:6.2f} ms")
    print(f"bulk of {asked.bulk}: {bulk:.2f} s")
    rows = report_rows(taken, bulk, asked.bulk, where)
    print("   ".join(f"{row.ratio:.2f} times a bare insert" for row in rows if row.ratio is not None))
    report.write_rows(asked, rows)
    return 0


# How each is said to whoever reads the figures.
BY = {"session": "a decision on the desk", "key": "a program's decision"}


def report_rows(taken: Mapping[str, Sequence[float]], bulk: float, count: int, where: str) -> list[report.Row]:
    bare = p95(taken["insert"])
    rows = [
        report.Row(
            f"{BY[name]}, 95 of 100 within, {where}",
            p95(times) * 1000,
            "ms",
            "one committed INSERT",
            p95(times) / bare,
            TIMES,
            at_most=True,
        )
        for name, times in taken.items()
        if name != "insert"
    ]
    return [*rows, report.Row(f"{count} decisions in one request, {where}", bulk, "s", bar=BULK_SECONDS, at_most=True)]


if __name__ == "__main__":
    raise SystemExit(interruptible(main))
