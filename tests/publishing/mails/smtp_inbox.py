"""What the tests of mails look into: a mail server that keeps what it takes."""

import email
import email.policy
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword, Session

from models import Delivery, DeliveryState
from tests.factories import Newsroom

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


def state(newsroom: Newsroom, delivery_id: str) -> tuple[DeliveryState, str | None]:
    with newsroom.services.read() as session:
        row = session.get_one(Delivery, delivery_id)
        return row.state, row.outcome


def links(message: EmailMessage) -> list[str]:
    return [line for line in message.get_content().splitlines() if line.startswith("http")]
