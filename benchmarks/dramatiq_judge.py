"""The worker against the same rules under Dramatiq, in one run on one machine.

    pip install -e '.[bench]'
    python -m benchmarks.dramatiq_judge --texts load.jsonl [--comments 5000] [--database URL]

Dramatiq as it comes: one process of 8 threads, its Redis broker on the same Valkey, one comment a message. Each call
asks for the same facts, judges by the same compiled policy and commits the same decision by the same code; what it
lacks is the batch. Prints one line of JSON: both measurements and the ratio of their rates.
"""

import argparse
import json
import os
import sys
import tempfile
import threading
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import dramatiq
from dramatiq.brokers.redis import RedisBroker

from benchmarks.judge import WORKER, send_all
from benchmarks.load import environment, fill, texts
from benchmarks.servers.processes import interruptible
from benchmarks.servers.worker_processes import measure, started
from service.moderation import record
from service.moderation.judging.judge import judge_all
from service.moderation.judging.worker import Worker
from service.queue.stream import Message
from service.settings import Settings
from service.wiring import Services, wire
from tests.servers import RedisServer, valkey_binary

DRAMATIQ = [sys.executable, "-m", "dramatiq", "benchmarks.dramatiq_judge", "--processes", "1", "--threads", "8"]

# Dramatiq imports this module in its own process, where the settings stand in the environment.
dramatiq.set_broker(RedisBroker(url=os.environ.get("REDIS_URL", "redis://")))
_of_thread = threading.local()
_services: list[Services] = []
_making = threading.Lock()


# SQLite lets one writer in at a time and may call the database busy: then again at once, not in a minute.
@dramatiq.actor(min_backoff=10, max_backoff=100)
def judge_one(comment_id: str) -> None:
    """Judges one comment as the worker judges a batch."""
    worker = _worker()
    cases, _ = worker.gather([Message(b"", comment_id, 0)])
    moves, _ = judge_all(cases)
    written = worker.commit(moves)
    record.send_hints(worker.services.slow_redis, written, mails=worker.services.settings.sends_mail)


def _worker() -> Worker:
    """This thread's own; connections and settings are the process's."""
    with _making:
        if not _services:
            _services.append(wire(Settings.from_environment(os.environ)))
    if not hasattr(_of_thread, "worker"):
        _of_thread.worker = Worker(_services[0])
    found: Worker = _of_thread.worker
    return found


def _send_each(broker: RedisBroker, ids: Sequence[str]) -> None:
    for comment_id in ids:
        broker.enqueue(judge_one.message(comment_id))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--comments", type=int, default=5000)
    parser.add_argument("--database", default="")
    parser.add_argument("--texts", type=Path)
    asked = parser.parse_args()
    sayings = texts(asked.texts, asked.comments)
    rows = {}
    with tempfile.TemporaryDirectory() as folder, RedisServer(valkey_binary()) as server:
        words = environment(asked.database or f"sqlite:///{folder}/bench.db", server.url)
        services = wire(Settings.from_environment(words))
        senders = {
            "dramatiq": (DRAMATIQ, partial(_send_each, RedisBroker(url=server.url))),
            "worker": (WORKER, partial(send_all, services)),
        }
        for name, (command, send) in senders.items():
            ids = fill(services, sayings, 1, 50)
            services.slow_redis.flushall()
            with started(command, words, 1) as processes:
                rows[name] = measure(services, processes, ids, send)
        services.close()
    ratio = rows["worker"].comments_per_second / rows["dramatiq"].comments_per_second
    print(json.dumps({name: row.row for name, row in rows.items()} | {"ratio": round(ratio, 1)}))


if __name__ == "__main__":
    raise SystemExit(interruptible(main))
