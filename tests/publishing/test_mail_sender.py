"""REJOINDER_MAIL_FROM: what newsrooms write there, read back from the mail as a mail program would."""

import email
import email.policy
from email.headerregistry import Address
from typing import Any

import pytest

from service.errors import Misconfigured
from service.mail.messages import MailDetails, confirmation
from tests.fixed_clock import FixedClock
from tests.settings import make_settings


def _settings(text: str) -> Any:
    return make_settings("sqlite://", "redis://127.0.0.1:1", REJOINDER_MAIL_FROM=text)


@pytest.mark.parametrize(
    ("text", "name", "address"),
    [
        pytest.param("c@d.example", "", "c@d.example", id="no name"),
        pytest.param("<c@d.example>", "", "c@d.example", id="brackets alone"),
        pytest.param("News <c@d.example>", "News", "c@d.example", id="plain"),
        pytest.param('"Daily News, Comments" <c@d.example>', "Daily News, Comments", "c@d.example", id="quoted comma"),
        pytest.param("Daily News, Comments <c@d.example>", "Daily News, Comments", "c@d.example", id="bare comma"),
        pytest.param(r'"The \"Sun\"" <c@d.example>', 'The "Sun"', "c@d.example", id="quotes inside"),
        pytest.param("News (comments) <c@d.example>", "News (comments)", "c@d.example", id="parentheses"),
        pytest.param("c@d.example (News, Comments)", "News, Comments", "c@d.example", id="name behind"),
        pytest.param("Ann; Bob: Co. <c@d.example>", "Ann; Bob: Co.", "c@d.example", id="a group's signs"),
        pytest.param("News @ Nine <c@d.example>", "News @ Nine", "c@d.example", id="at in the name"),
        pytest.param("Zeitung, Grüße (neu) <c@d.example>", "Zeitung, Grüße (neu)", "c@d.example", id="accents"),
        pytest.param("新聞, コメント <c@d.example>", "新聞, コメント", "c@d.example", id="another script"),
        pytest.param("=?utf-8?q?Gr=C3=BC=C3=9Fe=2C_wir?= <c@d.example>", "Grüße, wir", "c@d.example", id="encoded"),
        pytest.param("News <c@müller.example>", "News", "c@xn--mller-kva.example", id="IDN"),
        pytest.param("News <c@localhost>", "News", "c@localhost", id="one label"),
    ],
)
def test_the_sender_reads_back_as_one_address(text: str, name: str, address: str) -> None:
    details = MailDetails(
        "01A", "r@e.example", "Gazette", "https://c.example/1", "https://c.example/u", FixedClock().now()
    )
    mail = confirmation(_settings(text), details).as_bytes()
    (sender,) = email.message_from_bytes(mail, policy=email.policy.default)["From"].addresses
    assert sender == Address(display_name=name, addr_spec=address)


@pytest.mark.parametrize(
    "text",
    ["News", "c@", "News <>", "News <@d.example>", "News <c d@e.example>", "News <c@d.example", "a@b.test, c@d.test",
     "News c@d.example", "a@b@c.example", "News <c@d..example>", "N\x00 <c@d.example>", "N\u202e <c@d.example>"],
    ids=repr,
)  # fmt: skip
def test_what_is_no_sender_is_told_in_one_line(text: str) -> None:
    with pytest.raises(Misconfigured, match=r"^REJOINDER_MAIL_FROM is no sender; write .* as News <ADDRESS>$"):
        _settings(text)
