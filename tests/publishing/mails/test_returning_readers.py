"""A reader whom an earlier receipt proves, and whose address nobody has confirmed: asked once, then told."""

import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from models import AddressPurpose, Comment, Delivery, DeliveryKind, ProofMethod, Site, Status
from service.app import create_app
from service.intake.receive import EXTENSION
from service.mail.sender import send_due
from service.privacy.chains import prove_by_link, root_of
from service.wiring import Services
from tests.factories import Newsroom, add_address
from tests.publishing.mails.conversation import Out, told_in
from tests.publishing.mails.smtp_inbox import READER
from tests.publishing.test_after_decisions import decide

FORM = re.compile(r'name="comment" value="(\w+)"><input type="hidden" name="version" value="(\d+)"', re.ASCII)
BY_RECEIPT = {"address": READER, "wants_replies": True, "proven": ProofMethod.RECEIPT, "chain": "phone"}


@pytest.fixture
def newsroom(services: Services, site: Site, tmp_path: Path) -> Newsroom:
    settings = msgspec.structs.replace(services.settings, mail_dir=tmp_path / "mails")
    return Newsroom(dataclasses.replace(services, settings=settings), site)


@pytest.fixture
def browser(newsroom: Newsroom) -> Iterator[FlaskClient]:
    app = create_app(newsroom.services, ("service.intake.routes",))
    yield app.test_client()
    app.extensions[EXTENSION].commits.close()


def sent(newsroom: Newsroom) -> list[Any]:
    """The messages that go out now."""
    out = Out()
    while send_due(newsroom.services, out):
        pass
    return [letter.message for letter in out.letters]


def approved(newsroom: Newsroom, **columns: Any) -> str:
    comment = newsroom.comment(status=Status.PENDING, **(BY_RECEIPT | columns))
    decide(newsroom, comment, "approve")
    return comment


def link_in(message: Any) -> str:
    return next(line.partition("8000")[2] for line in message.get_content().splitlines() if "/confirm/" in line)


def buttons(browser: FlaskClient, path: str) -> dict[str, str]:
    return dict(FORM.findall(browser.get(path).get_data(as_text=True).replace("\n", "")))


def press(browser: FlaskClient, path: str, comment: str, answer: str) -> str:
    pressed = {"comment": comment, "version": buttons(browser, path)[comment], "answer": answer}
    return browser.post(path, data=pressed).get_data(as_text=True)


def confirmations(newsroom: Newsroom) -> list[str]:
    with newsroom.services.read() as session:
        return list(
            session.scalars(
                select(Delivery.comment_id).where(Delivery.kind == DeliveryKind.CONFIRM).order_by(Delivery.id)
            )
        )


@pytest.mark.parametrize("proven", [ProofMethod.RECEIPT, ProofMethod.LOGIN])
def test_who_wants_to_hear_of_replies_is_asked_once_and_then_told_of_all(
    newsroom: Newsroom, browser: FlaskClient, proven: ProofMethod
) -> None:
    comment = approved(newsroom, proven=proven)
    [question] = sent(newsroom)
    assert question["Subject"] == "Please confirm your comment on Gazette"
    early = newsroom.comment(status=Status.PENDING, parent_id=comment)
    decide(newsroom, early, "approve")
    assert sent(newsroom) == []  # Nobody has confirmed the address.
    assert "is confirmed" in press(browser, link_in(question), comment, "mine")
    late = newsroom.comment(status=Status.PENDING, parent_id=comment)
    decide(newsroom, late, "approve")
    [told] = sent(newsroom)
    assert told_in(told) == [early, late]
    with newsroom.services.read() as session:
        assert session.get_one(Comment, comment).proven is proven
    assert buttons(browser, link_in(question)) == {}
    # Asked once for all that this writer sends with this address.
    again = approved(newsroom, proven=proven)
    assert again not in confirmations(newsroom)


def test_whose_address_it_is_not_hears_no_more_of_it_and_takes_nothing_down(
    newsroom: Newsroom, browser: FlaskClient
) -> None:
    comment = approved(newsroom)
    [question] = sent(newsroom)
    page = press(browser, link_in(question), comment, "not_mine")
    assert "No mail about it comes to your address any more" in page
    assert buttons(browser, link_in(question)) == {}
    reply = newsroom.comment(status=Status.PENDING, parent_id=comment)
    decide(newsroom, reply, "approve")
    assert sent(newsroom) == []
    with newsroom.services.read() as session:
        found = session.get_one(Comment, comment)
        assert (found.status, found.proven, found.disowned_at) == (Status.APPROVED, ProofMethod.RECEIPT, None)


@pytest.mark.parametrize("merged", [False, True])
def test_who_has_confirmed_the_address_before_is_not_asked_again(newsroom: Newsroom, merged: bool) -> None:
    own = newsroom.chain("phone")
    owner = newsroom.chain("laptop", merged_into=own) if merged else own
    add_address(newsroom.services, newsroom.site, owner, READER, purpose=AddressPurpose.CHAIN)
    approved(newsroom)
    assert confirmations(newsroom) == []


def test_another_address_than_the_confirmed_one_is_asked_for(newsroom: Newsroom) -> None:
    own = newsroom.chain("phone")
    add_address(newsroom.services, newsroom.site, own, "other@example.net", purpose=AddressPurpose.CHAIN)
    add_address(newsroom.services, newsroom.site, newsroom.chain("stranger"), READER, purpose=AddressPurpose.CHAIN)
    comment = approved(newsroom)
    assert confirmations(newsroom) == [comment]


def test_who_has_a_mistyped_address_gets_mail_and_neither_name_nor_receipt(
    newsroom: Newsroom, browser: FlaskClient
) -> None:
    laptop = newsroom.chain("laptop")
    add_address(newsroom.services, newsroom.site, laptop, READER, purpose=AddressPurpose.CHAIN)
    comment = approved(newsroom, wants_notify=True)
    question = next(mail for mail in sent(newsroom) if "/confirm/" in mail.get_content())
    press(browser, link_in(question), comment, "mine")
    # A comment that nobody had proven makes chains one; what a receipt had proven stays who wrote it.
    unproven = newsroom.comment(status=Status.PENDING, address=READER, wants_confirm=True, chain="owner")
    decide(newsroom, unproven, "approve")
    with newsroom.services.write() as session:
        prove_by_link(
            session, newsroom.services.keyring, session.get_one(Comment, unproven), newsroom.services.clock.now()
        )
    with newsroom.services.read() as session:
        assert root_of(session, newsroom.chain("owner")) == root_of(session, laptop)
        assert root_of(session, newsroom.chain("phone")) == newsroom.chain("phone")
    word = newsroom.delivery(comment, DeliveryKind.MESSAGE)
    assert [mail for mail in sent(newsroom) if "/receipts/" in mail.get_content()] == []
    with newsroom.services.read() as session:
        assert session.get_one(Delivery, word).outcome == "unproven"


def test_a_receipt_needs_no_link_that_was_asked_for_alone(newsroom: Newsroom) -> None:
    approved(newsroom, wants_replies=False, wants_confirm=True)
    assert confirmations(newsroom) == []
