"""Outside checks that fail, are slow or cannot be asked: never held against anybody."""

import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import pytest

from models import (
    Site,
    Status,
    Thread,
)
from service.outgoing import Outgoing
from service.queue.stream import send
from service.wiring import Services
from tests.factories import add_comment, add_site, add_thread
from tests.fake_https_server import FakeHttpsServer, Heard, http
from tests.lookups import decisions, seen
from tests.moderation.network.outside.outside_room import ON, Room, check, counted, policy


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
