"""How fast comments are taken in: Rejoinder against Isso, served as production serves both, in one run.

    python -m benchmarks.intake [--seconds 5] [--rounds 3] [--senders 32] [--texts FILE] [--database URL]
                                [--without-isso]

Real parts: `rejoinder web` with two processes and `rejoinder worker`, the embedded Valkey, SQLite with
`synchronous=FULL` (or PostgreSQL by --database), Isso from PyPI under gunicorn with two workers on its own
SQLite. `wrk` sends JSON of 300 characters over 200 threads, limits off, every comment with an e-mail address of its
own. The ways take turns within each round, and only figures of one run may be compared with each other. What the worker
still has to judge is waited for before another's turn: it gives way while comments are taken in. Processor time is that
of each role, from /proc; the worker's and Redis's with what was left to them.
"""

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

import msgspec
from sqlalchemy import func, select, text

from benchmarks import report
from benchmarks.load import environment, texts
from benchmarks.servers.peers import isso_server
from benchmarks.servers.postgres import postgres_server
from benchmarks.servers.processes import cpu_seconds, end, free_port, interruptible, wait_for
from models import Base, Comment, Mode, Site, SiteSettings, Status, new_id
from models.migrations import upgrade
from service.settings import Settings
from service.wiring import Services, wire
from tests.servers import RedisServer, valkey_binary

THREADS, LENGTH, WARM_SECONDS = 200, 300, 1
# Seconds that a worker may take to judge what was taken in while it gave way.
_LONGEST_WAIT = 120.0

# Every request of its own: another thread, address and text.
_LUA = """
local bodies = {}
for line in io.lines("%(bodies)s") do bodies[#bodies + 1] = line end
local n = math.random(1000000) * 1000
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
request = function()
  n = n + 1
  local body = string.gsub(bodies[n %% #bodies + 1], "NUMBER", tostring(n))
  return wrk.format(nil, string.gsub("%(path)s", "THREAD", tostring(n %% %(threads)d)), nil, body)
end
local refused = 0
response = function(status) if status > 299 then refused = refused + 1 end end
done = function(summary, latency)
  io.write(string.format("RESULT %%d %%d %%.3f %%.3f\\n", summary.requests, summary.duration,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
"""


@dataclass(frozen=True)
class Taken:
    """What one slice of load showed. Latencies in milliseconds, processor time in milliseconds a comment."""

    per_second: float
    median: float
    p99: float
    cpu_ms: float
    # Of the other roles, by name; and how many comments were not judged yet at the end.
    others_ms: Mapping[str, float] = field(default_factory=dict)
    waiting: int = 0


@dataclass(frozen=True)
class Server:
    """One of the ways, as it runs. `waiting`: how many comments are not judged yet."""

    url: str
    pid: int
    others: Mapping[str, int] = field(default_factory=dict)
    waiting: Callable[[], int] = lambda: 0


def send(server: Server, script: Path, senders: int, seconds: int) -> Taken:
    """Raises RuntimeError when any comment was refused."""
    url, pid = server.url, server.pid
    before, others = cpu_seconds(pid), {role: cpu_seconds(other) for role, other in server.others.items()}
    command = ["wrk", "-t1", f"-c{senders}", f"-d{seconds}s", "--timeout", "20s", "-s", str(script), url]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = re.search(r"RESULT (\d+) (\d+) ([\d.]+) ([\d.]+)", said)
    if found is None or "Non-2xx" in said or "Socket errors" in said:
        raise RuntimeError(said)
    comments, microseconds = int(found[1]), int(found[2])
    cpu, waiting = cpu_seconds(pid) - before, server.waiting()
    until = time.monotonic() + _LONGEST_WAIT
    while server.waiting() and time.monotonic() < until:
        time.sleep(0.1)
    others_ms = {role: (cpu_seconds(other) - others[role]) / comments * 1000 for role, other in server.others.items()}
    rate = comments / microseconds * 1e6
    return Taken(rate, float(found[3]), float(found[4]), cpu / comments * 1000, others_ms, waiting)


@contextmanager
def rejoinder(
    folder: Path, database: str, *, worker: bool, settings: Mapping[str, str] = MappingProxyType({})
) -> Iterator[Server]:
    """The service with one site. `settings`: more of its environment."""
    with RedisServer(valkey_binary()) as redis, ExitStack() as stack:
        words = environment(database or f"sqlite:///{folder}/bench.db", redis.url)
        words |= {"REJOINDER_SUBMIT_LIMIT": "off", "REJOINDER_PUBLIC_URL": "http://127.0.0.1", **settings}
        services = wire(Settings.from_environment(words))
        stack.callback(services.close)
        _make_site(services)
        port = free_port()
        # Else it has a folder by the number of its port, which stays.
        metrics = folder / "metrics"
        metrics.mkdir()
        environ = os.environ | words | {"PROMETHEUS_MULTIPROC_DIR": str(metrics)}
        roles = [["web", "--port", str(port)], *([["worker"]] if worker else [])]
        processes = []
        for role in roles:
            processes.append(subprocess.Popen([sys.executable, "-m", "service.cli", *role], env=environ))
            stack.callback(end, processes[-1])
        wait_for(f"http://127.0.0.1:{port}/readyz")
        others = {"worker": processes[1].pid} if worker else {}
        if redis.pid is not None:
            others["Redis"] = redis.pid

        def waiting() -> int:
            with services.read() as session:
                received = select(func.count()).where(Comment.status == Status.RECEIVED)
                return (session.scalar(received) or 0) if worker else 0

        yield Server(f"http://127.0.0.1:{port}", processes[0].pid, others, waiting)
        with services.read() as session:
            stored = session.scalar(select(func.count()).select_from(Comment)) or 0
        print(f"  {stored:,} comments are in the database", file=sys.stderr)


