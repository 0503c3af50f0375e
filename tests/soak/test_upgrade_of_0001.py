"""The upgrade of a filled database while comments come in, in its short form."""

from pathlib import Path

import pytest

from tests.soak.upgrade_of_0001 import upgrade_of_0001


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def test_nothing_is_lost_that_comes_in_meanwhile(database: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    sqlite = database == "sqlite"
    url = f"sqlite:///{tmp_path / 'rejoinder.db'}" if sqlite else request.getfixturevalue("postgres_url")
    report = upgrade_of_0001(url, 600, tmp_path)
    assert min(report.posted_before, report.posted_after) > 0
