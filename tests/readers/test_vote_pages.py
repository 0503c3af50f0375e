"""Votes without JavaScript: buttons of the plain page; and what a site chooses for its readers."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from models import Site, SiteSettings, VoteKinds
from service.app import create_app
from service.intake.receive import EXTENSION
from service.moderation.outbox.vote_counts import VoteCounts
from service.wiring import Services
from tests.factories import Newsroom, add_site
from tests.fixed_clock import FixedClock

PAGE = "http://news.test/story?id=4711"
BUTTON = re.compile(r'<button form="votes" name="vote" value="(\w+) (-?\d)" aria-pressed="(\w+)" aria-label="([^"]+)"')
SETTINGS = "/api/v1/moderation/sites/gazette/settings"
HERE = "/moderate/sites/gazette/readers"


@pytest.fixture
def site(services: Services) -> Site:
    return add_site(services, votes=VoteKinds.UP_DOWN)


@pytest.fixture
def newsroom(services: Services, site: Site) -> Newsroom:
    return Newsroom(services, site)


@pytest.fixture
def app(services: Services) -> Iterator[Flask]:
    app = create_app(services)
    yield app
    app.extensions[EXTENSION].commits.close()
    app.extensions["rejoinder.documents"].close()


def hidden(page: str, form: str) -> dict[str, str]:
    """The fields that a form sends by itself."""
    inside = re.search(rf'<form id="{form}".*?</form>', page, re.DOTALL)
    assert inside is not None
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', inside[0]))


def get(client: FlaskClient, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def test_a_vote_and_back_again(app: Flask, newsroom: Newsroom, services: Services, fixed_clock: FixedClock) -> None:
    client, comment = app.test_client(), newsroom.published(name="Ada <b>")
    newsroom.published("Not so.")
    page = get(client, f"/embed/gazette?thread=4711&page_url={PAGE}&sort=newest")
    assert [button[1:] for button in BUTTON.findall(page) if button[0] == comment] == [
        ("1", "false", "Vote for it"),
        ("-1", "false", "Vote against it"),
    ]
    assert "Votes for the comment by Ada &lt;b&gt;" in page
    fields = hidden(page, "votes")
    early = client.post("/embed/gazette/votes", data=fields | {"vote": f"{comment} 1"})
    assert early.status_code == 422
    shown = early.get_data(as_text=True)
    assert "Vote again in 31 seconds." in shown
    # The same token is tried again, and grows old meanwhile.
    assert hidden(shown, "votes")["voter"] == fields["voter"]
    fixed_clock.advance(seconds=30)
    pressed = client.post("/embed/gazette/votes", data=fields | {"vote": f"{comment} 1"})
    assert pressed.status_code == 303
    to = urlsplit(pressed.headers["Location"])
    assert (to.netloc, to.path, to.fragment) == ("", "/embed/gazette", f"comment-{comment}")
    asked = parse_qs(to.query)
    assert (asked["sort"], asked["page_url"], asked["voter"]) == (["newest"], [PAGE], [fields["voter"]])
    for counted in (0, 1):
        page = get(client, pressed.headers["Location"])
        assert [button[1:3] for button in BUTTON.findall(page) if button[0] == comment] == [
            ("0", "true"),
            ("-1", "false"),
        ]
        assert page.count('<span class="count">1<') == 1
        fixed_clock.advance(seconds=10)
        assert VoteCounts(services).step() == 1 - counted
    # The form for a comment has a token of its own, or a second comment would be taken for the first one.
    assert hidden(page, "write")["token"] != fields["voter"]
    assert client.post("/embed/gazette/votes", data=hidden(page, "votes") | {"vote": f"{comment} 0"}).status_code == 303
    assert '<span class="count">1<' not in get(client, pressed.headers["Location"])


def test_a_vote_leads_back_to_the_filter(app: Flask, newsroom: Newsroom, fixed_clock: FixedClock) -> None:
    newsroom.thread(questions=True)
    client, asked = app.test_client(), newsroom.published()
    fields = hidden(get(client, "/embed/gazette?thread=4711&filter=unanswered&sort=newest"), "votes")
    early = client.post("/embed/gazette/votes", data=fields | {"vote": f"{asked} 1"})
    assert early.status_code == 422
    assert hidden(early.get_data(as_text=True), "votes") == fields
    fixed_clock.advance(seconds=30)
    pressed = client.post("/embed/gazette/votes", data=fields | {"vote": f"{asked} 1"})
    assert parse_qs(urlsplit(pressed.headers["Location"]).query)["filter"] == ["unanswered"]
    assert hidden(get(client, pressed.headers["Location"]), "votes") == fields


@pytest.mark.parametrize(
    "fields, status",
    [
        ({"vote": "01ARZ3NDEKTSV4RRFFQ69G5FAV 1"}, 404),
        ({"vote": "nonsense"}, 422),
        ({"vote": ""}, 422),
        ({"voter": "nonsense"}, 422),
        ({"thread": ""}, 400),
        ({"sort": "best"}, 400),
    ],
)
def test_what_is_no_button_of_ours(
    app: Flask, newsroom: Newsroom, fixed_clock: FixedClock, fields: dict[str, str], status: int
) -> None:
    client, comment = app.test_client(), newsroom.published()
    good = hidden(get(client, "/embed/gazette?thread=4711"), "votes") | {"vote": f"{comment} 1"}
    fixed_clock.advance(seconds=30)
    answer = client.post("/embed/gazette/votes", data=good | fields)
    assert answer.status_code == status
    assert answer.mimetype == "text/html"
    assert client.post("/embed/gazette/votes", data=good, headers={"Origin": "https://evil.test"}).status_code == 403


def test_where_nobody_votes_there_are_no_buttons(app: Flask, services: Services) -> None:
    silent = Newsroom(services, add_site(services, "herald"))
    silent.published()
    page = get(app.test_client(), "/embed/herald?thread=4711&voter=x")
    assert 'class="vote"' not in page
    assert 'id="votes"' not in page
    assert "most votes first" not in page


def test_a_site_chooses_for_its_readers(app: Flask, newsroom: Newsroom) -> None:
    client = app.test_client()
    boss = {"Authorization": f"Bearer {newsroom.key('admin')}"}
    other = {"Authorization": f"Bearer {newsroom.key('moderate')}"}
    first = client.get(SETTINGS, headers=other).get_json()
    assert (first["votes"], first["reply_depth"]) == ("up_down", SiteSettings().reply_depth)
    assert client.patch(SETTINGS, json={"votes": "up"}, headers=other).status_code == 403
    said = client.patch(SETTINGS, json={"votes": "off", "body_max": 300}, headers=boss).get_json()
    assert said == first | {"votes": "off", "body_max": 300}
    for wrong in (
        {"votes": "down"},
        {"body_max": 3},
        {"reply_depth": 0},
        {"body_min": 900},
        {"mode": "manual"},
        {"reports_hide": 2},
    ):
        assert client.patch(SETTINGS, json=wrong, headers=boss).status_code == 422
    assert client.get(SETTINGS, headers=boss).get_json() == said
    assert client.get(SETTINGS.replace("gazette", "herald"), headers=boss).status_code == 404


def test_the_same_on_a_page(app: Flask, newsroom: Newsroom) -> None:
    client = app.test_client()
    client.set_cookie(newsroom.cookie, newsroom.session(newsroom.moderator("Ada", "admin")))
    page = get(client, HERE)
    assert '<input type="radio" name="votes" value="up_down" checked>' in page
    csrf = re.search(r'name="csrf" value="([^"]+)"', page)
    assert csrf is not None
    fields: dict[str, Any] = {"csrf": csrf[1], "votes": "up", "name_max": "40", "body_min": "2", "body_max": "900"}
    assert client.post(HERE, data=fields | {"reply_depth": "many", "reports_hide": "0"}).status_code == 422
    assert client.post(HERE, data=fields | {"reply_depth": "3", "reports_hide": "0", "csrf": ""}).status_code == 403
    kept = client.post(HERE, data=fields | {"reply_depth": "3", "reports_hide": "0"})
    assert (kept.status_code, kept.headers["Location"]) == (303, f"{HERE}?done=kept")
    page = get(client, f"{HERE}?done=kept")
    assert '<input type="radio" name="votes" value="up" checked>' in page
    client.set_cookie(newsroom.cookie, newsroom.session(newsroom.moderator("Bob", "moderator")))
    assert client.get(HERE).status_code == 403


def test_a_sites_login_keys_are_set_and_never_shown(app: Flask, newsroom: Newsroom) -> None:
    client, keys = app.test_client(), SETTINGS.replace("settings", "login-keys")
    boss = {"Authorization": f"Bearer {newsroom.key('admin')}"}
    secret = "a-secret-that-site-and-service-share-0123456789"
    made = client.post(keys, json={"algorithm": "HS256", "key": secret, "kid": "first"}, headers=boss)
    assert (made.status_code, made.get_json()["audience"]) == (201, "gazette")
    for answer in (made, client.get(keys, headers=boss)):
        assert [key["kid"] for key in answer.get_json()["keys"]] == ["first"]
        assert secret not in answer.get_data(as_text=True)
    again = client.post(keys, json={"algorithm": "HS256", "key": secret, "kid": "first"}, headers=boss)
    assert again.get_json()["errors"][0]["code"] == "taken"
    other = {"Authorization": f"Bearer {newsroom.key('moderate')}"}
    assert client.get(keys, headers=other).status_code == 403
    assert client.get(keys.replace("gazette", "herald"), headers=boss).status_code == 404
    assert client.delete(f"{keys}/second", headers=boss).status_code == 404
    assert client.delete(f"{keys}/first", headers=boss).status_code == 204
    assert client.get(keys, headers=boss).get_json()["keys"] == []
