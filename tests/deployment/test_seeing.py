"""Alerts and dashboard ask for metrics that there are, under the names that Prometheus's rules give them."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from prometheus_client import REGISTRY
from prometheus_client.parser import text_string_to_metric_families

from service.operations import metrics_text
from service.wiring import Services
from tests.environment import unavailable

DEPLOY = Path(__file__).parents[2] / "deploy"
RULES = DEPLOY / "prometheus" / "rejoinder.rules.yml"
DASHBOARD = DEPLOY / "grafana" / "rejoinder.json"

# What others' dashboards and alerts were built on: none may go or change its name.
PUBLIC = [
    "rejoinder_backlog_comments",
    "rejoinder_comments_total",
    "rejoinder_dead_letters",
    "rejoinder_dead_letters_total",
    "rejoinder_decision_seconds",
    "rejoinder_deliveries_total",
    "rejoinder_dns_lookups_total",
    "rejoinder_documents_total",
    "rejoinder_intake_refused_total",
    "rejoinder_intake_seconds",
    "rejoinder_limiter_open_total",
    "rejoinder_outside_check_seconds",
    "rejoinder_outside_checks_resting",
    "rejoinder_outside_checks_total",
    "rejoinder_pending_comments",
    "rejoinder_queue_oldest_seconds",
    "rejoinder_received_comments",
    "rejoinder_redis_failures_total",
    "rejoinder_rule_could_not_check_total",
    "rejoinder_stream_lag",
    "rejoinder_stream_unacknowledged",
    "rejoinder_swept_total",
    "rejoinder_waiting_deliveries",
]

needs_promtool = pytest.mark.usefixtures("_promtool")


@pytest.fixture(scope="session")
def _promtool() -> None:
    if shutil.which("promtool") is None:
        unavailable("promtool")


def exported(services: Services) -> set[str]:
    """Names as queries write them."""
    names: set[str] = set()
    for family in text_string_to_metric_families(metrics_text(services).decode()):
        kinds = {"counter": ("_total",), "histogram": ("", "_bucket", "_sum", "_count")}
        names |= {family.name + ending for ending in kinds.get(family.type, ("",))}
    return names


def names_in(queries: list[str]) -> set[str]:
    return {name for query in queries for name in re.findall(r"\brejoinder_[a-z_]+", query)}


def alert_queries() -> list[str]:
    groups = yaml.safe_load(RULES.read_text())["groups"]
    return [rule["expr"] for group in groups for rule in group["rules"]]


def panel_queries() -> list[str]:
    return [target["expr"] for panel in json.loads(DASHBOARD.read_text())["panels"] for target in panel["targets"]]


def test_queries_ask_for_what_there_is(services: Services) -> None:
    asked = names_in(alert_queries()) | names_in(panel_queries())
    assert len(asked) > 20
    assert asked - exported(services) == set()


def test_no_name_has_gone(services: Services) -> None:
    assert set(PUBLIC) - exported(services) == set()


def test_queries_group_by_labels_that_there_are() -> None:
    labels = {label for collector in REGISTRY._collector_to_names for label in getattr(collector, "_labelnames", ())}
    grouped = {
        label.strip()
        for query in alert_queries() + panel_queries()
        for group in re.findall(r"\bby \(([^)]*)\)", query)
        for label in group.split(",")
    }
    assert grouped - labels <= {"le", "site"}


def test_panels_lie_beside_each_other() -> None:
    panels = json.loads(DASHBOARD.read_text())["panels"]
    places = {(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in panels}
    assert len(places) == len({panel["id"] for panel in panels}) == len(panels)


@needs_promtool
def test_names_follow_the_rules(services: Services) -> None:
    run = subprocess.run(
        ["promtool", "check", "metrics"], input=metrics_text(services), capture_output=True, check=False
    )
    found = [
        line for line in run.stdout.decode().splitlines() + run.stderr.decode().splitlines() if "rejoinder" in line
    ]
    assert found == []


@needs_promtool
@pytest.mark.parametrize(
    "words", [("check", "rules", RULES.name), ("test", "rules", "rejoinder.test.yml")], ids="/".join
)
def test_alerts_fire_when_they_should(words: tuple[str, ...]) -> None:
    run = subprocess.run(["promtool", *words], cwd=RULES.parent, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
