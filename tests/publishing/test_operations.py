import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families
from werkzeug.test import Client

from models import Base, Status
from service.app import create_app
from service.cli.diagnostics import check_all
from service.cli.worker import _serve_metrics
from service.mail import sender
from service.operations import metrics_application, metrics_text, readiness
from service.operations.routes import blueprint
from service.queue.backlog import put
from service.queue.stream import Reader, send
from service.redis_keys import key
from service.web_server.metrics_listener import under_own_names
from service.wiring import Services, wire
from tests.environment import free_port
from tests.factories import Newsroom
from tests.fixed_clock import FixedClock
from tests.settings import make_settings


def small_app(services: Services) -> Flask:
    app = Flask("operations-alone", static_folder=None)
    app.extensions["rejoinder"] = services
    app.register_blueprint(blueprint)
    return app


@pytest.fixture
def broken(tmp_path: Path, fixed_clock: FixedClock) -> Iterator[Services]:
    """No database that could be opened, no Redis."""
    settings = make_settings(f"sqlite:///{tmp_path}/no/such/folder/x.db", f"redis://127.0.0.1:{free_port()}")
    services = wire(settings, fixed_clock.clock())
    yield services
    services.close()


def samples(services: Services) -> dict[tuple[str, ...], float]:
    response = Client(metrics_application(services)).get("/metrics")
    assert response.status_code == 200
    families = text_string_to_metric_families(response.text)
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


def test_health_asks_nobody(broken: Services) -> None:
    response = small_app(broken).test_client().get("/healthz")
    assert (response.status_code, response.json) == (200, {"status": "ok"})


def test_ready(services: Services) -> None:
    response = small_app(services).test_client().get("/readyz")
    assert (response.status_code, response.json) == (200, {"status": "ready", "reasons": {}})


def test_not_ready_says_why(broken: Services) -> None:
    response = small_app(broken).test_client().get("/readyz")
    assert response.status_code == 503
    assert response.json is not None
    assert set(response.json["reasons"]) == {"database", "redis"}


def test_not_ready_without_tables(services: Services) -> None:
    Base.metadata.drop_all(services.engine)
    response = small_app(services).test_client().get("/readyz")
    assert response.status_code == 503
    assert response.json is not None
    assert set(response.json["reasons"]) == {"database"}


def test_a_foreign_value_under_our_keys_is_named(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    services, name = newsroom.services, f"rejoinder:backlog:{{{newsroom.site.id}}}:leases"
    client = small_app(services).test_client()
    assert client.get("/readyz").status_code == 200
    services.redis.set(name, "another program's")
    services.redis.set("rejoinder:comments", "another program's")
    assert client.get("/readyz").status_code == 200, "asked every second, it looks every few"
    monkeypatch.setattr(readiness, "FOREIGN_SECONDS", 0.0)
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json is not None
    (reason,) = response.json["reasons"].values()
    assert "backlog:{*}:leases is a string; it should be a hash with a site's leases" in reason
    assert "comments is a string" in reason
    assert newsroom.site.id not in reason
    told = [check.found for check in check_all(services) if check.what == "redis" and check.level == "problem"]
    assert {found.split(" is ")[0] for found in told} == {name, "rejoinder:comments"}


@pytest.mark.parametrize(("setting", "status"), [("", 404), ("127.0.0.1:9102", 404), ("public", 200)])
def test_readers_get_metrics_only_where_a_setting_says_so(services: Services, setting: str, status: int) -> None:
    settings = make_settings(services.settings.database_url, services.settings.redis_url, REJOINDER_METRICS=setting)
    app = create_app(replace(services, settings=settings), ("service.operations.routes",))
    answer = app.test_client().get("/metrics")
    assert (answer.status_code, "rejoinder_received_comments" in answer.text) == (status, status == 200)


def test_the_listener_for_metrics_has_nothing_else(services: Services) -> None:
    client = Client(metrics_application(services))
    assert [client.get("/readyz").status_code, client.post("/metrics").status_code] == [404, 404]


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:9102", 200),
        ("10.1.2.3", 200),
        ("[fd00::1]:9102", 200),
        ("localhost:9102", 200),
        ("LOCALHOST", 200),
        ("worker.internal:9102", 200),
        ("scraped:9102", 200),
        ("evil.test:9102", 400),
        ("127.0.0.1.evil.test", 400),
        ("localhost.evil.test:80", 400),
        ("[fd00::1].evil.test", 400),
        ("", 400),
    ],
)
def test_the_listener_answers_to_no_foreign_name(services: Services, host: str, status: int) -> None:
    settings = make_settings(
        services.settings.database_url,
        services.settings.redis_url,
        REJOINDER_ALLOWED_HOSTS="scraped",
    )
    client = Client(under_own_names(metrics_application(services), settings, "worker.internal"))
    assert client.get("/metrics", headers={"Host": host}).status_code == status


