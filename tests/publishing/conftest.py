from collections.abc import Iterator
from dataclasses import dataclass

import msgspec
import pytest
from flask import Flask

from models import Site
from service.app import create_app
from service.publishing.documents import Documents
from service.publishing.types import Counts
from service.wiring import Services
from tests.factories import Newsroom


@dataclass
class Ticks:
    """Seconds that pass only when a test says so."""

    time: float = 0.0

    def __call__(self) -> float:
        return self.time


def numbers(documents: Documents, *keys: str) -> Counts:
    """What the site's readers are told of these threads."""
    return msgspec.json.decode(documents.counted("gazette", keys).rendered.answer("GET", "", "")[2], type=Counts)


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
    app = create_app(services, ["service.publishing.routes"])
    yield app
    app.extensions["rejoinder.documents"].close()
