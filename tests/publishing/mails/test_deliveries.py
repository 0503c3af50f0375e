"""Who gets which mail, against a real SMTP server."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import pytest

from models import AddressPurpose, Comment, DeliveryKind, DeliveryState, ProofMethod, Status, new_id
from service.app import create_app
from service.intake.receive import EXTENSION
from service.mail.sender import send_due
from service.mail.transports import SmtpTransport
from service.privacy.links import find_proof_link, read_unsubscribe_token
from service.wiring import Services
from tests.factories import Newsroom, add_address, add_receipt, add_site
from tests.fixed_clock import FixedClock
from tests.publishing.mails.smtp_inbox import READER, Inbox, links, state


def test_confirmation_has_our_words_and_two_links(
    newsroom: Newsroom, held: str, post: SmtpTransport, inbox: Inbox, fixed_clock: FixedClock
) -> None:
    delivery = newsroom.delivery(held)
    assert send_due(newsroom.services, post) == 1
    assert state(newsroom, delivery) == (DeliveryState.SENT, "sent")
    [(recipients, message)] = inbox.taken
    assert recipients == [READER]
    confirm, unsubscribe = links(message)
    assert confirm.startswith("http://127.0.0.1:8000/confirm/")
    assert message["List-Unsubscribe"] == f"<{unsubscribe}>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["Message-ID"] == f"<{delivery.lower()}@127.0.0.1>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert "reader" not in message.as_string().replace(READER, "").lower()
    with newsroom.services.read() as session:
        keyring = newsroom.services.keyring
        token = confirm.rpartition("/")[2]
        assert find_proof_link(session, keyring, token, fixed_clock.now()).comment_id == held
        assert read_unsubscribe_token(session, keyring, unsubscribe.rpartition("/")[2]) == held
    assert send_due(newsroom.services, post) == 0


def test_site_names_with_line_breaks_and_umlauts(services: Services, post: SmtpTransport, inbox: Inbox) -> None:
    site = add_site(services, "umlaut")
    with services.write() as session:
        session.merge(site).name = "Grüße\r\nBcc: x@y.test"
    room = Newsroom(services, site)
    room.delivery(room.comment(status=Status.PENDING, address=READER, wants_confirm=True))
    send_due(services, post)
    [(recipients, message)] = inbox.taken
    assert recipients == [READER]
    assert message["Subject"] == "Please confirm your comment on Grüße Bcc: x@y.test"
    assert message["Bcc"] is None
    assert len(links(message)) == 2


REASONS = [
    pytest.param({"status": Status.SPAM}, {}, "comment_gone", id="spam"),
    pytest.param({"status": Status.REJECTED}, {}, "comment_gone", id="rejected"),
    pytest.param({"status": Status.WITHDRAWN}, {}, "comment_gone", id="withdrawn"),
    pytest.param({"wants_confirm": False}, {}, "not_asked_for", id="not asked for"),
    pytest.param({"proven": "receipt"}, {}, "already_proven", id="proven"),
    pytest.param({"disowned_at": datetime(2026, 3, 1, tzinfo=UTC)}, {}, "disowned", id="disowned"),
    pytest.param({"address": None}, {}, "no_address", id="no address"),
    pytest.param({}, {"created_at": datetime(2026, 3, 1, tzinfo=UTC)}, "too_old", id="old"),
    pytest.param({"status": Status.APPROVED}, {"kind": DeliveryKind.DECIDED}, "unproven", id="news to a stranger"),
    pytest.param({"proven": "link"}, {"kind": DeliveryKind.DECIDED}, "not_asked_for", id="news nobody asked for"),
]


@pytest.mark.parametrize(("comment", "delivery", "outcome"), REASONS)
def test_no_mail(
    newsroom: Newsroom,
    post: SmtpTransport,
    inbox: Inbox,
    comment: dict[str, Any],
    delivery: dict[str, Any],
    outcome: str,
) -> None:
    asked = {"status": Status.PENDING, "address": READER, "wants_confirm": True} | comment
    row = newsroom.delivery(newsroom.comment(**asked), **delivery)
    send_due(newsroom.services, post)
    assert state(newsroom, row) == (DeliveryState.SKIPPED, outcome)
    assert inbox.taken == []


@pytest.mark.parametrize("proven", ["link", "receipt"])
def test_news_of_an_approval_goes_to_who_proved_the_address(
    newsroom: Newsroom, post: SmtpTransport, inbox: Inbox, proven: str
) -> None:
    add_address(newsroom.services, newsroom.site, newsroom.chain("ada"), READER, purpose=AddressPurpose.CHAIN)
    comment = newsroom.published(address=READER, wants_notify=True, proven=proven, chain="ada")
    newsroom.delivery(comment, DeliveryKind.DECIDED)
    send_due(newsroom.services, post)
    assert links(inbox.taken[0][1])[0] == f"http://127.0.0.1:8000/c/{comment}"


@pytest.mark.parametrize("status", [Status.APPROVED, Status.PENDING, Status.REJECTED, Status.SPAM])
def test_word_of_a_message_says_where_it_is_and_not_what(
    newsroom: Newsroom, post: SmtpTransport, inbox: Inbox, status: Status
) -> None:
    services = newsroom.services
    add_address(services, newsroom.site, newsroom.chain("ada"), READER, purpose=AddressPurpose.CHAIN)
    comment = newsroom.comment(status=status, address=READER, wants_notify=True, proven="link", chain="ada")
    with services.read() as session:
        receipt = add_receipt(services, session.get_one(Comment, comment))
    row = newsroom.delivery(comment, DeliveryKind.MESSAGE)
    send_due(services, post)
    assert links(inbox.taken[0][1])[0] == f"http://127.0.0.1:8000/receipts/{receipt}"
    assert state(newsroom, row) == (DeliveryState.SENT, "sent")


@pytest.mark.parametrize(
    ("columns", "chain", "revoked", "outcome"),
    [
        pytest.param({"status": Status.WITHDRAWN}, "ada", False, "comment_gone", id="withdrawn"),
        pytest.param({"wants_notify": False}, "ada", False, "not_asked_for", id="not asked for"),
        pytest.param({}, "mallory", False, "unproven", id="another's address"),
        pytest.param({}, "ada", True, "no_receipt", id="revoked receipt"),
    ],
)
def test_no_word_of_a_message(
    newsroom: Newsroom,
    post: SmtpTransport,
    inbox: Inbox,
    columns: dict[str, Any],
    chain: str,
    revoked: bool,
    outcome: str,
) -> None:
    services = newsroom.services
    add_address(services, newsroom.site, newsroom.chain("ada"), READER, purpose=AddressPurpose.CHAIN)
    asked = {"address": READER, "wants_notify": True, "proven": "receipt"} | columns
    comment = newsroom.comment(**asked, chain=chain)
    with services.read() as session:
        at = services.clock.now() if revoked else None
        add_receipt(services, session.get_one(Comment, comment), revoked_at=at)
    row = newsroom.delivery(comment, DeliveryKind.MESSAGE)
    send_due(services, post)
    assert state(newsroom, row) == (DeliveryState.SKIPPED, outcome)
    assert inbox.taken == []


def test_a_receipt_sends_no_news_to_an_address_typed_beside_it(
    newsroom: Newsroom, post: SmtpTransport, inbox: Inbox
) -> None:
    """Else whoever holds the receipt of one comment could have mail sent to strangers with each further one."""
    add_address(newsroom.services, newsroom.site, newsroom.chain("owner"), READER, purpose=AddressPurpose.CHAIN)
    comment = newsroom.published(address=READER, wants_notify=True, proven="receipt", chain="mallory")
    row = newsroom.delivery(comment, DeliveryKind.DECIDED)
    send_due(newsroom.services, post)
    assert state(newsroom, row) == (DeliveryState.SKIPPED, "unproven")
    assert inbox.taken == []


def test_one_confirmation_a_day_and_site(
    newsroom: Newsroom, services: Services, post: SmtpTransport, inbox: Inbox, fixed_clock: FixedClock
) -> None:
    thread = newsroom.thread()
    rows = [
        newsroom.delivery(newsroom.comment(thread=thread, status=Status.PENDING, address=address, wants_confirm=True))
        for address in (
            READER,
            READER,
            READER.replace("@", "+tag@"),
            READER.upper().replace("EXAMPLE.NET", "example.net"),
        )
    ]
    other_site = Newsroom(services, add_site(services, "herald"))
    other_site.delivery(other_site.comment(status=Status.PENDING, address=READER, wants_confirm=True))
    while send_due(services, post):
        fixed_clock.advance(minutes=2)
    assert len(inbox.taken) == 2
    assert [state(newsroom, row)[1] for row in rows] == ["sent", "one_a_day", None, None]
    fixed_clock.advance(days=1)
    newsroom.delivery(newsroom.comment(thread=thread, status=Status.PENDING, address=READER, wants_confirm=True))
    send_due(services, post)
    assert len(inbox.taken) == 3


def asking(newsroom: Newsroom, address: str, text: str = "Words.") -> tuple[str, str]:
    """A comment that waits and its mail: their ids."""
    comment_id = newsroom.comment(text, status=Status.PENDING, address=address, wants_confirm=True)
    return comment_id, newsroom.delivery(comment_id)


def test_the_page_of_the_days_mail_shows_what_came_later(
    newsroom: Newsroom, post: SmtpTransport, inbox: Inbox, services: Services
) -> None:
    """The mail is about who typed the address first; its owner finds theirs behind the link, and proves that alone."""
    his, _ = asking(newsroom, READER, "Buy my book.")
    send_due(services, post)
    own, row = asking(newsroom, READER, "A thought of mine.")
    send_due(services, post)
    assert state(newsroom, row) == (DeliveryState.SKIPPED, "one_a_day")
    [(_, message)] = inbox.taken
    app = create_app(services, ("service.intake.routes",))
    try:
        browser, path = app.test_client(), urlsplit(links(message)[0]).path
        page = browser.get(path).get_data(as_text=True)
        assert "Buy my book." in page
        assert "A thought of mine." in page
        pressed = browser.post(path, data={"comment": own, "version": "1", "answer": "mine"})
        assert pressed.status_code == 200
    finally:
        app.extensions[EXTENSION].commits.close()
    with services.read() as session:
        assert session.get_one(Comment, own).proven is ProofMethod.LINK
        assert session.get_one(Comment, his).proven is None


def test_another_spelling_takes_no_ones_mail(
    newsroom: Newsroom, post: SmtpTransport, inbox: Inbox, fixed_clock: FixedClock
) -> None:
    """What only counts as the same address may be another mailbox: its mail puts the owner's off, and no more."""
    others = [asking(newsroom, READER.replace("@", f"+{n}@"))[1] for n in range(3)]
    send_due(newsroom.services, post)
    _, own = asking(newsroom, READER)
    send_due(newsroom.services, post)
    assert state(newsroom, own) == (DeliveryState.WAITING, None)
    for _ in range(4):
        fixed_clock.advance(days=1)
        while send_due(newsroom.services, post):
            fixed_clock.advance(minutes=2)
    assert [state(newsroom, row)[1] for row in (own, *others)] == ["sent"] * 4
    assert [recipients == [READER] for recipients, _ in inbox.taken] == [False, True, False, False]


@pytest.mark.parametrize("said", [READER, "Reader.Canary+news@example.net"])
def test_never_write_to_me_is_kept(newsroom: Newsroom, held: str, post: SmtpTransport, inbox: Inbox, said: str) -> None:
    add_address(newsroom.services, newsroom.site, new_id(), said, purpose=AddressPurpose.SUPPRESSION)
    row = newsroom.delivery(held)
    send_due(newsroom.services, post)
    assert state(newsroom, row) == (DeliveryState.SKIPPED, "suppressed")
    assert inbox.taken == []
