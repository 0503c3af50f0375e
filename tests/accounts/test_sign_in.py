"""By password or by a link that works once; guessing is slow, and an unknown account gets the same answer."""

import re
import threading
from unittest.mock import Mock

import pytest
import redis
from sqlalchemy import event, select

from models import AuditEntry, DeskSession, Moderator, SignInLink
from service.accounts import passwords
from service.accounts.moderators import close_account, find_moderator, set_password
from service.accounts.sessions import end_session, session_actor
from service.accounts.sign_in import SignInLinkSpent, SignInRefused, TooManyAttempts, follow_link, make_link, sign_in
from service.accounts.throttle import LIMITS, attempt
from service.wiring import Services, wire
from tests.factories import add_moderator
from tests.factories.moderator import ADDRESS, PASSWORD
from tests.settings import make_settings

IP = "192.0.2.7"


def _try(services: Services, password: str = PASSWORD, *, address: str = ADDRESS, ip: str = IP, **changes: str) -> str:
    return sign_in(services, address=address, password=password, ip=ip, **changes)


def _who(services: Services, token: str) -> str | None:
    actor = session_actor(services, token)
    return None if actor is None else actor.id


@pytest.mark.parametrize("typed", [ADDRESS, "Mo@Example.ORG", "MO@EXAMPLE.ORG"])
def test_the_right_password_signs_in(services, typed):
    moderator = add_moderator(services, password=PASSWORD)
    assert _who(services, _try(services, address=typed)) == moderator.id


def test_a_password_typed_on_another_keyboard(services):
    add_moderator(services, password="cafe\u0301 in the old town")
    assert _try(services, "caf\u00e9 in the old town")


def _closed(services: Services) -> None:
    moderator = add_moderator(services, password=PASSWORD)
    with services.write() as session:
        close_account(session, session.get_one(Moderator, moderator.id), services.clock.now())


WRONG = {
    "wrong password": lambda services: add_moderator(services, password="another password entirely"),
    "no password": lambda services: add_moderator(services),
    "no such account": lambda services: add_moderator(services, address="other@example.org", password=PASSWORD),
    "closed": _closed,
}


def test_every_refusal_asks_the_same_of_the_database(services):
    add_moderator(services, password="another password entirely")
    asked: list[list[str]] = []
    for address in (ADDRESS, "nobody@example.org"):
        statements: list[str] = []
        asked.append(statements)

        def note(_connection, _cursor, statement, *_rest, kept=statements):
            kept.append(statement)

        event.listen(services.engine, "before_cursor_execute", note)
        with pytest.raises(SignInRefused):
            _try(services, address=address)
        event.remove(services.engine, "before_cursor_execute", note)
    assert asked[0] == asked[1]


@pytest.mark.parametrize("case", WRONG)
def test_every_refusal_is_the_same(services, case):
    WRONG[case](services)
    with pytest.raises(SignInRefused) as refused:
        _try(services)
    assert (
        refused.value.problem() == SignInRefused("Please check both. Capital letters count in the password.").problem()
    )


@pytest.mark.parametrize("address", ["", "mo", "mo@", "\0", "\ud800@example.org", "a" * 5000, ADDRESS + "\n"], ids=repr)
def test_what_is_no_address_is_refused_alike(services, address):
    add_moderator(services, password=PASSWORD)
    with pytest.raises(SignInRefused):
        _try(services, address=address)


@pytest.mark.parametrize("password", ["", "\0", "\ud800", "x" * 60_000], ids=["empty", "nul", "surrogate", "long"])
def test_strange_passwords_are_wrong_ones(services, password):
    add_moderator(services, password=PASSWORD)
    with pytest.raises(SignInRefused):
        _try(services, password)


def test_an_unknown_account_costs_the_same_hash(services, monkeypatch):
    add_moderator(services, password=PASSWORD)
    costs: list[str] = []
    real = passwords._hasher.verify

    def verify(known: str, password: str) -> bool:
        costs.append(known.rpartition("$")[0].rpartition("$")[0])
        return real(known, password)

    monkeypatch.setattr(passwords, "_hasher", Mock(wraps=passwords._hasher, verify=verify))
    for address in (ADDRESS, "nobody@example.org"):
        with pytest.raises(SignInRefused):
            _try(services, "a wrong password", address=address)
    assert len(costs) == 2
    assert costs[0] == costs[1], "the stand-in is hashed with other parameters"


