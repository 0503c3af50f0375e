from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from flask import Flask
from werkzeug.exceptions import HTTPException

from models import Site
from service.app import _check_host, _fault, _http_error, _refused
from service.errors import Refused
from service.publishing.documents import Documents
from service.publishing.routes import blueprint
from service.wiring import Services
from tests.publishing.rows import Newsroom


@dataclass
class Ticks:
    """Seconds that pass only when a test says so."""

    time: float = 0.0

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def newsroom(services: Services, site: Site) -> Newsroom:
    return Newsroom(services, site)


@pytest.fixture
def ticks() -> Ticks:
    return Ticks()


@pytest.fixture
def documents(services: Services, ticks: Ticks) -> Iterator[Documents]:
    documents = Documents(services, ticks)
    yield documents
    documents.close()


@pytest.fixture
def app(services: Services) -> Iterator[Flask]:
    """This room's routes alone, with the application's own checks and answers around them."""
    app = Flask("publishing-alone", static_folder=None)
    app.extensions["rejoinder"] = services
    app.before_request(_check_host)
    app.register_error_handler(Refused, _refused)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _fault)
    app.register_blueprint(blueprint)
    yield app
    app.extensions["rejoinder.documents"].close()
