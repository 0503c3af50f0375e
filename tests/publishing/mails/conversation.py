"""A conversation that somebody wants to hear of, and a way out that keeps its mails."""

from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select

from models import Comment, ProofMethod, ReplyMail, Status
from service.mail.messages import Letter
from service.mail.sender import send_due
from tests.factories import Newsroom
from tests.fixed_clock import FixedClock
from tests.publishing.mails.smtp_inbox import READER
from tests.publishing.test_after_decisions import decide

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