def test_guessing_is_stopped_for_known_and_unknown_alike(services):
    add_moderator(services, password=PASSWORD)
    limit, seconds = LIMITS["address_and_network"]
    answers = {}
    for address in (ADDRESS, "nobody@example.org"):
        for _ in range(limit):
            with pytest.raises(SignInRefused):
                _try(services, "a wrong password", address=address)
        with pytest.raises(TooManyAttempts) as stopped:
            _try(services, address=address)
        assert 0 < int(stopped.value.headers.pop("Retry-After")) <= seconds
        answers[address] = stopped.value.problem()
    assert answers[ADDRESS] == answers["nobody@example.org"]
    # From elsewhere the moderator still gets in: nobody can lock him out by typing his address.
    assert _try(services, ip="198.51.100.7")


def test_a_network_that_tries_many_addresses_is_stopped(services):
    for count in range(LIMITS["network"][0]):
        assert attempt(services.redis, services.keyring, address=f"nobody{count}@example.org", ip=IP).wait is None
    assert attempt(services.redis, services.keyring, address="one.more@example.org", ip=IP).wait
    assert attempt(services.redis, services.keyring, address="one.more@example.org", ip="192.0.3.7").wait is None


def test_an_address_tried_from_many_networks_is_stopped_late(services):
    for count in range(LIMITS["address"][0]):
        assert attempt(services.redis, services.keyring, address=ADDRESS, ip=f"10.1.{count}.1").wait is None
    assert attempt(services.redis, services.keyring, address=ADDRESS, ip="10.2.0.1").wait


def test_a_right_password_forgets_the_wrong_ones(services):
    add_moderator(services, password=PASSWORD)
    for _ in range(3):
        for _ in range(LIMITS["address_and_network"][0] - 1):
            with pytest.raises(SignInRefused):
                _try(services, "a wrong password")
        _try(services)


def test_redis_never_sees_the_address_and_its_counters_end(services, redis_url):
    with pytest.raises(SignInRefused):
        _try(services, "wrong", address="canary@example.org")
    client = redis.Redis.from_url(redis_url)
    keys = client.keys("*")
    assert len(keys) == 3
    assert all(re.fullmatch(rb"rejoinder:throttle:[0-9a-f]{32}", name) for name in keys)
    assert all(client.ttl(name) > 0 for name in keys)
    client.close()


def test_without_redis_each_process_counts_for_itself(services, fixed_clock):
    add_moderator(services, password=PASSWORD)
    down = wire(
        make_settings(services.settings.database_url, "unix:///nonexistent/valkey.sock"), clock=fixed_clock.clock()
    )
    assert _who(services, _try(down))
    for _ in range(LIMITS["address_and_network"][0]):
        with pytest.raises(SignInRefused):
            _try(down, "a wrong password")
    with pytest.raises(TooManyAttempts):
        _try(down)
    down.close()


def test_the_browsers_earlier_session_ends(services):
    add_moderator(services, password=PASSWORD)
    first = _try(services)
    second = _try(services, replaces=first)
    assert first != second
    assert _who(services, first) is None
    assert _who(services, second)


def test_a_session_ends_by_sign_out_by_rest_and_after_a_week(services, fixed_clock):
    add_moderator(services, password=PASSWORD)
    out, idle, used = _try(services), _try(services), _try(services)
    with services.write() as session:
        end_session(session, out)
    assert _who(services, out) is None
    for _ in range(6):
        fixed_clock.advance(hours=7)
        assert _who(services, used)
    assert _who(services, idle) is None
    for _ in range(17):
        fixed_clock.advance(hours=7)
        assert _who(services, used)
    fixed_clock.advance(hours=7)
    assert _who(services, used) is None


def test_reading_is_seldom_a_write(services, fixed_clock):
    add_moderator(services, password=PASSWORD)
    token = _try(services)
    began = fixed_clock.now()
    seen = []
    for _ in range(3):
        fixed_clock.advance(minutes=2)
        assert _who(services, token)
        with services.read() as session:
            seen.append(session.scalars(select(DeskSession.seen_at)).one())
    assert seen == [began, began, fixed_clock.now()]


def test_a_new_password_signs_out_everywhere(services):
    moderator = add_moderator(services, password=PASSWORD)
    token = _try(services)
    with services.write() as session:
        set_password(session, session.get_one(Moderator, moderator.id), "an altogether new one")
    assert _who(services, token) is None
    with pytest.raises(SignInRefused):
        _try(services)
    assert _try(services, "an altogether new one")


