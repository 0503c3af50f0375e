"""Who decides is not looked up before each request: they are asked for where they act, and whoever was shut out a
moment ago does nothing."""

import pytest

from models import Comment, Status
from service.accounts import account_administration
from service.accounts.access import KNOWN_SECONDS, KnownCallers
from service.accounts.actors import Actor
from service.accounts.api_keys import key_actor, revoke_key
from service.accounts.sessions import end_session
from service.moderation.leases import take_leases
from service.queue import backlog
from tests.desk.conftest import API


@pytest.fixture
def decide(newsroom):
    """Has a caller reject a new comment: the answer's status, and whether it was rejected."""

    def ask(caller) -> tuple[int, bool]:
        comment_id = newsroom.comment()
        item = {"comment_id": comment_id, "action": "reject", "expected_revision": 1}
        answer = caller.post(f"{API}/decisions", json={"decisions": [item]})
        with newsroom.services.read() as session:
            return answer.status_code, session.get_one(Comment, comment_id).status is Status.REJECTED

    return ask


def signed_out(newsroom, caller, moderator_id: str) -> None:
    token = caller.get_cookie(newsroom.cookie, domain="localhost").value
    with newsroom.services.write() as session:
        end_session(session, token)


def closed(newsroom, caller, moderator_id: str) -> None:
    account_administration.close(newsroom.services, None, moderator_id)


def demoted(newsroom, caller, moderator_id: str) -> None:
    account_administration.change(newsroom.services, None, moderator_id, role="viewer")


@pytest.mark.parametrize(("shut_out", "status"), [(signed_out, 401), (closed, 401), (demoted, 403)])
def test_a_moderator_who_was_shut_out_decides_nothing(newsroom, browser_of, decide, shut_out, status):
    moderator_id = newsroom.moderator("Anna")
    anna = browser_of(moderator_id)
    assert decide(anna) == (200, True)
    shut_out(newsroom, anna, moderator_id)
    assert decide(anna) == (status, False)


def test_a_key_that_was_revoked_decides_nothing(newsroom, program, decide):
    text = newsroom.key("moderate")
    caller = program(text)
    assert decide(caller) == (200, True)
    actor = key_actor(newsroom.services, text)
    assert actor is not None
    revoke_key(newsroom.services, None, key_id=actor.id)
    assert decide(caller) == (401, False)


@pytest.mark.parametrize("role", ["moderator", "admin"])
def test_a_role_that_was_given_counts_at_once(newsroom, browser_of, decide, role):
    moderator_id = newsroom.moderator("Vera", "viewer")
    vera = browser_of(moderator_id)
    assert decide(vera) == (403, False)
    account_administration.change(newsroom.services, None, moderator_id, role=role)
    assert decide(vera) == (200, True)


def test_other_sites_count_at_once(newsroom, elsewhere, browser_of, decide):
    moderator_id = newsroom.moderator("Anna")
    anna = browser_of(moderator_id)
    assert decide(anna) == (200, True)
    account_administration.change(newsroom.services, None, moderator_id, sites=[elsewhere.site.id])
    comment_id = newsroom.comment()
    item = {"comment_id": comment_id, "action": "reject", "expected_revision": 1}
    (answer,) = anna.post(f"{API}/decisions", json={"decisions": [item]}).get_json()["decisions"]
    assert (answer["status"], answer["code"]) == (404, "not_found")


def test_neither_passes_for_the_other(newsroom, app, browser_of, program, decide):
    """What is known of a key is not found by a cookie with its text, nor a session by a header."""
    key, anna = newsroom.key("moderate"), browser_of(newsroom.moderator("Anna"))
    assert decide(program(key)) == (200, True)
    assert decide(anna) == (200, True)
    cookie = app.test_client()
    cookie.set_cookie(newsroom.cookie, key, domain="localhost")
    assert decide(cookie) == (401, False)
    header = program(anna.get_cookie(newsroom.cookie, domain="localhost").value)
    header.environ_base["HTTP_X_CSRF_TOKEN"] = anna.environ_base["HTTP_X_CSRF_TOKEN"]
    assert decide(header) == (401, False)


def test_the_sessions_token_is_still_asked_for(newsroom, browser_of, decide):
    moderator_id = newsroom.moderator("Anna")
    anna = browser_of(moderator_id)
    assert decide(anna) == (200, True)
    anna.environ_base["HTTP_X_CSRF_TOKEN"] = "another"
    assert decide(anna) == (403, False)


def test_nobody_is_known_for_long(newsroom):
    now = 0.0
    known = KnownCallers(lambda: now)
    actor = key_actor(newsroom.services, newsroom.key("moderate"))
    assert isinstance(actor, Actor)
    assert actor.lookup is not None
    known.keep(actor)
    now = KNOWN_SECONDS * 0.9
    assert known.find(actor.lookup, key=True) == actor
    assert known.find(actor.lookup, key=False) is None
    now = KNOWN_SECONDS
    assert known.find(actor.lookup, key=True) is None


def test_who_is_shut_out_while_a_lease_is_handed_out_holds_none(newsroom, browser_of, monkeypatch):
    """Whoever shuts somebody out ends their leases then: one that comes a moment later stays for nobody."""
    moderator_id, comment_id = newsroom.moderator("Anna"), newsroom.comment()
    anna = browser_of(moderator_id)
    leased = []

    def take(services, *asked):
        closed(newsroom, anna, moderator_id)
        leased.extend(take_leases(services, *asked))
        return leased

    monkeypatch.setattr("service.desk.live.leases.take_leases", take)
    assert anna.post(f"{API}/leases", json={"limit": 1}).status_code == 401
    assert [lease.comment_id for lease in leased] == [comment_id]
    assert backlog.holders(newsroom.services.redis, newsroom.site.id, [comment_id]) == {}
