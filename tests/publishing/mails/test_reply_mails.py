"""Mails about replies: from the decision that publishes one to what a mail server gets, and the link that ends them."""

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from threading import Thread as Worker
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from models import ActorKind, AddressPurpose, Comment, ProofMethod, ReplyMail, Site, Status, Thread, ThreadState
from models.delivery import REPLY_MAIL_LIFE
from service.accounts.actors import Actor
from service.app import create_app
from service.intake.receive import EXTENSION
from service.mail.messages import Letter
from service.mail.reply_mails import MOST_A_DAY, MOST_LINKS
from service.mail.sender import CLAIM, send_due
from service.mail.transports import MailDelayed
from service.moderation.editorial.staff_replies import reply_as_staff
from service.moderation.outbox.told_replies import forget_told
from service.privacy.addresses import forget_addresses
from service.privacy.links import new_proof_link, proof_path, suppress_mail
from service.wiring import Services
from tests.factories import Newsroom, add_address, add_site
from tests.fixed_clock import FixedClock
from tests.publishing.test_after_decisions import decide

READER = "reader.canary@example.net"
Told = list[tuple[str, list[str]]]


@dataclass
class Out:
    """A way out that keeps the mails, or raises what it is told to."""

    letters: list[Letter] = field(default_factory=list)
    answer: BaseException | None = None

    def send(self, letter: Letter) -> None:
        if self.answer is not None:
            raise self.answer
        self.letters.append(letter)

    def close(self) -> None:
        pass


@dataclass
class Conversation:
    """A thread in which somebody asked to hear of replies, and those who answer there."""

    room: Newsroom
    clock: FixedClock
    out: Out
    comment: str = ""

    def asked(self, **columns: Any) -> str:
        made = {"address": READER, "wants_replies": True, "proven": ProofMethod.LINK, "chain": "ada"} | columns
        return self.room.published(**made)

    def reply(self, to: str = "", *, action: str = "approve", **columns: Any) -> str:
        """A reply that a moderator decides."""
        reply = self.room.comment(status=Status.PENDING, parent_id=to or self.comment, **columns)
        decide(self.room, reply, action)
        return reply

    def send(self) -> Told:
        """What goes out now: to whom, and the ids of the replies it tells of."""
        before = len(self.out.letters)
        while send_due(self.room.services, self.out):
            pass
        return [(letter.recipient, told_in(letter.message)) for letter in self.out.letters[before:]]

    def outcomes(self) -> list[str | None]:
        with self.room.services.read() as session:
            return [row.outcome for row in session.scalars(select(ReplyMail).order_by(ReplyMail.id))]

    def change(self, comment_id: str = "", **columns: Any) -> None:
        with self.room.services.write() as session:
            comment = session.get_one(Comment, comment_id or self.comment)
            for name, value in columns.items():
                setattr(comment, name, value)


def told_in(message: EmailMessage) -> list[str]:
    lines = message.get_content().splitlines()
    return [line.rpartition("/")[2] for line in lines if "/c/" in line]


def stop_link(letter: Letter) -> str:
    found: str = letter.message["List-Unsubscribe"]
    return urlsplit(found.strip("<>")).path


@pytest.fixture
def talk(services: Services, site: Site, fixed_clock: FixedClock, tmp_path: Path) -> Conversation:
    settings = msgspec.structs.replace(services.settings, mail_dir=tmp_path / "mails")
    room = Newsroom(dataclasses.replace(services, settings=settings), site)
    add_address(services, site, room.chain("ada"), READER, purpose=AddressPurpose.CHAIN)
    talk = Conversation(room, fixed_clock, Out())
    talk.comment = talk.asked()
    return talk


@pytest.fixture
def browser(talk: Conversation) -> Iterator[FlaskClient]:
    app = create_app(talk.room.services, ("service.intake.routes",))
    yield app.test_client()
    app.extensions[EXTENSION].commits.close()


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


