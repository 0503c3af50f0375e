"""A site, a server that answers as an outside check, and the worker that asks it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from models import (
    Site,
    Thread,
)
from service.outgoing import Outgoing
from service.wiring import Services
from tests.factories import add_site, add_thread
from tests.fake_https_server import FakeHttpsServer
from tests.moderation.network.outside.outside_room import Room


@pytest.fixture
def server(tmp_path: Path) -> Iterator[FakeHttpsServer]:
    server = FakeHttpsServer(tmp_path)
    yield server
    server.close()


@pytest.fixture
def site(services: Services) -> Site:
    return add_site(services, first_comments_held=False)


@pytest.fixture
def thread(services: Services, site: Site) -> Thread:
    return add_thread(services, site)


@pytest.fixture
def make_room(services: Services) -> Iterator[Callable[[Outgoing], Room]]:
    made: list[Room] = []

    def make(outgoing: Outgoing) -> Room:
        made.append(Room(services, outgoing))
        return made[-1]

    yield make
    for room in made:
        room.lane.close()


@pytest.fixture
def room(make_room: Callable[[Outgoing], Room], server: FakeHttpsServer) -> Room:
    return make_room(server.client())
