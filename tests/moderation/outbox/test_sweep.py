import pytest

from models import Comment, Site, Status, Thread
from service.moderation.judging.worker import Worker
from service.moderation.leases import take_leases
from service.moderation.outbox import rebuild as rebuilding
from service.moderation.outbox import sweep
from service.moderation.outbox.rebuild import rebuild, reconcile_backlogs
from service.moderation.outbox.sweep import resend
from service.queue import backlog
from service.queue.stream import STREAM, Reader
from service.redis_keys import key
from service.wiring import Services, wire
from tests.factories import add_comment, add_thread
from tests.fixed_clock import FixedClock
from tests.lookups import seen
from tests.settings import make_settings


@pytest.fixture
def thread(services: Services, site: Site) -> Thread:
    return add_thread(services, site)


def leased(services: Services, site: Site, moderator: str = "ann") -> list[str]:
    return [lease.comment_id for lease in backlog.lease(services.redis, site.id, moderator, None, 50)]


def test_what_lost_its_message_is_sent_again_within_half_a_minute(
    services: Services, fixed_clock: FixedClock, thread: Thread
) -> None:
    comment = add_comment(services, thread)
    fixed_clock.advance(seconds=14)
    assert resend(services) == 0
    fixed_clock.advance(seconds=2)
    assert resend(services) == 1
    assert seen(services, comment.id).sent_at == fixed_clock.now()
    assert resend(services) == 0
    Worker(services, consumer="w").drain()
    assert seen(services, comment.id).status is not Status.RECEIVED


def test_a_message_that_waits_since_before_holds_the_sweep_back(
    services: Services, fixed_clock: FixedClock, thread: Thread, monkeypatch: pytest.MonkeyPatch
) -> None:
    comment = add_comment(services, thread)
    fixed_clock.advance(seconds=60)
    monkeypatch.setattr(sweep.stream, "waiting_since", lambda _redis: 61.0)
    assert resend(services) == 0
    monkeypatch.setattr(sweep.stream, "waiting_since", lambda _redis: 20.0)
    assert resend(services) == 1
    fixed_clock.advance(minutes=16)
    monkeypatch.setattr(sweep.stream, "waiting_since", lambda _redis: 10_000.0)
    assert resend(services) == 1
    assert seen(services, comment.id).status is Status.RECEIVED


def test_without_redis_nothing_is_marked_as_sent(services: Services, fixed_clock: FixedClock, thread: Thread) -> None:
    comment = add_comment(services, thread)
    fixed_clock.advance(seconds=60)
    cut = wire(make_settings(str(services.engine.url), "unix:///nonexistent/socket"), services.clock)
    assert resend(cut) == 0
    cut.close()
    assert seen(services, comment.id).sent_at < fixed_clock.now()


def test_more_than_a_page_is_swept(
    services: Services, fixed_clock: FixedClock, thread: Thread, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep, "READ_AT_ONCE", 3)
    for n in range(8):
        add_comment(services, thread, f"Remark {n}")
    fixed_clock.advance(seconds=60)
    assert resend(services) == 8
    assert services.redis.xlen(key(services.redis, STREAM)) == 8


def test_a_flushed_backlog_is_put_right(services: Services, site: Site, thread: Thread) -> None:
    waiting = [add_comment(services, thread, f"Remark {n}", status=Status.PENDING) for n in range(4)]
    assert leased(services, site) == []
    assert reconcile_backlogs(services) == 1
    assert leased(services, site) == [comment.id for comment in waiting]
    assert reconcile_backlogs(services) == 0
    backlog.put(services.redis, site.id, [("01GHOST", 0, waiting[0].created_at)])
    assert reconcile_backlogs(services) == 1
    assert "01GHOST" not in leased(services, site)


def test_of_a_long_backlog_the_front_is_put_right(
    services: Services, site: Site, thread: Thread, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuilding, "COUNTED_MOST", 2)
    monkeypatch.setattr(rebuilding, "FRONT", 1)
    waiting = [add_comment(services, thread, f"Remark {n}", status=Status.PENDING) for n in range(5)]
    assert reconcile_backlogs(services) == 1
    backlog.drop(services.redis, site.id, [waiting[0].id, waiting[1].id])
    assert reconcile_backlogs(services) == 0
    assert leased(services, site) == [waiting[n].id for n in (0, 2, 3, 4)]
    backlog.drop(services.redis, site.id, [waiting[n].id for n in (0, 2, 3, 4)])
    assert reconcile_backlogs(services) == 1
    assert leased(services, site, "bea") == [comment.id for comment in waiting]


def test_rebuilding_restores_the_stream_and_the_backlog(services: Services, site: Site, thread: Thread) -> None:
    received = [add_comment(services, thread, f"New {n}") for n in range(3)]
    pending = add_comment(services, thread, "Held", status=Status.PENDING, priority=2)
    add_comment(services, thread, "Up", status=Status.APPROVED)
    rebuilt = rebuild(services)
    assert (rebuilt.sent, rebuilt.pending) == (3, 1)
    messages = Reader(services.redis, "r").read()
    assert [message.comment_id for message in messages] == [comment.id for comment in received]
    assert leased(services, site) == [pending.id]


def _pending(services: Services, thread: Thread, count: int) -> list[Comment]:
    return [add_comment(services, thread, f"Remark {n}", status=Status.PENDING) for n in range(count)]


def test_leases_come_from_the_database_where_the_backlog_is_wrong(
    services: Services, site: Site, thread: Thread
) -> None:
    comments = _pending(services, thread, 4)
    decided = add_comment(services, thread, "Decided", status=Status.APPROVED)
    backlog.put(services.redis, site.id, [(decided.id, 9, decided.created_at)])
    first = [lease.comment_id for lease in take_leases(services, site.id, "ann", 2)]
    second = [lease.comment_id for lease in take_leases(services, site.id, "ben", 9)]
    assert (first, second) == ([c.id for c in comments[:2]], [c.id for c in comments[2:]])


def test_without_redis_leases_are_given_without_being_held(services: Services, site: Site, thread: Thread) -> None:
    comments = _pending(services, thread, 2)
    cut = wire(make_settings(str(services.engine.url), "unix:///nonexistent/socket"), services.clock)
    assert [lease.comment_id for lease in take_leases(cut, site.id, "ann", 5)] == [c.id for c in comments]
    (lease,) = take_leases(cut, site.id, "ben", 1, [comments[1].id])
    assert (lease.comment_id, lease.kept) == (comments[1].id, False)
    cut.close()
