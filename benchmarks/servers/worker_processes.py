"""Worker processes under measurement: what they do in a second, what it costs them, how large they get."""

import os
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import func, select

from benchmarks.servers.processes import cpu_seconds, peak_mb
from models import Comment, Status
from service.wiring import Services

# Judged before the clock starts: until then processes start, import, compile the policy and fill their caches.
WARM = 1000


@dataclass(frozen=True)
class Measured:
    """`comments_per_second` says most on an idle machine, `cpu_us_per_comment` (of all workers) on a busy one."""

    comments: int
    workers: int
    seconds: float
    comments_per_second: int
    cpu_us_per_comment: int
    peak_mb_per_worker: int

    @property
    def row(self) -> dict[str, Any]:
        return asdict(self)


@contextmanager
def started(
    command: Sequence[str], environment: Mapping[str, str], workers: int
) -> Iterator[list[subprocess.Popen[bytes]]]:
    """That many processes of the command; yields them, ends them by SIGTERM."""
    own = {**os.environ, **environment}
    processes = [subprocess.Popen(command, env=own, stdout=subprocess.DEVNULL) for _ in range(workers)]
    try:
        yield processes
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(60)


def measure(
    services: Services,
    processes: Sequence[subprocess.Popen[bytes]],
    ids: Sequence[str],
    send: Callable[[Sequence[str]], object],
) -> Measured:
    """Sends the first comments, waits until all are judged, and measures how the others are."""
    pids = [process.pid for process in processes]
    warm, rest = ids[:WARM], ids[WARM:]
    send(warm)
    _wait_for(services, processes, len(rest))
    before = sum(map(cpu_seconds, pids))
    send(rest)
    # What was judged while it was being sent does not count: the sender takes time from the workers.
    comments, began = _left(services), time.perf_counter()
    early = len(rest) - comments
    _wait_for(services, processes, 0)
    seconds = time.perf_counter() - began
    cpu = sum(map(cpu_seconds, pids)) - before
    return Measured(
        comments=comments,
        workers=len(pids),
        seconds=round(seconds, 2),
        comments_per_second=round(comments / seconds),
        cpu_us_per_comment=round(cpu / (comments + early) * 1e6),
        peak_mb_per_worker=max(map(peak_mb, pids)),
    )


def _left(services: Services) -> int:
    with services.read() as session:
        return session.scalar(select(func.count()).where(Comment.status == Status.RECEIVED)) or 0


def _wait_for(services: Services, processes: Sequence[subprocess.Popen[bytes]], left: int) -> None:
    query = select(Comment.id).where(Comment.status == Status.RECEIVED).offset(left).limit(1)
    waiting = True
    while waiting:
        if any(process.poll() is not None for process in processes):
            raise SystemExit("a worker has ended")
        time.sleep(0.02 if left == 0 else 0.1)
        with services.read() as session:
            waiting = session.scalar(query) is not None
