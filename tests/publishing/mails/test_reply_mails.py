"""Mails about replies: from the decision that publishes one to what a mail server gets."""

import dataclasses
from pathlib import Path
from threading import Thread as Worker
from typing import Any

import msgspec
import pytest

from models import ActorKind, AddressPurpose, ProofMethod, Status, Thread, ThreadState
from models.delivery import REPLY_MAIL_LIFE
from service.accounts.actors import Actor
from service.mail.reply_mails import MOST_A_DAY, MOST_LINKS
from service.mail.sender import CLAIM, send_due
from service.mail.transports import MailDelayed
from service.moderation.editorial.staff_replies import reply_as_staff
from service.moderation.outbox.told_replies import forget_told
from service.privacy.addresses import forget_addresses
from service.privacy.links import suppress_mail
from service.wiring import Services
from tests.factories import Newsroom, add_address, add_site
from tests.fixed_clock import FixedClock
from tests.publishing.mails.conversation import Conversation, Out, told_in
from tests.publishing.mails.smtp_inbox import READER
from tests.publishing.test_after_decisions import decide


def test_a_published_reply_is_told_to_who_asked(talk: Conversation) -> None:
    reply = talk.reply(text="Words of a stranger", name="A stranger")
    assert talk.send() == [(READER, [reply])]
    [letter] = talk.out.letters
    message = letter.message
    assert message["Subject"] == "A reply to your comment on Gazette"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "stranger" not in message.as_string()
    # No address but in the header, and none in a link.
    assert message.as_string().count("@example.net") == 1
    assert talk.outcomes() == ["sent"]
    assert talk.send() == []


@pytest.mark.parametrize("action", ["reject", "spam", "pending"])
def test_nothing_is_said_of_what_readers_do_not_see(talk: Conversation, action: str) -> None:
    reply = talk.room.comment(status=Status.PENDING, parent_id=talk.comment)
    if action != "pending":
        decide(talk.room, reply, action)
    assert talk.send() == []
    assert talk.outcomes() == []


def test_once_only_and_never_of_what_is_gone_again(talk: Conversation) -> None:
    reply = talk.reply()
    decide(talk.room, reply, "reject")
    assert talk.send() == []
    assert talk.outcomes() == ["reply_gone"]
    decide(talk.room, reply, "approve")
    assert talk.send() == []


def test_the_newsrooms_own_answer_is_told(talk: Conversation) -> None:
    desk = Actor(ActorKind.MODERATOR, "0" * 26, "Desk", {talk.room.site.id: "admin"})
    answer = reply_as_staff(talk.room.services, desk, talk.comment, "Thank you, we have mended it.")
    assert talk.send() == [(READER, [answer.comment_id])]


def test_a_writers_own_replies_do_not_count(talk: Conversation) -> None:
    talk.reply(chain="ada", proven=ProofMethod.RECEIPT)
    assert talk.send() == []
    others = talk.reply()
    assert talk.send() == [(READER, [others])]


def test_an_address_that_is_only_typed_makes_no_reply_the_readers_own(talk: Conversation) -> None:
    """Else whoever answers a comment under a guess sees by the mails that come whether it is right."""
    guessed = talk.reply(address=READER)
    assert talk.send() == [(READER, [guessed])]


def test_one_mail_a_thread_and_hour_then_a_digest(talk: Conversation) -> None:
    second = talk.asked()
    first = talk.reply()
    assert talk.send() == [(READER, [first])]
    later = [talk.reply(), talk.reply(second), talk.reply()]
    gone = talk.reply()
    decide(talk.room, gone, "spam")
    # Another thread, and somebody else in this one, wait for nobody.
    elsewhere = talk.reply(talk.asked(thread=talk.room.thread("other")), thread=talk.room.thread("other"))
    add_address(talk.room.services, talk.room.site, talk.room.chain("ben"), "ben@example.org",
                purpose=AddressPurpose.CHAIN)  # fmt: skip
    to_ben = talk.reply(talk.asked(address="ben@example.org", chain="ben"))
    assert sorted(talk.send()) == sorted([(READER, [elsewhere]), ("ben@example.org", [to_ben])])
    talk.clock.advance(minutes=59)
    assert talk.send() == []
    talk.clock.advance(minutes=1)
    assert talk.send() == [(READER, later)]
    assert talk.out.letters[-1].message["Subject"] == "3 replies to your comments on Gazette"
    assert sorted(map(str, talk.outcomes())) == sorted(["sent"] * 4 + ["told_together"] * 2 + ["reply_gone"])


def test_a_long_digest_has_a_bounded_number_of_links(talk: Conversation) -> None:
    replies = [talk.reply() for _ in range(MOST_LINKS + 3)]
    assert talk.send() == [(READER, replies[:MOST_LINKS])]
    assert "The others (3) stand in the same conversation." in talk.out.letters[0].message.get_content()


def test_many_threads_make_no_flood(talk: Conversation) -> None:
    for n in range(MOST_A_DAY + 2):
        thread = talk.room.thread(f"t{n}")
        talk.reply(talk.asked(thread=thread), thread=thread)
    assert len(talk.send()) == MOST_A_DAY
    talk.clock.advance(hours=23)
    assert talk.send() == []
    talk.clock.advance(hours=1)
    assert len(talk.send()) == 2


