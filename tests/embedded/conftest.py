import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.service_process import Running, start


@pytest.fixture(scope="session")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One running machine for the tests that only look at it or work beside it."""
    running = start(tmp_path_factory.mktemp("machine") / "data")
    yield running
    running.stop()


@pytest.fixture
def clean_environ(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of whoever runs the tests."""
    for name in list(os.environ):
        if name.startswith("REJOINDER_") or name in {"DATABASE_URL", "REDIS_URL", "DATA_DIR", "SMTP_URL"}:
            monkeypatch.delenv(name)


@pytest.fixture
def long_folder(tmp_path: Path) -> Path:
    """A folder whose path leaves no room for a socket's name."""
    return tmp_path / ("a folder with a long name " * 5).strip()
