"""The intake's own routes over real parts."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from flask import Flask

from models import Site
from service.app import create_app
from service.intake.receive import EXTENSION
from service.settings import Rate
from service.wiring import Services
from tests.intake.reader import Reader

# Only this room: the others have tests of their own.
ROOMS = ("service.intake.routes",)


@pytest.fixture
def app(services: Services) -> Iterator[Flask]:
    app = create_app(services, ROOMS)
    yield app
    app.extensions[EXTENSION].commits.close()


@pytest.fixture
def reader(app: Flask, services: Services, site: Site) -> Reader:
    return Reader(app.test_client(), services, site)


@pytest.fixture
def limited(services: Services, site: Site) -> Iterator[Callable[..., Reader]]:
    """Makes a reader of a service with this submit limit; other parts of the service may be changed too."""
    apps: list[Flask] = []

    def make(rate: Rate | None = None, **changes: Any) -> Reader:
        settings = msgspec.structs.replace(services.settings, submit_limit=rate)
        changed = replace(services, settings=settings, **changes)
        apps.append(create_app(changed, ROOMS))
        return Reader(apps[-1].test_client(), changed, site)

    yield make
    for app in apps:
        app.extensions[EXTENSION].commits.close()
