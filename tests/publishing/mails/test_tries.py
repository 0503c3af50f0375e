"""What becomes of a mail that fails, and of several who send."""

import dataclasses
import threading
from contextlib import nullcontext, suppress
from typing import Any

import msgspec
import pytest
from sqlalchemy import event

from models import Delivery, DeliveryState, Status
from service.mail.messages import Letter
from service.mail.sender import BACK_OFF, BATCH, CLAIM, run_sender, send_due
from service.mail.transports import MailTransport, SmtpTransport, mail_transport
from service.queue.wakes import wake_deliveries
from service.wiring import Services
from tests.environment import free_port
from tests.factories import Newsroom, add_site
from tests.fixed_clock import FixedClock
from tests.publishing.mails.smtp_inbox import READER, Inbox, state
from tests.waiting import wait_until


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