def test_no_metric_tells_what_became_of_a_mail_to_a_known_address(services: Services) -> None:
    """A mail that was sent, one to somebody who wants none, and a second one of the day are one number."""
    before = samples(services).get(("rejoinder_deliveries_total", "confirm", "done"), 0.0)
    for code in ("sent", "suppressed", "one_a_day"):
        sender.count_outcome("confirm", code)
    found = samples(services)
    assert found["rejoinder_deliveries_total", "confirm", "done"] == before + 3
    assert {name[-1] for name in found if name[0] == "rejoinder_deliveries_total"}.isdisjoint({"sent", "suppressed"})


def test_metrics_say_what_waits(newsroom: Newsroom, fixed_clock: FixedClock) -> None:
    services = newsroom.services
    thread = newsroom.thread()
    waiting = newsroom.comment(thread=thread, status=Status.RECEIVED)
    fixed_clock.advance(seconds=42)
    newsroom.comment(thread=thread, status=Status.RECEIVED)
    pending = newsroom.comment(thread=thread, status=Status.PENDING)
    newsroom.delivery(pending, next_at=fixed_clock.now() + timedelta(hours=1))
    put(services.redis, newsroom.site.id, [(pending, 0, fixed_clock.now())])
    send(services.redis, [(waiting, 0)])
    services.redis.xgroup_create(key(services.redis, "comments"), "moderation", id="0")
    found = samples(services)
    assert found[("rejoinder_queue_oldest_seconds",)] == 42
    assert found[("rejoinder_received_comments",)] == 2
    assert found[("rejoinder_pending_comments", "gazette")] == 1
    assert found[("rejoinder_backlog_comments", "gazette")] == 1
    assert found[("rejoinder_waiting_deliveries",)] == 1
    assert found[("rejoinder_stream_lag", "moderation", "comments")] == 1
    assert found[("rejoinder_dead_letters",)] == 0


def test_of_what_nobody_counts_metrics_say_how_long_the_backlog_is(
    newsroom: Newsroom, fixed_clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules[metrics_text.__module__], "TOTAL_MOST", 1)
    made = [newsroom.comment(status=Status.PENDING) for _ in range(3)]
    assert samples(newsroom.services)[("rejoinder_pending_comments", "gazette")] == 2
    put(newsroom.services.redis, newsroom.site.id, [(one, 0, fixed_clock.now()) for one in made])
    assert samples(newsroom.services)[("rejoinder_pending_comments", "gazette")] == 3


def test_metrics_without_database_and_redis_still_come(broken: Services) -> None:
    found = samples(broken)
    assert any(name[0] == "rejoinder_comments_total" or name[0].startswith("rejoinder_") for name in found)
    assert ("rejoinder_received_comments",) not in found


def test_processes_of_one_machine_add_up(services: Services, tmp_path: Path) -> None:
    folder = tmp_path / "metrics"
    folder.mkdir()
    environ = os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(folder)}
    count = "from service.telemetry import COMMENTS; COMMENTS.labels('approved').inc()"
    for _ in range(2):
        subprocess.run([sys.executable, "-c", count], env=environ, check=True, cwd=Path(__file__).parents[2])
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
    try:
        assert samples(services)[("rejoinder_comments_total", "approved")] == 2
    finally:
        del os.environ["PROMETHEUS_MULTIPROC_DIR"]


def test_doctor_says_whether_a_worker_asks_for_comments(services: Services) -> None:
    def worker() -> tuple[str, str]:
        return next((check.level, check.found) for check in check_all(services) if check.what == "worker")

    assert worker()[0] == "note"
    assert repr(services.settings.redis_prefix) in worker()[1]
    consumer = Reader(services.redis, "w1")
    consumer.make_group()
    assert worker()[0] == "note"
    consumer.read()
    assert worker() == ("ok", "1 worker asks for comments")


def test_a_workers_port_tells_the_state_and_what_waits(services: Services, newsroom: Newsroom) -> None:
    newsroom.comment(status=Status.PENDING)
    port = free_port()
    _serve_metrics(services, "127.0.0.1", port)
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=20) as answer:
        text = answer.read().decode()
    for line in (
        "rejoinder_redis_up 1.0",
        "rejoinder_database_up 1.0",
        'rejoinder_pending_comments{site="gazette"} 1.0',
    ):
        assert f"\n{line}\n" in text
