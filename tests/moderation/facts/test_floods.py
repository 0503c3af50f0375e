"""Floods: how much came lately from one writer, from one network, and in one thread."""

from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
from ulid import ULID

from models import Comment, Site, Status, Thread
from service.moderation.facts.gather import FLOOD_ROWS, gather
from service.moderation.judging.worker import Worker
from service.moderation.policies.in_force import Policies
from service.queue.stream import send
from service.wiring import Services
from tests.factories import add_chain, add_comment, add_policy_version, add_site, add_thread
from tests.fixed_clock import FixedClock
from tests.lookups import decisions, seen

OURS, THEIRS = b"o" * 16, b"t" * 16


@pytest.fixture
def site(services: Services) -> Site:
    return add_site(services, first_comments_held=False)


@pytest.fixture
def thread(services: Services, site: Site) -> Thread:
    return add_thread(services, site)


@pytest.fixture
def came(services: Services, fixed_clock: FixedClock) -> Callable[..., Comment]:
    """Comments that say something new each, a second apart."""
    numbers = count()

    def come(thread: Thread, **more: Any) -> Comment:
        fixed_clock.advance(seconds=1)
        now = fixed_clock.now()
        text = f"Remark number {next(numbers)}."
        return add_comment(services, thread, text, id=str(ULID.from_datetime(now)), created_at=now, **more)

    return come


def floods(services: Services, comment: Comment) -> tuple[int | None, ...]:
    with services.read() as session:
        (case,) = gather(session, Policies(), [comment.id], services.clock.now())
    return tuple(case.known.get(name) for name in ("author_recent", "prefix_recent", "thread_recent"))


def test_ten_minutes_are_counted_by_writer_network_and_thread(
    services: Services, fixed_clock: FixedClock, site: Site, thread: Thread, came: Callable[..., Comment]
) -> None:
    writer, elsewhere = add_chain(services, site), add_thread(services, site, "article-2")
    came(thread, chain=writer, prefix_hash=OURS)
    fixed_clock.advance(minutes=11)
    came(elsewhere, chain=writer, prefix_hash=OURS)
    came(thread, chain=writer, prefix_hash=THEIRS, status=Status.SPAM)
    came(thread, prefix_hash=OURS)
    fixed_clock.advance(minutes=1)
    mine = came(thread, chain=writer, prefix_hash=OURS)
    assert floods(services, mine) == (2, 2, 2)
    assert floods(services, came(thread)) == (0, None, 3)


def test_other_sites_and_later_comments_do_not_count(
    services: Services, fixed_clock: FixedClock, thread: Thread, came: Callable[..., Comment]
) -> None:
    mine = came(thread, prefix_hash=OURS)
    fixed_clock.advance(seconds=1)
    came(thread, prefix_hash=OURS)
    came(add_thread(services, add_site(services, "other")), prefix_hash=OURS)
    assert floods(services, mine) == (0, 0, 0)


def test_nobody_counts_where_no_rule_asks(
    services: Services, site: Site, thread: Thread, came: Callable[..., Comment]
) -> None:
    off = "rules: {flood: {enabled: false}, thread_burst: {enabled: false}}"
    # A preset of the shipped policy has the rule as well.
    document = f"{off}\npresets: {{election: {{{off}}}}}\n"
    add_policy_version(services, site, document)
    assert floods(services, came(thread, prefix_hash=OURS)) == (None, None, None)


@pytest.mark.parametrize(
    ("who", "most", "rule"),
    [
        pytest.param({"chain": True}, 8, "flood", id="writer"),
        pytest.param({"prefix_hash": OURS}, 30, "flood", id="network"),
        pytest.param({}, 200, "thread_burst", id="thread"),
    ],
)
def test_the_default_policy_speaks_of_a_flood(
    services: Services,
    site: Site,
    thread: Thread,
    came: Callable[..., Comment],
    who: dict[str, Any],
    most: int,
    rule: str,
) -> None:
    assert most < FLOOD_ROWS
    more = {"chain": add_chain(services, site), "proven": "receipt"} if "chain" in who else who
    last, worker = [came(thread, **more) for _ in range(most + 2)][-2:], Worker(services)
    for comment in last:
        # Each in a batch of its own: a batch is counted up to its end.
        send(services.slow_redis, [(comment.id, 0)])
        worker.drain()
    found = [{finding["rule"] for finding in decisions(services, comment.id)[0].findings} & {rule} for comment in last]
    assert found == [set(), {rule}]
    assert all(seen(services, comment.id).status is not Status.RECEIVED for comment in last)
