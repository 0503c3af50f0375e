"""Outside checks on a comment's way, against a real HTTPS server: asked once, aside, and what comes of an answer."""

import pytest

from models import (
    CheckKind,
    Site,
    Status,
    Thread,
)
from service.wiring import Services
from tests.factories import add_comment, add_site, add_thread
from tests.fake_https_server import FakeHttpsServer, Heard, http
from tests.lookups import decisions, seen
from tests.moderation.network.outside.outside_room import (
    CANARY,
    ON,
    Room,
    check,
    counted,
    pending_messages,
    policy,
    with_address,
)


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
