"""Judging and deciding is tested on both databases."""

from collections.abc import Iterator

import pytest

from service.settings import Settings
from service.wiring import Services, wire
from tests.fixed_clock import FixedClock
from tests.sharing.databases import make_tables


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def services(request: pytest.FixtureRequest, fixed_clock: FixedClock) -> Iterator[Services]:
    if request.param == "postgres":
        yield request.getfixturevalue("postgres_services")
        return
    settings: Settings = request.getfixturevalue("settings")
    services = wire(settings, fixed_clock.clock())
    make_tables(services.engine)
    yield services
    services.close()
