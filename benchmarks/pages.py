"""What a page of comments costs to build, by the size of its thread: processor time, and what waits for the database.

    python benchmarks/pages.py [--database URL] [--comments 100 10000 50000]

Without --database on SQLite in a temporary folder; a database that is named must be empty and is left filled. Every
part and order of a thread is built anew, 50 comments a page, as for a reader of a document that is not in memory.
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from sqlalchemy import insert, select

from benchmarks.servers.processes import interruptible
from models import Base, Comment, CommentVersion, Site, Status, Thread, WriterChain, new_id
from service.markup import render
from service.publishing.documents import read_thread_page
from service.settings import Settings
from service.telemetry import set_up_logging
from service.wiring import Services, wire

ROUNDS = 30
# One conversation has this share of a thread, as an argument that ran away does.
ONE_CONVERSATION = 0.5


def fill(services: Services, comments: int) -> list[str]:
    """A site and thread called by that number; half of it is one conversation, two of three answer in it."""
    now = services.clock.now()
    site, thread, chain = new_id(), new_id(), new_id()
    name = str(comments)
    ids = sorted(new_id() for _ in range(comments))
    html, renderer = render("A remark of the usual length, with *one* emphasis and nothing else to say. " * 4)
    parents: list[str | None] = []
    for at in range(comments):
        if at == 0 or (at > comments * ONE_CONVERSATION and at % 3 == 0):
            parents.append(None)
        elif at <= comments * ONE_CONVERSATION:
            parents.append(ids[(at - 1) // 2])
        else:
            parents.append(ids[at - 1])
    with services.write() as session:
        session.add(Site(id=site, slug=f"s{name}", name="Bench", origins=[], settings_json={}, created_at=now))
        session.flush()
        session.add(WriterChain(id=chain, site_id=site, avatar_seed="seed", created_at=now))
        session.add(
            Thread(
                id=thread, site_id=site, key=name, url="http://n.test/", created_at=now, version=1,
                published_count=comments,
            )
        )  # fmt: skip
        session.flush()
        rows = [
            {
                "id": id_, "site_id": site, "thread_id": thread, "parent_id": parent, "chain_id": chain,
                "status": Status.APPROVED, "name": "Ada", "published_version": 1, "was_published": True,
                "fingerprint": b"0" * 16, "created_at": now, "sent_at": now,
            }
            for id_, parent in zip(ids, parents, strict=True)
        ]  # fmt: skip
        versions = [
            {"comment_id": id_, "n": 1, "text": "", "html": html, "renderer": renderer, "created_at": now}
            for id_ in ids
        ]
        session.execute(insert(Comment), rows)
        session.execute(insert(CommentVersion), versions)
    return ids


def measure(build: Callable[[], object]) -> tuple[float, float]:
    """Milliseconds of this process's processors and of the clock, medians."""
    worked, passed = [], []
    for _ in range(ROUNDS):
        began, at = time.process_time(), time.perf_counter()
        build()
        worked.append((time.process_time() - began) * 1000)
        passed.append((time.perf_counter() - at) * 1000)
    return statistics.median(worked), statistics.median(passed)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--database", default="")
    parser.add_argument("--comments", type=int, nargs="+", default=[100, 10_000, 50_000])
    options = parser.parse_args()
    set_up_logging("error")
    with tempfile.TemporaryDirectory(prefix="rejoinder-bench-") as folder:
        environ = os.environ | {
            "DATABASE_URL": options.database or f"sqlite:///{folder}/bench.db",
            "REDIS_URL": f"unix://{folder}/none.sock",
            "REJOINDER_SECRET_KEYS": "only-for-the-benchmark-" + "x" * 32,
        }
        services = wire(Settings.from_environment(environ))
        Base.metadata.create_all(services.engine)
        for comments in options.comments:
            ids = fill(services, comments)
            if not services.settings.sqlite:
                with services.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                    connection.exec_driver_sql("ANALYZE")
            name = str(comments)
            began = time.perf_counter()
            first = read_thread_page(services, f"s{name}", name)
            print(f"{comments:>7} comments, placed once in {time.perf_counter() - began:.2f} s")
            middle = read_thread_page(services, f"s{name}", name, cursor=first["next_cursor"])["next_cursor"]
            parts: dict[str, dict[str, Any]] = {
                "oldest": {},
                "oldest, third page": {"cursor": middle},
                "newest": {"sort": "newest"},
                "top": {"sort": "top"},
                "first level": {"depth": 0},
                "three levels, newest": {"depth": 2, "sort": "newest"},
                "below the first": {"parent": ids[0]},
                "direct answers": {"parent": ids[1], "depth": 0},
                "around the middle": {"around": ids[comments // 2]},
                "around the last": {"around": ids[-1]},
                "50 levels": {"depth": 49},
            }
            for what, asked in parts.items():
                worked, passed = measure(partial(read_thread_page, services, f"s{name}", name, **asked))
                print(f"{what:>22}: {worked:6.2f} ms of processor, {passed:6.2f} ms")
        with services.read() as session:
            assert session.scalar(select(Thread.placed_version))
        services.close()


if __name__ == "__main__":
    raise SystemExit(interruptible(main))
