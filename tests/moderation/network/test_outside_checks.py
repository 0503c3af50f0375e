"""Outside checks on a comment's way, against a real HTTPS server: asked once, aside, and never held against anybody."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

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
from service.moderation.judging.worker import Worker
from service.moderation.network.network_facts import NetworkFacts
from service.moderation.network.outside import checks
from service.moderation.network.outside.checks import OutsideChecks
from service.moderation.network.outside.setup import CheckSettings, remove_check, set_check
from service.moderation.network.slow_lane import SlowLane
from service.outgoing import Outgoing
from service.queue.stream import MODERATION, STREAM, Message, send
from service.redis_keys import key
from service.wiring import Services
from tests.factories import add_chain, add_comment, add_policy_version, add_site, add_thread, edit
from tests.fake_https_server import FakeHttpsServer, Heard, http
from tests.lookups import decisions, seen
from tests.waiting import wait_until

CANARY = "canary@reader.example"
ON = "mode: automatic\nrules: {outside_check: {enabled: true, score: 20}}\n"
AKISMET = CheckSettings(CheckKind.AKISMET, "", "the-api-key")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[FakeHttpsServer]:
    server = FakeHttpsServer(tmp_path)
    yield server
    server.close()


@pytest.fixture
def site(services: Services) -> Site:
    return add_site(services, first_comments_held=False)


@pytest.fixture
def thread(services: Services, site: Site) -> Thread:
    return add_thread(services, site)


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


@pytest.fixture
def make_room(services: Services) -> Iterator[Callable[[Outgoing], Room]]:
    made: list[Room] = []

    def make(outgoing: Outgoing) -> Room:
        made.append(Room(services, outgoing))
        return made[-1]

    yield make
    for room in made:
        room.lane.close()


@pytest.fixture
def room(make_room: Callable[[Outgoing], Room], server: FakeHttpsServer) -> Room:
    return make_room(server.client())


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


@pytest.mark.parametrize(
    ("answer", "status", "fact"),
    [
        pytest.param(http(b"false"), Status.APPROVED, "ham", id="ham"),
        pytest.param(http(b"true"), Status.SPAM, "spam", id="spam"),
        pytest.param(http(b"true", "200 OK", "X-akismet-pro-tip: discard"), Status.SPAM, "discard", id="plain spam"),
    ],
)
def test_an_answer_is_a_fact_of_the_decision(
    services: Services,
    server: FakeHttpsServer,
    site: Site,
    thread: Thread,
    room: Room,
    answer: bytes,
    status: Status,
    fact: str,
) -> None:
    policy(services, site)
    check(services, server, site)
    server.answering = lambda _heard: answer
    before = counted(fact)
    comment = add_comment(services, thread)
    room.judge(comment)
    assert seen(services, comment.id).status is status
    (decision,) = decisions(services, comment.id)
    assert decision.facts["outside"] == [["akismet", fact]]
    assert "could_not" not in decision.facts
    assert [found["code"] for found in decision.findings] == ([] if fact == "ham" else ["akismet"])
    assert counted(fact) == before + 1
    assert (len(server.heard), pending_messages(services)) == (1, 0)


@pytest.mark.parametrize(
    ("document", "checks", "heard"),
    [
        pytest.param(None, 1, 0, id="the shipped policy"),
        pytest.param("mode: automatic\n", 1, 0, id="the rule is off"),
        pytest.param(ON, 0, 0, id="no check"),
        pytest.param(ON, 1, 1, id="both"),
        pytest.param(ON.replace("true,", "true, observe: true,"), 1, 1, id="only observed"),
        pytest.param(
            "mode: automatic\npresets: {careful: {rules: {outside_check: {enabled: true}}}}\n",
            1,
            0,
            id="on in a preset that the thread is not under",
        ),
        pytest.param(
            "mode: automatic\nsections: {local: {rules: {outside_check: {enabled: true}}}}\n",
            1,
            1,
            id="on in the section",
        ),
        pytest.param(
            ON + "sections: {local: {rules: {outside_check: {enabled: false}}}}\n", 1, 0, id="off in the section"
        ),
    ],
)
def test_nothing_is_sent_unless_both_are_there(
    services: Services, server: FakeHttpsServer, site: Site, room: Room, document: str | None, checks: int, heard: int
) -> None:
    if document is not None:
        policy(services, site, document)
    if checks:
        check(services, server, site)
    comment = add_comment(services, add_thread(services, site, "local-1", section="local"))
    room.judge(comment)
    assert seen(services, comment.id).status is Status.APPROVED
    assert len(server.heard) == heard
    assert ("outside" in decisions(services, comment.id)[0].facts) == bool(heard)


def test_what_the_sites_own_rules_refuse_is_shown_to_nobody(
    services: Services, server: FakeHttpsServer, site: Site, thread: Thread, room: Room
) -> None:
    policy(services, site, ON + "lists: [{name: own, kind: banned, words: [{word: fiddlesticks, verdict: reject}]}]\n")
    check(services, server, site)
    comment = add_comment(services, thread, "Fiddlesticks, all of it.")
    room.judge(comment)
    assert seen(services, comment.id).status is Status.REJECTED
    assert server.heard == []


def test_another_sites_check_is_not_asked(services: Services, server: FakeHttpsServer, site: Site, room: Room) -> None:
    other = add_site(services, "herald", first_comments_held=False)
    policy(services, site)
    policy(services, other)
    check(services, server, site)
    room.judge(add_comment(services, add_thread(services, other)))
    assert server.heard == []


@pytest.mark.parametrize("wanted", [False, True], ids=["by default", "where the site says so"])
def test_an_address_is_sent_only_if_the_site_says_so(
    services: Services,
    server: FakeHttpsServer,
    site: Site,
    thread: Thread,
    room: Room,
    capfd: pytest.CaptureFixture[str],
    wanted: bool,
) -> None:
    policy(services, site)
    check(services, server, site, sends_address=wanted)
    check(services, server, site, "own", kind=CheckKind.OWN, secret="whsec_" + "A" * 44, sends_address=wanted)

    def echo(heard: Heard) -> bytes:
        # It says all it was told, as a careless service would in an error.
        return http(heard.body)

    server.answering = echo
    comment = with_address(services, thread)
    room.judge(comment)
    assert [CANARY.encode() in heard.body.replace(b"%40", b"@") for heard in server.heard] == [wanted] * 2
    (decision,) = decisions(services, comment.id)
    assert CANARY not in repr((decision.facts, decision.findings))
    shown = "".join(capfd.readouterr())
    assert "outside_check_failed" in shown
    assert CANARY not in shown
    assert "the-api-key" not in shown


@pytest.mark.parametrize(
    ("cannot", "status"), [("null", Status.APPROVED), ("pending", Status.PENDING)], ids=["default", "the site's wish"]
)
@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        pytest.param(http(b"invalid"), "invalid_key", id="a wrong key"),
        pytest.param(http(b"so so"), "bad_answer", id="garbage"),
        pytest.param(http(b"", "500 Oops"), "status", id="broken"),
        pytest.param(http(b"", "301 Moved", "Location: https://127.0.0.1:9/"), "status", id="moved"),
        pytest.param(http(b"true" * 5000), "too_large", id="oversized"),
        pytest.param(None, "bad_answer", id="hangs up"),
    ],
)
def test_a_check_that_fails_is_what_the_rule_says_it_is(
    services: Services,
    server: FakeHttpsServer,
    site: Site,
    thread: Thread,
    room: Room,
    answer: bytes | None,
    outcome: str,
    cannot: str,
    status: Status,
) -> None:
    policy(services, site, ON.replace("score: 20", f"score: 20, cannot: {cannot}"))
    check(services, server, site)
    server.answering = lambda _heard: answer
    before = counted(outcome)
    comment = add_comment(services, thread)
    room.judge(comment)
    assert seen(services, comment.id).status is status
    (decision,) = decisions(services, comment.id)
    assert (decision.facts["outside"], decision.facts["could_not"]) == ([], ["outside"])
    assert [(found["rule"], found.get("could_not_check")) for found in decision.findings] == [("outside_check", True)]
    assert counted(outcome) == before + 1


def _no_such_host(_host: str, _seconds: float) -> list[str]:
    return []


@pytest.mark.parametrize(
    ("changes", "url", "outcome"),
    [
        pytest.param({"resolve": _no_such_host}, "https://check.news.example", "no_such_host", id="no such name"),
        pytest.param(
            {"resolve": lambda _host, _seconds: ["10.0.0.7"]},
            "https://check.news.example",
            "not_allowed",
            id="a name that leads inside",
        ),
        pytest.param({"tls": None}, None, "tls_failed", id="nobody vouches for it"),
    ],
)
def test_where_no_question_arrives(
    services: Services,
    server: FakeHttpsServer,
    site: Site,
    thread: Thread,
    make_room: Callable[[Outgoing], Room],
    changes: dict[str, Any],
    url: str | None,
    outcome: str,
) -> None:
    policy(services, site)
    check(services, server, site, url=url or server.url)
    before = counted(outcome)
    comment = add_comment(services, thread)
    make_room(server.client(**changes)).judge(comment)
    assert seen(services, comment.id).status is Status.APPROVED
    assert decisions(services, comment.id)[0].facts["could_not"] == ["outside"]
    assert counted(outcome) == before + 1
    assert server.heard == []


def test_a_slow_check_holds_up_nobody_else(
    services: Services, server: FakeHttpsServer, site: Site, thread: Thread, room: Room
) -> None:
    policy(services, site)
    check(services, server, site, timeout=1.0)
    elsewhere = add_thread(services, add_site(services, "herald", first_comments_held=False))
    gate = threading.Event()
    server.answering = lambda _heard: (gate.wait(30), None)[1]
    slow, quick = add_comment(services, thread), add_comment(services, elsewhere)
    before = counted("timeout")
    send(services.redis, [(slow.id, 0), (quick.id, 0)])
    room.worker.drain()
    assert [seen(services, comment.id).status for comment in (slow, quick)] == [Status.RECEIVED, Status.APPROVED]
    room.judge(slow)
    assert seen(services, slow.id).status is Status.APPROVED
    assert counted("timeout") == before + 1
    gate.set()


@pytest.mark.parametrize(
    ("first", "second", "facts", "could_not", "status"),
    [
        ("true", None, [["akismet", "spam"]], None, Status.SPAM),
        ("false", None, [["akismet", "ham"]], ["outside"], Status.APPROVED),
        ("false", "true", [["akismet", "ham"], ["other", "spam"]], None, Status.SPAM),
        ("false", "false", [["akismet", "ham"], ["other", "ham"]], None, Status.APPROVED),
        (None, None, [], ["outside"], Status.APPROVED),
    ],
    ids=["one says spam", "one says ham, one fails", "they disagree", "both say ham", "both fail"],
)
def test_of_two_checks(
    services: Services,
    server: FakeHttpsServer,
    site: Site,
    thread: Thread,
    room: Room,
    first: str | None,
    second: str | None,
    facts: list[list[str]],
    could_not: list[str] | None,
    status: Status,
) -> None:
    policy(services, site)
    check(services, server, site)
    check(services, server, site, "other", secret="the-second-key")

    def answer(heard: Heard) -> bytes | None:
        said = first if parse_qs(heard.body.decode())["api_key"] == ["the-api-key"] else second
        return None if said is None else http(said.encode())

    server.answering = answer
    comment = add_comment(services, thread)
    room.judge(comment)
    (decision,) = decisions(services, comment.id)
    assert (decision.facts["outside"], decision.facts.get("could_not")) == (facts, could_not)
    assert seen(services, comment.id).status is status
    assert len(server.heard) == 2


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
