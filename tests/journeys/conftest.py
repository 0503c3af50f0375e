from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.journeys.service_process import Running, start


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    """Starts the whole service, as often as asked; stops all of it at the end."""
    started: list[Running] = []

    def begin(*words: str, **environ: str) -> Running:
        running = start(tmp_path / "data", *words, **environ)
        started.append(running)
        return running

    yield begin
    for running in started:
        running.stop()


@pytest.fixture(scope="module")
def shared_up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One running service for the tests of a module that leave it as they found it."""
    running = start(tmp_path_factory.mktemp("shared") / "data")
    yield running
    running.stop()
