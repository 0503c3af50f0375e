"""The page of the keys that sign readers' logins: made, added, ended; what each does; no secret twice, or in a log."""

import logging
import re
from html import unescape

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from sqlalchemy import select

from models import AuditEntry, LoginKey
from service.accounts.logins.keys import material_of
from service.privacy.logins import login_keys_of, open_login_key
from tests.desk.queue.test_pages import hidden, page_of

HERE = "/moderate/sites/gazette/login-keys"
PAIR = Ed25519PrivateKey.generate()
PUBLIC = PAIR.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
PRIVATE = PAIR.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@pytest.fixture
def desk(newsroom, browser_of):
    return browser_of(newsroom.moderator("Ada", "admin"), csrf=False)


@pytest.fixture
def send(desk):
    def make(verb, **fields):
        return desk.post(f"{HERE}/{verb}", data=fields | {"csrf": hidden(page_of(desk, HERE), "csrf")})

    return make


def kept(services, site):
    with services.read() as session:
        return {key.kid: open_login_key(services.keyring, key) for key in login_keys_of(session, site.id)}


def wrong(answer):
    page = answer.get_data(as_text=True)
    return answer.status_code, {
        name: unescape(text) for name, text in re.findall(r'id="wrong-(\w+)">([^<]*)</small>', page)
    }


def test_a_secret_is_made_and_shown_once(services, site, desk, send, caplog):
    caplog.set_level(logging.DEBUG)
    made = send("make", new_kid="first")
    assert (made.status_code, made.headers["Cache-Control"]) == (201, "no-store")
    secret = re.search(r'id="secret" class="once" readonly value="([^"]+)"', made.get_data(as_text=True))[1]
    assert material_of("HS256", kept(services, site)["first"]) == secret.encode()
    with services.read() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "login_key.add")).one()
    assert entry.details == {"kid": "first", "algorithm": "HS256"}
    page = page_of(desk, HERE)
    assert "HS256: a secret that the site and this service share" in page
    assert not any(secret in text for text in (page, caplog.text, page_of(desk, "/moderate/audit")))


def test_a_public_key_is_added_and_the_old_one_retired(services, site, desk, send):
    send("make", new_kid="old")
    added = send("add", algorithm="EdDSA", key=PUBLIC, kid="new")
    assert (added.status_code, added.headers["Location"]) == (303, f"{HERE}?done=added")
    page = page_of(desk, HERE)
    assert "EdDSA: a pair of Ed25519 keys" in page
    assert "Make a secret" not in page, "a site has two at most"
    assert wrong(send("make", new_kid="third"))[0] == 422
    assert send("end", kid="old").headers["Location"] == f"{HERE}?done=ended"
    assert list(kept(services, site)) == ["new"]
    assert send("end", kid="old").status_code == 404


@pytest.mark.parametrize(
    ("fields", "said", "shown"),
    [
        ({"algorithm": "RS256", "key": PUBLIC}, {"key": "RS256 needs a public RSA key of 2,048 bits or more."}, PUBLIC),
        ({"algorithm": "EdDSA", "key": PRIVATE}, {"key": "This is no public key, as PEM or JWK."}, None),
        (
            {"algorithm": "EdDSA", "key": '{"d": "c2VjcmV0"}'},
            {"key": "This is a private key: keep it, and give its public half."},
            None,
        ),
        ({"algorithm": "HS256", "key": "short-and-secret"}, {"key": "A secret has at least 32 random bytes."}, None),
        (
            {"algorithm": "EdDSA", "key": PUBLIC, "kid": "a b"},
            {"kid": "A key's id has 1 to 64 of a-z, 0-9, full stop, _ and -."},
            PUBLIC,
        ),
    ],
    ids=["other kind", "private", "private jwk", "weak", "id"],
)
def test_what_is_no_key_is_said_at_its_field_and_no_secret_comes_back(services, site, desk, send, fields, said, shown):
    answer = send("add", **fields)
    assert wrong(answer) == (422, said)
    page = unescape(answer.get_data(as_text=True))
    assert (fields["key"].strip() in page) is (shown is not None)
    assert f'<option value="{fields["algorithm"]}" selected>' in page
    assert kept(services, site) == {}
    desk.set_cookie("rejoinder_language", "de", domain="localhost")
    german = wrong(send("add", **fields))[1]
    assert german.keys() == said.keys()
    assert not set(german.values()) & set(said.values())


def test_only_administrators_of_the_site(newsroom, services, browser_of, elsewhere):
    anna = browser_of(newsroom.moderator("Anna"))
    assert anna.get(HERE).status_code == 403
    assert anna.post(f"{HERE}/make").status_code == 403
    other = browser_of(elsewhere.moderator("Otto", "admin"))
    for verb in ("make", "add", "end"):
        assert other.post(f"{HERE}/{verb}", data={"kid": "x", "algorithm": "EdDSA", "key": PUBLIC}).status_code == 404
    ada = browser_of(newsroom.moderator("Ada", "admin"), csrf=False)
    assert ada.post(f"{HERE}/make").status_code == 403, "without the session's token"
    with services.read() as session:
        assert session.scalars(select(LoginKey)).all() == []
    assert f'href="{HERE}"' in page_of(ada, "/moderate/settings")
    assert HERE not in page_of(anna, "/moderate/settings")
