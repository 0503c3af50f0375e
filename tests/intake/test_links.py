"""Links in mails: a page that changes nothing, and a button that does."""

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from models import AddressPurpose, AddressRecord, Comment, ProofLink, ProofMethod, Receipt, Status, WriterChain
from service.intake import proofs
from service.intake.proofs import MINE, NOT_MINE, PER_PAGE, Answer
from service.moderation.facts.gather import gather
from service.moderation.policies.in_force import Policies
from service.privacy.chains import chain_of_receipt, root_of
from service.privacy.links import is_suppressed, new_proof_link, proof_path, unsubscribe_path, unsubscribe_token
from tests.factories import Newsroom, add_site, edit

FORM = re.compile(r'name="comment" value="(\w+)"><input type="hidden" name="version" value="(\d+)"', re.ASCII)


def proof_link(reader, comment_id: str) -> str:
    services = reader.services
    with services.write() as session:
        token = new_proof_link(session, services.keyring, comment_id=comment_id, now=services.clock.now())
    return proof_path(token)


def asked(reader, **changes: Any) -> dict[str, Any]:
    """A comment that waits for a person, and whose writer asked for the mail."""
    answer = reader.posted(**({"confirm": True} | changes))
    reader.decide(answer["id"], Status.PENDING)
    return answer


def buttons(reader, path: str) -> dict[str, str]:
    """Comment id -> the version beside its buttons."""
    return dict(FORM.findall(reader.client.get(path).get_data(as_text=True).replace("\n", "")))


def press(reader, path: str, comment_id: str, answer: str = "mine") -> TestResponse:
    """As a browser does: what the page's form says."""
    version = buttons(reader, path)[comment_id]
    return reader.client.post(path, data={"comment": comment_id, "version": version, "answer": answer})


def unsubscribe_link(reader, comment_id: str) -> str:
    services = reader.services
    with services.write() as session:
        return unsubscribe_path(unsubscribe_token(session, services.keyring, comment_id, services.clock.now()))


def test_only_the_button_proves(reader):
    answer = asked(reader)
    path = proof_link(reader, answer["id"])
    page = reader.client.get(path)
    assert (page.status_code, page.mimetype) == (200, "text/html")
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["X-Robots-Tag"] == "noindex"
    assert page.headers["Cache-Control"] == "no-store"
    assert "script" not in page.headers["Content-Security-Policy"]
    assert buttons(reader, path) == {answer["id"]: "1"}
    assert reader.comment(answer["id"]).proven is None
    assert press(reader, path, answer["id"]).status_code == 200
    assert reader.comment(answer["id"]).proven is ProofMethod.LINK
    assert "It is published" not in reader.client.get(path).text
    reader.decide(answer["id"], Status.APPROVED)
    assert f'href="../c/{answer["id"]}">It is published' in reader.client.get(path).text
    # Again is fine, and says that it was done.
    assert "is confirmed" in reader.client.get(path).get_data(as_text=True)
    again = reader.client.post(path, data={"comment": answer["id"], "version": "1", "answer": "not_mine"})
    assert again.status_code == 200
    assert (reader.comment(answer["id"]).proven, reader.comment(answer["id"]).disowned_at) == (ProofMethod.LINK, None)


def test_the_page_shows_what_is_proven(reader, services, site):
    with services.write() as session:
        session.merge(site).name = "The Courier"
    answer = asked(
        reader,
        name="Ada <b>L.</b>",
        website="https://ada.example/me",
        body="A *fine* <i>word</i>.",
        page_title="A <u>1</u>",
    )
    page = reader.client.get(proof_link(reader, answer["id"])).get_data(as_text=True)
    for said in (
        "The Courier",
        "Ada &lt;b&gt;L.&lt;/b&gt;",
        "https://ada.example/me",
        "A <em>fine</em> &lt;i&gt;word&lt;/i&gt;.",
        "A &lt;u&gt;1&lt;/u&gt;",
        "http://news.test/story?id=4711",
        reader.comment(answer["id"]).created_at.strftime("%B %Y, %H:%M UTC"),
    ):
        assert said in page, said


