"""A ban holds what it was set on; nobody can ban a rival by typing his address, nor find a ban by typing a guess."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from models import Ban, BanKind, Comment, ProofMethod, Site, Status
from service.privacy.bans import (
    address_bans_of,
    ban_address,
    ban_address_of,
    ban_chain,
    ban_prefix,
    banned,
    lift_ban,
)
from service.privacy.chains import prove_by_link
from service.privacy.prefixes import prefix_hash, prefix_hashes
from service.privacy.sealing import Keyring, new_secret
from service.wiring import Services
from tests.factories import add_site
from tests.lookups import prefix_bans
from tests.privacy.conftest import posting
from tests.settings import TEST_SECRET

CHAIN, PREFIX = BanKind.CHAIN, BanKind.PREFIX


def _held(services: Services, *comments: Comment) -> list[set[BanKind]]:
    """What holds each of the comments, as the worker sees it."""
    with services.read() as session:
        rows = [session.get_one(Comment, comment.id) for comment in comments]
        found = banned(session, rows, services.clock.now())
    return [set(found.get(comment.id, ())) for comment in comments]


def _ban_of(services: Services, comment: Comment, **changes: object) -> Ban:
    with services.write() as session:
        return ban_address_of(session, services.keyring, comment, now=services.clock.now(), **changes)


def _matching(services: Services, site: Site, *, ip: str = "192.0.2.7"):
    keyring = services.keyring
    now = services.clock.now()
    with services.read() as session:
        found = prefix_bans(session, site.id, prefix_hashes(keyring, ip, now), now)
    return sorted(ban_id for ids in found.values() for ban_id in ids)


def _shown(services: Services, comment: Comment, ring: Keyring | None = None) -> list[str]:
    """The bans of its address, as administrators see them."""
    with services.read() as session:
        kept = session.get_one(Comment, comment.id)
        return address_bans_of(session, ring or services.keyring, kept, services.clock.now())


def _prove(services: Services, comment: Comment) -> str:
    with services.write() as session:
        return prove_by_link(session, services.keyring, session.get_one(Comment, comment.id), services.clock.now())


def test_nothing_is_held_without_a_ban(services, post):
    assert _held(services, post("ada@example.org")) == [set()]
    with services.read() as session:
        assert banned(session, [], services.clock.now()) == {}


def test_a_ban_by_address_tells_nothing_of_what_is_only_typed(services, post):
    spam = post("eve@example.org")
    ban = _ban_of(services, spam)
    same = post("eve@example.org", intake_facts={"bans": [ban.id]})
    other_form = post("EVE+again@example.org")
    stranger = post("ada@example.org")
    typed_by_a_known_writer = post("eve@example.org", proven=ProofMethod.RECEIPT)
    its_writer = post("ada@example.org", chain=spam.chain_id, proven=ProofMethod.RECEIPT)
    asked = (spam, same, other_form, stranger, typed_by_a_known_writer, its_writer)
    assert _held(services, *asked) == [{CHAIN}, set(), set(), set(), set(), {CHAIN}]
    met = [[ban.id], [ban.id], [ban.id], [], [ban.id], []]
    assert [_shown(services, comment) for comment in asked] == met


@pytest.mark.parametrize("proved_first", [True, False], ids=["proved-before", "proved-after"])
def test_who_proves_another_form_of_a_banned_address_is_the_banned_writer(services, post, proved_first):
    spam, again = post("eve@example.org"), post("EVE+again@example.org")
    if proved_first:
        _prove(services, spam)
    ban = _ban_of(services, spam)
    assert _held(services, again) == [set()]
    _prove(services, again)
    if not proved_first:
        # Nobody has shown yet that the banned comment came from that mailbox.
        assert _held(services, again) == [set()]
        _prove(services, spam)
    later = post("ada@example.org", chain=again.chain_id, proven=ProofMethod.RECEIPT)
    stranger = post("ada@example.org")
    _prove(services, stranger)
    assert _held(services, again, later, stranger) == [{CHAIN}, {CHAIN}, set()]
    _lift(services, ban)
    assert _held(services, again, later) == [set(), set()]


@pytest.mark.parametrize("typed", ["ada@example.org", "Ada+x@example.org"])
def test_nobody_can_ban_a_rival_by_typing_his_address(services, post, typed):
    rival = post("ada@example.org", status=Status.APPROVED)
    _prove(services, rival)
    _ban_of(services, post(typed))
    next_one = post("ada@example.org", chain=rival.chain_id, proven=ProofMethod.RECEIPT)
    assert _held(services, next_one) == [set()]


def test_a_banned_chain_stays_banned_when_it_becomes_one_with_another(services, post):
    one, two = post("ada@example.org"), post("ada@example.org")
    with services.write() as session:
        ban_chain(session, site_id=two.site_id, chain_id=two.chain_id, now=services.clock.now())
    for comment in (one, two):
        _prove(services, comment)
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
    assert _matching(services, site, ip="192.0.2.99") == [ban.id]
    later = post("ada@example.org", intake_facts={"bans": [ban.id]})
    assert _held(services, later) == [{PREFIX}]
    fixed_clock.advance(days=2)
    assert _matching(services, site, ip="192.0.2.99") == []
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
    typed = post("eve@example.org")
    assert (_held(services, spam), _shown(services, typed)) == ([{CHAIN}], [ban.id])
    end(services, ban)
    assert (_held(services, spam), _shown(services, typed)) == ([set()], [])
    with services.write() as session:
        assert not lift_ban(session, ban_id=ban.id, site_id=ban.site_id, now=services.clock.now())


def test_a_ban_is_its_sites_own(services, site, post):
    spam = post("eve@example.org", prefix_hash=bytes(16))
    _prove(services, spam)
    ban = _ban_of(services, spam)
    herald = add_site(services, "herald")
    there = posting(services, herald)("eve@example.org")
    _prove(services, there)
    assert (_held(services, there), _shown(services, there)) == ([set()], [])
    with services.write() as session:
        assert not lift_ban(session, ban_id=ban.id, site_id=herald.id, now=services.clock.now())


def test_a_ban_under_an_older_key_is_still_shown(services, post):
    ban = _ban_of(services, post("eve@example.org"))
    ring = Keyring.from_secrets([new_secret(), TEST_SECRET])
    assert _shown(services, post("Eve+1@example.org", keyring=ring), ring) == [ban.id]
    assert _shown(services, post("Eve+1@example.org", keyring=ring), services.keyring) == [], "a seal that nobody opens"


def test_a_ban_by_typed_address_needs_no_chain(services, site, post):
    with services.write() as session:
        ban = ban_address(
            session, services.keyring, site_id=site.id, address="eve@example.org", now=services.clock.now()
        )
    assert [_shown(services, post(typed)) for typed in ("eve@example.org", "ada@example.org")] == [[ban.id], []]


@pytest.mark.postgres
def test_bans_on_postgresql(postgres_services):
    post = posting(postgres_services, add_site(postgres_services))
    spam, again = post("eve@example.org"), post("eve+2@example.org")
    _prove(postgres_services, spam)
    _ban_of(postgres_services, spam)
    _prove(postgres_services, again)
    assert _held(postgres_services, spam, again, post("eve+2@example.org")) == [{CHAIN}, {CHAIN}, set()]
