"""Mails against a real SMTP server and a real folder."""

import dataclasses
import email
import email.policy
import ssl
import threading
from collections.abc import Iterator
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from sqlalchemy import event

from models import AddressPurpose, Comment, Delivery, DeliveryKind, DeliveryState, ProofMethod, Status, new_id
from service.app import create_app
from service.intake.receive import EXTENSION
from service.mail.messages import Letter
from service.mail.sender import BACK_OFF, BATCH, CLAIM, run_sender, send_due
from service.mail.transports import MailDelayed, MailRefused, MailTransport, SmtpTransport, mail_transport
from service.privacy.links import find_proof_link, read_unsubscribe_token
from service.queue.wakes import wake_deliveries
from service.wiring import Services
from tests.environment import free_port
from tests.factories import Newsroom, add_address, add_receipt, add_site
from tests.fixed_clock import FixedClock
from tests.waiting import wait_until

READER = "reader.canary@example.net"


@dataclass
class Inbox:
    """What an SMTP server took, and what it says to RCPT and DATA."""

    taken: list[tuple[list[str], EmailMessage]] = field(default_factory=list)
    rcpt_answer: str = "250 OK"
    data_answer: str = "250 OK"
    signed_in: list[bytes] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)

    async def handle_RCPT(self, server: Any, session: Any, envelope: Envelope, address: str, _options: Any) -> str:
        if self.rcpt_answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.rcpt_answer

    async def handle_DATA(self, server: Any, session: Session, envelope: Envelope) -> str:
        if self.data_answer.startswith("250"):
            assert isinstance(envelope.content, bytes)
            message = email.message_from_bytes(envelope.content, policy=email.policy.default)
            assert isinstance(message, EmailMessage)
            self.taken.append((envelope.rcpt_tos, message))
            self.encrypted.append(session.ssl is not None)
        return self.data_answer

    def authenticate(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.signed_in.append(data.login)
        return AuthResult(success=data.password == b"p@ss/word", handled=False)


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def server(inbox: Inbox) -> Iterator[str]:
    controller = Controller(inbox, hostname="127.0.0.1", port=free_port(), enable_SMTPUTF8=True)
    controller.start()
    yield f"smtp://127.0.0.1:{controller.port}"
    controller.stop()


@pytest.fixture
def certificate(tmp_path: Path) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "example.net")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = tmp_path / "mail.pem"
    pem.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + signed.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pem)
    return context


@pytest.fixture
def post(server: str) -> Iterator[SmtpTransport]:
    post = SmtpTransport(server)
    yield post
    post.close()


@pytest.fixture
def held(newsroom: Newsroom) -> str:
    """A comment that waits for a moderator, whose writer asked for the confirmation mail."""
    thread = newsroom.thread(title="A title a reader typed", verified=False)
    return newsroom.comment(
        "Words of a reader",
        thread=thread,
        name="Name of a reader",
        status=Status.PENDING,
        address=READER,
        wants_confirm=True,
    )


def state(newsroom: Newsroom, delivery_id: str) -> tuple[DeliveryState, str | None]:
    with newsroom.services.read() as session:
        row = session.get_one(Delivery, delivery_id)
        return row.state, row.outcome


def links(message: EmailMessage) -> list[str]:
    return [line for line in message.get_content().splitlines() if line.startswith("http")]


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


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        pytest.param({"rcpt_answer": f"550 no such user {READER}"}, "address_refused", id="unknown user"),
        pytest.param({"data_answer": f"554 {READER} looks like spam"}, "mail_refused", id="refused text"),
    ],
)
def test_a_final_no_is_final(
    newsroom: Newsroom, held: str, post: SmtpTransport, inbox: Inbox, answers: dict[str, str], expected: str
) -> None:
    for name, answer in answers.items():
        setattr(inbox, name, answer)
    row = newsroom.delivery(held)
    send_due(newsroom.services, post)
    assert state(newsroom, row) == (DeliveryState.FAILED, expected)


