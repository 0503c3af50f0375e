"""A body can take its time; whoever is closed, revoked or given another role until its last byte does nothing by it."""

import io
import json

import pytest
from sqlalchemy import func, select

from models import ApiKey, AuditEntry
from service.accounts import account_administration
from service.accounts.api_keys import key_actor, revoke_key
from service.accounts.sessions import session_actor
from tests.desk.conftest import API

FORM = "application/x-www-form-urlencoded"


class Body(io.BytesIO):
    """A body during which something happens: before its first byte is read."""

    def __init__(self, data: bytes, meanwhile):
        super().__init__(data)
        self.meanwhile = meanwhile

    def happen(self) -> None:
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile is not None:
            meanwhile()

    def read(self, *size):
        self.happen()
        return super().read(*size)

    def readinto(self, buffer):
        self.happen()
        return super().readinto(buffer)


def send(caller, method, path, data: bytes, mimetype, meanwhile):
    return caller.open(
        path,
        method=method,
        input_stream=Body(data, meanwhile),
        content_length=len(data),
        content_type=mimetype,
    )


def writes(comment_id: str) -> dict[str, tuple[str, str, bytes, str]]:
    decision = {"decisions": [{"comment_id": comment_id, "action": "approve", "expected_revision": 1}]}
    return {
        "decision": ("POST", f"{API}/decisions", json.dumps(decision).encode(), "application/json"),
        "ban": ("POST", f"{API}/comments/{comment_id}/bans", b'{"kind": "chain"}', "application/json"),
        "policy": ("PUT", f"{API}/sites/gazette/policy", b"format: 1\nrules: {}\n", "application/yaml"),
        "list": ("PUT", f"{API}/sites/gazette/lists/words.txt", b"word\n", "text/plain"),
    }


WRITES = ["decision", "ban", "policy", "list"]


def trail(services) -> int:
    """Entries of the trail that are not about accounts and keys."""
    with services.read() as session:
        others = AuditEntry.action.not_like("moderator.%"), AuditEntry.action.not_like("key.%")
        return session.scalar(select(func.count()).select_from(AuditEntry).where(*others)) or 0


@pytest.mark.parametrize("what", WRITES)
def test_a_body_of_somebody_who_was_closed(services, newsroom, browser_of, what):
    moderator = newsroom.moderator("Edith", "admin")
    caller, write = browser_of(moderator), writes(newsroom.comment())[what]
    answer = send(caller, *write, lambda: account_administration.close(services, None, moderator))
    assert (answer.status_code, answer.get_json()["code"]) == (401, "sign_in_needed")
    assert trail(services) == 0


@pytest.mark.parametrize("what", WRITES)
def test_a_body_of_a_key_that_was_revoked(services, newsroom, program, what):
    text = newsroom.key("admin")
    found = key_actor(services, text)
    assert found is not None
    write = writes(newsroom.comment())[what]
    answer = send(program(text), *write, lambda: revoke_key(services, None, key_id=found.id))
    assert (answer.status_code, answer.get_json()["code"]) == (401, "sign_in_needed")
    assert trail(services) == 0


@pytest.mark.parametrize("what", WRITES)
def test_a_body_of_somebody_with_another_role(services, newsroom, browser_of, what):
    moderator = newsroom.moderator("Edith", "admin")
    caller, write = browser_of(moderator), writes(newsroom.comment())[what]
    answer = send(caller, *write, lambda: account_administration.change(services, None, moderator, role="viewer"))
    assert (answer.status_code, answer.get_json()["code"]) == (403, "forbidden")
    assert trail(services) == 0


@pytest.mark.parametrize("what", WRITES)
def test_a_body_of_somebody_who_may_still(services, newsroom, browser_of, what):
    caller, write = browser_of(newsroom.moderator("Edith", "admin")), writes(newsroom.comment())[what]
    assert send(caller, *write, lambda: None).status_code in (200, 201)
    assert trail(services) > 0


def test_a_form_of_somebody_who_was_closed(services, newsroom, browser_of):
    moderator = newsroom.moderator("Edith", "admin")
    token = newsroom.session(moderator)
    actor = session_actor(services, token)
    assert actor is not None
    caller = browser_of(moderator, csrf=False)
    caller.set_cookie(newsroom.cookie, token, domain="localhost")
    form = f"csrf={actor.csrf}&scope=admin".encode()
    path = "/moderate/sites/gazette/people/keys"
    answer = send(caller, "POST", path, form, FORM, lambda: account_administration.close(services, None, moderator))
    assert answer.status_code == 303
    assert "/moderate/sign-in" in answer.headers["Location"]
    with services.read() as session:
        assert session.scalar(select(func.count()).select_from(ApiKey)) == 0
