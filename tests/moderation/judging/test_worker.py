import threading
from typing import Any

import pytest

from models import ActorKind, Comment, Site, Status
from service.moderation.facts import gather as facts_room
from service.moderation.judging.dead_letters import MOST_FAILURES
from service.moderation.judging.feeder import Batch, BatchKind
from service.moderation.judging.judge import judge_all
from service.moderation.judging.worker import Worker
from service.moderation.policies.site_policy import default_version
from service.queue import backlog
from service.queue.stream import DEAD_STREAM, MODERATION, STREAM, send
from service.redis_keys import key
from service.wiring import Services
from tests.factories import add_comment, add_site, add_thread, edit
from tests.lookups import decisions, seen, seen_thread
from tests.waiting import wait_until


@pytest.fixture
def open_site(services: Services) -> Site:
    """A site where first comments are published at once."""
    return add_site(services, "harbour", first_comments_held=False)


@pytest.fixture
def worker(services: Services) -> Worker:
    return Worker(services, consumer="tested")


def sent(services: Services, *comments: Comment) -> None:
    assert send(services.redis, [(comment.id, comment.revision) for comment in comments])


def pending_messages(services: Services) -> int:
    found: Any = services.redis.xpending(key(services.redis, STREAM), MODERATION)
    return int(found["pending"])


def test_a_comment_is_judged_published_and_acknowledged(services: Services, open_site: Site, worker: Worker) -> None:
    thread = add_thread(services, open_site)
    comment = add_comment(services, thread)
    sent(services, comment)
    assert worker.drain() == 1
    now = seen(services, comment.id)
    assert (now.status, now.revision, now.published_version, now.was_published) == (Status.APPROVED, 1, 1, True)
    assert now.decided_at == services.clock.now()
    (decision,) = decisions(services, comment.id)
    assert decision.actor_kind is ActorKind.POLICY
    assert decision.policy_version == default_version()
    assert (decision.from_status, decision.to_status, decision.revision) == (Status.RECEIVED, Status.APPROVED, 1)
    assert decision.facts["approved_before"] == 0
    after = seen_thread(services, thread.id)
    assert (after.version, after.published_count) == (1, 1)
    assert pending_messages(services) == 0


def test_first_comments_wait_in_the_backlog_where_the_site_says_so(services: Services, worker: Worker) -> None:
    site = add_site(services, first_comments_held=True)
    thread = add_thread(services, site)
    comment = add_comment(services, thread)
    sent(services, comment)
    worker.drain()
    assert seen(services, comment.id).status is Status.PENDING
    assert [finding["rule"] for finding in decisions(services, comment.id)[0].findings] == ["first_comment"]
    assert [lease.comment_id for lease in backlog.lease(services.redis, site.id, "ann", None, 5)] == [comment.id]
    assert seen_thread(services, thread.id).version == 0


@pytest.mark.parametrize(
    ("mode", "text", "status"),
    [
        ("automatic", "A plain remark.", Status.APPROVED),
        ("assisted", "A plain remark.", Status.PENDING),
        ("manual", "A plain remark.", Status.PENDING),
    ],
)
def test_site_modes(services: Services, worker: Worker, mode: str, text: str, status: Status) -> None:
    site = add_site(services, mode=mode, first_comments_held=False)
    comment = add_comment(services, add_thread(services, site), text)
    sent(services, comment)
    worker.drain()
    assert seen(services, comment.id).status is status


def test_messages_may_be_repeated_late_or_about_nothing(services: Services, open_site: Site, worker: Worker) -> None:
    thread = add_thread(services, open_site)
    comments = [add_comment(services, thread, f"Remark {n} on the tide.") for n in range(5)]
    sent(services, *comments, *comments[::-1])
    send(services.redis, [("01NOSUCHCOMMENT00000000000", 0)])
    sent(services, *comments)
    worker.drain()
    sent(services, *comments)
    worker.drain()
    assert [len(decisions(services, comment.id)) for comment in comments] == [1] * 5
    assert seen_thread(services, thread.id).published_count == 5
    assert pending_messages(services) == 0


def test_an_edit_is_judged_while_the_old_text_stays_up(services: Services, open_site: Site, worker: Worker) -> None:
    thread = add_thread(services, open_site)
    comment = add_comment(services, thread)
    sent(services, comment)
    worker.drain()
    edit(services, comment.id, "A changed remark about the harbour.")
    assert seen(services, comment.id).published_version == 1
    sent(services, comment)
    worker.drain()
    now = seen(services, comment.id)
    assert (now.status, now.published_version, now.revision) == (Status.APPROVED, 2, 3)
    assert seen_thread(services, thread.id).published_count == 1


class Poisoned(Worker):
    """A worker whose batches fail on one comment, as a fault in its row or in the code would make them."""

    poison = ""

    def commit(self, moves: Any) -> Any:
        if any(move.standing.id == self.poison for move in moves):
            raise ValueError("a poison comment")
        return super().commit(moves)