def test_it_says_of_the_page_what_its_own_post_said(reader, services, site):
    """The thread was made by another's post, which nobody has published."""
    asked(reader, email="other@example.org", thread="9", page_url="http://news.test/trap", page_title="You have won")
    mine = asked(reader, thread="9", page_url="http://news.test/bridge", page_title="The bridge")
    page = reader.client.get(proof_link(reader, mine["id"])).get_data(as_text=True)
    assert "The bridge" in page
    assert "http://news.test/bridge" in page
    assert "You have won" not in page
    assert "trap" not in page
    with services.write() as session:
        comment = session.get_one(Comment, mine["id"])
        comment.page_url = comment.page_title = None
    page = reader.client.get(proof_link(reader, mine["id"])).get_data(as_text=True)
    assert "trap" not in page
    assert 'href=""' not in page


def test_the_first_to_type_an_address_gets_nothing_of_its_owner(reader, services, site):
    """The attack: his comment's mail is the only one of the day, and the owner takes it for theirs."""
    old = asked(reader, email="victim@example.org", body="Long ago.")
    press(reader, proof_link(reader, old["id"]), old["id"])
    reader.decide(old["id"], Status.APPROVED)
    his = asked(reader, email="victim@example.org", name="Mallory", body="Buy my book.")
    own = asked(reader, email="victim@example.org", name="Ada", body="A thought of mine.")
    path = proof_link(reader, his["id"])  # The one mail that is sent.
    assert set(buttons(reader, path)) == {his["id"], own["id"]}
    press(reader, path, own["id"])
    assert reader.comment(own["id"]).proven is ProofMethod.LINK
    assert reader.comment(his["id"]).proven is None
    assert set(buttons(reader, path)) == {his["id"]}
    reader.decide(his["id"], Status.APPROVED)
    with services.read() as session:
        chains = {which: reader.comment(answer["id"]).chain_id for which, answer in (("his", his), ("own", own))}
        assert root_of(session, chains["own"]) == reader.comment(old["id"]).chain_id
        assert root_of(session, chains["his"]) == chains["his"]
        # His receipt proves what is his, and that has no history but his own.
        assert chain_of_receipt(session, services.keyring, site_id=site.id, receipt=his["receipt"]) == chains["his"]
    after = reader.posted(email="victim@example.org", earlier_receipt=his["receipt"])
    assert known(reader, after["id"])["approved_before"] == 1
    assert reader.comment(after["id"]).chain_id == chains["his"]


def known(reader, comment_id: str) -> dict[str, Any]:
    """The facts by which the comment is judged."""
    with reader.services.read() as session:
        [case] = gather(session, Policies(), [comment_id], reader.services.clock.now())
    return case.known


def test_what_is_disowned_is_never_proven_and_waits_for_a_person(reader, services, site):
    his = asked(reader, name="Mallory")
    reader.decide(his["id"], Status.APPROVED)
    path = proof_link(reader, his["id"])
    page = press(reader, path, his["id"], "not_mine").get_data(as_text=True)
    assert "not yours" in page
    comment = reader.comment(his["id"])
    assert (comment.proven, comment.status, comment.published_version) == (None, Status.PENDING, None)
    assert comment.disowned_at == services.clock.now()
    assert reader.receipt(his["receipt"])["status"] == "waiting"
    assert buttons(reader, path) == {}
    for answer in ("mine", "not_mine"):
        reader.client.post(path, data={"comment": his["id"], "version": "1", "answer": answer})
    assert (reader.comment(his["id"]).proven, reader.comment(his["id"]).revision) == (None, comment.revision)
    # A moderator may publish it; it counts for nobody, and its receipt proves nothing.
    reader.decide(his["id"], Status.APPROVED)
    with services.read() as session:
        assert chain_of_receipt(session, services.keyring, site_id=site.id, receipt=his["receipt"]) is None
    # An edit does not get past the person either.
    edit(services, his["id"], "Another text.")
    assert known(reader, his["id"])["disowned"] is True


