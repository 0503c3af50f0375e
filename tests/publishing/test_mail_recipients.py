"""Whoever a mail is sealed for gets it, and nobody else: `To`, RCPT TO and the sealed address at a real SMTP server."""

import email
import email.policy
from collections.abc import Iterator
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope
from hypothesis import example, given, settings
from hypothesis import strategies as st

from models import Delivery, DeliveryState, Status
from service.errors import Misconfigured
from service.intake.submission.address_syntax import InvalidAddress, read_address
from service.mail.messages import Letter, MailDetails, confirmation, enclosed
from service.mail.sender import send_due
from service.mail.transports import MailRefused, SmtpTransport
from service.privacy import addresses
from service.privacy.addresses import NotAnAddress, exact_form
from service.settings import Settings
from tests.environment import free_port
from tests.factories import Newsroom
from tests.fixed_clock import FixedClock
from tests.settings import make_settings


@dataclass
class Sink:
    """An SMTP server that takes everything, for everybody."""

    taken: list[tuple[str, list[str], Any]] = field(default_factory=list)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        message = email.message_from_string(envelope.content.decode(), policy=email.policy.SMTPUTF8)
        self.taken.append((envelope.mail_from or "", envelope.rcpt_tos, message))
        return "250 OK"


@pytest.fixture(scope="module")
def line() -> Iterator[tuple[Sink, SmtpTransport]]:
    sink = Sink()
    controller = Controller(sink, hostname="127.0.0.1", port=free_port(), enable_SMTPUTF8=True)
    controller.start()
    post = SmtpTransport(f"smtp://127.0.0.1:{controller.port}")
    yield sink, post
    post.close()
    controller.stop()


def make(sender: str) -> Settings | None:
    try:
        return make_settings("sqlite://", "redis://127.0.0.1:1", REJOINDER_MAIL_FROM=sender)
    except Misconfigured:
        return None


_PIECES = st.sampled_from(
    [
        "=?utf-8?q?",
        "=?utf-8?b?dmljdGlt?=",
        "?=",
        "=?",
        "=40",
        "=2C",
        "=0D=0A",
        "victim@d.example",
        ",",
        ";",
        ":",
        "<",
        ">",
    ]
    + [
        '"',
        "\\",
        "(",
        ")",
        "[",
        "]",
        "%",
        "!",
        "@",
        "-",
        "..",
        ".",
        " ",
        "\t",
        "\r\n",
        "\r\nBcc: x@y.example",
        "\0",
        "\x85",
    ]
    + ["a", "victim", "ö", "日本", "e\u0301", "﹐", "＠", "﹫", "。", "\u202e", "\u2028", "_", "+x", "'", "&#64;", "😀"]
)
HOSTILE = st.lists(_PIECES | st.text(max_size=3), min_size=1, max_size=6).map("".join)


@settings(max_examples=150, deadline=None)
@given(local=HOSTILE, site=HOSTILE, shown=HOSTILE, from_local=st.just("comments") | HOSTILE)
@example("=?utf-8?q?victim?=", "x", "x", "comments")
@example("=?utf-8?q?victim=40d.example=2Cother?=", "x", "x", "comments")
@example("ada", "=?utf-8?q?x=0D=0ABcc=3A_x=40y.example?=", "=?utf-8?q?a=2C_b=40c.example?=", "comments")
@example("jörg", "Grüße", "Grüße, wir", "nachrichten.ö")
def test_header_envelope_and_sealed_address_are_one(line, local, site, shown, from_local):
    """Of what intake takes, and of what it would not: then no mail is made."""
    sink, post = line
    installation = make(f"{shown} <{from_local}@d.example>") or make("News <comments@d.example>")
    assert installation is not None
    try:
        sealed = exact_form(read_address(f"{local}@d.example").normal)
        accepted = True
    except InvalidAddress:
        sealed, accepted = f"{local}@d.example", False
    details = MailDetails("01A", sealed, site, "https://c.example/1", "https://c.example/u", FixedClock().now())
    try:
        letter = enclosed(installation, confirmation(installation, details), sealed)
    except ValueError:
        assert not accepted
        return
    sink.taken.clear()
    with nullcontext() if accepted else suppress(MailRefused):
        post.send(letter)
    if not accepted and not sink.taken:
        return
    [(sender, recipients, message)] = sink.taken
    assert installation.mail_from is not None
    assert recipients == [sealed]
    assert [address.addr_spec for address in message["To"].addresses] == [sealed]
    assert (
        [address.addr_spec for address in message["From"].addresses] == [installation.mail_from.addr_spec] == [sender]
    )
    assert set(message.keys()) & {"Cc", "Bcc", "Reply-To", "Sender"} == set()
    assert message["Subject"].startswith("Please confirm your comment on ")
    assert message["Subject"].count("@") <= site.count("@")


@pytest.mark.parametrize(
    "stored",
    ["=?utf-8?q?victim?=@d.example", "victim%e.example@d.example", "e.example!victim@d.example", "-f@d.example"],
)
def test_what_was_sealed_before_it_was_refused_gets_no_mail(line, newsroom: Newsroom, stored: str):
    sink, post = line
    sink.taken.clear()
    row = newsroom.delivery(newsroom.comment(status=Status.PENDING, address=stored, wants_confirm=True))
    send_due(newsroom.services, post)
    with newsroom.services.read() as session:
        kept = session.get_one(Delivery, row)
        assert (kept.state, kept.outcome) == (DeliveryState.SKIPPED, "no_address")
    assert sink.taken == []


def test_what_today_is_no_address_stops_no_other_mail(line, newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch):
    sink, post = line
    sink.taken.clear()
    asked = [
        newsroom.delivery(newsroom.comment(status=Status.PENDING, address=address, wants_confirm=True))
        for address in ("old@d.example", "ada@e.example")
    ]

    def today(form: str) -> str:
        # A newer validator refuses what this one has let be sealed.
        if form.startswith("old@"):
            raise NotAnAddress
        return exact_form(form)

    monkeypatch.setattr(addresses, "exact_form", today)
    send_due(newsroom.services, post)
    with newsroom.services.read() as session:
        outcomes = [session.get_one(Delivery, row).outcome for row in asked]
    assert outcomes == ["no_address", "sent"]
    assert len(sink.taken) == 1


def test_nobody_reads_the_envelope_out_of_the_headers(line):
    """Whatever a header says: the server is told the addresses of the envelope, which were looked at."""
    sink, post = line
    message = EmailMessage()
    message["From"], message["To"], message["Cc"] = "other@d.example", "a@d.example, b@d.example", "c@d.example"
    message.set_content("x")
    sink.taken.clear()
    post.send(Letter(message, "comments@d.example", "ada@d.example"))
    [(sender, recipients, _)] = sink.taken
    assert (sender, recipients) == ("comments@d.example", ["ada@d.example"])
