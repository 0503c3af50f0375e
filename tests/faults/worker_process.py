"""A moderation worker in a process of its own, that can be told to be killed at a step.

    python -m tests.faults.worker_process DATABASE_URL REDIS_URL [STEP [NETWORKS]]

NETWORKS: what outside checks may reach although it is not public.

SIGKILL comes from inside, so that it hits exactly there; production code knows nothing of it.
"""

import os
import signal
import sys
import threading
from typing import Any

from sqlalchemy import event

from service import wiring
from service.moderation.judging import feeder
from service.moderation.judging.worker import Worker
from service.wiring import Services, wire
from tests.settings import make_settings

# In the order of a batch's way from the stream to the acknowledgement.
STEPS = (
    "read",
    "facts found",
    "judged",
    "comments written",
    "decisions written",
    "before the commit",
    "committed",
    "acknowledged",
)


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class KilledWorker(Worker):
    """Dies at one step of the first batch that has something to judge."""

    def __init__(self, services: Services, step: str) -> None:
        super().__init__(services)
        self.step = step

    def gather(self, messages: Any) -> Any:
        self._die_at("read")
        found = super().gather(messages)
        self._die_at("facts found")
        return found

    def commit(self, moves: Any) -> Any:
        self._die_at("judged")
        engine = self.services.engine
        before = {"comments written": "UPDATE comment_version", "decisions written": "UPDATE thread"}.get(self.step)

        def statement(_connection: Any, _cursor: Any, text: str, *_rest: Any) -> None:
            # A server gets comments, versions and decisions in one statement: it dies before that, the rows locked.
            if before is not None and before in text:
                die()

        event.listen(engine, "before_cursor_execute", statement)
        event.listen(engine, "commit", lambda _connection: self._die_at("before the commit"))
        written = super().commit(moves)
        self._die_at("committed")
        return written

    def acknowledge(self, messages: Any, moves: Any) -> None:
        super().acknowledge(messages, moves)
        self._die_at("acknowledged")

    def _die_at(self, step: str) -> None:
        if step == self.step:
            die()


def main(database_url: str, redis_url: str, step: str = "", networks: str = "") -> None:
    # Its neighbours are killed: it should look soon for what they held.
    feeder.CLAIM_EVERY = 0.2
    # On a busy machine Redis may take longer than a worker would wait, and three failures hand a comment to a person.
    wiring.QUICK_SECONDS = wiring.PATIENT_SECONDS = wiring.SLOW_SECONDS
    services = wire(make_settings(database_url, redis_url, REJOINDER_OUTGOING_NETWORKS=networks))
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    KilledWorker(services, step).run(stop)
    services.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