def test_a_disowned_comment_does_not_count_for_those_that_came_with_its_receipt(reader, services):
    his = asked(reader)
    reader.decide(his["id"], Status.APPROVED)
    second = reader.posted(earlier_receipt=his["receipt"])
    assert known(reader, second["id"])["approved_before"] == 1
    press(reader, proof_link(reader, his["id"]), his["id"], "not_mine")
    reader.decide(his["id"], Status.APPROVED)
    assert known(reader, second["id"])["approved_before"] == 0


def test_a_button_proves_only_the_text_beside_it(reader, services):
    answer = asked(reader, body="A harmless word.")
    path = proof_link(reader, answer["id"])
    edit(services, answer["id"], "Something that nobody has read.")
    for sent in ({}, {"comment": answer["id"]}, {"comment": answer["id"], "answer": "mine"}):
        assert reader.client.post(path, data=sent | {"version": "1"}).status_code == 200
        assert reader.client.post(path, data=sent).status_code == 200
    answered = reader.client.post(path, data={"comment": answer["id"], "version": "1", "answer": "mine"})
    assert "Something that nobody has read." in answered.get_data(as_text=True)
    assert reader.comment(answer["id"]).proven is None
    press(reader, path, answer["id"])
    assert reader.comment(answer["id"]).proven is ProofMethod.LINK


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"email": "ada+tag@example.org"}, id="another tag"),
        pytest.param({"email": "Ada@example.org"}, id="another case"),
        pytest.param({"email": "eve@example.org"}, id="another address"),
        pytest.param({"confirm": False}, id="no mail asked for"),
        pytest.param({"earlier_receipt": ...}, id="proven by a receipt"),
    ],
)
def test_what_a_link_does_not_reach(reader, changes):
    """Nor is it shown, though it is named in a press."""
    own = asked(reader)
    if "earlier_receipt" in changes:
        first = reader.posted()
        reader.decide(first["id"], Status.APPROVED)
        changes = {"earlier_receipt": first["receipt"]}
    other = asked(reader, body="Of somebody else.", **changes)
    proven = reader.comment(other["id"]).proven
    path = proof_link(reader, own["id"])
    assert set(buttons(reader, path)) == {own["id"]}
    for answer in ("mine", "not_mine"):
        page = reader.client.post(path, data={"comment": other["id"], "version": "1", "answer": answer})
        assert "Of somebody else." not in page.get_data(as_text=True)
    found = reader.comment(other["id"])
    assert (found.proven, found.disowned_at) == (proven, None)


@pytest.mark.parametrize("status", [Status.REJECTED, Status.SPAM, Status.WITHDRAWN, Status.ERASED])
def test_what_is_gone_is_not_shown_and_hides_nothing(reader, services, status):
    gone, own = asked(reader, body="The first."), asked(reader, body="The second.")
    path = proof_link(reader, gone["id"])
    with services.write() as session:
        session.merge(reader.comment(gone["id"])).status = status
    assert set(buttons(reader, path)) == {own["id"]}
    assert "The first." not in reader.client.get(path).get_data(as_text=True)
    answered = reader.client.post(path, data={"comment": gone["id"], "version": "1", "answer": "mine"})
    assert "Nothing was confirmed" in answered.get_data(as_text=True)
    assert reader.comment(gone["id"]).proven is None
    press(reader, path, own["id"])
    assert reader.comment(own["id"]).proven is ProofMethod.LINK


