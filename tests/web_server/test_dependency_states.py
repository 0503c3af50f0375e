"""What `/metrics` says of Redis and the database, and that it says it when they are away or hang."""

import os
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from service.database_errors import error_kind
from service.operations import metrics_text
from service.operations.dependency_states import within
from service.telemetry import DATABASE_ERRORS
from service.wiring import Services, wire
from tests.environment import free_port
from tests.settings import make_settings


def values(services: Services) -> dict[str, float]:
    families = text_string_to_metric_families(metrics_text(services).decode())
    return {sample.name: sample.value for family in families for sample in family.samples}


def test_both_answer(services: Services) -> None:
    found = values(services)
    assert [found[f"rejoinder_{part}_{what}"] for part in ("redis", "database") for what in ("up", "primary")] == [
        1
    ] * 4
    assert found["rejoinder_redis_memory_used_bytes"] > 0
    assert found["rejoinder_database_pool_used_connections"] < found["rejoinder_database_pool_max_connections"]


def test_neither_answers(tmp_path) -> None:
    settings = make_settings(f"sqlite:///{tmp_path}/no/such/folder/x.db", f"redis://127.0.0.1:{free_port()}")
    services = wire(settings)
    found = values(services)
    services.close()
    assert [found["rejoinder_redis_up"], found["rejoinder_database_up"]] == [0, 0]
    assert "rejoinder_redis_primary" not in found


def test_what_hangs_is_given_up_and_asked_once() -> None:
    answer, asked = threading.Event(), []

    def hang() -> int:
        asked.append(1)
        answer.wait()
        return 1

    assert within(0.01, "a test", hang) is None
    assert within(0.01, "a test", hang) is None
    assert len(asked) == 1
    answer.set()
    for thread in threading.enumerate():
        if thread.name == "metrics-a test":
            thread.join()
    assert within(5, "a test", hang) == 1


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        ("40P01", "deadlock"),
        ("40001", "serialization"),
        ("25006", "read_only"),
        ("08006", "connection"),
        ("57P01", "connection"),
        ("57014", "cancelled"),
        ("53100", "resources"),
        ("23505", "constraint"),
        ("XX000", "other"),
    ],
)
def test_errors_have_few_kinds(state: str, kind: str) -> None:
    assert error_kind(SimpleNamespace(sqlstate=state)) == kind


def test_an_error_is_counted(services: Services) -> None:
    before = DATABASE_ERRORS.labels("other")._value.get()
    with pytest.raises(OperationalError), services.engine.connect() as connection:
        connection.execute(text("SELECT * FROM no_such_table"))
    assert DATABASE_ERRORS.labels("other")._value.get() == before + 1


def test_a_busy_file_is_a_lock(tmp_path) -> None:
    one, two = (sqlite3.connect(tmp_path / "x.db", timeout=0, isolation_level=None) for _ in range(2))
    one.execute("BEGIN IMMEDIATE")
    with pytest.raises(sqlite3.OperationalError) as caught:
        two.execute("BEGIN IMMEDIATE")
    one.close()
    two.close()
    assert error_kind(caught.value) == "lock_timeout"


def test_a_process_that_has_ended_leaves_its_counts_and_no_gauge(
    services: Services, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "metrics"
    folder.mkdir()
    words = "from service.telemetry import COMMENTS, OUTSIDE_RESTING as g; COMMENTS.labels('spam').inc(); g.set(1)"
    environ = os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(folder)}
    subprocess.run([sys.executable, "-c", words], env=environ, check=True, cwd=Path(__file__).parents[2])
    assert list(folder.glob("gauge_live*.db"))
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(folder))
    found = values(services)
    assert found["rejoinder_comments_total"] == 1
    assert "rejoinder_outside_checks_resting" not in found
