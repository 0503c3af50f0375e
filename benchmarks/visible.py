"""How long it takes from sending a comment until readers see it, where the rules approve it.

    python -m benchmarks.visible [--rates 20,50,200] [--seconds 10] [--threads 10] [--database URL | own]

The whole machine as `rejoinder up` runs it (two web processes, one worker, queue, SQLite with `synchronous=FULL`), or
the same roles on a PostgreSQL (`own`: one of the benchmark's own, with `synchronous_commit=on`),
asked through HTTP as browsers do: comments are sent at a steady rate, whether or not the earlier ones are answered, and
every thread's newest page is asked for all the time, with the ETag of the answer before. `sent` counts from before the
request until its answer, `visible` from before the request until a page has come that shows the comment. One that a
page does not show within 20 seconds makes this fail. The processor time is the whole machine's, for looks too: some
80 µs each, so that with few comments a second they are most of it.

Limits are off, and no mail domain is looked up (`REJOINDER_DNS=off`): where that is on, every comment is decided a
second later, by design.
"""

import argparse
import asyncio
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from benchmarks import report
from benchmarks.intake import rejoinder
from benchmarks.servers.postgres import postgres_server
from benchmarks.servers.processes import cpu_seconds, end, free_port, interruptible

COMMENTS = "/api/v1/sites/bench/comments"
ORIGIN = "http://news.test"
PAGE = 50
# Seconds between two looks at one thread.
LOOK_EVERY = 0.005
# For the first one longer: the worker is still being started.
PATIENCE, FIRST_PATIENCE = 20.0, 90.0
WARM_SECONDS = 3.0
WORDS = (
    "harbour lantern meadow bridge window autumn kitchen railway garden village morning orchard teacher station winter",
    "ladder market library concert mountain evening river council theatre ferry museum summer paper bakery forest",
    "lighthouse festival pavement reporter school tunnel weather balcony carpenter island journey mayor neighbour",
    "painter question season tramway umbrella valley workshop budget corner decision engine farmer gallery hospital",
)
# So that readers come from networks of their own: many from one would wait for a person.
BEHIND_PROXY = {"REJOINDER_TRUSTED_PROXIES": "127.0.0.1/32"}
_IDS = re.compile(rb'"id":"([0-9A-Z]{26})"')
_LENGTH = re.compile(rb"content-length: *(\d+)", re.I)
_TAG = re.compile(rb'etag: *("[^"]+")', re.I)


@dataclass
class Seen:
    """Times by the comment's id, in seconds of one clock."""

    sent: dict[str, float] = field(default_factory=dict)
    answered: dict[str, float] = field(default_factory=dict)
    visible: dict[str, float] = field(default_factory=dict)
    looks: int = 0
    pages: int = 0


class Connection:
    """One that is kept open, with one request at a time."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._ends: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, head: str, body: bytes = b"") -> tuple[int, bytes, bytes]:
        """Status, head and body of the answer."""
        if self._ends is None:
            self._ends = await asyncio.open_connection("127.0.0.1", self._port, limit=1 << 22)
        reader, writer = self._ends
        writer.write(f"{head}\r\nHost: 127.0.0.1:{self._port}\r\n\r\n".encode() + body)
        said = await reader.readuntil(b"\r\n\r\n")
        length = _LENGTH.search(said)
        return int(said.split(None, 2)[1]), said, await reader.readexactly(int(length[1])) if length else b""

    def close(self) -> None:
        if self._ends is not None:
            self._ends[1].close()


@contextmanager
def machine(folder: Path) -> Iterator[tuple[int, int]]:
    """`rejoinder up` with a site that decides by rules; its port and its process."""
    port = free_port()
    environ = (
        os.environ
        | {
            "REJOINDER_SUBMIT_LIMIT": "off",
            "REJOINDER_DNS": "off",
            "REJOINDER_LOG_LEVEL": "error",
        }
        | BEHIND_PROXY
    )
    command = [sys.executable, "-m", "service.cli"]
    place = ["--data-dir", str(folder / "data"), "--json"]
    up = [*command, "up", "--no-demo", "--port", str(port), *place]
    process = subprocess.Popen(up, env=environ, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        if not process.stdout.readline():
            raise RuntimeError("rejoinder up did not start")
        for words in (
            ["site", "add", "bench", "--origin", ORIGIN, "--mode", "automatic"],
            ["site", "set", "bench", "--no-first-comments-held"],
        ):
            subprocess.run([*command, *words, *place], env=environ, stdout=subprocess.DEVNULL, check=True)
        yield port, process.pid
    finally:
        end(process)


@contextmanager
def roles(folder: Path, database: str) -> Iterator[tuple[int, Sequence[int]]]:
    """Web server and worker on that PostgreSQL, with the same site; the port, and their processes and Redis's. The
    database's own are not among them."""
    with rejoinder(folder, database, worker=True, settings=BEHIND_PROXY) as server:
        yield int(server.url.rpartition(":")[2]), [server.pid, *server.others.values()]


def submission(n: int, thread: int) -> bytes:
    """Another writer and another text for each number."""
    words = Random(n).sample(" ".join(WORDS).split(), 16)
    return json.dumps(
        {
            "thread": str(thread),
            "page_url": f"{ORIGIN}/story/{thread}",
            "name": "Ada Lovelace",
            "email": f"reader{n}@example.com",
            "body": f"{' '.join(words).capitalize()}.",
        }
    ).encode()


