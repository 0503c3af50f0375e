"""Mails to a server that is elsewhere are encrypted, unless SMTP_URL says that they need not be."""

from collections.abc import Iterator
from dataclasses import replace
from email.message import EmailMessage

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink
from msgspec import structs

from service.cli.diagnostics.surroundings import check_mail
from service.errors import Misconfigured
from service.mail.messages import Letter
from service.mail.transports import MailDelayed, SmtpTransport
from service.settings import starttls_of
from service.wiring import Services
from tests.environment import free_port
from tests.settings import make_settings


@pytest.fixture(scope="module")
def plain() -> Iterator[str]:
    """Host and port of a server without STARTTLS."""
    controller = Controller(Sink(), hostname="127.0.0.1", port=free_port())
    controller.start()
    yield f"127.0.0.1:{controller.port}"
    controller.stop()


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server of the test, which is on loopback, stands for one that is not."""
    monkeypatch.setattr("service.mail.transports._is_loopback", lambda _host: False)


def send(url: str) -> None:
    post = SmtpTransport(url)
    try:
        post.send(Letter(EmailMessage(), "us@example.net", "reader@example.net"))
    finally:
        post.close()


@pytest.mark.usefixtures("elsewhere")
@pytest.mark.parametrize(
    ("url", "goes"),
    [
        pytest.param("smtp://{}", False, id="by itself"),
        pytest.param("smtp://{}/?starttls=required", False, id="required"),
        pytest.param("smtp://{}?starttls=optional", True, id="optional"),
        pytest.param("smtp://{}/?starttls=never", True, id="never"),
        pytest.param("smtp://user:secret@{}?starttls=optional", False, id="a password, optional"),
        pytest.param("smtp://user:secret@{}?starttls=never", False, id="a password, never"),
    ],
)
def test_an_open_line_is_only_for_who_asks_for_it(plain: str, url: str, goes: bool) -> None:
    if goes:
        send(url.format(plain))
        return
    with pytest.raises(MailDelayed) as delayed:
        send(url.format(plain))
    assert (delayed.value.code, delayed.value.everywhere) == ("not_encrypted", True)


def test_a_server_on_this_machine_may_do_without(plain: str) -> None:
    send(f"smtp://{plain}")


@pytest.mark.usefixtures("elsewhere")
@pytest.mark.parametrize(
    ("end", "level", "said"),
    [
        pytest.param("", "problem", "?starttls=never", id="refused"),
        pytest.param("?starttls=optional", "note", "not encrypted where", id="optional"),
        pytest.param("?starttls=never", "note", "never encrypted", id="never"),
    ],
)
def test_doctor_says_how_mails_go(services: Services, plain: str, end: str, level: str, said: str) -> None:
    told = structs.replace(services.settings, smtp_url=f"smtp://{plain}{end}")
    found = list(check_mail(replace(services, settings=told)))
    assert any(check.level == level and said in f"{check.found} {check.do}" for check in found), found


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("smtp://mail.example", "required"),
        ("smtp://mail.example:587/", "required"),
        ("smtp://u:p%2F@mail.example?starttls=optional", "optional"),
        ("smtps://mail.example", "required"),
    ],
)
def test_what_a_url_says_of_starttls(url: str, told: str) -> None:
    assert starttls_of(url) == told


@pytest.mark.parametrize(
    "url",
    ["mail.example:587", "http://mail.example", "smtp://", "smtp://mail.example:x", "smtp://[::1", "smtp://u:a/b@mail.example"]
    + ["smtp://u:a#b@mail.example", "smtp://mail.example?starttls=yes", "smtp://mail.example?tls=1"]
    + ["smtps://mail.example?starttls=never", "smtp://mail.example?starttls=", "smtp://mail.example/path"],
)  # fmt: skip
def test_a_wrong_url_is_told_at_start_and_not_quoted(url: str) -> None:
    with pytest.raises(Misconfigured, match="SMTP_URL") as refused:
        make_settings("sqlite://", "redis://127.0.0.1:1", SMTP_URL=url)
    assert "mail.example" not in str(refused.value)
