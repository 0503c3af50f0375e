from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

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
