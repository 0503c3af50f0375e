"""A mail server, a way to it, and a mail that waits."""

from collections.abc import Iterator

import pytest
from aiosmtpd.controller import Controller

from models import Status
from service.mail.transports import SmtpTransport
from tests.environment import free_port
from tests.factories import Newsroom
from tests.publishing.mails.smtp_inbox import READER, Inbox


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
