"""A mail server, a way to it, a mail that waits, and a conversation that somebody wants to hear of."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from aiosmtpd.controller import Controller
from flask.testing import FlaskClient

from models import AddressPurpose, Site, Status
from service.app import create_app
from service.intake.receive import EXTENSION
from service.mail.transports import SmtpTransport
from service.wiring import Services
from tests.environment import free_port
from tests.factories import Newsroom, add_address
from tests.fixed_clock import FixedClock
from tests.publishing.mails.conversation import Conversation, Out
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
