"""Links in mails: a page that changes nothing, and a button that does."""

import pytest
from sqlalchemy import select

from models import AddressPurpose, AddressRecord, ProofLink, ProofMethod, Status, WriterChain
from service.privacy.links import is_suppressed, new_proof_link, proof_path, unsubscribe_path, unsubscribe_token


def proof_link(reader, comment_id: str) -> str:
    services = reader.services
    with services.write() as session:
        token = new_proof_link(session, services.keyring, comment_id=comment_id, now=services.clock.now())
    return proof_path(token)


def unsubscribe_link(reader, comment_id: str) -> str:
    services = reader.services
    with services.write() as session:
        return unsubscribe_path(unsubscribe_token(session, services.keyring, comment_id, services.clock.now()))


def test_only_the_button_proves(reader):
    answer = reader.posted()
    path = proof_link(reader, answer["id"])
    page = reader.client.get(path)
    assert (page.status_code, page.mimetype) == (200, "text/html")
    assert '<form method="post">' in page.get_data(as_text=True)
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert reader.comment(answer["id"]).proven is None
    assert reader.client.post(path).status_code == 200
    assert reader.comment(answer["id"]).proven is ProofMethod.LINK
    # Again is fine, and says that it was done.
    assert "is confirmed" in reader.client.get(path).get_data(as_text=True)
    assert reader.client.post(path).status_code == 200


def test_two_comments_proven_for_one_address_are_one_writers(reader, services):
    answers = [reader.posted(), reader.posted(body="Again."), reader.posted(email="other@example.org")]
    for answer in answers:
        reader.client.post(proof_link(reader, answer["id"]))
    with services.read() as session:
        chains = {chain.id: chain.merged_into for chain in session.scalars(select(WriterChain))}
    first, second, other = [reader.comment(answer["id"]).chain_id for answer in answers]
    assert chains[max(first, second)] == min(first, second)
    assert chains[other] is None


def test_a_proven_face_is_shown_anew(reader):
    answers = [reader.posted(), reader.posted(body="Again.")]
    for answer in answers:
        reader.decide(answer["id"], Status.APPROVED)
    version = reader.thread().version
    for answer in answers:
        reader.client.post(proof_link(reader, answer["id"]))
    assert reader.thread().version > version


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_broken_link(reader, method):
    for path in ("/confirm/nonsense", "/confirm/a%00b", "/unsubscribe/nonsense", "/unsubscribe/%F0%9F%98%80"):
        assert getattr(reader.client, method)(path).status_code == 404


def test_an_old_link(reader, fixed_clock):
    answer = reader.posted()
    path = proof_link(reader, answer["id"])
    fixed_clock.advance(days=7)
    for response in (reader.client.get(path), reader.client.post(path)):
        assert response.status_code == 404
        assert "seven days" in response.get_data(as_text=True)
    assert reader.comment(answer["id"]).proven is None


def test_an_erased_comment_is_not_proven(reader, services):
    answer = reader.posted()
    path = proof_link(reader, answer["id"])
    with services.write() as session:
        session.merge(reader.comment(answer["id"])).status = Status.ERASED
    assert reader.client.post(path).status_code == 200
    assert reader.comment(answer["id"]).proven is None


def test_a_token_is_kept_as_a_hash_only(reader, services):
    answer = reader.posted()
    token = proof_link(reader, answer["id"]).rpartition("/")[2]
    with services.read() as session:
        link = session.scalars(select(ProofLink)).one()
    assert token.encode() not in link.lookup


def test_never_write_to_me(reader, services, site):
    answer = reader.posted(email="Ada+news@example.org")
    path = unsubscribe_link(reader, answer["id"])
    asks = {"site_id": site.id, "address": "ada@example.org"}
    assert "Never write to me" in reader.client.get(path).get_data(as_text=True)
    with services.read() as session:
        assert not is_suppressed(session, services.keyring, **asks)
    # As mail programs do it (RFC 8058): no cookie, no page, no Origin of ours.
    one_click = reader.client.post(
        path, data={"List-Unsubscribe": "One-Click"}, headers={"Origin": "https://mail.test"}
    )
    assert one_click.status_code == 200
    assert reader.client.post(path).status_code == 200
    with services.read() as session:
        assert is_suppressed(session, services.keyring, **asks)
        assert not is_suppressed(session, services.keyring, site_id=site.id, address="other@example.org")
        kept = session.scalars(select(AddressRecord).where(AddressRecord.purpose == AddressPurpose.SUPPRESSION)).all()
    assert [record.owner_id == record.id for record in kept] == [True]


def test_one_link_does_not_open_the_other(reader, services):
    answer = reader.posted()
    token = unsubscribe_link(reader, answer["id"]).rpartition("/")[2]
    assert reader.client.post(f"/confirm/{token}").status_code == 404
    form_token = reader.token()
    assert reader.client.post(f"/unsubscribe/{form_token}").status_code == 404


def test_pages_name_no_address(reader):
    answer = reader.posted(email="canary@example.org")
    for path in (proof_link(reader, answer["id"]), unsubscribe_link(reader, answer["id"])):
        for response in (reader.client.get(path), reader.client.post(path)):
            assert "canary" not in response.get_data(as_text=True) + str(response.headers)