def test_closing_an_account_ends_sessions_links_and_the_address(services):
    moderator = add_moderator(services, password=PASSWORD)
    token = _try(services)
    with services.write() as session:
        link = make_link(session, moderator_id=moderator.id, now=services.clock.now())
        close_account(session, session.get_one(Moderator, moderator.id), services.clock.now())
    assert _who(services, token) is None
    with pytest.raises(SignInLinkSpent):
        follow_link(services, link)
    with services.read() as session:
        assert find_moderator(session, services.keyring, ADDRESS) is None


def test_an_account_that_is_ended_elsewhere_has_no_session_left(services):
    moderator = add_moderator(services, password=PASSWORD)
    token = _try(services)
    with services.write() as session:
        session.get_one(Moderator, moderator.id).disabled_at = services.clock.now()
    assert _who(services, token) is None
    with pytest.raises(SignInRefused):
        _try(services)


def test_a_weaker_hash_is_made_anew(services, real_hashes):
    from argon2 import PasswordHasher

    moderator = add_moderator(services)
    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    with services.write() as session:
        session.get_one(Moderator, moderator.id).password_hash = weak
    _try(services)
    with services.read() as session:
        kept = session.get_one(Moderator, moderator.id).password_hash
    assert kept is not None
    assert kept != weak
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert _try(services)


def _link(services: Services, moderator: Moderator) -> str:
    with services.write() as session:
        return make_link(session, moderator_id=moderator.id, now=services.clock.now())


def test_a_link_signs_in_once(services):
    moderator = add_moderator(services)
    link = _link(services, moderator)
    assert _who(services, follow_link(services, link)) == moderator.id
    with pytest.raises(SignInLinkSpent):
        follow_link(services, link)


@pytest.mark.parametrize("token", ["", "x", "\ud800", "\0"], ids=repr)
def test_an_unknown_link(services, token):
    with pytest.raises(SignInLinkSpent):
        follow_link(services, token)


@pytest.mark.parametrize(("minutes", "good"), [(14, True), (15, False)])
def test_a_link_lasts_fifteen_minutes(services, fixed_clock, minutes, good):
    link = _link(services, add_moderator(services))
    fixed_clock.advance(minutes=minutes)
    if good:
        assert follow_link(services, link)
    else:
        with pytest.raises(SignInLinkSpent):
            follow_link(services, link)


def test_of_two_who_follow_a_link_at_once_one_gets_in(services):
    link = _link(services, add_moderator(services))
    got: list[str] = []
    both = threading.Barrier(4)

    def follow() -> None:
        both.wait()
        try:
            follow_link(services, link)
            got.append("in")
        except SignInLinkSpent:
            got.append("out")

    threads = [threading.Thread(target=follow) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got) == ["in", "out", "out", "out"]


def test_tokens_are_kept_as_hashes(services):
    moderator = add_moderator(services, password=PASSWORD)
    tokens = [_try(services), _link(services, moderator)]
    with services.read() as session:
        kept = [*session.scalars(select(DeskSession.lookup)), *session.scalars(select(SignInLink.lookup))]
    assert len(kept) == 2
    assert all(len(lookup) == 32 for lookup in kept)
    assert not any(token.encode() in lookup for token in tokens for lookup in kept)


def test_signing_in_is_in_the_trail(services):
    moderator = add_moderator(services, password=PASSWORD)
    _try(services)
    follow_link(services, _link(services, moderator))
    with services.read() as session:
        trail = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    assert [(entry.actor_id, entry.action, entry.details) for entry in trail] == [
        (moderator.id, "session.start", {"by": "password", "from": "new"}),
        (moderator.id, "session.start", {"by": "link"}),
    ]


@pytest.mark.postgres
def test_signing_in_on_postgresql(postgres_services):
    moderator = add_moderator(postgres_services, password=PASSWORD)
    first = _try(postgres_services)
    second = follow_link(postgres_services, _link(postgres_services, moderator), replaces=first)
    assert (_who(postgres_services, first), _who(postgres_services, second)) == (None, moderator.id)
    with pytest.raises(SignInRefused):
        _try(postgres_services, "a wrong password")
    with pytest.raises(SignInLinkSpent):
        follow_link(postgres_services, "\0")
