"""Looks in the database for comments that wait: judging does not depend on Redis.

While Redis cannot be used, or not read from, every worker polls for what waits longer than `CLOSED_AFTER`. While it can
be, messages come that way, and only what was overlooked for long is taken here.
"""

import threading
import time
from datetime import timedelta

from redis.exceptions import RedisError

from service.errors import Unavailable
from service.moderation.judging.feeder import Feeder
from service.moderation.judging.overdue import take
from service.queue.stream import BATCH, Message
from service.queue.usable import probe
from service.telemetry import logger
from service.wiring import Services

log = logger(__name__)

POLL_EVERY = 1.0
# Longer than a batch takes in which a comment may be right now: nothing is judged twice for nothing.
CLOSED_AFTER = timedelta(seconds=5)
OPEN_AFTER = timedelta(seconds=25)
# How often it looks while Redis works.
OPEN_EVERY = 2.0
# No message stands behind it, so there is none to acknowledge.
NO_MESSAGE = b""


class Poller:
    """Feeds one worker from the database, in a thread of its own. One poll's comments at a time."""

    def __init__(self, services: Services, feeder: Feeder) -> None:
        self._services = services
        self._feeder = feeder
        self._closed = False

    def run(self, stop: threading.Event) -> None:
        """Until `stop`; whatever fails is tried again at its turn."""
        looked = 0.0
        while not stop.is_set():
            try:
                if self._closed or time.monotonic() - looked >= OPEN_EVERY:
                    looked = time.monotonic()
                    self.poll()
            except Unavailable as error:
                log.warning("poll_waits", error=type(error).__name__)
            except Exception:
                log.exception("poll_failed")
            stop.wait(POLL_EVERY)

    def poll(self) -> int:
        """Hands over what waits for too long; how many comments. Raises Unavailable."""
        self._look()
        if self._feeder.polled:
            return 0
        now = self._services.clock.now()
        taken = take(self._services, now - (CLOSED_AFTER if self._closed else OPEN_AFTER), now, BATCH)
        for again in (False, True):
            messages = [Message(NO_MESSAGE, comment_id, rev) for comment_id, rev, before in taken if before == again]
            if messages:
                self._feeder.put_polled(messages, again=again)
        if taken:
            log.warning("polled", comments=len(taken), closed=self._closed)
        return len(taken)

    def _look(self) -> None:
        closed = self._feeder.failing.is_set()
        if not closed:
            try:
                probe(self._services.redis)
            except RedisError:
                closed = True
        if closed != self._closed:
            log.warning("redis_left_out" if closed else "redis_back")
        self._closed = closed
