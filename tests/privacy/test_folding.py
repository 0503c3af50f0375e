"""Gmail's many spellings of one mailbox are one for bans and refusals, also where rows were indexed before that."""

import pytest
from sqlalchemy import func, select, update

from models import AddressPurpose, AddressRecord, new_id
from service.cli.diagnostics import check_keys
from service.privacy.addresses import BAN_FOLDING, find_owners, open_address
from service.privacy.bans import address_bans_of, ban_address
from service.privacy.links import is_suppressed
from service.privacy.rotation import fold_anew, rotate
from service.privacy.sealing import Keyring, new_secret
from tests.factories import add_address
from tests.settings import TEST_SECRET

SPELLINGS = ["ada.byron@gmail.com", "a.d.a.byron@googlemail.com", "AdaByron+x@gmail.com"]


def as_before(services) -> None:
    """Indexes every row as the release before this folding wrote it."""
    keyring = services.keyring
    with services.write() as session:
        for record in session.scalars(select(AddressRecord)):
            local, _, host = open_address(keyring, record).casefold().rpartition("@")
            former = f"{record.site_id}|{local.partition('+')[0]}@{host}"
            session.execute(
                update(AddressRecord)
                .where(AddressRecord.id == record.id)
                .values(ban_index=keyring.index("address-ban", former)[1], ban_folding=1)
            )


def earlier(services) -> int:
    with services.read() as session:
        return session.scalar(select(func.count()).where(AddressRecord.ban_folding < BAN_FOLDING))


def met(services, comment) -> int:
    """How many bans the address meets that was typed with the comment."""
    with services.read() as session:
        return len(address_bans_of(session, services.keyring, comment, services.clock.now()))


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_ban_holds_every_spelling(services, site, post, spelling):
    before = post(spelling)
    other = post("ada.byron@example.org")
    with services.write() as session:
        ban_address(session, services.keyring, site_id=site.id, address=SPELLINGS[0], now=services.clock.now())
    assert [met(services, comment) for comment in (before, post(spelling), other)] == [1, 1, 0]


def test_two_spellings_are_two_people_for_proofs(services, site, post):
    posted = [post(spelling) for spelling in SPELLINGS]
    place = {"site_id": site.id, "purpose": AddressPurpose.SUBMISSION, "address": SPELLINGS[0]}
    with services.read() as session:
        assert find_owners(session, services.keyring, **place) == [posted[0].id]


def test_rows_of_the_release_before_are_found_and_indexed_anew(services, site, post):
    now, keyring = services.clock.now(), services.keyring
    with services.write() as session:
        ban_address(session, keyring, site_id=site.id, address=SPELLINGS[0], now=now)
    add_address(services, site, new_id(), SPELLINGS[0], purpose=AddressPurpose.SUPPRESSION)
    as_before(services)
    # As it was typed then, it is found at once.
    assert met(services, post(SPELLINGS[0])) == 1
    assert met(services, post(SPELLINGS[1])) == 0
    assert any("indexed for bans" in check.found for check in check_keys(services))
    assert fold_anew(services.read, services.write, keyring, batch=1) == 2
    assert fold_anew(services.read, services.write, keyring) == earlier(services) == 0
    assert not any("indexed for bans" in check.found for check in check_keys(services))
    for spelling in SPELLINGS:
        assert met(services, post(spelling)) == 1
        with services.read() as session:
            assert is_suppressed(session, keyring, site_id=site.id, address=spelling)


def test_a_rotation_folds_what_has_the_newest_secret_already(services, site, post):
    post(SPELLINGS[0])
    as_before(services)
    rotate(services.read, services.write, services.keyring, services.clock.now())
    assert earlier(services) == 0


def test_rows_under_an_older_secret_stay_under_it(services, site, post):
    comment = post(SPELLINGS[1])
    as_before(services)
    ring = Keyring.from_secrets([new_secret(), TEST_SECRET])
    assert fold_anew(services.read, services.write, ring) == 1
    place = {"site_id": site.id, "purpose": AddressPurpose.SUBMISSION, "address": SPELLINGS[0], "by": "ban"}
    with services.read() as session:
        assert find_owners(session, services.keyring, **place) == [comment.id]


def test_a_row_that_does_not_open_is_left_alone(services, site, post):
    post(SPELLINGS[0])
    as_before(services)
    stranger = Keyring.from_secrets([new_secret()])
    assert fold_anew(services.read, services.write, stranger) == 0
    assert earlier(services) == 1
