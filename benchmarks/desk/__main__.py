"""What opening the desk's queue takes with very many comments waiting, against few.

    python -m benchmarks.desk [--waiting 100 100000] [--database URL | own] [--rounds 40]

On SQLite in a temporary folder, or on the PostgreSQL server that --database names (`own`: one of the benchmark's own).
Requests go through the whole web application, in this process; the sizes take turns within each round, so that both
meet the same machine. Printed is the 95th percentile of each page in milliseconds, and the ratio of the largest to the
smallest: it is to stay below two.
"""

import argparse
import contextlib
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import update

from benchmarks.load import environment
from benchmarks.report import Growth, add_option, growth_rows, write_rows
from benchmarks.scale import BIG, Newsroom, Work, database
from benchmarks.scale_fill import fill
from benchmarks.servers.postgres import postgres_server
from benchmarks.servers.processes import interruptible
from models import Comment, SearchEntry, Status
from service.moderation.outbox.rebuild import rebuild_backlog
from service.settings import Settings
from service.telemetry import set_up_logging
from service.wiring import wire
from tests.servers import RedisServer, valkey_binary

PAGES: Mapping[str, Work] = {
    "open the queue": lambda room: room.page(),
    "open the queue of one site": lambda room: room.page(site=BIG),
    "open the next page": lambda room: room.page(cursor=f"priority.0.{room.middle}"),
    "look again for what is new": lambda room: room.part(),
    "open one comment": lambda room: room.visit(f"/moderate/?at={room.middle}"),
}


class Desk(Newsroom):
    """A filled installation in which everything waits for a person."""

    def part(self) -> None:
        """What has changed in the list, as an open desk asks every few seconds."""
        answer = self.browser.get("/moderate/changes?lines=50", headers={"X-Part": "changes"})
        if answer.status_code != 200:
            raise RuntimeError(answer.status)


def p95(seconds: Sequence[float]) -> float:
    """The 95th percentile, in milliseconds."""
    return statistics.quantiles(seconds, n=20)[-1] * 1000


def measure(rooms: Sequence[Desk], page: Work, rounds: int) -> list[float]:
    """The 95th percentile of a page in milliseconds, a room each."""
    times: list[list[float]] = [[] for _ in rooms]
    for n in range(rounds + 2):
        for room, found in zip(rooms, times, strict=True):
            at = time.perf_counter()
            page(room)
            if n > 1:  # The first two warm up.
                found.append(time.perf_counter() - at)
    return [p95(found) for found in times]


@contextlib.contextmanager
def desk(words: Mapping[str, str], waiting: int) -> Iterator[Desk]:
    """An installation with that many comments, all of which wait."""
    services = wire(Settings.from_environment(dict(words)))
    filled = fill(services, waiting)
    judged = {"status": Status.PENDING, "published_version": None, "reviewed_at": None}
    with services.engine.connect() as connection, connection.execution_options(rejoinder_write=True).begin():
        comment: Any = Comment.__table__
        entry: Any = SearchEntry.__table__
        connection.execute(update(comment).where(comment.c.status != Status.PENDING).values(judged))
        connection.execute(update(entry).where(entry.c.status != Status.PENDING).values(status=Status.PENDING))
    if not services.settings.sqlite:
        with services.engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("VACUUM ANALYZE")
    for site_id in filled.sites.values():
        rebuild_backlog(services, site_id)
    try:
        yield Desk(services, filled)
    finally:
        services.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--waiting", type=int, nargs="+", default=[100, 100_000])
    parser.add_argument("--database", default="", help="of a PostgreSQL server; `own`: the benchmark's")
    parser.add_argument("--rounds", type=int, default=40)
    add_option(parser)
    asked = parser.parse_args()
    set_up_logging("error")
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="rejoinder-bench-")))
        server = stack.enter_context(postgres_server()) if asked.database == "own" else asked.database
        rooms = []
        for waiting in asked.waiting:
            redis = stack.enter_context(RedisServer(valkey_binary()))
            url = stack.enter_context(database(server, waiting, folder, keep=False))
            rooms.append(stack.enter_context(desk(environment(url, redis.url), waiting)))
        print(f"{'p95 in ms':34}" + "".join(f"{waiting:>20,}" for waiting in asked.waiting) + f"{'ratio':>8}")
        grown: dict[str, Growth] = {}
        for name, page in PAGES.items():
            found = measure(rooms, page, asked.rounds)
            grown[name] = Growth(found[0], found[-1])
            print(f"{name:34}" + "".join(f"{ms:>20.1f}" for ms in found) + f"{grown[name].ratio:>8.2f}")
        where = f"{asked.waiting[-1]:,} waiting, {'PostgreSQL' if asked.database else 'SQLite'}, p95"
        write_rows(asked, growth_rows(grown, where, f"{asked.waiting[0]:,} waiting"))


if __name__ == "__main__":
    raise SystemExit(interruptible(main))
