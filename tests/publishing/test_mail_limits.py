"""Strangers get few mails from us, whoever types their addresses: a limit for the network that they are typed in."""

import dataclasses
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import msgspec
import pytest

from models import AddressPurpose, Delivery, DeliveryState, ProofMethod, Status
from service.mail.messages import Letter
from service.mail.network_limit import MAILS_PER
from service.mail.sender import BATCH, CLAIM, send_due
from service.mail.transports import MailDelayed, MailRefused
from service.privacy.links import suppress_mail
from service.wiring import Services
from tests.factories import Newsroom, add_address, add_site
from tests.fixed_clock import FixedClock
from tests.publishing.test_after_decisions import decide

MOST_MAILS = 4
HERE, THERE = b"h" * 16, b"t" * 16


class Out:
    """A way out that keeps to whom mails went, or raises what it is told to."""

    def __init__(self, answer: Exception | None = None) -> None:
        self.answer = answer
        self.sent: list[str] = []

    def send(self, letter: Letter) -> None:
        assert isinstance(letter.message, EmailMessage)
        if self.answer is not None:
            raise self.answer
        self.sent.append(letter.recipient)

    def close(self) -> None:
        pass


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.mail.network_limit.MOST_MAILS", MOST_MAILS)


@pytest.fixture
def asked(newsroom: Newsroom) -> "Asked":
    return Asked(newsroom)


class Asked:
    """Comments whose writers asked for the mail, each under an address of its own."""

    def __init__(self, newsroom: Newsroom) -> None:
        self.newsroom = newsroom
        self.thread = newsroom.thread()
        self.count = 0

    def __call__(self, count: int, network: bytes | None, newsroom: Newsroom | None = None) -> list[str]:
        room = newsroom or self.newsroom
        thread = self.thread if newsroom is None else room.thread()
        rows = []
        for _ in range(count):
            self.count += 1
            comment = room.comment(
                thread=thread,
                status=Status.PENDING,
                address=f"reader{self.count}@example.net",
                wants_confirm=True,
                prefix_hash=network,
            )
            rows.append(room.delivery(comment))
        return rows


def send_all(services: Services, out: Out) -> None:
    while send_due(services, out) == BATCH:
        pass


def outcomes(services: Services, rows: list[str]) -> list[tuple[DeliveryState, str | None]]:
    with services.read() as session:
        return [(row.state, row.outcome) for row in (session.get_one(Delivery, row_id) for row_id in rows)]


def test_a_network_causes_so_many_mails_an_hour(
    newsroom: Newsroom, services: Services, fixed_clock: FixedClock, asked: Asked
) -> None:
    out = Out()
    other = Newsroom(services, add_site(services, "herald"))
    rows = [*asked(MOST_MAILS - 2, HERE), *asked(4, HERE, other)]
    elsewhere, unknown = asked(2, THERE), asked(2, None)
    send_all(services, out)
    assert [outcome for _, outcome in outcomes(services, rows)] == ["sent"] * MOST_MAILS + ["network_limit"] * 2
    assert {outcome for _, outcome in outcomes(services, elsewhere + unknown)} == {"sent"}
    fixed_clock.advance(seconds=MAILS_PER.total_seconds() - 1)
    late = asked(1, HERE)
    send_all(services, out)
    assert outcomes(services, late) == [(DeliveryState.SKIPPED, "network_limit")]
    fixed_clock.advance(seconds=2)
    later = asked(1, HERE)
    send_all(services, out)
    assert outcomes(services, later) == [(DeliveryState.SENT, "sent")]


@pytest.mark.parametrize(
    "answer", [MailRefused("address_refused"), MailDelayed("line_lost")], ids=["refused", "put off"]
)
def test_a_mail_that_did_not_arrive_counts_too(
    services: Services, fixed_clock: FixedClock, asked: Asked, answer: Exception
) -> None:
    asked(MOST_MAILS, HERE)
    send_all(services, Out(answer))
    late = asked(1, HERE)
    out = Out()
    send_due(services, out)
    assert outcomes(services, late) == [(DeliveryState.SKIPPED, "network_limit")]
    # What was put off is counted once: it goes out when it is tried again.
    fixed_clock.advance(seconds=CLAIM.total_seconds())
    send_all(services, out)
    assert len(out.sent) == (MOST_MAILS if isinstance(answer, MailDelayed) else 0)