def test_a_passing_no_is_tried_again_until_it_is_enough(
    newsroom: Newsroom, held: str, post: SmtpTransport, inbox: Inbox, fixed_clock: FixedClock, capfd: Any
) -> None:
    inbox.rcpt_answer = f"451 grey {READER}"
    row = newsroom.delivery(held)
    for seconds in BACK_OFF.delays:
        assert send_due(newsroom.services, post) == 1
        assert state(newsroom, row) == (DeliveryState.WAITING, None)
        fixed_clock.advance(seconds=seconds - 1)
        assert send_due(newsroom.services, post) == 0
        fixed_clock.advance(seconds=1)
    assert send_due(newsroom.services, post) == 1
    assert state(newsroom, row) == (DeliveryState.FAILED, "gave_up")
    written = "".join(capfd.readouterr())
    assert "mail_delayed" in written
    assert READER not in written


def test_a_dead_server_costs_one_time_out_a_batch(
    newsroom: Newsroom, fixed_clock: FixedClock, inbox: Inbox, post: SmtpTransport
) -> None:
    thread = newsroom.thread()
    for number in range(3):
        newsroom.delivery(
            newsroom.comment(thread=thread, status=Status.PENDING, address=f"r{number}@example.net", wants_confirm=True)
        )
    dead = SmtpTransport(f"smtp://127.0.0.1:{free_port()}")
    assert send_due(newsroom.services, dead) == 3
    with newsroom.services.read() as session:
        assert sorted(row.attempts for row in session.query(Delivery)) == [0, 0, 1]
    fixed_clock.advance(minutes=1)
    assert send_due(newsroom.services, post) == 3
    assert len(inbox.taken) == 3


class Crash(BaseException):
    pass


class Crashing:
    """Sends, then the process dies before it can write that down."""

    def __init__(self, post: MailTransport) -> None:
        self.post = post

    def send(self, letter: Letter) -> None:
        self.post.send(letter)
        raise Crash

    def close(self) -> None:
        self.post.close()


def test_a_crash_after_sending_sends_once_more_at_most(
    newsroom: Newsroom, held: str, post: SmtpTransport, inbox: Inbox, fixed_clock: FixedClock
) -> None:
    row = newsroom.delivery(held)
    for _ in range(4):
        with pytest.raises(Crash) if len(inbox.taken) < 2 else nullcontext():
            send_due(newsroom.services, Crashing(post))
        fixed_clock.advance(seconds=CLAIM.total_seconds() + 1)
    assert len(inbox.taken) == 2
    assert state(newsroom, row) == (DeliveryState.FAILED, "crashed_twice")


def test_without_a_way_out_nothing_is_kept_for_later(newsroom: Newsroom, held: str) -> None:
    assert mail_transport(newsroom.services.settings) is None
    row = newsroom.delivery(held)
    send_due(newsroom.services, None)
    assert state(newsroom, row) == (DeliveryState.SKIPPED, "mail_off")


def test_folder_keeps_eml_files_for_their_owner(newsroom: Newsroom, held: str, tmp_path: Path) -> None:
    folder = tmp_path / "mails" / "new"
    post = mail_transport(msgspec.structs.replace(newsroom.services.settings, mail_dir=folder, smtp_url="smtp://x"))
    assert post is not None
    newsroom.delivery(held)
    send_due(newsroom.services, post)
    [kept] = folder.iterdir()
    assert kept.suffix == ".eml"
    assert kept.stat().st_mode & 0o777 == 0o600
    assert b"http://127.0.0.1:8000/confirm/" in kept.read_bytes()


@pytest.mark.parametrize("way", ["starttls", "smtps", "wrong password"])
def test_encryption_and_sign_in(
    inbox: Inbox, certificate: ssl.SSLContext, newsroom: Newsroom, held: str, way: str
) -> None:
    class Server(Controller):
        def factory(self) -> SMTP:
            if way == "smtps":
                return SMTP(self.handler, authenticator=inbox.authenticate, auth_require_tls=False)
            return SMTP(
                self.handler,
                authenticator=inbox.authenticate,
                tls_context=certificate,
                require_starttls=True,
                auth_exclude_mechanism=["LOGIN"],
            )

    controller = Server(
        inbox, hostname="127.0.0.1", port=free_port(), ssl_context=certificate if way == "smtps" else None
    )
    controller.start()
    password = "wrong" if way == "wrong password" else "p%40ss%2Fword"
    scheme = "smtps" if way == "smtps" else "smtp"
    row = newsroom.delivery(held)
    try:
        send_due(newsroom.services, SmtpTransport(f"{scheme}://us%20er:{password}@127.0.0.1:{controller.port}"))
    finally:
        controller.stop()
    assert inbox.signed_in[0] == b"us er"
    if way == "wrong password":
        assert state(newsroom, row)[0] is DeliveryState.WAITING
    else:
        # The server notes STARTTLS; on the smtps port nothing but TLS could have come in.
        assert inbox.encrypted == [way == "starttls"]
        assert state(newsroom, row)[0] is DeliveryState.SENT