def test_a_revoked_receipt_takes_nothing_from_the_link(reader, services, site):
    answer = asked(reader)
    with services.write() as session:
        session.execute(update(Receipt).values(revoked_at=services.clock.now()))
    press(reader, proof_link(reader, answer["id"]), answer["id"])
    reader.decide(answer["id"], Status.APPROVED)
    with services.read() as session:
        assert chain_of_receipt(session, services.keyring, site_id=site.id, receipt=answer["receipt"]) is None
    assert reader.comment(answer["id"]).proven is ProofMethod.LINK


def test_however_many_come_each_is_reached(reader):
    answers = [asked(reader, body=f"Remark {n}.")["id"] for n in range(PER_PAGE + 2)]
    path = proof_link(reader, answers[-1])
    first = reader.client.get(path).get_data(as_text=True)
    older = re.search(r'href="(\?before=\w+)"', first)
    assert older is not None
    assert list(buttons(reader, path)) == answers[:1:-1]
    assert list(buttons(reader, path + older[1])) == [answers[1], answers[0]]
    press(reader, path + older[1], answers[0])
    assert reader.comment(answers[0]).proven is ProofMethod.LINK
    # Whatever stands there is no reason to fall over.
    assert list(buttons(reader, path + "?before=%00'")) == answers[:1:-1]


@pytest.mark.postgres
def test_two_answers_at_once_are_one(postgres_services):
    room = Newsroom(postgres_services, add_site(postgres_services))
    comment_id = room.comment(address="ada@example.org", wants_confirm=True)
    with postgres_services.write() as session:
        now = postgres_services.clock.now()
        token = new_proof_link(session, postgres_services.keyring, comment_id=comment_id, now=now)
    with ThreadPoolExecutor(4) as pool:
        said = [
            pool.submit(proofs.answer, postgres_services, token, Answer(comment_id, "1", pressed)).result
            for pressed in (MINE, NOT_MINE) * 4
        ]
        told = {result().said for result in said}
    with postgres_services.read() as session:
        comment = session.get_one(Comment, comment_id)
    assert len(told) == 1
    assert (comment.proven is None) is (told == {"not_mine"})
    assert (comment.disowned_at is None) is (told == {"mine"})


@pytest.mark.parametrize("comment", ["", "x", "\0", "\ud800".encode("utf-8", "surrogatepass"), "0" * 26, "é" * 9000])
def test_a_press_of_nothing(reader, comment):
    answer = asked(reader)
    path = proof_link(reader, answer["id"])
    assert reader.client.post(path, data={"comment": comment, "version": "1", "answer": "mine"}).status_code == 200
    assert reader.comment(answer["id"]).proven is None


def test_two_comments_proven_for_one_address_are_one_writers(reader, services):
    answers = [asked(reader), asked(reader, body="Again."), asked(reader, email="other@example.org")]
    for answer in answers:
        press(reader, proof_link(reader, answer["id"]), answer["id"])
    with services.read() as session:
        chains = {chain.id: chain.merged_into for chain in session.scalars(select(WriterChain))}
    first, second, other = [reader.comment(answer["id"]).chain_id for answer in answers]
    assert chains[max(first, second)] == min(first, second)
    assert chains[other] is None


def test_a_proven_face_is_shown_anew(reader):
    answers = [asked(reader), asked(reader, body="Again.")]
    for answer in answers:
        reader.decide(answer["id"], Status.APPROVED)
    version = reader.thread().version
    for answer in answers:
        press(reader, proof_link(reader, answer["id"]), answer["id"])
    assert reader.thread().version > version


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_broken_link(reader, method):
    for path in ("/confirm/nonsense", "/confirm/a%00b", "/unsubscribe/nonsense", "/unsubscribe/%F0%9F%98%80"):
        assert getattr(reader.client, method)(path).status_code == 404


def test_an_old_link(reader, fixed_clock):
    answer = asked(reader)
    path = proof_link(reader, answer["id"])
    fixed_clock.advance(days=7)
    for response in (reader.client.get(path), reader.client.post(path)):
        assert response.status_code == 404
        assert "seven days" in response.get_data(as_text=True)
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
