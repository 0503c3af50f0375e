"""After a new secret everything is sealed and indexed anew; stopped half-way it goes on; the old secret may then go."""

from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    AddressPurpose,
    AddressRecord,
    CheckKind,
    Comment,
    KeyCheck,
    OutsideCheck,
    ProofLink,
    Receipt,
    Status,
    SubmissionKey,
    new_id,
)
from service.cli.diagnostics import check_keys
from service.errors import Misconfigured
from service.moderation.network.outside.setup import CheckSettings, set_check
from service.outgoing import Outgoing
from service.privacy.addresses import find_owners, forget_addresses, open_address
from service.privacy.bans import address_bans_of, ban_address_of, ban_prefix
from service.privacy.chains import chain_of_receipt
from service.privacy.key_checks import check_ring, keys_in_use, oldest_key_in_use, remember_ring
from service.privacy.links import (
    LinkBroken,
    LinkExpired,
    find_proof_link,
    is_suppressed,
    new_proof_link,
    read_unsubscribe_token,
    suppress_mail,
    unsubscribe_token,
)
from service.privacy.outside_check_secrets import open_secret
from service.privacy.prefixes import prefix_hash, prefix_hashes
from service.privacy.rotation import Rotated, rotate
from service.privacy.sealing import Keyring, SealBroken, new_secret
from service.wiring import Services
from tests.factories import add_receipt, add_site
from tests.lookups import prefix_bans
from tests.privacy.conftest import Post, posting
from tests.settings import TEST_SECRET

NEW = new_secret()


@pytest.fixture
def ring() -> Keyring:
    """The ring after a new secret was put in front."""
    return Keyring.from_secrets([NEW, TEST_SECRET])


@pytest.fixture
def new_only() -> Keyring:
    """The ring after the old secret went."""
    return Keyring.from_secrets([NEW])


def _rotate(services: Services, ring: Keyring, **changes) -> Rotated:
    return rotate(services.read, services.write, ring, services.clock.now(), **changes)


def _oldest(services: Services, ring: Keyring) -> str | None:
    with services.read() as session:
        return oldest_key_in_use(session, ring, services.clock.now())


def _posted(post: Post, count: int = 5) -> list[Comment]:
    return [post(f"ada{n}@example.org", status=Status.APPROVED) for n in range(count)]


def test_a_ban_survives_a_rotation(services, site, post, ring, new_only):
    now = services.clock.now()
    with services.write() as session:
        ban = ban_address_of(session, services.keyring, post("eve@example.org"), now=now)
    before = post("eve@example.org")
    _rotate(services, ring)
    after = post("Eve+new@example.org", keyring=new_only)
    with services.read() as session:
        rows = [session.get_one(Comment, comment.id) for comment in (before, after)]
        assert [address_bans_of(session, new_only, row, now) for row in rows] == [[ban.id]] * 2


def test_addresses_and_receipts_are_read_with_the_new_secret_alone(services, site, post, ring, new_only):
    posted = _posted(post)
    receipts = [add_receipt(services, comment) for comment in posted]
    assert _rotate(services, ring, batch=2) == Rotated(addresses=5, receipts=5)
    with services.read() as session:
        check_ring(session, new_only)
        for comment, receipt in zip(posted, receipts, strict=True):
            assert chain_of_receipt(session, new_only, site_id=site.id, receipt=receipt) == comment.chain_id
            kept = session.get_one(Receipt, comment.id)
            assert new_only.open("receipt", site.id, comment.id, kept.sealed) == receipt
        records = session.scalars(select(AddressRecord).order_by(AddressRecord.id)).all()
        assert [open_address(new_only, record) for record in records] == [f"ada{n}@example.org" for n in range(5)]
        place = {"site_id": site.id, "purpose": AddressPurpose.SUBMISSION, "address": "ada3@example.org"}
        assert find_owners(session, new_only, **place) == [posted[3].id]


def test_a_second_run_finds_nothing_to_do(services, post, ring):
    _posted(post)
    _rotate(services, ring)
    assert _rotate(services, ring) == Rotated()


def test_a_stopped_run_goes_on_where_it_was(services, post, ring):
    _posted(post)

    class Stopped(Exception):
        pass

    def stop(_done: Rotated) -> None:
        raise Stopped

    with pytest.raises(Stopped):
        _rotate(services, ring, batch=2, progress=stop)
    assert _oldest(services, ring) == services.keyring.newest
    assert _rotate(services, ring, batch=2) == Rotated(addresses=3)
    assert _oldest(services, ring) is None


def test_what_is_erased_meanwhile_stays_erased(services, post, ring):
    posted = _posted(post)
    erased: list[str] = []

    @contextmanager
    def read():
        with services.read() as session:
            yield session
        if not erased:
            # Between the read of a batch and its write.
            with services.write() as session:
                forget_addresses(session, owner_id=posted[0].id)
            erased.append(posted[0].id)

    assert rotate(read, services.write, ring, services.clock.now()) == Rotated(addresses=4)
    with services.read() as session:
        assert posted[0].id not in set(session.scalars(select(AddressRecord.owner_id)))


