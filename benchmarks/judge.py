"""How many comments a second one worker takes from the stream to the committed decision.

    python -m benchmarks.judge [--comments 20000] [--workers 1] [--database URL] [--texts load.jsonl] [--profile]

Real parts: the embedded Valkey, SQLite with `synchronous=FULL` (or PostgreSQL by --database, emptied by dropping its
tables), the shipped default policy. Every comment is of another writer, with an address of its own.
"""

import argparse
import cProfile
import json
import multiprocessing
import pstats
import resource
import tempfile
import threading
import time
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import func, insert, select

from models import (
    AddressPurpose,
    AddressRecord,
    Base,
    Comment,
    CommentVersion,
    Mode,
    Site,
    SiteSettings,
    Status,
    Thread,
    WriterChain,
    new_id,
)
from moderation_rules import fingerprint, sketch
from service.moderation.worker import Worker
from service.privacy.addresses import address_row
from service.privacy.chains import chain_row
from service.queue.stream import send
from service.settings import Settings
from service.wiring import Services, wire
from tests.servers import RedisServer, valkey_binary

PAGE = 1000
SAYINGS = ("The ferry was late again, and nobody said why.", "I liked the part about the lighthouse.", "Not convinced.")


def texts(file: Path | None, count: int) -> list[str]:
    if file is None:
        return [f"{saying} ({n})" for n, saying in zip(range(count), cycle(SAYINGS), strict=False)]
    found = [json.loads(line)["text"] for line in file.read_text("utf-8").split("\n") if line]
    return list(islice(cycle(found), count))


def fill(services: Services, sayings: list[str], sites: int, threads: int) -> list[str]:
    """Commits the comments as intake would, and returns their ids."""
    now = services.clock.now()
    settings = msgspec.to_builtins(SiteSettings(mode=Mode.AUTOMATIC, first_comments_held=False))
    places: list[tuple[str, str]] = []
    with services.write() as session:
        for n in range(sites):
            site = Site(id=new_id(), slug=f"s{n}", name="", origins=[], settings_json=settings, created_at=now)
            session.add(site)
            session.flush()
            for key in range(threads):
                thread = Thread(
                    id=new_id(),
                    site_id=site.id,
                    key=str(key),
                    url="",
                    tags=[],
                    version=0,
                    published_count=0,
                    created_at=now,
                )
                session.add(thread)
                places.append((site.id, thread.id))
    ids: list[str] = []
    for start in range(0, len(sayings), PAGE):
        page = sayings[start : start + PAGE]
        chains, comments, versions, addresses = [], [], [], []
        for n, text in enumerate(page, start):
            site_id, thread_id = places[n % len(places)]
            chain = chain_row(site_id, now)
            comment_id = new_id()
            ids.append(comment_id)
            chains.append(chain)
            comments.append(
                {
                    "id": comment_id, "site_id": site_id, "thread_id": thread_id, "chain_id": chain["id"],
                    "status": Status.RECEIVED, "revision": 0, "name": "Robin", "current_version": 1,
                    "was_published": False, "fingerprint": fingerprint(text), "sketch": sketch(text),
                    "prefix_hash": n.to_bytes(16, "big"),
                    "intake_facts": {"honeypot_filled": False, "form_token": "valid", "form_age": 40.0,
                                     "disposable_email": False},
                    "wants_confirm": False, "wants_notify": False, "created_at": services.clock.now(),
                    "sent_at": now, "solo_failures": 0, "priority": 0, "featured": False, "pinned": False, "votes": 0,
                }
            )  # fmt: skip
            versions.append(
                {"comment_id": comment_id, "n": 1, "text": text, "html": f"<p>{text}</p>", "renderer": 1,
                 "status": Status.RECEIVED, "created_at": now}
            )  # fmt: skip
            addresses.append(
                address_row(
                    services.keyring,
                    site_id=site_id,
                    purpose=AddressPurpose.SUBMISSION,
                    owner_id=comment_id,
                    address=f"writer{n}@example.org",
                    now=now,
                )
            )
        with services.write() as session:
            session.execute(insert(WriterChain.__table__), chains)
            session.execute(insert(Comment.__table__), comments)
            session.execute(insert(CommentVersion.__table__), versions)
            session.execute(insert(AddressRecord.__table__), addresses)
    return ids


def work(settings: Settings, ready: Any, spent: Any) -> None:
    """One worker process, until nothing is left to judge; puts the CPU seconds it took into `spent`."""
    services = wire(settings)
    worker, stop = Worker(services), threading.Event()
    running = threading.Thread(target=worker.run, args=[stop])
    ready.wait()
    before = time.process_time()
    running.start()
    query = select(Comment.id).where(Comment.status == Status.RECEIVED).limit(1)
    left: str | None = "something"
    while left is not None:
        time.sleep(0.2)
        with services.read() as session:
            left = session.scalar(query)
    stop.set()
    running.join()
    spent.put(time.process_time() - before)
    services.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--comments", type=int, default=20_000)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--sites", type=int, default=1)
    parser.add_argument("--threads", type=int, default=50)
    parser.add_argument("--database", default="")
    parser.add_argument("--texts", type=Path)
    parser.add_argument("--profile", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, RedisServer(valkey_binary()) as server:
        settings = Settings.from_environment(
            {
                "DATABASE_URL": asked.database or f"sqlite:///{folder}/bench.db",
                "REDIS_URL": server.url,
                "REJOINDER_SECRET_KEYS": "a-secret-of-a-benchmark-that-is-long-enough",
                "REJOINDER_DNS": "off",
            }
        )
        services = wire(settings)
        Base.metadata.drop_all(services.engine)
        Base.metadata.create_all(services.engine)
        ids = fill(services, texts(asked.texts, asked.comments), asked.sites, asked.threads)
        for start in range(0, len(ids), PAGE):
            send(services.slow_redis, [(comment_id, 0) for comment_id in ids[start : start + PAGE]])
        if asked.profile:
            worker = Worker(services)
            with cProfile.Profile() as profile:
                worker.drain()
            pstats.Stats(profile).sort_stats("tottime").print_stats(35)
            return
        ready = multiprocessing.Barrier(asked.workers + 1)
        spent: Any = multiprocessing.Queue()
        crew = [multiprocessing.Process(target=work, args=[settings, ready, spent]) for _ in range(asked.workers)]
        for process in crew:
            process.start()
        ready.wait()
        began = time.perf_counter()
        for process in crew:
            process.join()
        seconds = time.perf_counter() - began
        cpu = sum(spent.get() for _ in crew)
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        with services.read() as session:
            judged = session.scalar(select(func.count()).where(Comment.status != Status.RECEIVED))
        print(
            json.dumps(
                {
                    "comments": judged,
                    "workers": asked.workers,
                    "seconds": round(seconds, 2),
                    "comments_per_second": round((judged or 0) / seconds),
                    # Says more than the rate on a busy machine.
                    "cpu_us_per_comment": round(cpu / (judged or 1) * 1e6),
                    "peak_mb_per_worker": round(peak / 1024),
                }
            )
        )
        services.close()


if __name__ == "__main__":
    multiprocessing.set_start_method("spawn")
    main()
