"""What connections to SQLite keep of its pages."""

from pathlib import Path

import pytest

from service.wiring import make_engine


@pytest.mark.parametrize(("role", "kib"), [("web", 8000), ("worker", 2000)])
def test_workers_keep_fewer_pages_of_a_file(tmp_path: Path, role: str, kib: int) -> None:
    engine = make_engine(f"sqlite:///{tmp_path}/pages.db", role=role)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA cache_size").scalar() == -kib
    engine.dispose()
