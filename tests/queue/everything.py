"""All that the service does in Redis, done once each: for tests of where and as whom it may."""

from contextlib import ExitStack
from typing import Any

from models import new_id
from service.accounts import throttle
from service.moderation.policies.shared_turns import shared_turn
from service.moderation.watchdog import suspects
from service.privacy.sealing import Keyring, new_secret
from service.queue import backlog, wakes
from service.queue.limits import Limiter
from service.queue.stream import Reader, add_dead_letter, send, trim, waiting_since, workers_seen
from service.queue.usable import trouble
from service.redis_keys import key
from service.settings import Rate
from service.telemetry import REDIS_FAILURES
from tests.fixed_clock import FixedClock

SITE = new_id()
NOW = FixedClock().now()


def use_everything(redis: Any, turns: ExitStack) -> None:
    """Fails where one of it is refused. Leaves keys of every family, as long as the `turns` are held."""
    before = _failures()
    reader = Reader(redis, "w", claim_seconds=0)
    reader.make_group()
    assert send(redis, [(new_id(), 0)])
    messages = [*reader.read(), *reader.claim()]
    with redis.pipeline(transaction=False) as pipe:
        reader.ack_on(pipe, messages)
        pipe.publish(key(redis, wakes.CHANNEL), wakes.wake_message(deliveries=True))
        pipe.execute()
    assert reader.retire_others() == 0
    assert workers_seen(redis, 60.0) == 1
    assert (trim(redis), waiting_since(redis)) == (1, None)
    assert send(redis, [(new_id(), 0)])
    assert add_dead_letter(redis, new_id(), 0, "ValueError")
    comment_id = new_id()
    assert backlog.put(redis, SITE, [(comment_id, 0, NOW)])
    assert len(backlog.lease(redis, SITE, "anna", None, 5)) == 1
    assert backlog.holders(redis, SITE, [comment_id])
    assert backlog.break_leases(redis, SITE, [comment_id])
    assert backlog.release_all(redis, [SITE], "anna") == 0
    assert Limiter(redis).take([("k", Rate(5, 60.0))], tag=SITE) is None
    keyring = Keyring.from_secrets([new_secret()])
    throttle.attempt(redis, keyring, address="a@b.example", ip="192.0.2.1")
    throttle.succeeded(redis, keyring, address="c@d.example", ip="192.0.2.1")
    suspects.save(redis, comment_id, "links")
    assert suspects.load(redis, comment_id) == ("links",)
    for in_force in (False, True):
        turns.enter_context(shared_turn(redis, SITE, "anna", in_force=in_force))
    assert trouble(redis) is None
    assert _failures() == before


def _failures() -> float:
    samples = [sample for metric in REDIS_FAILURES.collect() for sample in metric.samples]
    return sum(sample.value for sample in samples if sample.name.endswith("_total"))
