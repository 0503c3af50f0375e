"""Strangers get few mails from us, whoever types their addresses: a limit for the network that they are typed in."""

from email.message import EmailMessage

import pytest

from models import Delivery, DeliveryState, Status
from service.mail.messages import Letter
from service.mail.network_limit import MAILS_PER
from service.mail.sender import BATCH, CLAIM, send_due
from service.mail.transports import MailDelayed, MailRefused
from service.wiring import Services
from tests.factories import Newsroom, add_site
from tests.fixed_clock import FixedClock

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
