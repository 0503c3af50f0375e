"""How long readers wait while comments are taken, documents are built anew, and few threads are in memory.

    python -m benchmarks.readers.under_load [--reads 400] [--posts 50] [--seconds 8] [--threads 10000] [--rounds 1]
                                            [--only quiet,cold]

The whole machine as `rejoinder up` runs it (two web processes, one worker, SQLite with `synchronous=FULL`). Readers
come at a steady rate, whether or not the earlier ones have been answered; each asks for the first page of a thread of
20 comments, with gzip and without an ETag. What is measured is from the moment at which it should have been asked until
the whole answer is there. Comments are sent at a steady rate too, and approved by rule, so that what readers see is
built anew each time.

quiet        twenty threads, nobody writes
posts        twenty threads, comments go to other twenty
rebuilt      twenty threads, comments go to the same twenty
one thread   all read and write in one thread, of 200 comments
cold         any of all threads
cold posts   the same, and comments go to any of all threads
"""

import argparse
import asyncio
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import insert, select, update

from benchmarks import report
from benchmarks.load import environment
from benchmarks.servers.processes import cpu_seconds, interruptible
from benchmarks.visible import COMMENTS, ORIGIN, Connection, machine, submission
from models import Comment, CommentVersion, Site, Status, Thread, WriterChain, new_id
from service.markup import RENDERER
from service.moderation.places import place_thread
from service.settings import Settings
from service.wiring import wire

HOT, SMALL, LARGE = 20, 20, 200
# The thread with many comments, beside the others.
LONG = "long"
AT_ONCE = 500


@dataclass
class Load:
    """Waits in seconds, in the order in which they ended; processor time of all processes of the service."""

    waits: list[float] = field(default_factory=list)
    cpu: float = 0.0

    def at(self, share: float) -> float:
        """Milliseconds that this share of the readers waited at most."""
        return sorted(self.waits)[min(len(self.waits) - 1, int(len(self.waits) * share))] * 1000


def fill(database_url: str, threads: int) -> None:
    """So many threads and the long one, placed as the service would have done it."""
    services = wire(Settings.from_environment(environment(database_url, "unix:///nowhere")))
    now = services.clock.now()
    with services.read() as session:
        site = session.scalars(select(Site.id)).one()
    chain = new_id()
    with services.write() as session:
        session.add(WriterChain(id=chain, site_id=site, avatar_seed="seed", created_at=now))
    wanted = [(str(n), SMALL) for n in range(threads)] + [(LONG, LARGE)]
    for start in range(0, len(wanted), AT_ONCE):
        some = wanted[start : start + AT_ONCE]
        with services.write() as session:
            for key, comments in some:
                thread = new_id()
                session.execute(
                    insert(Thread).values(
                        id=thread, site_id=site, key=key, url=f"{ORIGIN}/{key}", created_at=now, version=1,
                        published_count=comments,
                    )
                )  # fmt: skip
                ids = [new_id() for _ in range(comments)]
                session.execute(
                    insert(Comment),
                    [
                        {
                            "id": id_, "site_id": site, "thread_id": thread, "chain_id": chain, "name": "Ada",
                            "status": Status.APPROVED, "published_version": 1, "was_published": True,
                            "fingerprint": b"0" * 16, "created_at": now, "sent_at": now,
                        }
                        for id_ in ids
                    ],
                )  # fmt: skip
                session.execute(
                    insert(CommentVersion),
                    [
                        {
                            "comment_id": id_, "n": 1, "text": id_ * 8, "html": f"<p>{id_ * 8}</p>",
                            "renderer": RENDERER, "created_at": now,
                        }
                        for id_ in ids
                    ],
                )  # fmt: skip
                place_thread(session.connection(), thread)
    with services.write() as session:
        session.execute(update(Site).values(name="Bench"))
    services.close()


