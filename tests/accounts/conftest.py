from collections.abc import Iterator

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient

from service.accounts import passwords
from service.app import create_app
from service.wiring import Services
from tests.accounts.views import views


@pytest.fixture
def app(services: Services) -> Flask:
    app = create_app(services, rooms=())
    app.register_blueprint(views())
    return app


@pytest.fixture
def client(app: Flask) -> Iterator[FlaskClient]:
    with app.test_client() as client:
        yield client


@pytest.fixture(autouse=True)
def quick_hashes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """argon2id with the least work; a test that asks for `real_hashes` gets the real parameters."""
    if "real_hashes" not in request.fixturenames:
        monkeypatch.setattr(passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    passwords._nobodys.cache_clear()
    yield
    passwords._nobodys.cache_clear()


@pytest.fixture
def real_hashes() -> None:
    """Asks for the real parameters of password hashes."""
