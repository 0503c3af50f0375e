"""A worker process with a rule that does not come to an end on some texts.

    python -m tests.faults.stuck_worker_process DATABASE_URL REDIS_URL

The rule `shouting` is swapped for one that gets stuck where the text says how. Waiting times are short, the rest is
what `rejoinder worker` runs.
"""

import re
import signal
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from moderation_rules.policy import document
from moderation_rules.rule import Check, Hit, Reading, Supplies
from service import wiring
from service.cli.worker import work
from service.moderation.judging import feeder
from service.moderation.judging.worker import Worker
from service.moderation.watchdog import watchdog
from service.wiring import Services, wire
from tests.settings import make_settings


def stuck(options: Mapping[str, Any], supplies: Supplies) -> Check:
    def check(reading: Reading) -> Sequence[Hit]:
        if "in a loop" in reading.text:
            while True:
                pass
        if "in a wait" in reading.text:
            time.sleep(3600)  # In C, and others may run: nothing can be thrown into it.
        if "in a pattern" in reading.text:
            re.match(r"(a+)+$", "a" * 64 + "b")  # In C, and nobody else runs.
        return ()

    return check


def judging(services: Services, stop: threading.Event) -> None:
    Worker(services).run(stop)


def main(database_url: str, redis_url: str) -> None:
    document.RULES = tuple(replace(r, prepare=stuck) if r.name == "shouting" else r for r in document.RULES)  # type: ignore[misc]
    feeder.CLAIM_EVERY = 0.2
    # Beside a rule that is stuck an answer of Redis may take longer than a worker would wait.
    wiring.QUICK_SECONDS = wiring.SLOW_SECONDS
    watchdog.CUT_AFTER, watchdog.LEAVE_AFTER, watchdog.STALL_AFTER, watchdog.TICK = 0.8, 1.2, 3.0, 0.1
    services = wire(make_settings(database_url, redis_url))
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    watchdog.arm()
    work(services, stop, {"moderation": judging, "watch": watchdog.run})
    services.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
