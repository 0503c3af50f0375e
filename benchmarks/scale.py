"""What the desk's pages, filters, searches, counts, decisions and sweeps take with few comments and with very many.

    python -m benchmarks.scale [--comments 1000 200000] [--database URL | own] [--rounds 15] [--keep FOLDER]

On SQLite in a temporary folder, or on the PostgreSQL server that --database names (`own`: one of the benchmark's own):
there each size gets a database of its own, dropped in the end. `--keep` leaves them, with notes for the next run.
Requests go through the whole web application, in this process; the sizes take turns within each round. Sweeps are
called as the worker calls them. Where of few comments fewer fit than a page holds, each size is asked for that many, so
that like is compared with like. Printed are medians in milliseconds: of the processor, this process's and (where it
runs on this machine) the database server's, and in brackets of the clock; the ratio is that of the processor times.
"""

import argparse
import contextlib
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import msgspec
import psycopg
from flask.testing import FlaskClient
from sqlalchemy import func, make_url, select

from benchmarks.desk.scale_case import CASE
from benchmarks.desk.scale_combined import COMBINED
from benchmarks.desk.scale_overview import OVERVIEW
from benchmarks.load import environment
from benchmarks.report import Growth, add_option, growth_rows, write_rows
from benchmarks.scale_fill import BIG, QUIET, RARE_LANGUAGE, RARE_RULE, RARE_SECTION, RARE_WORD, Filled, fill
from benchmarks.servers.postgres import postgres_server
from benchmarks.servers.processes import interruptible
from models import Comment, Membership, Status
from service.accounts.api_keys import add_key
from service.accounts.sessions import cookie_name, start_session
from service.app import create_app
from service.moderation.outbox.rebuild import rebuild_backlog, reconcile_backlogs
from service.moderation.outbox.sweep import resend
from service.operations import metrics_text
from service.settings import Settings
from service.telemetry import set_up_logging
from service.wiring import Services, wire
from tests.servers import RedisServer, valkey_binary

API = "/api/v1/moderation"
ROOMS = ("service.desk.routes",)
# Nothing is measured again that takes longer than this.
LONG_SECONDS = 2.0


