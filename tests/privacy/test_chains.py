"""A submission is proven, never an address; chains become one only when both proved the same exact address."""

import pytest
from sqlalchemy import select

from models import AddressPurpose, AddressRecord, Comment, ProofMethod, Site, Status, WriterChain
from service.privacy.addresses import forget_addresses
from service.privacy.chains import chain_of_receipt, families, prove_by_link, root_of
from service.privacy.sealing import Keyring, new_keyed_token, new_secret
from service.wiring import Services
from tests.factories import add_receipt, add_site
from tests.lookups import seen_thread
from tests.privacy.conftest import posting
from tests.settings import TEST_SECRET


def _follow(services: Services, comment: Comment, keyring: Keyring | None = None) -> str:
    with services.write() as session:
        found = session.get_one(Comment, comment.id)
        return prove_by_link(session, keyring or services.keyring, found, services.clock.now())


def _chain(services: Services, chain_id: str) -> WriterChain:
    with services.read() as session:
        return session.get_one(WriterChain, chain_id)


def _by_receipt(services: Services, site: Site, receipt: str) -> str | None:
    with services.read() as session:
        return chain_of_receipt(session, services.keyring, site_id=site.id, receipt=receipt)


def test_unproven_posts_under_one_address_are_strangers(services, post):
    one, two = post("ada@example.org"), post("ada@example.org")
    assert one.chain_id != two.chain_id
    seeds = {_chain(services, comment.chain_id).avatar_seed for comment in (one, two)}
    assert len(seeds) == 2
    with services.read() as session:
        assert set(families(session, [one.chain_id])[one.chain_id]) == {one.chain_id}


def test_the_receipt_of_an_approved_comment_proves_the_next(services, site, post):
    first = post("ada@example.org", status=Status.APPROVED)
    assert _by_receipt(services, site, add_receipt(services, first)) == first.chain_id


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.APPROVED])
def test_the_receipt_of_any_other_comment_proves_nothing(services, site, post, status):
    assert _by_receipt(services, site, add_receipt(services, post("ada@example.org", status=status))) is None


def test_receipts_that_prove_nothing(services, site, post):
    approved = post("ada@example.org", status=Status.APPROVED)
    revoked = add_receipt(services, approved, revoked_at=services.clock.now())
    elsewhere = posting(services, add_site(services, "herald"))
    foreign = add_receipt(services, elsewhere("ada@example.org", status=Status.APPROVED))
    assert [_by_receipt(services, site, text) for text in (revoked, foreign, new_keyed_token(), "", "\ud800")] == [
        None
    ] * 5


def test_a_link_proves_this_comment_and_keeps_the_address_with_its_chain(services, post):
    comment = post("Ada@example.org")
    assert _follow(services, comment) == comment.chain_id
    with services.read() as session:
        assert session.get_one(Comment, comment.id).proven is ProofMethod.LINK
        kept = session.scalars(select(AddressRecord).where(AddressRecord.purpose == AddressPurpose.CHAIN)).all()
    assert [record.owner_id for record in kept] == [comment.chain_id]


def test_a_repeated_proof_changes_nothing(services, post):
    comment = post("ada@example.org")
    assert _follow(services, comment) == _follow(services, comment)
    with services.read() as session:
        kept = session.scalars(select(AddressRecord).where(AddressRecord.purpose == AddressPurpose.CHAIN)).all()
    assert len(kept) == 1


def test_chains_that_proved_the_same_address_become_one_with_one_face(services, post):
    one, two, three = (post("ada@example.org") for _ in range(3))
    for comment in (two, three, one):
        _follow(services, comment)
    assert {root_of_chain(services, comment.chain_id) for comment in (one, two, three)} == {one.chain_id}
    chains = [_chain(services, comment.chain_id) for comment in (one, two, three)]
    assert len({chain.avatar_seed for chain in chains}) == 1
    # Merged chains point at the root itself: a look-up never walks.
    assert {chain.merged_into for chain in chains[1:]} == {one.chain_id}
    with services.read() as session:
        assert families(session, [three.chain_id])[three.chain_id] == {one.chain_id, two.chain_id, three.chain_id}


def root_of_chain(services: Services, chain_id: str) -> str:
    with services.read() as session:
        return root_of(session, chain_id)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param("ada@example.org", "ada+x@example.org", id="a tag"),
        pytest.param("ada@example.org", "Ada@example.org", id="another case"),
        pytest.param("ada@example.org", "ada@example.com", id="another domain"),
    ],
)
def test_another_exact_address_is_another_writer(services, post, first, second):
    one, two = post(first), post(second)
    _follow(services, one)
    _follow(services, two)
    assert root_of_chain(services, one.chain_id) != root_of_chain(services, two.chain_id)


def test_a_typed_address_never_joins_a_proven_chain(services, post):
    victim, rival = post("ada@example.org"), post("ada@example.org")
    _follow(services, victim)
    # The rival has a receipt and links of his own, for another address.
    mine = post("eve@example.org", chain=rival.chain_id, proven=ProofMethod.RECEIPT)
    _follow(services, mine)
    assert root_of_chain(services, rival.chain_id) != root_of_chain(services, victim.chain_id)


def test_the_same_address_on_two_sites_is_two_writers(services, post):
    elsewhere = posting(services, add_site(services, "herald"))
    one, two = post("ada@example.org"), elsewhere("ada@example.org")
    assert {_follow(services, one), _follow(services, two)} == {one.chain_id, two.chain_id}


def test_a_receipt_of_a_merged_chain_leads_to_its_root(services, site, post):
    one, two = post("ada@example.org"), post("ada@example.org", status=Status.APPROVED)
    _follow(services, one)
    _follow(services, two)
    assert _by_receipt(services, site, add_receipt(services, two)) == one.chain_id


def test_an_erased_address_proves_the_comment_alone(services, post):
    known, erased = post("ada@example.org"), post("ada@example.org")
    _follow(services, known)
    with services.write() as session:
        forget_addresses(session, owner_id=erased.id)
    assert _follow(services, erased) == erased.chain_id


def test_a_chain_proved_before_a_rotation_is_still_met(services, post):
    ring = Keyring.from_secrets([new_secret(), TEST_SECRET])
    one, two = post("ada@example.org"), post("ada@example.org", keyring=ring)
    _follow(services, one)
    assert _follow(services, two, ring) == one.chain_id


def test_a_changed_face_gives_the_thread_a_new_version(services, post):
    one = post("ada@example.org", status=Status.APPROVED)
    two = post("ada@example.org", status=Status.APPROVED)
    _follow(services, one)
    before = seen_thread(services, one.thread_id).version
    _follow(services, two)
    assert seen_thread(services, one.thread_id).version > before


@pytest.mark.postgres
def test_proof_and_merge_on_postgresql(postgres_services):
    post = posting(postgres_services, add_site(postgres_services))
    one, two = post("ada@example.org"), post("ada@example.org", status=Status.APPROVED)
    assert _follow(postgres_services, two) == two.chain_id
    assert _follow(postgres_services, one) == one.chain_id
    assert root_of_chain(postgres_services, two.chain_id) == one.chain_id
