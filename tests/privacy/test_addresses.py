"""Two forms of an address, and records that can be found and opened only with the ring."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sqlalchemy import text

from models import AddressPurpose, AddressRecord, Site, new_id
from service.privacy.addresses import (
    NotAnAddress,
    address_of,
    ban_form,
    exact_form,
    find_owners,
    forget_addresses,
    open_address,
    record_address,
)
from service.privacy.sealing import Keyring, SealBroken, new_secret
from service.wiring import Services
from tests.factories import add_site


@pytest.mark.parametrize(
    ("typed", "exact"),
    [
        pytest.param("ada@example.org", "ada@example.org", id="plain"),
        pytest.param("Ada.Byron@EXAMPLE.Org", "Ada.Byron@example.org", id="the local part keeps its case"),
        pytest.param("ada+news@example.org", "ada+news@example.org", id="the tag stays"),
        pytest.param("ada@xn--bcher-kva.example.org", "ada@bücher.example.org", id="punycode"),
        pytest.param("a\u0301da@example.org", "\u00e1da@example.org", id="NFC"),
    ],
)
def test_exact_form(typed, exact):
    assert exact_form(typed) == exact
    assert exact_form(exact) == exact


@pytest.mark.parametrize(
    "typed",
    ["", "ada", "ada@", "@example.org", "a b@example.org", "ada@example.org\n", "ada@@example.org", "ada@\ud800.org"],
    ids=repr,
)
def test_what_is_no_address_is_not_quoted(typed):
    with pytest.raises(NotAnAddress) as refused:
        exact_form(typed)
    assert "ada" not in f"{refused.value!r} {refused.value.__cause__!r}"


@pytest.mark.parametrize(
    ("exact", "lossy"),
    [
        pytest.param("Ada+News@example.org", "ada@example.org", id="case and tag"),
        pytest.param("ada+a+b@example.org", "ada@example.org", id="two tags"),
        pytest.param("STRASSE@example.org", "strasse@example.org", id="capitals"),
        pytest.param("Straße@example.org", "strasse@example.org", id="sharp s"),
        pytest.param("ａｄａ@example.org", "ada@example.org", id="full width"),
        pytest.param("ada＋news@example.org", "ada@example.org", id="full width plus"),
        pytest.param("+news@example.org", "+news@example.org", id="nothing before the tag"),
        pytest.param("+News@example.org", "+News@example.org", id="nothing before the tag, as it was"),
        pytest.param("a＠b@example.org", "a＠b@example.org", id="a second @ appears"),
        pytest.param("a.b@example.org", "a.b@example.org", id="dots stay"),
        pytest.param("A.d.a+News@gmail.com", "ada@gmail.com", id="Gmail's dots"),
        pytest.param("ada@googlemail.com", "ada@gmail.com", id="Gmail's other name"),
        pytest.param("ａ．da@GoogleMail.com", "ada@gmail.com", id="Gmail in full width"),
        pytest.param("a.da@gmail.com.example.org", "a.da@gmail.com.example.org", id="not Gmail"),
        pytest.param("a.da@mail.gmail.com", "a.da@mail.gmail.com", id="below Gmail"),
        pytest.param("+a.b@gmail.com", "+ab@gmail.com", id="nothing before the tag at Gmail"),
    ],
)
def test_ban_form(exact, lossy):
    assert ban_form(exact) == lossy


locals_ = st.text(min_size=1, max_size=20).filter(lambda local: "@" not in local)


@given(
    local=locals_,
    domain=st.sampled_from(["example.org", "bücher.example.org", "straße.example.org", "gmail.com", "googlemail.com"]),
)
def test_ban_form_is_idempotent_and_has_one_at(local, domain):
    once = ban_form(f"{local}@{domain}")
    assert ban_form(once) == once
    assert once.count("@") == 1
    assert not once.startswith("@")


@given(address=st.emails())
def test_exact_form_is_idempotent(address):
    try:
        exact = exact_form(address)
    except NotAnAddress:
        assume(False)
    assert exact_form(exact) == exact
    assert ban_form(ban_form(exact)) == ban_form(exact)


def _record(services: Services, site: Site, address: str, purpose: AddressPurpose, owner: str = "") -> AddressRecord:
    with services.write() as session:
        return record_address(
            session,
            services.keyring,
            site_id=site.id,
            purpose=purpose,
            owner_id=owner or new_id(),
            address=address,
            now=services.clock.now(),
        )


def _owners(services: Services, site: Site, address: str, purpose: AddressPurpose, by: str) -> list[str]:
    with services.read() as session:
        return find_owners(session, services.keyring, site_id=site.id, purpose=purpose, address=address, by=by)


def test_a_record_is_found_by_its_forms_in_its_site_and_purpose(services, site):
    ban = AddressPurpose.BAN
    kept = _record(services, site, "Ada+x@example.org", ban)
    other_site = add_site(services, "herald")
    assert _owners(services, site, "Ada+x@EXAMPLE.org", ban, "exact") == [kept.owner_id]
    assert _owners(services, site, "ada@example.org", ban, "exact") == []
    assert _owners(services, site, "ADA+y@example.org", ban, "ban") == [kept.owner_id]
    assert _owners(services, other_site, "Ada+x@example.org", ban, "exact") == []
    assert _owners(services, site, "Ada+x@example.org", AddressPurpose.CHAIN, "exact") == []


def test_a_record_opens_with_the_ring_only(services, site):
    kept = _record(services, site, "Ada@EXAMPLE.org", AddressPurpose.SUBMISSION)
    assert open_address(services.keyring, kept) == "Ada@example.org"
    with pytest.raises(SealBroken):
        open_address(Keyring.from_secrets([new_secret()]), kept)


@pytest.mark.parametrize("column", ["id", "site_id", "purpose"])
def test_a_sealed_address_cannot_be_moved_to_another_row(services, site, column):
    kept = _record(services, site, "ada@example.org", AddressPurpose.SUBMISSION)
    setattr(kept, column, AddressPurpose.BAN if column == "purpose" else new_id())
    with pytest.raises(SealBroken):
        open_address(services.keyring, kept)


def test_one_address_on_two_sites_has_nothing_in_common(services, site):
    one = _record(services, site, "ada@example.org", AddressPurpose.CHAIN)
    two = _record(services, add_site(services, "herald"), "ada@example.org", AddressPurpose.CHAIN)
    assert not {one.exact_index, one.ban_index, one.sealed} & {two.exact_index, two.ban_index, two.sealed}


def test_the_database_has_no_word_of_it(services, site):
    _record(services, site, "canary.bird+cage@example.org", AddressPurpose.SUBMISSION)
    with services.engine.connect() as connection:
        rows = connection.execute(text("SELECT * FROM address_record")).all()
    assert len(rows) == 1
    assert not any(word in repr(rows).lower() for word in ("canary", "bird", "cage", "example"))


def test_the_newest_record_counts_and_all_are_forgotten(services, site):
    owner = new_id()
    _record(services, site, "one@example.org", AddressPurpose.SUBMISSION, owner)
    newer = _record(services, site, "two@example.org", AddressPurpose.SUBMISSION, owner)
    _record(services, site, "two@example.org", AddressPurpose.CHAIN, owner)
    with services.write() as session:
        found = address_of(session, purpose=AddressPurpose.SUBMISSION, owner_id=owner)
        assert found is not None
        assert found.id == newer.id
        assert forget_addresses(session, owner_id=owner, purpose=AddressPurpose.SUBMISSION) == 2
        assert address_of(session, purpose=AddressPurpose.SUBMISSION, owner_id=owner) is None
        assert forget_addresses(session, owner_id=owner) == 1