def test_an_address_the_server_cannot_write_is_refused_without_quoting_it(inbox: Inbox) -> None:
    controller = Controller(inbox, hostname="127.0.0.1", port=free_port(), enable_SMTPUTF8=False)
    controller.start()
    message = EmailMessage(policy=email.policy.SMTP)
    message["From"] = "us@example.net"
    message["To"] = "jörg@example.net"
    post = SmtpTransport(f"smtp://127.0.0.1:{controller.port}")
    try:
        with pytest.raises(MailRefused) as refused:
            post.send(Letter(message, "us@example.net", "jörg@example.net"))
    finally:
        post.close()
        controller.stop()
    assert "example.net" not in repr(refused.value)
    assert refused.value.__suppress_context__


def test_a_password_never_goes_over_an_open_line(monkeypatch: pytest.MonkeyPatch, server: str, inbox: Inbox) -> None:
    # The test's server is on loopback, where an open line is fine; here it stands for one that is elsewhere.
    monkeypatch.setattr("service.mail.transports._is_loopback", lambda host: False)
    post = SmtpTransport(server.replace("smtp://", "smtp://user:secret@"))
    with pytest.raises(MailDelayed) as delayed:
        post.send(Letter(EmailMessage(), "us@example.net", READER))
    assert delayed.value.code == "not_encrypted"
    assert inbox.signed_in == []


def test_the_sender_wakes_and_stops(
    newsroom: Newsroom, held: str, server: str, inbox: Inbox, services: Services
) -> None:
    running = dataclasses.replace(services, settings=msgspec.structs.replace(services.settings, smtp_url=server))
    stop = threading.Event()
    sender = threading.Thread(target=run_sender, args=(running, stop))
    sender.start()
    try:
        newsroom.delivery(held)
        wake_deliveries(services.redis)
        wait_until(lambda: inbox.taken, what="the mail")
    finally:
        stop.set()
        sender.join(5)
    assert not sender.is_alive()


@pytest.mark.postgres
def test_two_senders_on_postgres_send_each_mail_once(postgres_services: Services, server: str, inbox: Inbox) -> None:
    room = Newsroom(postgres_services, add_site(postgres_services))
    thread = room.thread()
    for number in range(20):
        room.delivery(
            room.comment(thread=thread, status=Status.PENDING, address=f"r{number}@example.net", wants_confirm=True)
        )
    room.delivery(room.comment(thread=thread, status=Status.PENDING, address="r0@example.net", wants_confirm=True))

    def drain() -> None:
        while send_due(postgres_services, SmtpTransport(server)):
            pass

    senders = [threading.Thread(target=drain) for _ in range(2)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join(30)
    assert sorted(recipients[0] for recipients, _ in inbox.taken) == sorted(f"r{n}@example.net" for n in range(20))


@pytest.mark.postgres
def test_two_senders_on_postgres_cannot_overlook_each_other(
    postgres_services: Services, server: str, inbox: Inbox
) -> None:
    room = Newsroom(postgres_services, add_site(postgres_services))
    thread = room.thread()
    for _ in range(2 * BATCH):
        room.delivery(room.comment(thread=thread, status=Status.PENDING, address=READER, wants_confirm=True))
    both_claimed = threading.Barrier(2)

    def meet(_connection: Any) -> None:
        # Both before their commits: only possible if neither waits for the other.
        with suppress(threading.BrokenBarrierError):
            both_claimed.wait(1)

    event.listen(postgres_services.engine, "commit", meet)
    senders = [threading.Thread(target=send_due, args=(postgres_services, SmtpTransport(server))) for _ in range(2)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join(30)
    assert len(inbox.taken) == 1
