"""A ban holds what it was set on, and nobody can ban a rival by typing his address."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from models import Ban, BanKind, Comment, ProofMethod, Site, Status
from service.privacy.bans import ban_address, ban_address_of, ban_chain, ban_prefix, banned, lift_ban, matching_bans
from service.privacy.chains import prove_by_link
from service.privacy.prefixes import prefix_hash, prefix_hashes
from service.privacy.sealing import Keyring, new_secret
from service.wiring import Services
from tests.factories import add_site
from tests.privacy.conftest import posting
from tests.settings import TEST_SECRET

ADDRESS, CHAIN, PREFIX = BanKind.ADDRESS, BanKind.CHAIN, BanKind.PREFIX


def _held(services: Services, *comments: Comment) -> list[set[BanKind]]:
    """What holds each of the comments, as the worker sees it."""
    with services.read() as session:
        rows = [session.get_one(Comment, comment.id) for comment in comments]
        found = banned(session, rows, services.clock.now())
    return [set(found.get(comment.id, ())) for comment in comments]


def _ban_of(services: Services, comment: Comment, **changes: object) -> Ban:
    with services.write() as session:
        return ban_address_of(session, services.keyring, comment, now=services.clock.now(), **changes)


def _matching(services: Services, site: Site, address: str, *, ip: str = "192.0.2.7", ring: Keyring | None = None):
    keyring = ring or services.keyring
    now = services.clock.now()
    with services.read() as session:
        return matching_bans(
            session,
            keyring,
            site_id=site.id,
            address=address,
            prefix_hashes=prefix_hashes(keyring, ip, now),
            now=now,
        )


def test_nothing_is_held_without_a_ban(services, post):
    assert _held(services, post("ada@example.org")) == [set()]
    with services.read() as session:
        assert banned(session, [], services.clock.now()) == {}


def test_a_ban_by_address_holds_unproven_posts_and_its_own_chain(services, post):
    spam = post("eve@example.org")
    _ban_of(services, spam)
    same = post("eve@example.org")
    other_form = post("EVE+again@example.org")
    stranger = post("ada@example.org")
    proven_later = post("ada@example.org", chain=spam.chain_id, proven=ProofMethod.RECEIPT)
    assert _held(services, spam, same, other_form, stranger, proven_later) == [
        {ADDRESS, CHAIN},
        {ADDRESS},
        {ADDRESS},
        set(),
        {CHAIN},
    ]


def test_nobody_can_ban_a_rival_by_typing_his_address(services, post):
    rival = post("ada@example.org", status=Status.APPROVED)
    with services.write() as session:
        prove_by_link(session, services.keyring, session.get_one(Comment, rival.id), services.clock.now())
    _ban_of(services, post("ada@example.org"))
    next_one = post("ada@example.org", chain=rival.chain_id, proven=ProofMethod.RECEIPT)
    assert _held(services, next_one) == [set()]


def test_a_banned_chain_stays_banned_when_it_becomes_one_with_another(services, post):
    one, two = post("ada@example.org"), post("ada@example.org")
    with services.write() as session:
        ban_chain(session, site_id=two.site_id, chain_id=two.chain_id, now=services.clock.now())
    for comment in (one, two):
        with services.write() as session:
            prove_by_link(session, services.keyring, session.get_one(Comment, comment.id), services.clock.now())
    assert _held(services, one, two) == [{CHAIN}, {CHAIN}]


def test_a_ban_of_a_network_holds_unproven_posts_for_thirty_days(services, site, post, fixed_clock):
    here = prefix_hash(services.keyring, "192.0.2.7", services.clock.now())
    unproven = post("ada@example.org", prefix_hash=here)
    proven = post("ada@example.org", prefix_hash=here, proven=ProofMethod.RECEIPT)
    elsewhere = post("ada@example.org", prefix_hash=bytes(16))
    with services.write() as session:
        ban = ban_prefix(session, site_id=site.id, prefix_hash=here, now=services.clock.now())
    assert _held(services, unproven, proven, elsewhere) == [{PREFIX}, set(), set()]
    # In the next period the hash is another one: intake still finds the ban, and the fact holds the comment.
    fixed_clock.advance(days=29)
    assert _matching(services, site, "ada@example.org", ip="192.0.2.99") == [ban.id]
    later = post("ada@example.org", intake_facts={"bans": [ban.id]})
    assert _held(services, later) == [{PREFIX}]
    fixed_clock.advance(days=2)
    assert _matching(services, site, "ada@example.org", ip="192.0.2.99") == []
    assert _held(services, later) == [set()]


def test_no_ban_of_a_network_outlives_its_keys(services, site):
    now = services.clock.now()
    with services.write() as session:
        short, long = (
            ban_prefix(session, site_id=site.id, prefix_hash=bytes(16), now=now, expires_at=now + timedelta(days=days))
            for days in (7, 365)
        )
    assert (short.expires_at, long.expires_at) == (now + timedelta(days=7), now + timedelta(days=30))


def _lift(services: Services, ban: Ban) -> None:
    with services.write() as session:
        assert lift_ban(session, ban_id=ban.id, site_id=ban.site_id, now=services.clock.now())


def _expire(services: Services, ban: Ban) -> None:
    with services.write() as session:
        session.get_one(Ban, ban.id).expires_at = services.clock.now()


@pytest.mark.parametrize("end", [_lift, _expire], ids=["lifted", "expired"])
def test_a_ban_that_is_over_holds_nothing(services, site, post, end: Callable[[Services, Ban], None]):
    spam = post("eve@example.org")
    ban = _ban_of(services, spam, expires_at=services.clock.now() + timedelta(days=1))
    fact = post("eve@example.org", intake_facts={"bans": [ban.id]})
    assert _held(services, spam, fact) == [{ADDRESS, CHAIN}, {ADDRESS}]
    end(services, ban)
    assert _held(services, spam, fact) == [set(), set()]
    assert _matching(services, site, "eve@example.org") == []
    with services.write() as session:
        assert not lift_ban(session, ban_id=ban.id, site_id=ban.site_id, now=services.clock.now())


def test_a_ban_is_its_sites_own(services, site, post):
    spam = post("eve@example.org")
    ban = _ban_of(services, spam)
    herald = add_site(services, "herald")
    there = posting(services, herald)("eve@example.org")
    assert _held(services, there) == [set()]
    assert _matching(services, herald, "eve@example.org") == []
    with services.write() as session:
        assert not lift_ban(session, ban_id=ban.id, site_id=herald.id, now=services.clock.now())


def test_intake_finds_a_ban_under_an_older_key(services, site, post):
    ban = _ban_of(services, post("eve@example.org"))
    ring = Keyring.from_secrets([new_secret(), TEST_SECRET])
    assert _matching(services, site, "Eve+1@example.org", ring=ring) == [ban.id]
    # Its own record is under the new key: only the fact from intake holds it until the rotation is through.
    comment = post("eve@example.org", keyring=ring, intake_facts={"bans": [ban.id]})
    assert _held(services, comment) == [{ADDRESS}]


def test_a_ban_by_typed_address_needs_no_chain(services, site, post):
    with services.write() as session:
        ban_address(session, services.keyring, site_id=site.id, address="eve@example.org", now=services.clock.now())
    assert _held(services, post("eve@example.org"), post("ada@example.org")) == [{ADDRESS}, set()]


@pytest.mark.postgres
def test_bans_on_postgresql(postgres_services):
    post = posting(postgres_services, add_site(postgres_services))
    spam = post("eve@example.org")
    _ban_of(postgres_services, spam)
    assert _held(postgres_services, spam, post("eve+2@example.org")) == [{ADDRESS, CHAIN}, {ADDRESS}]
