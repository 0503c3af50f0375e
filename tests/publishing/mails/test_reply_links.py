"""The link that ends mails about replies, and what is told once an address is confirmed."""

from typing import Any
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient

from models import Comment, ProofMethod, Status
from service.privacy.links import new_proof_link, proof_path
from tests.publishing.mails.conversation import Conversation, stop_link
from tests.publishing.mails.smtp_inbox import READER
from tests.publishing.test_after_decisions import decide


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