def test_two_runs_at_once_do_each_row_once(services, post, ring):
    for comment in _posted(post):
        add_receipt(services, comment)
    other: list[Rotated] = []

    @contextmanager
    def read():
        with services.read() as session:
            yield session
        if not other:
            other.append(Rotated())
            other[0] = _rotate(services, ring)

    mine = rotate(read, services.write, ring, services.clock.now(), batch=2)
    assert (mine, other) == (Rotated(), [Rotated(addresses=5, receipts=5)])


def test_what_no_key_opens_is_counted_and_left(services, post, ring, new_only):
    posted = _posted(post, 3)
    post("lost@example.org", keyring=Keyring.from_secrets([new_secret()]))
    with services.write() as session:
        broken = session.scalars(select(AddressRecord).where(AddressRecord.owner_id == posted[1].id)).one()
        broken.sealed = broken.sealed[:-1] + bytes([broken.sealed[-1] ^ 1])
    assert _rotate(services, ring, batch=1) == Rotated(addresses=2, broken=2)
    assert _oldest(services, ring) == services.keyring.newest


def test_a_wrong_secret_is_told_at_start(services, post, ring, new_only):
    with services.read() as session:
        check_ring(session, new_only)  # An empty database takes any.
    post("ada@example.org")
    with services.read() as session:
        check_ring(session, ring)
        with pytest.raises(Misconfigured, match="put the earlier secret back") as refused:
            check_ring(session, new_only)
    assert services.keyring.newest in str(refused.value)
    assert TEST_SECRET not in str(refused.value)


def test_when_the_old_secret_may_go(services, post, ring, fixed_clock):
    comment = post("ada@example.org")
    now = services.clock.now()
    with services.write() as session:
        remember_ring(session, services.keyring, now)
        session.add(
            ProofLink(
                id=new_id(),
                comment_id=comment.id,
                lookup=bytes(16),
                created_at=now,
                expires_at=now + timedelta(days=7),
                used_at=now,
            )
        )
        session.add(
            SubmissionKey(
                site_id=comment.site_id, lookup=bytes(16), digest=bytes(16), comment_id=comment.id, created_at=now
            )
        )
    old = services.keyring.newest
    assert _oldest(services, services.keyring) is None
    fixed_clock.advance(hours=1)
    assert _told(services, ring) == [f"1 row is sealed under the older secret {old}"]
    _rotate(services, ring)
    with services.read() as session:
        assert keys_in_use(session, ring, services.clock.now()) == {old: (0, now + timedelta(days=7))}
    (told,) = _told(services, ring)
    assert "rows" not in told
    assert _oldest(services, ring) == old
    fixed_clock.advance(days=7)
    assert _oldest(services, ring) is None
    assert _told(services, ring) == [f"nothing needs the older secret {old} any more"]


def _told(services, ring):
    """What doctor says of older secrets."""
    return [check.found for check in check_keys(replace(services, keyring=ring)) if check.level == "note"]


def test_the_ring_is_noted_once(services, ring, fixed_clock):
    for _ in range(2):
        with services.write() as session:
            remember_ring(session, ring, services.clock.now())
        fixed_clock.advance(days=1)
    with services.read() as session:
        notes = session.scalars(select(KeyCheck)).all()
    assert [(note.key_id, note.created_at) for note in notes] == [
        (ring.newest, fixed_clock.now() - timedelta(days=2)),
    ]


def test_secrets_of_outside_checks_are_sealed_anew(services, site, ring, new_only):
    now = services.clock.now()
    with services.write() as session:
        for name in ("akismet", "other"):
            wanted = CheckSettings(CheckKind.AKISMET, "https://rest.akismet.com", f"key-of-{name}")
            set_check(session, services.keyring, Outgoing(), site, name, wanted, now)
    assert _oldest(services, ring) == services.keyring.newest
    assert _rotate(services, ring, batch=1) == Rotated(checks=2)
    assert _oldest(services, ring) is None
    with services.read() as session:
        check_ring(session, new_only)
        checks = session.scalars(select(OutsideCheck).order_by(OutsideCheck.name)).all()
        assert [open_secret(new_only, check) for check in checks] == ["key-of-akismet", "key-of-other"]
        moved = checks[0]
        moved.sealed = checks[1].sealed
        with pytest.raises(SealBroken):
            open_secret(new_only, moved)