KNOWN = "victim.canary@example.org"


def nothing(_: Newsroom, _out: "Out") -> None:
    pass


def suppressed(newsroom: Newsroom, _: "Out") -> None:
    with newsroom.services.write() as session:
        suppress_mail(
            session, newsroom.services.keyring, newsroom.comment(address=KNOWN), newsroom.services.clock.now()
        )


def mailed_today(newsroom: Newsroom, out: "Out", address: str = KNOWN) -> None:
    newsroom.delivery(newsroom.comment(address=address, wants_confirm=True))
    send_all(newsroom.services, out)
    out.sent.clear()


def mailed_today_in_another_spelling(newsroom: Newsroom, out: "Out") -> None:
    mailed_today(newsroom, out, "Victim.Canary@example.org")


def confirmed(newsroom: Newsroom, _: "Out") -> None:
    add_address(newsroom.services, newsroom.site, newsroom.chain("victim"), KNOWN, purpose=AddressPurpose.CHAIN)
    newsroom.published(address=KNOWN, proven=ProofMethod.LINK, chain="victim")


@pytest.mark.parametrize("wants", ["wants_confirm", "wants_notify", "wants_replies"])
@pytest.mark.parametrize(
    "before",
    [nothing, suppressed, mailed_today, mailed_today_in_another_spelling, confirmed],
    ids=lambda it: it.__name__,
)
def test_what_a_network_may_still_cause_tells_nothing_of_a_guess(
    newsroom: Newsroom, services: Services, fixed_clock: FixedClock, asked: Asked, before: Any, wants: str
) -> None:
    """Whoever types a guess and then counts the mails that come to addresses of their own."""
    out = Out()
    before(newsroom, out)
    fixed_clock.advance(minutes=5)
    guess = newsroom.comment(
        thread=asked.thread, status=Status.PENDING, address=KNOWN, prefix_hash=HERE, **{wants: True}
    )
    newsroom.delivery(guess)
    send_all(services, out)
    received = []
    for _ in range(3):
        asked(MOST_MAILS, HERE)
        send_all(services, out)
        received.append(len([to for to in out.sent if to != KNOWN]))
        fixed_clock.advance(minutes=31)
    assert received == [MOST_MAILS - 1, MOST_MAILS - 1, 2 * MOST_MAILS - 1]


@pytest.mark.parametrize("own", [{}, {"address": KNOWN}], ids=["another", "the guess"])
@pytest.mark.parametrize("before", [nothing, suppressed], ids=lambda it: it.__name__)
def test_what_a_network_may_still_answer_tells_nothing_of_a_guess(
    newsroom: Newsroom, services: Services, tmp_path: Path, own: dict[str, Any], before: Any
) -> None:
    """Whoever answers a reader under a guess of that reader's address, and then counts the mails about answers to
    comments of their own."""
    settings = msgspec.structs.replace(services.settings, mail_dir=tmp_path)
    newsroom = Newsroom(dataclasses.replace(services, settings=settings), newsroom.site)
    out = Out()
    confirmed(newsroom, out)
    answered = newsroom.published(address=KNOWN, proven=ProofMethod.LINK, chain="victim", wants_replies=True)
    before(newsroom, out)
    decide(newsroom, newsroom.comment(parent_id=answered, prefix_hash=HERE, **own), "approve")
    send_all(services, out)
    out.sent.clear()
    for n in range(MOST_MAILS):
        address, chain, thread = f"own{n}@example.net", f"own{n}", newsroom.thread(f"t{n}")
        add_address(services, newsroom.site, newsroom.chain(chain), address, purpose=AddressPurpose.CHAIN)
        mine = newsroom.published(
            thread=thread, address=address, proven=ProofMethod.LINK, chain=chain, wants_replies=True
        )
        decide(newsroom, newsroom.comment(parent_id=mine, thread=thread, prefix_hash=HERE), "approve")
    send_all(services, out)
    assert len(out.sent) == MOST_MAILS - 1