async def load(port: int, rate: float, seconds: float, threads: int, first: int, patience: float) -> Seen:
    """Sends at that rate and looks at the threads meanwhile; returns when all that was sent is visible."""
    seen = Seen()
    idle: list[Connection] = []
    everything = asyncio.Event()

    async def send(n: int) -> None:
        connection = idle.pop() if idle else Connection(port)
        body = submission(n, n % threads)
        head = f"POST {COMMENTS} HTTP/1.1\r\nContent-Type: application/json\r\nOrigin: {ORIGIN}\r\n"
        head += f"X-Forwarded-For: {20 + n // 65536}.{n // 256 % 256}.{n % 256}.7\r\n"
        began = time.perf_counter()
        status, _, said = await connection.ask(f"{head}Content-Length: {len(body)}", body)
        ended = time.perf_counter()
        if status != 202:
            raise RuntimeError(f"refused: {status} {said[:300]!r}")
        comment = json.loads(said)["id"]
        seen.sent[comment], seen.answered[comment] = began, ended
        idle.append(connection)

    async def look(thread: int) -> None:
        connection = Connection(port)
        tag = '""'
        path = f"{COMMENTS}?thread={thread}&sort=newest&limit={PAGE}"
        while not everything.is_set():
            status, head, body = await connection.ask(
                f"GET {path} HTTP/1.1\r\nAccept-Encoding: identity\r\nIf-None-Match: {tag}"
            )
            seen.looks += 1
            if status == 200:
                now = time.perf_counter()
                found = _TAG.search(head)
                assert found is not None
                tag = found[1].decode()
                seen.pages += 1
                for name in _IDS.findall(body):
                    seen.visible.setdefault(name.decode(), now)
            await asyncio.sleep(LOOK_EVERY)
        connection.close()

    async with asyncio.TaskGroup() as group:
        for thread in range(threads):
            group.create_task(look(thread))
        begins = time.perf_counter()
        sends = []
        for n in range(int(rate * seconds)):
            await asyncio.sleep(max(0.0, begins + n / rate - time.perf_counter()))
            sends.append(group.create_task(send(first + n)))
        await asyncio.gather(*sends)
        until = time.perf_counter() + patience
        while missing := seen.sent.keys() - seen.visible.keys():
            if time.perf_counter() > until:
                raise RuntimeError(f"{len(missing)} of {len(seen.sent)} comments are not visible")
            await asyncio.sleep(0.05)
        everything.set()
    for connection in idle:
        connection.close()
    return seen


def spread(seen: Seen, until: dict[str, float]) -> tuple[float, float]:
    """Median and 99th percentile of what came after sending, in milliseconds."""
    times = sorted((until[comment] - began) * 1000 for comment, began in seen.sent.items())
    return statistics.median(times), times[min(len(times) - 1, int(len(times) * 0.99))]


def report_rows(rate: float, seen: Seen, where: str) -> list[report.Row]:
    median, p99 = spread(seen, seen.visible)
    bars = (60.0, 250.0) if rate == 200 else (None, None)
    return [
        report.Row(f"the median comment, {rate:.0f} a second, {where}", median, "ms", bar=bars[0], at_most=True),
        report.Row(f"99 of 100 comments, {rate:.0f} a second, {where}", p99, "ms", bar=bars[1], at_most=True),
    ]


def row(rate: float, seen: Seen, cpu: float) -> str:
    parts = [f"{rate:6.0f}/s"]
    for name, until in (("sent", seen.answered), ("visible", seen.visible)):
        median, p99 = spread(seen, until)
        parts.append(f"{name}: median {median:6.1f} ms, p99 {p99:7.1f} ms")
    parts.append(f"{cpu / len(seen.sent) * 1000:.1f} ms of processor time a comment")
    parts.append(f"{seen.looks} looks, {seen.pages} pages sent")
    return "   ".join(parts)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rates", default="20,50,200", help="comments a second, one after the other")
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--warm-seconds", type=float, default=WARM_SECONDS, help="before each rate, not counted")
    parser.add_argument("--threads", type=int, default=10, help="articles that the comments are spread over")
    parser.add_argument("--database", default="", help="an empty PostgreSQL; `own` starts one")
    report.add_option(parser)
    asked = parser.parse_args()
    where = "PostgreSQL" if asked.database else "SQLite"
    rows: list[report.Row] = []
    with tempfile.TemporaryDirectory(prefix="rejoinder-bench-") as name, ExitStack() as stack:
        folder = Path(name)
        if asked.database:
            database = stack.enter_context(postgres_server()) if asked.database == "own" else asked.database
            port, pids = stack.enter_context(roles(folder, database))
        else:
            port, pid = stack.enter_context(machine(folder))
            pids = [pid]
        asyncio.run(load(port, 1, 1, 1, 0, FIRST_PATIENCE))
        first = 1
        for rate in map(float, asked.rates.split(",")):
            for seconds, counted in ((asked.warm_seconds, False), (asked.seconds, True)):
                before = sum(map(cpu_seconds, pids))
                seen = asyncio.run(load(port, rate, seconds, asked.threads, first, PATIENCE))
                first += len(seen.sent)
                if counted:
                    print(row(rate, seen, sum(map(cpu_seconds, pids)) - before), flush=True)
                    rows += report_rows(rate, seen, where)
    report.write_rows(asked, rows)
    return 0


if __name__ == "__main__":
    raise SystemExit(interruptible(main))
