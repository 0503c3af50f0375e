"""The desk's room over real parts, a newsroom to fill it, and callers: programs with a key, people with a cookie."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from models import Site
from service.accounts.sessions import session_actor
from service.app import create_app
from service.wiring import Services
from tests.factories import Newsroom, add_site

API = "/api/v1/moderation"
CANARY = "canary.desk@mailbox.example"


def newsroom_of(services: Services, site: Site) -> Newsroom:
    """The site's newsroom, whose comments come in a minute apart from two hours ago on."""
    return Newsroom(services, site, first_at=services.clock.now() - timedelta(hours=2))


@pytest.fixture
def newsroom(services: Services, site: Site) -> Newsroom:
    return newsroom_of(services, site)


@pytest.fixture
def elsewhere(services: Services) -> Newsroom:
    """Another newsroom on the same service."""
    return newsroom_of(services, add_site(services, "herald"))


@pytest.fixture
def app(services: Services) -> Flask:
    return create_app(services, rooms=("service.desk.routes",))


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Nobody's browser."""
    return app.test_client()


@pytest.fixture
def program(app: Flask) -> Callable[[str], FlaskClient]:
    """A program that sends this key."""

    def make(key: str) -> FlaskClient:
        found = app.test_client()
        found.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {key}"
        return found

    return make


@pytest.fixture
def browser_of(app: Flask, services: Services, newsroom: Newsroom) -> Callable[..., FlaskClient]:
    """A signed-in browser of a moderator; with `csrf` it sends the session's token with everything."""

    def make(moderator_id: str, *, csrf: bool = True) -> FlaskClient:
        token = newsroom.session(moderator_id)
        found = app.test_client()
        found.set_cookie(newsroom.cookie, token, domain="localhost")
        if csrf:
            actor = session_actor(services, token)
            assert actor is not None
            assert actor.csrf is not None
            found.environ_base["HTTP_X_CSRF_TOKEN"] = actor.csrf
        return found

    return make


@pytest.fixture
def boss(newsroom, browser_of):
    return browser_of(newsroom.moderator("Boss", "admin"))


@pytest.fixture
def anna(newsroom, browser_of):
    return browser_of(newsroom.moderator("Anna"))


@pytest.fixture
def reader(newsroom, browser_of):
    return browser_of(newsroom.moderator("Vera", "viewer"))


@pytest.fixture
def stranger(elsewhere, browser_of):
    return browser_of(elsewhere.moderator("Hera", "admin"))