def test_one_click_ends_the_mails_of_a_conversation(talk: Conversation, browser: FlaskClient) -> None:
    second = talk.asked()
    elsewhere = talk.asked(thread=talk.room.thread("other"))
    talk.reply()
    talk.send()
    path = stop_link(talk.out.letters[0])
    assert READER not in path
    assert path.startswith("/unsubscribe/replies/")
    shown = browser.get(path)
    assert (shown.status_code, shown.headers["Referrer-Policy"]) == (200, "no-referrer")
    assert "Stop mail about this conversation" in shown.text
    assert browser.get(path).status_code == 200
    talk.reply()
    # RFC 8058: what a mail program posts by itself, with no cookie.
    for _ in range(2):
        assert browser.post(path, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    talk.reply(second)
    other = talk.reply(elsewhere, thread=talk.room.thread("other"))
    talk.clock.advance(hours=2)
    assert talk.send() == [(READER, [other])]
    # Its second button ends all of them.
    never = urlsplit(shown.text.split('action="..')[1].split('"')[0]).path
    assert browser.post(f"/unsubscribe{never}").status_code == 200
    talk.reply(elsewhere, thread=talk.room.thread("other"))
    talk.clock.advance(hours=2)
    assert talk.send() == []


def test_one_click_changes_nothing_of_what_is_only_typed(talk: Conversation, browser: FlaskClient) -> None:
    """A receipt shows whether its comment is told of replies: that of a guess must not show that its owner pressed."""
    guesses = [
        talk.asked(proven=None, chain="mallory"),
        talk.asked(proven=ProofMethod.RECEIPT, chain="mallory"),
        talk.asked(proven=None, chain="mallory", address="somebody.else@example.net"),
    ]
    own = talk.asked()
    talk.reply()
    talk.send()
    assert browser.post(stop_link(talk.out.letters[0]), data={"List-Unsubscribe": "One-Click"}).status_code == 200
    with talk.room.services.read() as session:
        wanted = [session.get_one(Comment, each).wants_replies for each in [*guesses, own, talk.comment]]
    assert wanted == [True, True, True, False, False]


@pytest.mark.parametrize("change", [lambda token: token[:-1], lambda token: "x" + token, lambda token: "%FF"])
def test_a_damaged_link_ends_nothing(talk: Conversation, browser: FlaskClient, change: Any) -> None:
    talk.reply()
    talk.send()
    head, _, token = stop_link(talk.out.letters[0]).rpartition("/")
    for damaged in (f"{head}/{change(token)}", f"/unsubscribe/{token}"):
        assert browser.get(damaged).status_code == 404
        assert browser.post(damaged).status_code == 404


def test_old_rows_are_dropped(talk: Conversation) -> None:
    talk.reply()
    talk.send()
    assert forget_told(talk.room.services) == 0
    talk.clock.advance(seconds=REPLY_MAIL_LIFE.total_seconds() + 1)
    assert forget_told(talk.room.services) == 1
    assert talk.outcomes() == []


def confirm(talk: Conversation, browser: FlaskClient, comment_id: str) -> None:
    """The owner of the address reads the comment and presses the button."""
    services = talk.room.services
    with services.write() as session:
        link = proof_path(new_proof_link(session, services.keyring, comment_id=comment_id, now=talk.clock.now()))
    said = {"comment": comment_id, "version": "1", "answer": "mine"}
    assert browser.post(link, data=said).status_code == 200


def test_what_came_before_the_address_was_confirmed_is_told_then(talk: Conversation, browser: FlaskClient) -> None:
    waits = talk.asked(proven=None, chain="", address="late@example.net")
    up = [talk.reply(waits) for _ in range(3)]
    decide(talk.room, up.pop(1), "reject")
    talk.reply(waits, action="spam")
    talk.room.comment(status=Status.PENDING, parent_id=waits)
    # Nothing at all is written down for an address that nobody has confirmed.
    assert (talk.send(), talk.outcomes()) == ([], [])
    confirm(talk, browser, waits)
    assert talk.send() == [("late@example.net", up)]
    confirm(talk, browser, waits)
    assert talk.send() == []
    talk.clock.advance(hours=1)
    last = talk.reply(waits)
    assert talk.send() == [("late@example.net", [last])]


def test_who_confirms_and_did_not_ask_hears_of_no_reply(talk: Conversation, browser: FlaskClient) -> None:
    waits = talk.asked(proven=None, chain="", address="late@example.net", wants_replies=False, wants_confirm=True)
    talk.reply(waits)
    confirm(talk, browser, waits)
    assert (talk.send(), talk.outcomes()) == ([], [])


def test_a_reply_of_ones_own_from_before_is_not_told(talk: Conversation, browser: FlaskClient) -> None:
    """Both became one writer's only by the button."""
    waits = talk.asked(proven=None, chain="")
    talk.reply(waits, chain="ada", proven=ProofMethod.LINK)
    confirm(talk, browser, waits)
    assert talk.send() == []
