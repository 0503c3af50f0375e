"""Readers whom the site signs in: nothing that their login says is asked for, and a refused one is told."""

import json
from datetime import timedelta
from typing import Any

import jwt
import pytest
from playwright.sync_api import Page, expect

from service.accounts.logins.keys import add_login_key
from tests.widget.live_server import Live
from tests.widget.test_writing import waiting

pytestmark = pytest.mark.browser

SECRET = "a-secret-that-site-and-service-share-0123456789"


@pytest.fixture(scope="module", autouse=True)
def key(live: Live) -> None:
    add_login_key(live.services, None, site_id=live.site.id, algorithm="HS256", text=SECRET, kid="first")


def login(live: Live, **changes: Any) -> str:
    until = live.services.clock.now() + timedelta(minutes=10)
    said = {
        "aud": "demo",
        "sub": "reader-7",
        "exp": int(until.timestamp()),
        "name": "Zoë Łuk",
        "email": "z@example.org",
    }
    return jwt.encode(said | changes, SECRET, algorithm="HS256")


def test_who_is_signed_in_types_neither_name_nor_address(live: Live, page: Page) -> None:
    page.goto(live.of("signed", "<slot>", login=login(live, jti="1")))
    expect(page.get_by_text("Signed in as Zoë Łuk")).to_be_visible()
    expect(page.get_by_label("Name")).to_be_hidden()
    expect(page.get_by_label("E-mail", exact=True)).to_be_hidden()
    expect(page.get_by_label("Remember me here")).to_be_hidden()
    page.get_by_label("Comment", exact=True).fill("From an account.")
    page.get_by_role("button", name="Send comment").click()
    waiting(page, "From an account.")
    expect(page.locator(".mine .who")).to_have_text("Zoë Łuk")
    comment = live.received("From an account.")
    live.decide(comment, "approve")
    own = page.locator(f"#comment-{comment}")
    expect(own.locator(".badge")).to_have_text("Verified", timeout=20_000)
    expect(own.locator(".who")).to_have_text("Zoë Łuk")


def test_what_a_login_leaves_out_is_asked_for(live: Live, page: Page) -> None:
    page.goto(live.of("half", "<slot>", login=login(live, jti="2", name=None, email=None)))
    expect(page.get_by_text("Signed in", exact=True)).to_be_visible()
    expect(page.get_by_label("Name")).to_be_visible()
    expect(page.get_by_label("E-mail", exact=True)).to_be_visible()
    expect(page.get_by_label("Remember me here")).to_be_visible()


def test_a_refused_login_is_told_and_the_fields_come_back(live: Live, page: Page) -> None:
    old = login(live, exp=int((live.services.clock.now() - timedelta(hours=1)).timestamp()))
    page.goto(live.of("refused", "<slot>", login=old, language="de"))
    page.get_by_label("Kommentar", exact=True).fill("Mit alter Anmeldung.")
    page.get_by_role("button", name="Kommentar senden").click()
    expect(page.get_by_text("Ihre Anmeldung ist abgelaufen. Bitte laden Sie die Seite neu.")).to_be_visible()
    name = page.get_by_label("Name")
    expect(name).to_be_focused()
    expect(page.get_by_text("Angemeldet")).to_be_hidden()
    assert live.count("Mit alter Anmeldung.") == 0
    name.fill("Ada")
    page.get_by_label("E-Mail", exact=True).fill("ada@example.org")
    page.get_by_role("button", name="Kommentar senden").click()
    expect(page.get_by_text("Wird noch geprüft.")).to_be_visible()


def test_a_function_is_asked_for_each_comment(live: Live, page: Page) -> None:
    page.goto(live.of("anew", "<slot>"))
    expect(page.get_by_label("Name")).to_be_visible()
    tokens = json.dumps([login(live, jti=f"f{n}") for n in range(9)])
    page.evaluate(f"left = {tokens}; document.querySelector('rejoinder-comments').login = async () => left.pop()")
    for text in ("The first.", "The second."):
        page.get_by_label("Comment", exact=True).fill(text)
        expect(page.get_by_text("Signed in as Zoë Łuk")).to_be_visible()
        page.get_by_role("button", name="Send comment").click()
        waiting(page, text)
    assert live.count("The first.") == live.count("The second.") == 1