async def run(
    port: int, reads: float, posts: float, seconds: float, read: Callable[[], str], write: Callable[[], str], first: int
) -> list[float]:
    """Reads threads as `read` names them, and sends comments to those that `write` names; how long each reader waited.
    Raises RuntimeError where an answer is not as it should be."""
    idle: list[Connection] = []
    waits: list[float] = []

    async def ask(due: float) -> None:
        connection = idle.pop() if idle else Connection(port)
        path = f"{COMMENTS}?thread={read()}"
        status, _, body = await connection.ask(f"GET {path} HTTP/1.1\r\nAccept-Encoding: gzip")
        waits.append(time.perf_counter() - due)
        if status != 200 or not body:
            raise RuntimeError(f"{status} for {path}")
        idle.append(connection)

    async def send(n: int) -> None:
        connection = idle.pop() if idle else Connection(port)
        body = submission(n, 0).replace(b'"thread": "0"', b'"thread": "%b"' % write().encode())
        head = f"POST {COMMENTS} HTTP/1.1\r\nContent-Type: application/json\r\nOrigin: {ORIGIN}\r\n"
        head += f"X-Forwarded-For: {20 + n // 65536}.{n // 256 % 256}.{n % 256}.7\r\n"
        status, _, said = await connection.ask(f"{head}Content-Length: {len(body)}", body)
        if status != 202:
            raise RuntimeError(f"refused: {status} {said[:300]!r}")
        idle.append(connection)

    begins = time.perf_counter()
    times = sorted(
        [(n / reads, True, n) for n in range(int(reads * seconds))]
        + [(n / posts, False, first + n) for n in range(int(posts * seconds))]
    )
    async with asyncio.TaskGroup() as group:
        for after, reading, n in times:
            due = begins + after
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            group.create_task(ask(due) if reading else send(n))
    for connection in idle:
        connection.close()
    return waits


SAID = {
    "quiet": "nobody writes",
    "posts": "comments come to other threads",
    "rebuilt": "comments come to the same threads",
    "one thread": "all read and write in one long thread",
    "cold": "any of very many threads, few of them in memory",
    "cold posts": "any of very many threads, comments come to them",
}


def main() -> int:
    assert __doc__
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reads", type=float, default=400, help="readers a second")
    parser.add_argument("--posts", type=float, default=50, help="comments a second")
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--warm-seconds", type=float, default=2, help="before each of them, not counted")
    parser.add_argument("--threads", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument(
        "--only", default="quiet,posts,rebuilt,one thread,cold,cold posts", help="of the ways above, by commas"
    )
    report.add_option(parser)
    asked = parser.parse_args()
    chance = random.Random(1)

    def hot() -> str:
        return str(chance.randrange(HOT))

    def others() -> str:
        return str(HOT + chance.randrange(HOT))

    def any_thread() -> str:
        return str(chance.randrange(asked.threads))

    ways: dict[str, tuple[Callable[[], str], Callable[[], str] | None]] = {
        "quiet": (hot, None),
        "posts": (hot, others),
        "rebuilt": (hot, hot),
        "one thread": (lambda: LONG, lambda: LONG),
        "cold": (any_thread, None),
        "cold posts": (any_thread, any_thread),
    }
    found: dict[str, list[Load]] = {}
    with tempfile.TemporaryDirectory(prefix="rejoinder-bench-") as name, machine(Path(name)) as (port, pid):
        fill(f"sqlite:///{name}/data/rejoinder.db", asked.threads)
        first = 0
        for _ in range(asked.rounds):
            for way in asked.only.split(","):
                read, write = ways[way]
                posts = asked.posts if write is not None else 0.001
                # Until each process has what it is asked for.
                warm = asked.warm_seconds / 4 if way.startswith("cold") else asked.warm_seconds
                asyncio.run(run(port, asked.reads, posts, warm, read, write or others, first))
                first += int(posts * warm)
                before = cpu_seconds(pid)
                waits = asyncio.run(run(port, asked.reads, posts, asked.seconds, read, write or others, first))
                first += int(posts * asked.seconds)
                found.setdefault(way, []).append(Load(waits, cpu_seconds(pid) - before))
    rows: list[report.Row] = []
    for way, loads in found.items():
        median, p99, most = (statistics.median(load.at(share) for load in loads) for share in (0.5, 0.99, 1.0))
        cpu = statistics.median(load.cpu / asked.seconds for load in loads)
        print(f"{way:<12} median {median:6.1f} ms   p99 {p99:7.1f} ms   most {most:7.1f} ms   {cpu:.2f} cores busy")
        row = report.Row(f"99 of 100 readers have their page within, {SAID[way]}", p99, "ms")
        rows.append(row.of([load.at(0.99) for load in loads]))
    report.write_rows(asked, rows)
    return 0


if __name__ == "__main__":
    raise SystemExit(interruptible(main))