def _written_under(services: Services, post: Post, keyring: Keyring) -> Callable[[Keyring], list[str]]:
    """A life's worth of what a secret makes; answers a function that says what a ring finds of it no more."""
    now = services.clock.now()
    refused, banned_one = f"refused-{keyring.newest}@example.org", f"banned-{keyring.newest}@example.org"
    network = f"198.51.{len(keyring.key_ids)}.7"
    wrote = post(refused, Status.APPROVED, keyring=keyring, prefix_hash=prefix_hash(keyring, network, now))
    receipt = add_receipt(services, wrote, keyring=keyring)
    other = post(banned_one, keyring=keyring)
    with services.write() as session:
        remember_ring(session, keyring, now)
        mailed = unsubscribe_token(session, keyring, wrote.id, now)
        proof = new_proof_link(session, keyring, comment_id=wrote.id, now=now)
        suppress_mail(session, keyring, wrote.id, now)
        ban_address_of(session, keyring, other, now=now)
        ban = ban_prefix(session, site_id=wrote.site_id, prefix_hash=wrote.prefix_hash, now=now)
        ban.comment_id = wrote.id

    def lost(ring: Keyring) -> list[str]:
        at = services.clock.now()
        with services.read() as session:
            hashes = prefix_hashes(ring, network, at)
            banned_comment = session.get_one(Comment, other.id)
            found = {
                "never write to me": is_suppressed(session, ring, site_id=wrote.site_id, address=refused),
                "unsubscribe link": read_unsubscribe_token(session, ring, mailed) == wrote.id,
                "receipt": chain_of_receipt(session, ring, site_id=wrote.site_id, receipt=receipt) is not None,
                "proof link": _proves(session, ring, proof, at),
                "banned address": bool(address_bans_of(session, ring, banned_comment, at)),
                "banned network": bool(prefix_bans(session, wrote.site_id, hashes, at)),
            }
        return [what for what, was_found in found.items() if not was_found]

    return lost


def _proves(session: Session, ring: Keyring, token: str, now: datetime) -> bool:
    try:
        return find_proof_link(session, ring, token, now) is not None
    except (LinkBroken, LinkExpired):
        return False


def _may_go(services: Services, ring: Keyring) -> set[str]:
    """What doctor tells of each older secret."""
    told = [check.found for check in check_keys(replace(services, keyring=ring))]
    return {
        key_id for key_id in ring.key_ids if any(f"nothing needs the older secret {key_id}" in line for line in told)
    }


def test_never_write_to_me_survives_the_rotation_of_every_secret(services, post, fixed_clock):
    """Three new secrets, one after the other: each time all that a mail or a ban of any of them relies on is found."""
    secrets = [TEST_SECRET]
    lost = [_written_under(services, post, services.keyring)]
    for _ in range(3):
        fixed_clock.advance(days=1)
        secrets.insert(0, new_secret())
        ring = Keyring.from_secrets(secrets)
        _rotate(services, ring)
        lost.append(_written_under(services, post, ring))
        assert [each(ring) for each in lost] == [[]] * len(lost)
    only = Keyring.from_secrets(secrets[:1])
    for each in lost[:-1]:
        # These are keyed for good and end by themselves: doctor keeps their secret till then.
        assert each(only) == ["proof link", "banned network"]
    with services.read() as session:
        check_ring(session, only)


def test_what_doctor_says_may_go_may_go(services, post, fixed_clock):
    """Whichever secret doctor lets go, nothing is lost with it; and `keys_in_use` says the same."""
    secrets = [TEST_SECRET]
    lost = [_written_under(services, post, services.keyring)]
    for _ in range(3):
        fixed_clock.advance(days=2)
        secrets.insert(0, new_secret())
        _rotate(services, Keyring.from_secrets(secrets))
        fixed_clock.advance(hours=2)
        lost.append(_written_under(services, post, Keyring.from_secrets(secrets)))
    seen = set()
    for days in (0, 2, 22, 2, 2, 2, 2):
        fixed_clock.advance(days=days)
        ring = Keyring.from_secrets(secrets)
        may_go = _may_go(services, ring)
        with services.read() as session:
            assert may_go == set(ring.key_ids[1:]) - set(keys_in_use(session, ring, services.clock.now()))
        kept = [secret for secret, key_id in zip(secrets, ring.key_ids, strict=True) if key_id not in may_go]
        before, after = [each(ring) for each in lost], [each(Keyring.from_secrets(kept)) for each in lost]
        assert after == before
        seen.add(len(may_go))
    assert seen == {0, 1, 2, 3}, "each goes in its own time"


def test_links_of_mails_from_before_there_was_a_key_for_them_work_while_their_secret_stays(services, post, ring):
    mailed = services.keyring.serializer("unsubscribe").dumps("01TEST")
    with services.write() as session:
        unsubscribe_token(session, ring, post("ada@example.org").id, services.clock.now())
        assert read_unsubscribe_token(session, ring, mailed) == "01TEST"
        with pytest.raises(LinkBroken):
            read_unsubscribe_token(session, Keyring.from_secrets([NEW]), mailed)


@pytest.mark.postgres
def test_rotation_on_postgresql(postgres_services, ring, new_only):
    post = posting(postgres_services, add_site(postgres_services))
    for comment in _posted(post):
        add_receipt(postgres_services, comment)
    assert _rotate(postgres_services, ring, batch=2) == Rotated(addresses=5, receipts=5)
    with postgres_services.read() as session:
        check_ring(session, new_only)