def test_one_network_cannot_cause_many_mails(talk: Conversation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.mail.network_limit.MOST_MAILS", 2)
    for n in range(3):
        thread = talk.room.thread(f"t{n}")
        talk.reply(talk.asked(thread=thread), thread=thread, prefix_hash=b"h" * 16)
    assert len(talk.send()) == 2
    # It is up, so that it is told later.
    talk.clock.advance(hours=1, minutes=15)
    assert len(talk.send()) == 1


def withdrawn(talk: Conversation) -> None:
    talk.room.take_down(talk.comment, Status.WITHDRAWN)


def erased(talk: Conversation) -> None:
    with talk.room.services.write() as session:
        forget_addresses(session, owner_id=talk.comment)


def suppressed(talk: Conversation) -> None:
    with talk.room.services.write() as session:
        suppress_mail(session, talk.room.services.keyring, talk.comment, talk.clock.now())


def hidden(talk: Conversation) -> None:
    with talk.room.services.write() as session:
        session.query(Thread).update({"state": ThreadState.HIDDEN})


@pytest.mark.parametrize(
    ("end", "outcome"),
    [
        pytest.param(withdrawn, "comment_gone", id="withdrawn"),
        pytest.param(lambda talk: talk.room.take_down(talk.comment), "comment_gone", id="taken down"),
        pytest.param(erased, "no_address", id="address erased"),
        pytest.param(suppressed, "suppressed", id="never write to me"),
        pytest.param(hidden, "comment_gone", id="thread hidden"),
        pytest.param(lambda talk: talk.change(wants_replies=False), "not_asked_for", id="stopped"),
        pytest.param(lambda talk: talk.change(disowned_at=talk.clock.now()), "unproven", id="disowned"),
        pytest.param(lambda talk: talk.clock.advance(days=8), "too_old", id="a week without a sender"),
    ],
)
def test_what_ends_it_also_ends_what_waits(talk: Conversation, end: Any, outcome: str) -> None:
    talk.reply()
    end(talk)
    assert talk.send() == []
    assert talk.outcomes() == [outcome]


@pytest.mark.parametrize(
    ("columns", "rows"),
    [
        pytest.param({"proven": None}, 0, id="address not confirmed"),
        pytest.param({"wants_replies": False}, 0, id="not asked for"),
        pytest.param({"chain": "mallory", "proven": ProofMethod.RECEIPT}, 1, id="another's address beside a receipt"),
    ],
)
def test_nobody_else_is_written_to(talk: Conversation, columns: dict[str, Any], rows: int) -> None:
    talk.reply(talk.asked(**columns))
    assert talk.send() == []
    assert talk.outcomes() == ["unproven"] * rows


def test_a_mail_that_failed_tells_all_at_its_next_try(talk: Conversation) -> None:
    replies = [talk.reply(), talk.reply()]
    talk.out.answer = MailDelayed("unreachable", everywhere=True)
    assert talk.send() == []
    talk.out.answer = None
    talk.clock.advance(minutes=1)
    assert talk.send() == [(READER, replies)]


def test_a_crash_while_sending_is_tried_once_more_and_no_more(talk: Conversation) -> None:
    for _ in range(2):
        talk.reply()
    for _ in range(2):
        talk.out.answer = KeyboardInterrupt()
        with pytest.raises(KeyboardInterrupt):
            talk.send()
        talk.clock.advance(seconds=CLAIM.total_seconds())
    talk.out.answer = None
    third = talk.reply()
    assert talk.send() == []
    assert talk.outcomes() == ["crashed_twice", "told_together", None]
    talk.clock.advance(hours=1)
    assert talk.send() == [(READER, [third])]


def test_a_second_try_after_a_crash_tells_the_same(talk: Conversation) -> None:
    replies = [talk.reply(), talk.reply()]
    talk.out.answer = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        talk.send()
    talk.out.answer = None
    assert talk.send() == []
    talk.clock.advance(seconds=CLAIM.total_seconds())
    assert talk.send() == [(READER, replies)]


@pytest.mark.postgres
def test_two_senders_tell_of_every_reply_once(postgres_services: Services, fixed_clock: FixedClock) -> None:
    """On PostgreSQL, where they work at the same time."""
    settings = msgspec.structs.replace(postgres_services.settings, mail_dir=Path("/nowhere"))
    services = dataclasses.replace(postgres_services, settings=settings)
    room, out = Newsroom(services, add_site(services, "gazette")), Out()
    talk = Conversation(room, fixed_clock, out)
    replies = set()
    for name in ("ada", "ben", "cleo", "dan"):
        address = f"{name}@example.org"
        add_address(services, room.site, room.chain(name), address, purpose=AddressPurpose.CHAIN)
        comment = talk.asked(address=address, chain=name)
        replies |= {talk.reply(comment) for _ in range(2)}
    senders = [Worker(target=talk.send) for _ in range(2)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join(60)
    told = [reply for letter in out.letters for reply in told_in(letter.message)]
    assert len(out.letters) == 4
    assert sorted(told) == sorted(replies)


def test_without_a_way_out_nothing_is_kept_for_later(talk: Conversation) -> None:
    talk.reply()
    send_due(talk.room.services, None)
    assert talk.outcomes() == ["mail_off"]


def test_old_rows_are_dropped(talk: Conversation) -> None:
    talk.reply()
    talk.send()
    assert forget_told(talk.room.services) == 0
    talk.clock.advance(seconds=REPLY_MAIL_LIFE.total_seconds() + 1)
    assert forget_told(talk.room.services) == 1
    assert talk.outcomes() == []
