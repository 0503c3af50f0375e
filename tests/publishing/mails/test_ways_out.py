"""How a mail goes out: into a folder, encrypted, signed in, to addresses of every kind."""

import email
import email.policy
import ssl
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import msgspec
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from models import DeliveryState
from service.mail.messages import Letter
from service.mail.sender import send_due
from service.mail.transports import MailDelayed, MailRefused, SmtpTransport, mail_transport
from tests.environment import free_port
from tests.factories import Newsroom
from tests.publishing.mails.smtp_inbox import READER, Inbox, state


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
