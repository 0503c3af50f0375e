"""What outside checks are asked when a message comes again, is edited or rehearsed, and when they keep failing."""

import threading
from typing import Any

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import event

from models import (
    ActorKind,
    CheckKind,
    Comment,
    Job,
    Site,
    Status,
    Thread,
    new_id,
)
from service.accounts.actors import Actor
from service.moderation.jobs import repair, runner
from service.moderation.jobs.rehearsal import rehearse
from service.moderation.jobs.repair import Repair
from service.moderation.jobs.repair_scope import Scope
from service.moderation.jobs.report import rehearsed
from service.moderation.judging.feeder import Batch, BatchKind
from service.moderation.network.outside import checks
from service.moderation.network.outside.setup import remove_check
from service.queue.stream import Message, send
from service.wiring import Services
from tests.factories import add_chain, add_comment, edit
from tests.fake_https_server import FakeHttpsServer, Heard, http
from tests.lookups import decisions, seen
from tests.moderation.network.outside.outside_room import ON, Room, check, counted, policy
from tests.waiting import wait_until


def test_a_repeated_message_is_not_asked_about_again_but_an_edit_is(
    services: Services, server: FakeHttpsServer, site: Site, thread: Thread, room: Room
) -> None:
    policy(services, site)
    check(services, server, site)
    comment = add_comment(services, thread, chain=add_chain(services, site))
    send(services.redis, [(comment.id, 0)])
    room.worker.drain()
    wait_until(lambda: room.released)
    # Before it was judged the message comes again, as after a failed-over Redis.
    send(services.redis, [(comment.id, 0)])
    room.worker.drain()
    assert seen(services, comment.id).status is Status.APPROVED
    assert len(server.heard) == 1
    room.judge(comment)
    edit(services, comment.id, "Another text.")
    room.judge(seen(services, comment.id))
    assert len(server.heard) == 2
    assert "recheck_reason=edit" in server.heard[1].body.decode()


def test_what_is_edited_while_it_waits_is_asked_about_as_it_is_now(
    services: Services, server: FakeHttpsServer, site: Site, thread: Thread, room: Room
) -> None:
    policy(services, site)
    check(services, server, site)
    gate = threading.Event()

    def answer(heard: Heard) -> bytes:
        gate.wait(20)
        return http(b"true" if b"lamps" in heard.body else b"false")

    server.answering = answer
    comment = add_comment(services, thread, "A walk at the pier.")
    send(services.redis, [(comment.id, 0)])
    room.worker.drain()
    wait_until(lambda: server.heard)
    edit(services, comment.id, "Buy my lamps")
    gate.set()
    # Only the first message is there: the edit's own was lost.
    wait_until(lambda: room.released)
    room._serve()
    assert seen(services, comment.id).status is Status.RECEIVED
    wait_until(lambda: room._serve() or room._all_judged((comment,)))
    _, decision = decisions(services, comment.id)
    assert (decision.version_n, decision.facts["outside"]) == (2, [["akismet", "spam"]])


def test_what_was_withdrawn_while_it_waited_is_not_sent(
    services: Services, server: FakeHttpsServer, site: Site, thread: Thread, room: Room
) -> None:
    policy(services, site)
    check(services, server, site)
    comment = add_comment(services, thread)
    with services.read() as session:
        cases, questions = room.worker.gather([_message(comment)])
        assert len(cases) == 1
    with services.write() as session:
        session.get_one(Comment, comment.id).status = Status.WITHDRAWN
    assert [question.ask() for question in questions[comment.id]] == [None]
    with services.write() as session:
        session.get_one(Comment, comment.id).status = Status.RECEIVED
        remove_check(session, site, "akismet")
    assert [question.ask() for question in questions[comment.id]] == [None]
    assert server.heard == []


def _message(comment: Comment) -> Message:
    return Message(b"1-0", comment.id, 0)


def test_a_check_that_keeps_failing_rests_and_is_tried_again(
    services: Services, server: FakeHttpsServer, site: Site, thread: Thread, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "REST_SECONDS", 3600.0)
    policy(services, site)
    check(services, server, site)
    server.answering = lambda _heard: http(b"", "503 Busy")
    before, resting = counted("resting"), REGISTRY.get_sample_value("rejoinder_outside_checks_resting") or 0.0
    for n in range(checks.FAILURES_TO_REST + 3):
        room.judge(add_comment(services, thread, f"On the lock gates, remark {n}."))
    assert len(server.heard) == checks.FAILURES_TO_REST
    assert counted("resting") == before + 3
    assert REGISTRY.get_sample_value("rejoinder_outside_checks_resting") == resting + 1
    # The pause is over: one is asked, and its good answer opens the way for all.
    ((_, breaker),) = room.outside._breakers.values()
    breaker._probe_at = 0.0
    server.answering = lambda _heard: http(b"false")
    for n in range(3):
        room.judge(add_comment(services, thread, f"On the towpath, remark {n}."))
    assert len(server.heard) == checks.FAILURES_TO_REST + 3
    assert REGISTRY.get_sample_value("rejoinder_outside_checks_resting") == resting


