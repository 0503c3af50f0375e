"""A worker that asks outside checks, and what tests say and look at around it."""

from typing import Any

from prometheus_client import REGISTRY

from models import (
    CheckKind,
    Comment,
    Site,
    Status,
    Thread,
    new_id,
)
from service.moderation.judging.feeder import Batch, BatchKind
from service.moderation.judging.worker import Worker
from service.moderation.network.network_facts import NetworkFacts
from service.moderation.network.outside.checks import OutsideChecks
from service.moderation.network.outside.setup import CheckSettings, set_check
from service.moderation.network.slow_lane import SlowLane
from service.outgoing import Outgoing
from service.queue.stream import MODERATION, STREAM, send
from service.redis_keys import key
from service.wiring import Services
from tests.factories import add_comment, add_policy_version
from tests.fake_https_server import FakeHttpsServer
from tests.lookups import seen
from tests.waiting import wait_until

CANARY = "canary@reader.example"
ON = "mode: automatic\nrules: {outside_check: {enabled: true, score: 20}}\n"
AKISMET = CheckSettings(CheckKind.AKISMET, "", "the-api-key")


class Room:
    """A worker whose slow lane gives back what it has released when the test asks for it."""

    def __init__(self, services: Services, outgoing: Outgoing) -> None:
        self.services = services
        self.released: list[Any] = []
        self.lane = SlowLane(self.released.extend)
        self.outside = OutsideChecks(services, outgoing)
        self.worker = Worker(
            services, consumer=new_id(), slow=NetworkFacts(services, self.lane, lookup=None, outside=self.outside)
        )

    def judge(self, *comments: Comment) -> None:
        """Sends them, and serves what the lane releases until all are judged."""
        send(self.services.redis, [(comment.id, comment.revision) for comment in comments])
        self.worker.drain()
        wait_until(lambda: self._serve() or self._all_judged(comments), what="the judgement")

    def _serve(self) -> bool:
        while self.released:
            self.worker.process(Batch(BatchKind.RELEASED, [self.released.pop()]))
        return False

    def _all_judged(self, comments: tuple[Comment, ...]) -> bool:
        return all(seen(self.services, comment.id).status is not Status.RECEIVED for comment in comments)


def policy(services: Services, site: Site, document: str = ON) -> None:
    add_policy_version(services, site, document)


def check(services: Services, server: FakeHttpsServer, site: Site, name: str = "akismet", **changes: Any) -> None:
    wanted = {"kind": AKISMET.kind, "url": server.url, "secret": AKISMET.secret} | changes
    with services.write() as session:
        set_check(session, services.keyring, server.client(), site, name, CheckSettings(**wanted), services.clock.now())


def with_address(services: Services, thread: Thread) -> Comment:
    return add_comment(services, thread, address=CANARY)


def counted(outcome: str, kind: str = "akismet") -> float:
    labels = {"kind": kind, "outcome": outcome}
    return REGISTRY.get_sample_value("rejoinder_outside_checks_total", labels) or 0.0


def pending_messages(services: Services) -> int:
    found: Any = services.redis.xpending(key(services.redis, STREAM), MODERATION)
    return int(found["pending"])
