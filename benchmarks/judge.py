"""How many comments a second one worker takes from the stream to the committed decision.

    python -m benchmarks.judge --texts load.jsonl [--comments 20000] [--workers 1] [--sites 1] [--words 0]
                               [--database URL] [--profile]

Real parts: processes of `rejoinder worker`, the embedded Valkey, SQLite with `synchronous=FULL`, the shipped default
policy. `--words`: each site bans so many words of its own. `--database` takes PostgreSQL instead; it is emptied by
dropping its tables. `--profile` drains the stream in this process and prints where the time went. Prints one line of
JSON: `benchmarks.servers.worker_processes.Measured`.
"""

import argparse
import cProfile
import json
import pstats
import sys
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from sqlalchemy import select

from benchmarks import report
from benchmarks.load import PAGE, environment, fill, texts
from benchmarks.rules import invented_words
from benchmarks.servers.processes import interruptible
from benchmarks.servers.worker_processes import measure, started
from models import ListFile, PolicyVersion, Site
from service.moderation.judging.worker import Worker
from service.queue.stream import send
from service.settings import Settings
from service.telemetry import set_up_logging
from service.wiring import Services, wire
from tests.servers import RedisServer, valkey_binary

WORKER = [sys.executable, "-m", "service.cli", "worker"]


def send_all(services: Services, ids: Sequence[str]) -> None:
    for start in range(0, len(ids), PAGE):
        send(services.slow_redis, [(comment_id, 0) for comment_id in ids[start : start + PAGE]])


def ban_words(services: Services, count: int) -> None:
    """Gives each site a list of so many banned words, other ones than those of the other sites."""
    policy, now = "lists: [{name: many, kind: banned, file: many}]", services.clock.now()
    with services.write() as session:
        for seed, site_id in enumerate(session.scalars(select(Site.id)).all()):
            words = "\n".join(invented_words(count, seed))
            session.add(ListFile(site_id=site_id, name="many", n=1, text=words, entries=count, created_at=now))
            session.add(
                PolicyVersion(site_id=site_id, n=1, document=policy, lists={"many": 1}, note="", created_at=now)
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--comments", type=int, default=20_000)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--sites", type=int, default=1)
    parser.add_argument("--words", type=int, default=0)
    parser.add_argument("--threads", type=int, default=50)
    parser.add_argument("--database", default="")
    parser.add_argument("--texts", type=Path)
    parser.add_argument("--profile", action="store_true")
    report.add_option(parser)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, RedisServer(valkey_binary()) as server:
        words = environment(asked.database or f"sqlite:///{folder}/bench.db", server.url)
        services = wire(Settings.from_environment(words))
        ids = fill(services, texts(asked.texts, asked.comments), asked.sites, asked.threads)
        if asked.words:
            ban_words(services, asked.words)
        if asked.profile:
            # As a worker has it: the log would be most of what is measured.
            set_up_logging(services.settings.log_level)
            send_all(services, ids)
            worker = Worker(services)
            with cProfile.Profile() as profile:
                worker.drain()
            pstats.Stats(profile).sort_stats("tottime").print_stats(35)
        else:
            with started(WORKER, words, asked.workers) as processes:
                measured = measure(services, processes, ids, partial(send_all, services))
            print(json.dumps(measured.row))
            rows = [
                report.Row("comments that one worker judges", measured.comments_per_second, "comments/s"),
                report.Row("processor time of the worker", measured.cpu_us_per_comment, "µs a comment"),
                report.Row(
                    "memory of the worker at its largest", measured.peak_mb_per_worker, "MB", bar=150, at_most=True
                ),
            ]
            report.write_rows(asked, rows)
        services.close()


if __name__ == "__main__":
    raise SystemExit(interruptible(main))