@dataclass(slots=True)
class Newsroom:
    """One filled installation with somebody who may do everything, and a program of the big site."""

    services: Services
    filled: Filled
    browser: FlaskClient = field(init=False)
    program: FlaskClient = field(init=False)
    waiting: Iterator[str] = field(init=False)
    # One that waits, with as many before as after it.
    middle: str = ""
    decided: str = ""
    csrf: str = ""
    # How many comments the last answer about the queue showed, and how many such answers are to show at most.
    shown: int = 0
    most: int | None = None

    def __post_init__(self) -> None:
        services, now = self.services, self.services.clock.now()
        with services.write() as session:
            if session.get(Membership, (self.filled.moderator, "")) is None:
                session.add(Membership(moderator_id=self.filled.moderator, role="admin"))
            token = start_session(session, moderator_id=self.filled.moderator, now=now)
            _, key = add_key(session, site_id=self.filled.sites[BIG], scope="admin", now=now)
        app = create_app(services, ROOMS)
        self.browser, self.program = app.test_client(), app.test_client()
        self.browser.set_cookie(cookie_name(services.settings.secure), token)
        self.program.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {key}"
        # From the middle of what waits, one after the other: each is decided once.
        with services.read() as session:
            wanted = Comment.site_id == self.filled.sites[BIG], Comment.status == Status.PENDING
            many = session.scalar(select(func.count()).where(*wanted)) or 0
            found = session.scalars(select(Comment.id).where(*wanted).order_by(Comment.id).offset(many // 2).limit(120))
            self.middle, *rest = found
            self.waiting = iter(rest)

    def page(self, **place: str) -> None:
        """A page of the desk."""
        _good(self.browser.get(f"/moderate/?{urlencode(place)}"))

    def queue(self, **asked: str | Sequence[str]) -> Any:
        if self.most is not None:
            asked = {"limit": str(max(1, self.most)), **asked}
        found = _good(self.program.get(f"{API}/queue?{urlencode(asked, doseq=True)}")).get_json()
        self.shown = len(found["comments"])
        return found

    def get(self, path: str) -> None:
        _good(self.program.get(path))

    def visit(self, path: str) -> None:
        _good(self.browser.get(path))

    def next_page(self, **asked: str) -> None:
        self.queue(**asked, cursor=self.queue(**asked, limit="50")["next_cursor"])

    def decide(self) -> None:
        body = {"decisions": [{"comment_id": next(self.waiting), "action": "reject"}]}
        found = _good(self.program.post(f"{API}/decisions", json=body)).get_json()
        self.decided = found["decisions"][0]["decision_id"]

    def decide_and_undo(self) -> None:
        self.decide()
        _good(self.program.post(f"{API}/decisions/{self.decided}/undo"))


def _good(answer: Any) -> Any:
    if answer.status_code != 200:
        raise RuntimeError(f"{answer.status}: {answer.get_data(as_text=True)[:300]}")
    return answer


Work = Callable[[Newsroom], object]

ROWS: Mapping[str, Work] = {
    **OVERVIEW,
    **CASE,
    **COMBINED,
    "desk, first page": lambda room: room.page(),
    "desk, one site": lambda room: room.page(site=BIG),
    "desk, the quiet site": lambda room: room.page(site=QUIET),
    "desk, search a rare word": lambda room: room.page(q=RARE_WORD),
    "desk, search a common word": lambda room: room.page(q=room.filled.common_word),
    "desk, search nothing": lambda room: room.page(q="zebra crossing"),
    "desk, approved": lambda room: room.page(tab="approved"),
    "desk, rejected": lambda room: room.page(tab="rejected"),
    "desk, spam of the quiet site": lambda room: room.page(tab="spam", site=QUIET),
    "desk, approved, common word": lambda room: room.page(tab="approved", q=room.filled.common_word),
    "desk, approved, some word": lambda room: room.page(tab="approved", q=room.filled.some_word),
    "desk, approved, search nothing": lambda room: room.page(tab="approved", q="zebra crossing"),
    "desk, all": lambda room: room.page(tab="all"),
    "desk, all, a rare word": lambda room: room.page(tab="all", q=RARE_WORD),
    "desk, unreviewed": lambda room: room.page(tab="unreviewed"),
    "desk, not judged": lambda room: room.page(tab="dead"),
    "desk, approved, next page": lambda room: room.next_page(status="approved", order="decided"),
    "desk, approved, language": lambda room: room.page(tab="approved", language="fr"),
    "desk, approved, a writer": lambda room: room.page(tab="approved", writer=room.filled.prolific),
    "desk, near copies": lambda room: room.page(cluster=room.filled.cluster),
    "desk, one case": lambda room: room.visit(f"/moderate/?at={room.filled.cluster}"),
    "queue, first page": lambda room: room.queue(),
    "queue, first and next page": lambda room: room.next_page(),
    "queue, oldest": lambda room: room.queue(order="oldest"),
    "queue, newest": lambda room: room.queue(order="newest"),
    "approved, by priority": lambda room: room.queue(status="approved"),
    "approved, first and next page": lambda room: room.next_page(status="approved"),
    "language": lambda room: room.queue(language="de"),
    "rare language": lambda room: room.queue(language=RARE_LANGUAGE),
    "language, approved": lambda room: room.queue(language="fr", status="approved"),
    "language of nothing": lambda room: room.queue(language="xx"),
    "a writer": lambda room: room.queue(writer=room.filled.cluster, status="any"),
    "younger and word": lambda room: room.queue(younger="7d", q=room.filled.common_word, status="any"),
    "nearest, two pages": lambda room: room.next_page(filter="unreviewed", status="approved", order="nearest"),
    "saved views": lambda room: room.get(f"{API}/views"),
    "rule": lambda room: room.queue(rule="link_count"),
    "rare rule": lambda room: room.queue(rule=RARE_RULE, status="pending"),
    "rare rule, approved": lambda room: room.queue(rule=RARE_RULE, status="approved"),
    "rule, approved": lambda room: room.queue(rule="emoji_flood", status="approved"),
    "rule that found nothing": lambda room: room.queue(rule="honeypot"),
    "rule and language": lambda room: room.queue(rule="link_count", language="fr"),
    "rule and language, approved": lambda room: room.queue(rule="emoji_flood", language="fr", status="approved"),
    "rule and rare language": lambda room: room.queue(rule="link_count", language=RARE_LANGUAGE),
    "rule and section": lambda room: room.queue(rule="link_count", section="sports"),
    "rule and word": lambda room: room.queue(rule="link_count", q=room.filled.common_word),
    "rule and rare word": lambda room: room.queue(rule="link_count", q=RARE_WORD),
    "rule, unreviewed": lambda room: room.queue(rule="link_count", filter="unreviewed"),
    "rule in the biggest thread": lambda room: room.queue(rule="link_count", thread=room.filled.biggest_thread),
    "rule, newest": lambda room: room.queue(rule="link_count", order="newest"),
    "rule, approved, oldest": lambda room: room.queue(rule="emoji_flood", status="approved", order="oldest"),
    "language, approved, newest": lambda room: room.queue(language="de", status="approved", order="newest"),
    "language, unreviewed": lambda room: room.queue(language="de", filter="unreviewed"),
    "language and section": lambda room: room.queue(language="de", section="sports"),
    "language and word": lambda room: room.queue(language="de", q=room.filled.common_word),
    "rare language and word": lambda room: room.queue(language=RARE_LANGUAGE, q=room.filled.common_word),
    "section and word": lambda room: room.queue(section="sports", q=room.filled.common_word),
    "section, newest": lambda room: room.queue(section="sports", order="newest"),
    "section, unreviewed": lambda room: room.queue(section="sports", filter="unreviewed"),
    "biggest thread and word": lambda room: room.queue(thread=room.filled.biggest_thread, q=room.filled.common_word),
    "biggest thread, newest": lambda room: room.queue(thread=room.filled.biggest_thread, order="newest"),
    "biggest thread and language": lambda room: room.queue(thread=room.filled.biggest_thread, language="de"),
    "word, newest": lambda room: room.queue(q=room.filled.common_word, order="newest"),
    "word, unreviewed": lambda room: room.queue(q=room.filled.common_word, filter="unreviewed"),
    "deep in the queue": lambda room: room.queue(cursor=f"priority.0.{room.middle}"),
    "deep in a language": lambda room: room.queue(language="de", cursor=f"priority.0.{room.middle}"),
    "deep in a search": lambda room: room.queue(q=room.filled.common_word, cursor=f"priority.0.{room.middle}"),
    "search a rare word": lambda room: room.queue(q=RARE_WORD),
    "search a common word": lambda room: room.queue(q=room.filled.common_word),
    "search some word": lambda room: room.queue(q=room.filled.some_word),
    "search a beginning": lambda room: room.queue(q=room.filled.common_word[:3]),
    "search a name": lambda room: room.queue(q="muller"),
    "search approved, rare word": lambda room: room.queue(q=RARE_WORD, status="approved"),
    "search approved, common word": lambda room: room.queue(q=room.filled.common_word, status="approved"),
    "search approved, some word": lambda room: room.queue(q=room.filled.some_word, status="approved"),
    "search approved, a name": lambda room: room.queue(q="muller", status="approved"),
    "search approved, name and word": lambda room: room.queue(q=f"muller {room.filled.common_word}", status="approved"),
    "search nothing": lambda room: room.queue(q="zebra crossing"),
    "search nothing, approved": lambda room: room.queue(q="zebra crossing", status="approved"),
    "unreviewed": lambda room: room.queue(filter="unreviewed"),
    "unreviewed, approved": lambda room: room.queue(filter="unreviewed", status="approved"),
    "unreviewed, rejected, newest": lambda room: room.queue(filter="unreviewed", status="rejected", order="newest"),
    "dead": lambda room: room.queue(filter="dead"),
    "section": lambda room: room.queue(section="sports"),
    "rare section": lambda room: room.queue(section=RARE_SECTION),
    "section, approved": lambda room: room.queue(section="sports", status="approved"),
    "section of nothing": lambda room: room.queue(section="nowhere"),
    "biggest thread": lambda room: room.queue(thread=room.filled.biggest_thread),
    "biggest thread, approved": lambda room: room.queue(thread=room.filled.biggest_thread, status="approved"),
    "near copies": lambda room: room.queue(cluster=room.filled.cluster),
    "case": lambda room: room.get(f"{API}/comments/{room.filled.cluster}"),
    "decision": lambda room: room.decide(),
    "decision and undo": lambda room: room.decide_and_undo(),
    "bans": lambda room: room.get(f"{API}/sites/{BIG}/bans"),
    "bans, page": lambda room: room.visit(f"/moderate/sites/{BIG}/bans"),
    "bans, deep": lambda room: room.get(f"{API}/sites/{BIG}/bans?cursor={room.middle}"),
    "trail, deep": lambda room: room.get(f"{API}/audit?cursor={room.middle}"),
    "trail": lambda room: room.get(f"{API}/audit"),
    "people, page": lambda room: room.visit(f"/moderate/sites/{BIG}/people"),
    "threads, newest": lambda room: room.get(f"{API}/sites/{BIG}/threads"),
    "threads, most waiting": lambda room: room.get(f"{API}/sites/{BIG}/threads?sort=pending"),
    "threads, busiest": lambda room: room.get(f"{API}/sites/{BIG}/threads?sort=rate"),
    "metrics": lambda room: metrics_text(room.services),
    "sweep: backlogs": lambda room: reconcile_backlogs(room.services),
    "sweep: lost messages": lambda room: resend(room.services),
}


def measure(rooms: Sequence[Newsroom], row: Work, rounds: int) -> list[tuple[float, float]]:
    """Medians in milliseconds of the processor and of the clock, a room each."""
    times: list[list[tuple[float, float]]] = [[] for _ in rooms]
    for room in rooms:
        room.shown, room.most = 0, None
        row(room)
    few = min(room.shown for room in rooms)
    for room in rooms:
        room.most = few if room.shown > few else None
    for _ in range(rounds):
        for room, found in zip(rooms, times, strict=True):
            if found and found[-1][1] > LONG_SECONDS * 1000:
                continue
            servers = _server_processes(room.services)
            worked, at = time.process_time() + _worked(servers), time.perf_counter()
            row(room)
            passed = time.perf_counter() - at
            worked = time.process_time() + _worked(servers) - worked
            found.append((worked * 1000, passed * 1000))
    return [(statistics.median(ms for ms, _ in found), statistics.median(ms for _, ms in found)) for found in times]


def _server_processes(services: Services) -> list[Path]:
    """Where the kernel counts the time of the server's processes that serve this database; none for SQLite."""
    if services.settings.sqlite:
        return []
    with services.engine.connect() as connection:
        pids = connection.exec_driver_sql("SELECT pid FROM pg_stat_activity WHERE datname = current_database()")
        return [Path(f"/proc/{pid}/schedstat") for pid in pids.scalars()]


def _worked(processes: Sequence[Path]) -> float:
    """Seconds that they have been on a processor."""
    total = 0
    for process in processes:
        with contextlib.suppress(OSError):  # Ended, or on another machine.
            total += int(process.read_text().split()[0])
    return total / 1e9


@contextlib.contextmanager
def newsroom(words: Mapping[str, str], comments: int, notes: Path) -> Iterator[Newsroom]:
    """An installation with that many comments: the one of an earlier run, where `notes` tell of it, or a new one."""
    services = wire(Settings.from_environment(dict(words)))
    if notes.exists():
        filled = msgspec.json.decode(notes.read_bytes(), type=Filled)
    else:
        began = time.perf_counter()
        filled = fill(services, comments)
        notes.write_bytes(msgspec.json.encode(filled))
        print(f"{comments:,} comments filled in within {time.perf_counter() - began:.0f} s")
    for site_id in filled.sites.values():
        rebuild_backlog(services, site_id)
    try:
        yield Newsroom(services, filled)
    finally:
        services.close()


@contextlib.contextmanager
def database(url: str, comments: int, folder: Path, *, keep: bool) -> Iterator[str]:
    """The URL of a database for that many comments."""
    if not url:
        yield f"sqlite:///{folder}/scale_{comments}.db"
        return
    name = f"rejoinder_scale_{comments}"
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as admin:
        if not admin.execute("SELECT FROM pg_database WHERE datname = %s", [name]).fetchall():
            admin.execute(f'CREATE DATABASE "{name}"')
    yield make_url(url).set(database=name).render_as_string(hide_password=False)
    if not keep:
        with psycopg.connect(plain, autocommit=True) as admin:
            admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--comments", type=int, nargs="+", default=[1_000, 200_000])
    parser.add_argument("--database", default="", help="of a PostgreSQL server; `own`: the benchmark's")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--only", default="", help="rows with this in their name")
    parser.add_argument("--keep", type=Path)
    add_option(parser)
    asked = parser.parse_args()
    set_up_logging("error")
    with contextlib.ExitStack() as stack:
        folder = asked.keep or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="rejoinder-bench-")))
        folder.mkdir(parents=True, exist_ok=True)
        server = stack.enter_context(postgres_server()) if asked.database == "own" else asked.database
        rooms = []
        for comments in asked.comments:
            redis = stack.enter_context(RedisServer(valkey_binary()))
            url = stack.enter_context(database(server, comments, folder, keep=asked.keep is not None))
            words = environment(url, redis.url)
            notes = folder / f"{'postgresql' if asked.database else 'sqlite'}_{comments}.json"
            rooms.append(stack.enter_context(newsroom(words, comments, notes)))
        print(f"{'':34}" + "".join(f"{comments:>20,}" for comments in asked.comments) + f"{'ratio':>8}")
        where = f"{asked.comments[-1]:,}, {'PostgreSQL' if asked.database else 'SQLite'}"
        grown: dict[str, Growth] = {}
        for name, row in ROWS.items():
            if asked.only in name:
                found = measure(rooms, row, asked.rounds)
                told = "".join(f"{worked:10.1f} ({passed:7.1f})" for worked, passed in found)
                grown[name] = Growth(found[0][0], found[-1][0])
                print(f"{name:34}{told}{grown[name].ratio:8.2f}", flush=True)
                write_rows(asked, growth_rows(grown, where, f"{asked.comments[0]:,} comments"))


if __name__ == "__main__":
    raise SystemExit(interruptible(main))
