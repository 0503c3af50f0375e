"""Pairs of comments, one of them under an address that is known here: what became of them, and when, is the same.

The clock stands still while work is done and moves between, so a difference of a millisecond would show, and no load of
the machine looks like one.
"""

from collections.abc import Callable
from datetime import timedelta
from random import Random

import pytest

from models import AddressPurpose, BanKind, Comment, Site, Thread
from service.intake.receipts import view_of
from service.moderation.judging.feeder import Batch, BatchKind
from service.moderation.judging.worker import Worker
from service.moderation.network.network_facts import NetworkFacts
from service.moderation.network.slow_lane import LIMITS, TICK, NetworkQuestion, SlowLane
from service.privacy.addresses import record_address
from service.privacy.bans import ban_address_of
from service.privacy.chains import prove_by_link
from service.queue.stream import send
from service.wiring import Services
from tests.factories import add_comment, add_site, add_thread
from tests.fixed_clock import FixedClock
from tests.waiting import wait_until

ROUNDS, PAIRS = 8, 25
KNOWN = "known.example.org"
# What the address of a pair's first comment is, and what its second one's: by the number of the pair.
KINDS: tuple[Callable[[int], tuple[str, str]], ...] = (
    lambda n: (f"reader{n}@{KNOWN}", f"reader{n}@domain{n}.example.org"),
    lambda n: (f"banned+{n}@{KNOWN}", f"stranger{n}@{KNOWN}"),
    lambda n: (f"proven@{KNOWN}", f"stranger{n}@{KNOWN}"),
)
# Words of these are no words: no two texts are near copies, and no list has them.
SYLLABLES = ("lo", "mi", "ra", "te", "nu", "vel", "sor", "dan", "pel", "gri")


@pytest.fixture
def site(services: Services) -> Site:
    # Nothing is held for being new: whatever an address does would be seen by everybody.
    return add_site(services, first_comments_held=False)


class Judges:
    """A worker whose slow lane goes by the test's clock; name servers answer at once, and only the first time."""

    def __init__(self, services: Services, clock: FixedClock) -> None:
        self.services, self.clock = services, clock
        self.batches: list[Batch] = []
        self.asked: list[str] = []
        self.lane = SlowLane(
            lambda items: self.batches.append(Batch(BatchKind.RELEASED, items)),
            monotonic=lambda: clock.now().timestamp(),
            keeps_time=False,
        )
        self.worker = Worker(services, consumer="w", slow=NetworkFacts(services, self.lane, lookup=self._look_up))

    def _look_up(self, domain: str) -> bool:
        self.asked.append(domain)
        return True

    def judge(self, comments: list[Comment], domains: set[str]) -> None:
        """All steps, with the clock moving on by a little after what is decided at once, and by the wait."""
        send(self.services.redis, [(comment.id, 0) for comment in comments])
        self.worker.drain()
        questions = [NetworkQuestion("domain", domain, lambda: True) for domain in domains]
        wait_until(lambda: all(self.lane.known(question)[0] for question in questions))
        for step in (0.014, LIMITS["domain"].wait + TICK):
            self.clock.advance(seconds=step)
            self.lane.release_due()
            while self.batches:
                self.worker.process(self.batches.pop(0))


def _text(dice: Random) -> str:
    return " ".join("".join(dice.choices(SYLLABLES, k=dice.randint(2, 4))) for _ in range(12))


def _posted(services: Services, thread: Thread, addresses: list[str], seed: int) -> list[Comment]:
    now, dice = services.clock.now(), Random(seed)
    with services.write() as session:
        comments = [add_comment(services, thread, _text(dice), session=session, created_at=now) for _ in addresses]
        for comment, address in zip(comments, addresses, strict=True):
            record_address(
                session,
                services.keyring,
                site_id=thread.site_id,
                purpose=AddressPurpose.SUBMISSION,
                owner_id=comment.id,
                address=address,
                now=now,
            )
    return comments


def test_what_became_of_200_pairs_and_when_is_the_same(services: Services, site: Site, fixed_clock: FixedClock) -> None:
    thread, judges = add_thread(services, site), Judges(services, fixed_clock)
    known = _posted(services, thread, [f"banned@{KNOWN}", f"proven@{KNOWN}"], seed=0)
    judges.judge(known, {KNOWN})
    with services.write() as session:
        rows = [session.get_one(Comment, comment.id) for comment in known]
        assert ban_address_of(session, services.keyring, rows[0], now=fixed_clock.now()).kind is BanKind.ADDRESS
        prove_by_link(session, services.keyring, rows[1], fixed_clock.now())

    seen: list[list[tuple[str, timedelta]]] = []
    for round_ in range(ROUNDS):
        numbers = range(round_ * PAIRS, (round_ + 1) * PAIRS)
        pairs = [KINDS[n % len(KINDS)](n) for n in numbers]
        # The one that is known comes first in every other pair: the place in the batch is no difference.
        typed = [address for n, pair in zip(numbers, pairs, strict=True) for address in pair[:: 1 if n % 2 else -1]]
        comments = _posted(services, thread, typed, seed=round_ + 1)
        judges.judge(comments, {address.rpartition("@")[2] for address in typed})
        with services.read() as session:
            views = [view_of(session, session.get_one(Comment, comment.id), fixed_clock.now()) for comment in comments]
        told = [
            (view.status, (view.decided_at or fixed_clock.now()) - comment.created_at)
            for view, comment in zip(views, comments, strict=True)
        ]
        seen += [told[n : n + 2] for n in range(0, len(told), 2)]
    judges.lane.close()

    assert len(seen) == ROUNDS * PAIRS == 200
    assert [pair for pair in seen if pair[0] != pair[1]] == []
    assert {status for pair in seen for status, _ in pair} == {"published"}
    # The pairs did differ: one domain was asked about once, the others one by one.
    assert judges.asked.count(KNOWN) == 1
    assert len(judges.asked) > PAIRS