def test_one_poison_comment_does_not_condemn_its_batch(services: Services, open_site: Site) -> None:
    thread = add_thread(services, open_site)
    comments = [add_comment(services, thread, f"Remark {n} on the fog.") for n in range(10)]
    worker = Poisoned(services, consumer="tested")
    worker.poison = comments[4].id
    sent(services, *comments)
    worker.drain()
    statuses = [seen(services, comment.id).status for comment in comments]
    assert statuses == [Status.APPROVED] * 4 + [Status.RECEIVED] + [Status.APPROVED] * 5
    assert seen(services, worker.poison).solo_failures == 1
    assert pending_messages(services) == 1
    message = worker_message(services, worker)
    for _ in range(MOST_FAILURES - 1):
        worker.process(Batch(BatchKind.CLAIMED, [message]))
    now = seen(services, worker.poison)
    assert (now.status, now.dead_at, now.solo_failures) == (Status.PENDING, services.clock.now(), 0)
    (decision,) = decisions(services, worker.poison)
    assert decision.actor_kind is ActorKind.SYSTEM
    assert decision.findings[0]["could_not_check"]
    assert pending_messages(services) == 0
    ((_, letter),) = services.redis.xrange(key(services.redis, DEAD_STREAM))
    assert letter[b"c"].decode() == worker.poison
    assert letter[b"error"] == b"ValueError"
    assert [lease.comment_id for lease in backlog.lease(services.redis, open_site.id, "ann", None, 5)] == [
        worker.poison
    ]


def worker_message(services: Services, worker: Worker) -> Any:
    reader = type(worker.reader)(services.redis, "heir", claim_seconds=0)
    (message,) = reader.claim()
    return message


def test_a_comment_that_kills_the_worker_is_counted_too(services: Services, open_site: Site) -> None:
    comment = add_comment(services, add_thread(services, open_site))

    class Killed(BaseException):
        pass

    class Dying(Worker):
        def gather(self, messages: Any) -> Any:
            raise Killed

    sent(services, comment)
    worker = Dying(services, consumer="tested")
    messages = worker.reader.read()
    for _ in range(MOST_FAILURES):
        with pytest.raises(Killed):
            worker.process(Batch(BatchKind.CLAIMED, messages))
    worker.process(Batch(BatchKind.CLAIMED, messages))
    assert seen(services, comment.id).status is Status.PENDING
    assert seen(services, comment.id).dead_at is not None


def test_a_database_that_is_away_is_not_the_comments_fault(services: Services, open_site: Site) -> None:
    from service.errors import Unavailable

    comment = add_comment(services, add_thread(services, open_site))

    class Cut(Worker):
        away = 3

        def commit(self, moves: Any) -> Any:
            if self.away:
                self.away -= 1
                raise Unavailable()
            return super().commit(moves)

    sent(services, comment)
    worker = Cut(services, consumer="tested")
    worker.process(Batch(BatchKind.CLAIMED, worker.reader.read()), threading.Event())
    now = seen(services, comment.id)
    assert (now.status, now.solo_failures) == (Status.APPROVED, 0)


def test_an_engine_that_stumbles_on_one_comment_judges_the_others(
    services: Services, open_site: Site, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    thread = add_thread(services, open_site)
    comments = [add_comment(services, thread, f"Remark {n} on the pier.") for n in range(3)]
    from service.moderation.judging import judge as room

    really = room.judge

    def stumble(case: facts_room.JudgeInput, decision_id: str) -> Any:
        if case.standing.id == comments[1].id:
            raise RecursionError
        return really(case, decision_id)

    monkeypatch.setattr(room, "judge", stumble)
    sent(services, *comments)
    worker.drain()
    assert [seen(services, comment.id).status for comment in comments] == [
        Status.APPROVED,
        Status.RECEIVED,
        Status.APPROVED,
    ]
    assert seen(services, comments[1].id).solo_failures == 1


def test_running_it_finishes_what_was_read(services: Services, open_site: Site) -> None:
    thread = add_thread(services, open_site)
    comments = [add_comment(services, thread, f"Remark {n} on the crane.") for n in range(30)]
    stop = threading.Event()
    worker = Worker(services)
    running = threading.Thread(target=worker.run, args=[stop])
    running.start()
    sent(services, *comments)
    wait_until(lambda: seen_thread(services, thread.id).published_count == 30)
    stop.set()
    running.join(10)
    assert not running.is_alive()
    assert pending_messages(services) == 0
    consumers: Any = services.redis.xinfo_consumers(key(services.redis, STREAM), MODERATION)
    assert consumers == []


def test_two_workers_share_the_stream(services: Services, open_site: Site) -> None:
    thread = add_thread(services, open_site)
    comments = [add_comment(services, thread, f"Remark {n} on the quay.") for n in range(60)]
    stop = threading.Event()
    crew = [threading.Thread(target=Worker(services).run, args=[stop]) for _ in range(2)]
    for running in crew:
        running.start()
    sent(services, *comments)
    sent(services, *comments)
    wait_until(lambda: seen_thread(services, thread.id).published_count == 60)
    stop.set()
    for running in crew:
        running.join(10)
    assert all(len(decisions(services, comment.id)) == 1 for comment in comments)
    assert seen_thread(services, thread.id).published_count == 60


def test_a_move_that_was_outrun_leaves_no_trace(services: Services, open_site: Site, worker: Worker) -> None:
    thread = add_thread(services, open_site)
    comment = add_comment(services, thread)
    sent(services, comment)
    messages = worker.reader.read()
    cases, _ = worker.gather(messages)
    edit(services, comment.id, "Changed while it was being judged.")
    moves, _ = judge_all(cases)
    assert worker.commit(moves) == []
    now = seen(services, comment.id)
    assert (now.status, now.revision, now.published_version) == (Status.RECEIVED, 1, None)
    assert [made.action for made in decisions(services, comment.id)] == ["edit"]
    assert seen_thread(services, thread.id).version == 0