def test_a_check_set_up_anew_gets_another_chance_at_once(
    services: Services, server: FakeHttpsServer, site: Site, thread: Thread, room: Room, fixed_clock: Any
) -> None:
    policy(services, site)
    check(services, server, site)
    server.answering = lambda _heard: http(b"invalid")
    for n in range(checks.FAILURES_TO_REST + 1):
        room.judge(add_comment(services, thread, f"On the lock gates, remark {n}."))
    server.answering = lambda _heard: http(b"false")
    fixed_clock.advance(seconds=1)
    check(services, server, site, secret="the-right-key")
    comment = add_comment(services, thread, "On the towpath.")
    room.judge(comment)
    assert decisions(services, comment.id)[0].facts["outside"] == [["akismet", "ham"]]


def test_a_claimed_back_message_is_asked_about_too(
    services: Services, server: FakeHttpsServer, site: Site, thread: Thread, room: Room
) -> None:
    policy(services, site)
    check(services, server, site)
    server.answering = lambda _heard: http(b"true")
    comment = add_comment(services, thread)
    room.worker.process(Batch(BatchKind.CLAIMED, [_message(comment)]))
    wait_until(lambda: room.released)
    room._serve()
    assert seen(services, comment.id).status is Status.SPAM
    assert seen(services, comment.id).solo_failures == 0


def test_a_site_without_checks_costs_no_query(services: Services, site: Site, thread: Thread, room: Room) -> None:
    statements: list[str] = []
    event.listen(services.engine, "before_cursor_execute", lambda *words: statements.append(words[2]))
    room.judge(add_comment(services, thread))
    assert statements
    assert not any("outside_check" in statement for statement in statements)


def test_a_rehearsal_uses_the_answers_of_then_and_asks_nobody(
    services: Services, server: FakeHttpsServer, site: Site, thread: Thread, room: Room
) -> None:
    light = ON.replace("score: 20", "score: 1")
    policy(services, site, light)
    check(services, server, site)
    server.answering = lambda heard: http(b"true" if b"lamps" in heard.body else b"false")
    bad, good = (add_comment(services, thread, text) for text in ("Buy my lamps", "A walk at the pier."))
    room.judge(bad, good)
    assert [seen(services, comment.id).status for comment in (bad, good)] == [Status.APPROVED] * 2
    heard = len(server.heard)
    ann = Actor(ActorKind.MODERATOR, new_id(), "Ann", {site.id: "admin"})
    job = rehearse(services, ann, site, ON)
    assert runner.run_one(services)
    with services.read() as session:
        found = rehearsed(session.get_one(Job, job.id).tally)
    assert (found.replayed.hits, found.changed.hits) == (2, 1)
    assert [(rule.rule, rule.begins) for rule in found.rules] == [("outside_check", 1)]
    policy(services, site, ON)
    repair.begin(services, ann, site, Scope(policy_version="1"), Repair.REJUDGE)
    assert runner.run_one(services)
    assert [seen(services, comment.id).status for comment in (bad, good)] == [Status.SPAM, Status.APPROVED]
    assert len(server.heard) == heard


def test_a_note_is_shown_to_moderators(
    services: Services, server: FakeHttpsServer, site: Site, thread: Thread, room: Room
) -> None:
    policy(services, site, ON.replace("score: 20", "score: 6, weights: {own: 1.5}"))
    check(services, server, site, "own", kind=CheckKind.OWN, secret="whsec_" + "A" * 44)
    server.answering = lambda _heard: http(b'{"verdict":"spam","note":"seen in eleven threads"}')
    comment = add_comment(services, thread)
    room.judge(comment)
    (found,) = decisions(services, comment.id)[0].findings
    assert found["message"] == "the outside check own calls it spam: seen in eleven threads"
    assert (found["code"], found["score"]) == ("own", 9.0)
    assert seen(services, comment.id).status is Status.PENDING