def _make_site(services: Services) -> None:
    Base.metadata.drop_all(services.engine)
    with services.engine.begin() as connection:
        connection.execute(text("DROP TABLE IF EXISTS alembic_version"))
    upgrade(services.engine)
    settings = msgspec.to_builtins(SiteSettings(mode=Mode.AUTOMATIC, first_comments_held=False))
    with services.write() as session:
        session.add(
            Site(
                id=new_id(),
                slug="bench",
                name="Bench",
                origins=["http://news.test"],
                settings_json=settings,
                created_at=services.clock.now(),
            )
        )


def bodies(file: Path | None) -> dict[str, list[str]]:
    """way -> a line of JSON for each comment, with NUMBER where each request is to be another."""
    wanted: list[str] = []
    for saying in texts(file, 2000):
        while len(saying) < LENGTH:
            saying = f"{saying} {saying}"
        wanted.append(saying[: LENGTH - 8].replace("NUMBER", "number"))
    ours, theirs = [], []
    for n, saying in enumerate(wanted):
        page = {"name": "Ada Lovelace", "email": "readerNUMBER@example.com", "body": f"{saying} NUMBER"}
        place = {
            "thread": str(n % THREADS),
            "page_url": f"http://news.test/story/{n % THREADS}",
            "page_title": "A story",
        }
        ours.append(json.dumps(place | page))
        theirs.append(
            json.dumps({"title": "A story", "author": page["name"], "email": page["email"], "text": page["body"]})
        )
    return {"rejoinder": ours, "isso": theirs}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--warm-seconds", type=int, default=WARM_SECONDS, help="before each of them, not counted")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--senders", type=int, default=32)
    parser.add_argument("--texts", type=Path)
    parser.add_argument("--database", default="", help="an empty PostgreSQL; `own` starts one")
    parser.add_argument("--without-worker", action="store_true")
    parser.add_argument("--without-isso", action="store_true")
    report.add_option(parser)
    asked = parser.parse_args()
    if shutil.which("wrk") is None:
        print("wrk is not installed (Debian: apt-get install wrk)", file=sys.stderr)
        return 1
    paths = {"rejoinder": "/api/v1/sites/bench/comments", "isso": "/new?uri=/story/THREAD"}
    taken: dict[str, list[Taken]] = {}
    with tempfile.TemporaryDirectory(prefix="rejoinder-bench-") as name, ExitStack() as stack:
        folder = Path(name)
        scripts = {}
        for way, lines in bodies(asked.texts).items():
            (folder / f"{way}.jsonl").write_text("\n".join(lines) + "\n")
            scripts[way] = folder / f"{way}.lua"
            told = {"bodies": folder / f"{way}.jsonl", "path": paths[way], "threads": THREADS}
            scripts[way].write_text(_LUA % told)
        database = stack.enter_context(postgres_server()) if asked.database == "own" else asked.database
        servers = {"rejoinder": stack.enter_context(rejoinder(folder, database, worker=not asked.without_worker))}
        if not asked.without_isso and (isso := stack.enter_context(isso_server(folder))) is not None:
            servers["isso"] = Server(*isso)
        for _ in range(asked.rounds):
            for way, server in servers.items():
                if asked.warm_seconds:
                    send(server, scripts[way], asked.senders, asked.warm_seconds)
                taken.setdefault(way, []).append(send(server, scripts[way], asked.senders, asked.seconds))
    for way, found in taken.items():
        names = ("per_second", "median", "p99", "cpu_ms", "waiting")
        middle = {name: statistics.median(getattr(one, name) for one in found) for name in names}
        others = "".join(
            f", {role} {statistics.median(one.others_ms[role] for one in found):.2f}" for role in found[0].others_ms
        )
        left = f"; {middle['waiting']:,.0f} waited for the worker" if middle["waiting"] else ""
        print(
            f"{way:<10} {middle['per_second']:7,.0f}/s   median {middle['median']:6.1f} ms   "
            f"p99 {middle['p99']:6.1f} ms   "
            f"{middle['cpu_ms']:.2f} ms of processor time a comment{others}{left}"
        )
    rows = report_rows(taken, "PostgreSQL" if asked.database else "SQLite")
    if rows[0].ratio is not None:
        print(f"{rows[0].ratio:.1f} times Isso")
    report.write_rows(asked, rows)
    return 0


def report_rows(taken: Mapping[str, Sequence[Taken]], database: str) -> list[report.Row]:
    ours = taken["rejoinder"]
    rate = statistics.median(one.per_second for one in ours)
    ratio = rate / statistics.median(one.per_second for one in taken["isso"]) if "isso" in taken else None
    return [
        report.Row(
            f"comments taken, 32 senders at once, {database}",
            rate,
            "/s",
            "Isso" if ratio else "",
            ratio,
            4.0 if ratio else None,
        ).of([one.per_second for one in ours]),
        report.Row(
            f"processor time of the web processes, {database}",
            statistics.median(one.cpu_ms for one in ours),
            "ms a comment",
            bar=1.3,
            at_most=True,
        ).of([one.cpu_ms for one in ours]),
        report.Row(
            f"99 of 100 comments answered within, {database}",
            statistics.median(one.p99 for one in ours),
            "ms",
            bar=150.0,
            at_most=True,
        ).of([one.p99 for one in ours]),
    ]


if __name__ == "__main__":
    raise SystemExit(interruptible(main))
